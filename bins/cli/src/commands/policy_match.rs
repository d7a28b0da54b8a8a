//! `doorward policy match`.

mod excepting;
mod governing;
mod selecting;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use doorward::{Exit, NotationRules, Rules};
use doorward_core::{Reference, Timestamp};
use doorward_policy::{Entry, Environment, Match, PolicySet, Scope, Selection};
use serde::Serialize;

use self::excepting::Excepting;
use self::governing::Governing;
use self::selecting::Selecting;
use crate::commands::verify::reference;
use crate::failure::{Failure, Outcome};
use crate::format::Format;
use crate::invocation::Invocation;
use crate::options::{ClockArgs, RulesArgs};
use crate::render;
use crate::render::block::Block;
use crate::render::words::count;
use crate::settings::RulesSettings;
use crate::site::Site;
use crate::site::notation;
use crate::streams;
use crate::text::Text;
use crate::tone::Tone;

/// More policies than this are counted, not listed.
const LISTED: usize = 20;
const FORMS: &[Format] = &[Format::Table, Format::Json, Format::Yaml];

/// Show which policy entry governs an image, and why
///
/// Nothing is fetched and nothing is verified. Of each cluster policy that selects workloads it says whether it is for this
/// one. Ends with 4 if no entry matches one of the images, which denies it, and with 5 if that cannot be told because what
/// policies select by is not known.
#[derive(Debug, Args)]
pub(crate) struct MatchArgs {
    /// The images
    #[arg(value_name = "IMAGE", required = true)]
    images: Vec<String>,
    /// The form of the result
    #[arg(short, long, value_name = "FORMAT", env = "DOORWARD_OUTPUT", value_parser = Format::among(FORMS))]
    output: Option<Format>,
    /// The service account that the workload runs as
    #[arg(
        long,
        value_name = "NAME",
        env = "DOORWARD_SERVICE_ACCOUNT",
        value_parser = NonEmptyStringValueParser::new()
    )]
    service_account: Option<String>,
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    clock: ClockArgs,
}

/// What selection says: the published form.
#[derive(Debug, Serialize)]
struct Matched {
    /// As written.
    image: String,
    /// Normalised.
    reference: String,
    /// Whose policies decided: `namespace`, `cluster`, `containers` or `notation`.
    scope: Option<&'static str>,
    /// The name of the policy object or file of the first entry.
    policy: Option<String>,
    /// The pattern or scope of the first entry.
    entry: Option<String>,
    /// Every entry that governs the image, in order. All of them must pass.
    entries: Vec<Governing>,
    /// `selected`, `no-match`, `no-policy`, or `unknown` where that depends on what is not known of the workload.
    verdict: &'static str,
    /// Whether each cluster policy that has selectors is for the workload.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    selectors: Vec<Selecting>,
    /// The exceptions that may be for the image.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    exceptions: Vec<Excepting>,
}

impl MatchArgs {
    pub(crate) fn run(self, invocation: &Invocation<'_>) -> Outcome {
        let format = Format::choose(self.output, FORMS, &invocation.resolver)?.value;
        let rules = RulesSettings::new(self.rules, &invocation.resolver)?;
        let parsed = self
            .images
            .iter()
            .map(|image| reference(image))
            .collect::<Outcome<Vec<_>>>()?;
        let site = Site::load(&rules, invocation)?;
        let namespace = rules.namespace.value.as_str();
        let labels = site.namespace_labels(Some(namespace));
        let environment = site.environment(labels.as_ref(), self.service_account.as_deref());
        let now = self.clock.now();
        let mut found = Vec::new();
        for (image, parsed) in self.images.into_iter().zip(parsed) {
            found.push(one(image, &parsed, site.rules(), &environment, now)?);
        }
        let all: Vec<&Matched> = found.iter().map(|(matched, _)| matched).collect();
        let text = || {
            let mut text = Text::new();
            for (number, (matched, why)) in found.iter().enumerate() {
                if number > 0 {
                    text.blank();
                }
                text.append(table(matched, why, site.policies()));
            }
            text
        };
        let text = match all.as_slice() {
            [only] => render::form(format, only, text)?,
            all => render::form(format, &all, text)?,
        };
        streams::data(&text, invocation.terminal.out)?;
        let is = |verdict: &str| all.iter().all(|matched| matched.verdict == verdict);
        let is_known = all.iter().all(|matched| matched.verdict != "unknown");
        Ok(if is("selected") {
            Exit::Allowed
        } else if is_known || all.iter().any(|matched| matched.verdict.starts_with("no-")) {
            Exit::NoPolicy
        } else {
            Exit::Inconclusive
        })
    }
}

