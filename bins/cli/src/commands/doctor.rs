//! `doorward doctor`.

use std::time::Duration;

use anyhow::anyhow;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use doorward::Exit;
use doorward_core::Timestamp;
use doorward_kube::checkup::{CheckupFinding, Severity, checkup};
use serde::Serialize;
use tokio::time::timeout;

use crate::cluster::ClusterArgs;
use crate::duration::long_span;
use crate::failure::{Failure, Outcome};
use crate::format::Format;
use crate::invocation::{Invocation, wait};
use crate::options::ClockArgs;
use crate::render;
use crate::render::checkup as text;
use crate::settings::check_namespaces;
use crate::streams;

const FORMS: &[Format] = &[Format::Table, Format::Json, Format::Yaml];
/// The longest time for all questions together.
const PATIENCE: Duration = Duration::from_secs(120);

/// Look at the webhook in a cluster, and say what is wrong with how it is installed
///
/// Asks the API server for the webhook configurations and compares them with those that the webhook would write; whether it
/// believes the certificate that is served, and for how long; whether the Service leads to replicas; which namespaces are left
/// out; whether policies and their definitions are there and in force; and who else may change the configurations or write
/// policies everywhere. Nothing is written, and no image is looked at.
///
/// Ends with 6 if anything is wrong, and with 5 if nothing is, as far as could be asked. Warnings alone end with 0.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// The namespace of the webhook
    #[arg(
        short = 'n',
        long,
        value_name = "NAME",
        env = "DOORWARD_HOME_NAMESPACE",
        value_parser = NonEmptyStringValueParser::new()
    )]
    home_namespace: Option<String>,
    /// The Deployment of the webhook, whose options say what is planned
    #[arg(long, value_name = "NAME", default_value = "doorward")]
    deployment: String,
    /// Tell of certificates and authorities that end within this time, such as 14d or 48h
    #[arg(long, value_name = "TIME", default_value = "14d", value_parser = long_span)]
    within: Duration,
    /// The form of the result
    #[arg(short, long, value_name = "FORMAT", env = "DOORWARD_OUTPUT", value_parser = Format::among(FORMS))]
    output: Option<Format>,
    #[command(flatten)]
    cluster: ClusterArgs,
    #[command(flatten)]
    clock: ClockArgs,
}

/// What was found, in the published form.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Checkup<'a> {
    api_version: &'static str,
    kind: &'static str,
    at: Timestamp,
    home_namespace: &'a str,
    summary: Summary,
    findings: &'a [CheckupFinding],
}

/// How many findings there are of each severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Summary {
    pub(crate) errors: usize,
    pub(crate) unknown: usize,
    pub(crate) warnings: usize,
}

impl Summary {
    fn of(findings: &[CheckupFinding]) -> Self {
        let count = |severity| {
            let of_it = findings.iter().filter(|found| found.severity() == severity);
            of_it.count()
        };
        Self {
            errors: count(Severity::Error),
            unknown: count(Severity::Unknown),
            warnings: count(Severity::Warning),
        }
    }

    const fn exit(self) -> Exit {
        match self {
            Self { errors: 1.., .. } => Exit::Invalid,
            Self { unknown: 1.., .. } => Exit::Inconclusive,
            _ => Exit::Allowed,
        }
    }
}

impl DoctorArgs {
    pub(crate) fn run(self, invocation: &Invocation<'_>) -> Outcome {
        let format = Format::choose(self.output, FORMS, &invocation.resolver)?.value;
        let home = invocation.resolver.pick(
            "home_namespace",
            self.home_namespace.unwrap_or_default(),
            |file| file.home_namespace.clone(),
            "doorward".to_owned(),
        );
        check_namespaces("home-namespace", &home.origin, [&home.value])?;
        let home = home.value;
        let installation = wait(async {
            let server = self.cluster.connect().await?;
            let read = server.installation(&home, &self.deployment);
            timeout(PATIENCE, read).await.map_err(|_| {
                let seconds = PATIENCE.as_secs();
                let late =
                    anyhow!("the API server did not answer all questions in {seconds} seconds");
                Failure::new(Exit::Inconclusive, late)
            })
        })?;
        let now = self.clock.now();
        let findings = checkup(&installation, now, self.within);
        let summary = Summary::of(&findings);
        let result = Checkup {
            api_version: "doctor.doorward.dev/v1",
            kind: "Checkup",
            at: now,
            home_namespace: &home,
            summary,
            findings: &findings,
        };
        let rendered = render::form(format, &result, || text::text(&findings, summary))?;
        streams::data(&rendered, invocation.terminal.out)?;
        Ok(summary.exit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_decides_the_exit_and_warnings_alone_are_well() {
        let exit = |errors, unknown, warnings| {
            let summary = Summary {
                errors,
                unknown,
                warnings,
            };
            summary.exit().code()
        };
        assert_eq!(exit(0, 0, 0), 0);
        assert_eq!(exit(0, 0, 9), 0);
        assert_eq!(exit(0, 1, 9), 5);
        assert_eq!(exit(1, 1, 9), 6);
    }
}
