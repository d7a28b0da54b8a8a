//! `doorward policy lint`.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use doorward::Exit;
use doorward_core::Timestamp;
use doorward_kube::{About, ClusterView, Finding};
use doorward_policy::{Diagnostic, Severity, lint_at, lint_exceptions};
use serde::Serialize;
use serde_json::{Value, json};

use crate::failure::{Failure, Outcome};
use crate::files::{self, Files, Source};
use crate::format::Format;
use crate::invocation::Invocation;
use crate::longest_exception::LongestException;
use crate::options::ClockArgs;
use crate::render;
use crate::render::sarif;
use crate::render::words::count;
use crate::site::{no_object, text_of};
use crate::streams;
use crate::text::Text;
use crate::tone::Tone;

const FORMS: &[Format] = &[Format::Table, Format::Json, Format::Yaml, Format::Sarif];

/// Look for mistakes and risks in policies
///
/// Ends with 6 if there is a mistake, also in a Secret or ServiceAccount beside the policies. Warnings alone end with 0
/// unless --deny-warnings is given. Ends with 7 if there is no file to look at.
#[derive(Debug, Args)]
pub(crate) struct LintArgs {
    /// Files and directories; `-` reads standard input
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// As PATH, for those used to it
    #[arg(
        short,
        long = "filename",
        value_name = "PATH",
        value_delimiter = ',',
        env = "DOORWARD_FILENAME"
    )]
    filename: Vec<PathBuf>,
    /// Let warnings end with 6 as well
    #[arg(long)]
    deny_warnings: bool,
    /// End with 0 whatever is found, for runs that only report
    #[arg(long)]
    exit_zero: bool,
    /// The form of the result
    #[arg(short, long, value_name = "FORMAT", env = "DOORWARD_OUTPUT", value_parser = Format::among(FORMS))]
    output: Option<Format>,
    #[command(flatten)]
    clock: ClockArgs,
    #[command(flatten)]
    longest_exception: LongestException,
}

/// What was found, in the published form.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Findings<'a> {
    api_version: &'static str,
    kind: &'static str,
    summary: Summary,
    diagnostics: &'a [Diagnostic],
    /// What is wrong with other objects.
    manifests: &'a [ManifestProblem],
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Summary {
    policies: usize,
    errors: usize,
    warnings: usize,
}

/// A Secret, ServiceAccount or workload that cannot be used.
#[derive(Debug, Serialize)]
struct ManifestProblem {
    source: String,
    line: u32,
    message: String,
}

impl LintArgs {
    pub(crate) fn run(self, invocation: &Invocation<'_>) -> Outcome {
        let terminal = invocation.terminal;
        let format = Format::choose(self.output, FORMS, &invocation.resolver)?.value;
        let filename = invocation.resolver.pick(
            "filename",
            self.filename,
            |file| file.filename.clone(),
            Vec::new(),
        );
        let paths = if self.paths.is_empty() {
            filename.value
        } else {
            self.paths
        };
        if paths.is_empty() {
            return Err(Failure::usage("there is nothing to look at")
                .with_hint("name files or directories with policies"));
        }
        let Files { sources, notes } = files::read(
            &paths,
            invocation.config.map(|config| config.path.as_path()),
        )?;
        for note in notes {
            terminal.note(&note);
        }
        let Found {
            policies,
            exceptions,
            diagnostics,
            manifests,
            notes,
        } = look(
            &sources,
            self.clock.now(),
            self.longest_exception.duration(),
        );
        for note in notes {
            terminal.note(&note);
        }
        let errors = diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.is_error())
            .count()
            + manifests.len();
        let summary = Summary {
            policies,
            errors,
            warnings: diagnostics.len() + manifests.len() - errors,
        };
        let findings = Findings {
            api_version: "lint.doorward.dev/v1",
            kind: "PolicyLint",
            summary,
            diagnostics: &diagnostics,
            manifests: &manifests,
        };
        streams::data(
            &match format {
                Format::Sarif => render::json(&log(&findings))?,
                _ => render::form(format, &findings, || table(&findings, &sources))?,
            },
            invocation.terminal.out,
        )?;
        if policies + exceptions == 0 && errors == 0 {
            terminal.note(if sources.is_empty() {
                "there is no file to look at: of a directory, *.yaml, *.yml and *.json are read"
            } else {
                "there is no policy in these files"
            });
        }
        let wrong = errors > 0 || (self.deny_warnings && summary.warnings > 0);
        Ok(match wrong {
            _ if self.exit_zero => Exit::Allowed,
            true => Exit::Invalid,
            // A directory that is wrong must not look like policies that are right.
            false if sources.is_empty() => Exit::Nothing,
            false => Exit::Allowed,
        })
    }
}

/// What is in the files.
struct Found {
    /// How many policies.
    policies: usize,
    /// How many exceptions.
    exceptions: usize,
    diagnostics: Vec<Diagnostic>,
    manifests: Vec<ManifestProblem>,
    /// What was passed over.
    notes: Vec<String>,
}