/// What selection says about one image, and why, in words.
fn one(
    image: String,
    parsed: &Reference,
    rules: &Rules,
    environment: &Environment<'_>,
    now: Timestamp,
) -> Outcome<(Matched, Vec<String>)> {
    let mut matched = Matched {
        image,
        reference: parsed.clone().or_latest().to_string(),
        scope: None,
        policy: None,
        entry: None,
        entries: Vec::new(),
        verdict: "no-policy",
        selectors: Vec::new(),
        exceptions: Vec::new(),
    };
    let why = match rules {
        Rules::Containers(containers) => {
            let found = containers
                .policy
                .select(&parsed.clone().or_latest().digest_only());
            matched.scope = Some("containers");
            matched.policy = Some(containers.name.clone());
            matched.entries = vec![Governing::of_file(
                &containers.name,
                &found.scope,
                &found.requirements,
            )];
            matched.entry = Some(found.scope);
            matched.verdict = "selected";
            vec![
                "the most specific scope of the file that names the image, or its default"
                    .to_owned(),
            ]
        }
        Rules::Notation(notation) => statements(notation, &mut matched, parsed),
        Rules::Policies(set) => select(set, &mut matched, parsed, environment, now),
        _ => {
            return Err(Failure::internal(anyhow::anyhow!(
                "rules of an unknown form"
            )));
        }
    };
    Ok((matched, why))
}

/// Fills in what a trust policy says; returns why, in words.
fn statements(rules: &NotationRules, matched: &mut Matched, parsed: &Reference) -> Vec<String> {
    matched.scope = Some("notation");
    let governing = match notation::governing(rules, parsed.repository()) {
        Ok(governing) => governing,
        Err(error) => {
            matched.verdict = "no-match";
            return vec![format!("{error}; it is denied")];
        }
    };
    matched.verdict = "selected";
    matched.policy = Some(rules.name.clone());
    let of = |statement| Governing::of_statement(&rules.name, statement);
    matched.entries = governing.iter().map(of).collect();
    matched.entry = matched.entries.first().map(|first| first.entry.clone());
    let mut why =
        vec!["the statement that names the repository, or else the one with `*`".to_owned()];
    let others = matched.entries.iter().skip(1);
    why.extend(others.map(|other| {
        let name = &other.entry;
        format!(
            "the statement {name:?} names the repository in another spelling, and governs it too"
        )
    }));
    why
}

const fn scope_name(scope: Scope) -> &'static str {
    match scope {
        Scope::Cluster => "cluster",
        Scope::Namespace => "namespace",
    }
}

