//! Policies, Secrets and ServiceAccounts from YAML and JSON.

#[cfg(feature = "kubernetes")]
pub(super) mod live;

use std::sync::Arc;

use anyhow::anyhow;
use doorward::StaticSecrets;
use doorward_kube::{About, Cluster, ClusterView, CustomWorkloads, Finding};
use doorward_policy::{Diagnostic, KeySource, PolicyKind, PolicyObject, PolicySet};

use crate::failure::{Failure, Outcome};
use crate::files::{self, Files, Source};
use crate::invocation::Invocation;
use crate::render;
use crate::settings::RulesSettings;
use crate::streams;

/// What a set of documents says.
pub(super) struct Documents {
    pub(super) policies: Arc<PolicySet>,
    pub(super) cluster: Cluster,
    /// Kind and name of every policy.
    pub(super) names: Vec<String>,
    /// Where keys of policies are that are in no Secret.
    pub(super) key_sources: Vec<KeySource>,
    /// The Secrets and ConfigMaps, those included that are not usable. What needs one of these is refused.
    pub(super) secrets: StaticSecrets,
    /// What was passed over, and what is wrong beside the policies.
    pub(super) notes: Vec<String>,
    /// How many documents may be workloads whose images were not found.
    pub(super) unread_workloads: usize,
    /// What all of it was read from.
    pub(super) sources: Vec<Source>,
}

/// Reads the files that the settings name. `custom` are the resources beside Kubernetes' own whose images are known.
///
/// # Errors
/// When one cannot be read or says something wrong; then what is wrong was printed in full.
pub(super) fn load(
    settings: &RulesSettings,
    custom: CustomWorkloads,
    invocation: &Invocation<'_>,
) -> Outcome<Documents> {
    let sources = texts(settings, invocation)?;
    let view = ClusterView::new(&settings.namespace.value)
        .knowing(custom)
        .with_longest_exception(settings.longest_exception);
    let view = view_of(&sources, view, invocation)?;
    let mut read = documents(&view);
    for note in &read.notes {
        invocation.terminal.note(note);
    }
    read.sources = sources;
    Ok(read)
}

/// The texts that the settings name.
fn texts(settings: &RulesSettings, invocation: &Invocation<'_>) -> Outcome<Vec<Source>> {
    let config = invocation.config.map(|config| config.path.as_path());
    let Files { sources, notes } = files::read(&settings.filename.value, config)?;
    for note in notes {
        invocation.terminal.note(&note);
    }
    Ok(sources)
}

/// The view with what these texts say.
///
/// # Errors
/// When a policy in them says something wrong; then what is wrong was printed in full.
fn view_of(
    sources: &[Source],
    mut view: ClusterView,
    invocation: &Invocation<'_>,
) -> Outcome<ClusterView> {
    add(sources, &mut view).map_err(|diagnostics| {
        for diagnostic in &diagnostics {
            let text = text_of(sources, &diagnostic.source);
            let mut text = render::diagnostic::text(diagnostic, text);
            streams::remark(text.blank(), invocation.terminal.err);
        }
        refused(diagnostics.len())
    })?;
    Ok(view)
}

/// Reads one text.
///
/// # Errors
/// When something is wrong in it.
pub(super) fn parse(name: &str, text: &str) -> Outcome<Documents> {
    let source = Source {
        name: name.to_owned(),
        bytes: text.as_bytes().to_vec(),
    };
    let mut view = ClusterView::new("default");
    add(&[source], &mut view).map_err(|diagnostics| refused(diagnostics.len()))?;
    Ok(documents(&view))
}

/// The text that was read under a name, if it is text.
pub(crate) fn text_of<'a>(sources: &'a [Source], name: &str) -> Option<&'a str> {
    let source = sources.iter().find(|source| source.name == name)?;
    std::str::from_utf8(&source.bytes).ok()
}

/// That what begins on this line says nothing here.
pub(crate) fn no_object(source: &str, line: u32) -> String {
    format!("{source}:{line} is passed over: no Kubernetes object")
}

fn refused(mistakes: usize) -> Failure {
    let noun = if mistakes == 1 {
        "a mistake"
    } else {
        "mistakes"
    };
    Failure::invalid(anyhow!("the policies have {noun}, so nothing was decided"))
        .with_hint("`doorward policy lint` with the same files shows mistakes and warnings")
}

/// Adds what the texts say, or says every mistake in their policies.
///
/// A mistake beside the policies concerns its object alone: it is noted, and what needs the object is refused.
fn add(sources: &[Source], view: &mut ClusterView) -> Result<(), Vec<Diagnostic>> {
    for source in sources {
        view.add(&source.name, source.bytes.as_slice());
    }
    let policies = view.policies();
    let mut mistakes: Vec<_> = policies.mistakes().cloned().collect();
    if mistakes.is_empty() {
        return Ok(());
    }
    mistakes.sort_by(|a, b| (&a.source, a.line, a.column).cmp(&(&b.source, b.line, b.column)));
    Err(mistakes)
}

/// What a view holds, but for what it was read from. A policy with a mistake denies what it governs.
fn documents(view: &ClusterView) -> Documents {
    let (policies, objects) = (view.policies(), view.objects());
    Documents {
        policies: Arc::clone(policies.set()),
        secrets: objects.secrets(),
        names: policies.objects().iter().map(name_of).collect(),
        key_sources: key_sources(policies.objects()),
        notes: objects.findings.iter().map(note).collect(),
        unread_workloads: objects
            .findings
            .iter()
            .filter(|finding| finding.is_of_workload)
            .count(),
        cluster: objects.cluster,
        sources: Vec::new(),
    }
}

/// Where keys of policies are, those of cluster policies first: what many policies of namespaces name takes their place from none.
fn key_sources(policies: &[PolicyObject]) -> Vec<KeySource> {
    let of = |kind| {
        let of_kind = policies.iter().filter(move |policy| policy.kind == kind);
        of_kind.flat_map(|policy| policy.key_sources().into_iter().cloned())
    };
    let of_cluster = of(PolicyKind::ClusterImagePolicy);
    of_cluster.chain(of(PolicyKind::ImagePolicy)).collect()
}

/// What is noted of a document that is no policy.
fn note(finding: &Finding) -> String {
    let Finding { source, line, .. } = finding;
    // An object of an API server stands on no line.
    let place = match line {
        0 => source.clone(),
        line => format!("{source}:{line}"),
    };
    match &finding.about {
        About::LeftOut(error) => format!("{place} is left out: {error}"),
        About::NoObject => no_object(source, *line),
        About::NotRead(why) => format!("{place}: {}", why.message),
        About::Ambiguous(fault) => fault.to_string(),
    }
}

fn name_of(policy: &PolicyObject) -> String {
    match &policy.namespace {
        Some(namespace) => format!("{} {namespace}/{}", policy.kind, policy.name),
        None => format!("{} {}", policy.kind, policy.name),
    }
}