/// Everything that is wrong or risky, in the order of the files.
fn look(sources: &[Source], now: Timestamp, longest_exception: Duration) -> Found {
    let mut view = ClusterView::new("default");
    for source in sources {
        view.add(&source.name, source.bytes.as_slice());
    }
    let policies = view.policies();
    let mut diagnostics = policies.diagnostics().to_vec();
    diagnostics.extend_from_slice(policies.without_namespace());
    diagnostics.extend(lint_at(policies.objects(), now));
    let exceptions = policies.exceptions();
    diagnostics.extend(lint_exceptions(
        exceptions,
        policies.objects(),
        now,
        longest_exception,
    ));
    let mut manifests = Vec::new();
    let mut notes = Vec::new();
    for Finding {
        source,
        line,
        about,
        ..
    } in view.objects().findings
    {
        match about {
            About::NotRead(why) => diagnostics.push(why),
            About::NoObject => notes.push(no_object(&source, line)),
            About::LeftOut(error) => manifests.push(ManifestProblem {
                source,
                line,
                message: error.to_string(),
            }),
            // Without an excerpt: the line may be that of a password.
            About::Ambiguous(fault) => manifests.push(ManifestProblem {
                source: fault.source,
                line: fault.line,
                message: fault.message,
            }),
        }
    }
    let place = |name: &str| sources.iter().position(|source| source.name == name);
    diagnostics.sort_by_cached_key(|found| {
        (
            place(&found.source),
            found.line,
            found.column,
            found.message.clone(),
        )
    });
    diagnostics.dedup();
    Found {
        policies: policies.objects().len(),
        exceptions: exceptions.len(),
        diagnostics,
        manifests,
        notes,
    }
}

fn table(findings: &Findings<'_>, sources: &[Source]) -> Text {
    let mut text = Text::new();
    for diagnostic in findings.diagnostics {
        let read = text_of(sources, &diagnostic.source);
        text.append(render::diagnostic::text(diagnostic, read))
            .blank();
    }
    for problem in findings.manifests {
        text.line([
            Tone::Bad.of("error"),
            format!(": {}", problem.message).into(),
        ])
        .line([format!(" --> {}:{}", problem.source, problem.line).into()])
        .blank();
    }
    let summary = findings.summary;
    let counts = format!(
        "{}: {}, {}",
        count(summary.policies, "policy"),
        count(summary.errors, "error"),
        count(summary.warnings, "warning")
    );
    text.line([counts.into()]);
    text
}

/// The rule of everything that is wrong outside of policies.
const MANIFEST_RULE: &str = "manifest-invalid";

fn log(findings: &Findings<'_>) -> Value {
    let mut rules: Vec<(&str, &str)> = findings
        .diagnostics
        .iter()
        .map(|found| (found.code.as_str(), found.code.description()))
        .collect();
    if !findings.manifests.is_empty() {
        rules.push((
            MANIFEST_RULE,
            "an object beside the policies cannot be used",
        ));
    }
    rules.sort_unstable();
    rules.dedup();
    let index = |code: &str| rules.iter().position(|(known, _)| *known == code);
    let mut results: Vec<Value> = Vec::new();
    for found in findings.diagnostics {
        let mut message = found.message.clone();
        if let Some(suggestion) = &found.suggestion {
            message = format!("{message}; {suggestion}");
        }
        results.push(json!({
            "ruleId": found.code,
            "ruleIndex": index(found.code.as_str()),
            "level": found.severity,
            "message": {"text": message},
            "locations": [location(&found.source, found.line, found.column)],
        }));
    }
    for problem in findings.manifests {
        results.push(json!({
            "ruleId": MANIFEST_RULE,
            "ruleIndex": index(MANIFEST_RULE),
            "level": Severity::Error,
            "message": {"text": problem.message},
            "locations": [location(&problem.source, problem.line, 0)],
        }));
    }
    let rules = rules
        .iter()
        .map(|(code, description)| json!({"id": code, "shortDescription": {"text": description}}))
        .collect();
    sarif::log(rules, results)
}

fn location(source: &str, line: u32, column: u32) -> Value {
    let path = source.strip_prefix("./").unwrap_or(source);
    let mut uri = sarif::escape(path);
    if path.starts_with('/') {
        uri = format!("file://{uri}");
    }
    let mut location = json!({"artifactLocation": {"uri": uri}});
    // Regions count from 1; what is not in a text has none.
    if line > 0
        && let Value::Object(members) = &mut location
    {
        let mut region = json!({"startLine": line});
        if column > 0
            && let Value::Object(place) = &mut region
        {
            place.insert("startColumn".to_owned(), json!(column));
        }
        members.insert("region".to_owned(), region);
    }
    json!({"physicalLocation": location})
}