/// Fills in what selection says; returns why, in words.
fn select(
    set: &PolicySet,
    matched: &mut Matched,
    reference: &Reference,
    environment: &Environment<'_>,
    now: Timestamp,
) -> Vec<String> {
    let namespace = environment.namespace().unwrap_or_default();
    let explained = set.explain_selectors(*environment).into_iter();
    matched.selectors = explained.map(Selecting::of).collect();
    let mut why = match set.select(&matched.image, *environment) {
        Selection::Match(found) => {
            matched.scope = Some(scope_name(found.scope));
            matched.verdict = "selected";
            if let Some(first) = found.entries.first() {
                matched.policy = Some(first.rule.name.clone());
                matched.entry = Some(first.rule.entry.clone());
            }
            matched.entries = found
                .entries
                .iter()
                .map(|entry| Governing::of(entry, &found))
                .collect();
            let subject = reference.clone().or_latest().digest_only();
            let exceptions = set.possible_exceptions(&subject, environment, now);
            let exceptions = exceptions.iter();
            matched.exceptions = exceptions.map(|one| Excepting::of(one, &found)).collect();
            explain(&found, reference, namespace)
        }
        Selection::NoMatch { scope } => {
            matched.scope = Some(scope_name(scope));
            matched.verdict = "no-match";
            let policies = match scope {
                Scope::Namespace => {
                    format!("namespace {namespace} has policies of its own, and none")
                }
                Scope::Cluster => format!(
                    "namespace {namespace} has no policies of its own, and no cluster policy"
                ),
            };
            let mut why = vec![format!(
                "{policies} has an entry for this image; it is denied"
            )];
            if let Some(entry) = set.entry_for_tags(&matched.image, *environment) {
                why.push(format!(
                    "{} exists but names a tag, which an image by digest does not have",
                    entry.rule
                ));
            }
            why
        }
        Selection::NoPolicy => {
            vec![format!(
                "there is neither a policy in namespace {namespace} nor a cluster policy; every image is denied"
            )]
        }
        Selection::Unknown { missing } => {
            matched.scope = Some(scope_name(Scope::Cluster));
            matched.verdict = "unknown";
            vec![format!(
                "no policy that surely is for this workload has an entry for this image, and {missing}; it is denied"
            )]
        }
    };
    why.extend(matched.selectors.iter().map(Selecting::told));
    why.extend(matched.exceptions.iter().map(Excepting::told));
    why
}

fn explain(found: &Match<'_>, reference: &Reference, namespace: &str) -> Vec<String> {
    let mut why = vec![match found.scope {
        Scope::Namespace => {
            format!("namespace {namespace} has policies of its own, so only they are searched")
        }
        Scope::Cluster => format!(
            "namespace {namespace} has no policies of its own, so the cluster's are searched"
        ),
    }];
    why.push("of the entries that match, the most specific one is selected".to_owned());
    if found.spelling_conflict {
        why.push(format!(
            "the image as written and as {} select different entries, so both govern it",
            reference.canonical().or_latest().digest_only()
        ));
    }
    if !found.supposed.is_empty() {
        why.push(format!(
            "{}, so all must pass that may govern it",
            found.missing
        ));
    }
    for entry in found.entries.iter().skip(1) {
        let kind = if entry.rule.floor {
            "the floor"
        } else {
            "also"
        };
        let governs = if found.is_supposed(entry) {
            "may govern it, so it has to pass as well"
        } else {
            "governs it"
        };
        why.push(format!("{kind} {} {governs}", entry.rule));
    }
    why.extend(found.entries.iter().map(|entry| demand(entry)));
    why
}

fn demand(entry: &Entry) -> String {
    match &entry.body {
        Err(diagnostic) => format!(
            "{} has an error and denies: {}",
            entry.rule, diagnostic.message
        ),
        Ok(body) if body.is_unchecked() => {
            format!("{} demands nothing: images pass unchecked", entry.rule)
        }
        Ok(body) => {
            let demands = body.demands().join(" and ");
            let from = body.effective_from.map_or_else(String::new, |from| {
                format!(", and refuses what fails from {from} on")
            });
            format!("{} demands {demands}{from}", entry.rule)
        }
    }
}

fn table(matched: &Matched, why: &[String], read: &[String]) -> Text {
    let mut block = Block::new();
    block.line("image", &matched.image);
    block.line("which is", &matched.reference);
    let selected = matched.verdict == "selected";
    let none = "none".to_owned();
    if selected {
        block.line("policy", matched.policy.as_ref().unwrap_or(&none));
        block.line("entry", matched.entry.as_ref().unwrap_or(&none));
    }
    for (number, reason) in why.iter().enumerate() {
        if number == 0 {
            block.line("why", reason);
        } else {
            block.more(reason);
        }
    }
    if !selected {
        block.line("read", &count(read.len(), "policy"));
        for policy in read.iter().take(LISTED) {
            block.item(policy);
        }
        if read.len() > LISTED {
            block.item(&format!("and {} more", read.len() - LISTED));
        }
    }
    let heading = if selected {
        Tone::Good.of("SELECTED")
    } else if matched.verdict == "unknown" {
        Tone::Bad.of("NOT KNOWN")
    } else {
        Tone::Bad.of("NO POLICY APPLIES")
    };
    let mut text = Text::new();
    text.line([heading]).append(block.finish());
    text
}
