//! `doorward policy match`.

use clap::Args;
use doorward::{Exit, Rules};
use doorward_core::Reference;
use doorward_policy::{Entry, Match, PolicySet, Scope, Selection};
use serde::Serialize;

use crate::args::RulesArgs;
use crate::commands::verify::reference;
use crate::failure::{Failure, Outcome};
use crate::format::Format;
use crate::invocation::Invocation;
use crate::render;
use crate::render::block::Block;
use crate::render::words::count;
use crate::settings::RulesSettings;
use crate::site::Site;
use crate::streams;
use crate::text::{Text, Tone};

/// More policies than this are counted, not listed.
const LISTED: usize = 20;
const FORMS: &[Format] = &[Format::Table, Format::Json, Format::Yaml];

/// Show which policy entry governs an image, and why
///
/// Nothing is fetched and nothing is verified. Ends with 4 if no entry matches, which denies the image.
#[derive(Debug, Args)]
pub(crate) struct MatchArgs {
    /// The image
    #[arg(value_name = "IMAGE")]
    image: String,
    /// The form of the result
    #[arg(short, long, value_name = "FORMAT", env = "DOORWARD_OUTPUT", value_parser = Format::among(FORMS))]
    output: Option<Format>,
    #[command(flatten)]
    rules: RulesArgs,
}

/// What selection says: the published form.
#[derive(Debug, Serialize)]
struct Matched {
    /// As written.
    image: String,
    /// Normalised.
    reference: String,
    /// Whose policies decided: `namespace`, `cluster` or `containers`.
    scope: Option<&'static str>,
    /// The name of the policy object or file.
    policy: Option<String>,
    /// The pattern or scope that was selected.
    entry: Option<String>,
    /// `selected`, `no-match` or `no-policy`.
    verdict: &'static str,
}

impl MatchArgs {
    pub(crate) fn run(self, invocation: &Invocation<'_>) -> Outcome {
        let format = Format::choose(self.output, FORMS, &invocation.resolver)?.value;
        let rules = RulesSettings::new(self.rules, &invocation.resolver)?;
        let parsed = reference(&self.image)?;
        let site = Site::load(&rules, invocation)?;
        let namespace = rules.namespace.value.as_str();
        let mut matched = Matched {
            image: self.image.clone(),
            reference: parsed.clone().or_latest().to_string(),
            scope: None,
            policy: None,
            entry: None,
            verdict: "no-policy",
        };
        let why = match site.rules() {
            Rules::Containers(containers) => {
                let found = containers.policy.select(&parsed.or_latest().digest_only());
                matched.scope = Some("containers");
                matched.policy = Some(containers.name.clone());
                matched.entry = Some(found.scope);
                matched.verdict = "selected";
                vec![
                    "the most specific scope of the file that names the image, or its default"
                        .to_owned(),
                ]
            }
            Rules::Policies(set) => select(set, &mut matched, &parsed, namespace),
            _ => {
                return Err(Failure::internal(anyhow::anyhow!(
                    "rules of an unknown form"
                )));
            }
        };
        streams::data(
            &match format {
                Format::Json => render::json(&matched)?,
                Format::Yaml => render::yaml(&matched)?,
                _ => table(&matched, &why, site.policies()).into(),
            },
            invocation.terminal.out,
        )?;
        Ok(if matched.verdict == "selected" {
            Exit::Allowed
        } else {
            Exit::NoPolicy
        })
    }
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
    namespace: &str,
) -> Vec<String> {
    match set.select(&matched.image, Some(namespace)) {
        Selection::Match(found) => {
            matched.scope = Some(scope_name(found.scope));
            matched.verdict = "selected";
            if let Some(first) = found.entries.first() {
                matched.policy = Some(first.rule.name.clone());
                matched.entry = Some(first.rule.entry.clone());
            }
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
            vec![format!(
                "{policies} has an entry for this image; it is denied"
            )]
        }
        Selection::NoPolicy => {
            vec![format!(
                "there is neither a policy in namespace {namespace} nor a cluster policy; every image is denied"
            )]
        }
    }
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
            reference.clone().or_latest()
        ));
    }
    for entry in found.entries.iter().skip(1) {
        let kind = if entry.rule.floor {
            "the floor"
        } else {
            "also"
        };
        why.push(format!("{kind} {} governs it", entry.rule));
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
        Ok(body) => format!("{} demands {}", entry.rule, body.demands().join(" and ")),
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
    } else {
        Tone::Bad.of("NO POLICY APPLIES")
    };
    let mut text = Text::new();
    text.line([heading]).append(block.finish());
    text
}
