//! `doorward scan`.

use anyhow::anyhow;
use clap::Args;
use doorward::{Context, Engine, Exit, ImageReport, Report, Summary, Verdict};
use doorward_core::Timestamp;
use serde::Serialize;

use crate::commands::verify::reported;
use crate::custom::CustomArgs;
use crate::failure::{Failure, Outcome};
use crate::format::Format;
use crate::hint;
use crate::invocation::{Invocation, wait};
use crate::options::{AccessArgs, ClockArgs, FirstUseArgs, RulesArgs, StateArgs};
use crate::remark;
use crate::render::{self, table};
use crate::settings::{AccessSettings, Origin, RulesSettings, StateSettings, check_plugins};
use crate::site::Site;
use crate::streams;
use crate::workloads::{Judging, Use, Workloads, is_told_alike};

const FORMS: &[Format] = &[
    Format::Table,
    Format::Json,
    Format::Yaml,
    Format::Sarif,
    Format::Name,
];

/// Decide about every image in manifests, each where it stands
///
/// Reads workloads, policies, Secrets and ServiceAccounts from the files, and decides about the images of each workload in its
/// namespace, by its labels and service account, and with its pull secrets. An image that is decided alike in several
/// places is shown once, with the places.
#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// The form of the result
    #[arg(short, long, value_name = "FORMAT", env = "DOORWARD_OUTPUT", value_parser = Format::among(FORMS))]
    output: Option<Format>,
    /// End with 0 whatever the verdicts, for runs that only report
    #[arg(long)]
    exit_zero: bool,
    #[command(flatten)]
    custom: CustomArgs,
    #[command(flatten)]
    clock: ClockArgs,
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    state: StateArgs,
    #[command(flatten)]
    first_use: FirstUseArgs,
}

/// The report, with the places of each image.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ScanReport {
    api_version: &'static str,
    kind: &'static str,
    at: Timestamp,
    summary: Summary,
    images: Vec<ScannedImage>,
}

#[derive(Serialize)]
struct ScannedImage {
    #[serde(flatten)]
    image: ImageReport,
    uses: Vec<Use>,
}

impl ScanArgs {
    pub(crate) fn run(self, invocation: &Invocation<'_>) -> Outcome {
        let terminal = invocation.terminal;
        let format = Format::choose(self.output, FORMS, &invocation.resolver)?.value;
        let rules = RulesSettings::new(self.rules, &invocation.resolver)?;
        let access = AccessSettings::new(self.access, &invocation.resolver);
        check_plugins(&rules, &access)?;
        let state = StateSettings::new(self.state, &invocation.resolver);
        let site = scanned_site(&rules, &access, self.custom, "scan", invocation)?;
        let now = self.clock.now();
        let memory = state.memory(&self.first_use, self.clock)?;
        let workloads = Workloads {
            site: &site,
            access: &access,
            memory: &memory,
            now,
            terminal,
        };
        let scanned = wait(workloads.each(&Verdicts))?;
        let (verdicts, uses): (Vec<_>, Vec<_>) = scanned.into_iter().unzip();
        let report = Report::new(now, &verdicts);
        let rendered = match format {
            Format::Table => {
                let places = uses.iter().map(|uses: &Vec<Use>| {
                    let places = uses.iter().map(Use::for_people);
                    places.collect()
                });
                let places: Vec<Vec<String>> = places.collect();
                table::places(&report, &verdicts, &places, terminal.verbose > 0).into()
            }
            Format::Json => render::json(&scan_report(report, &uses))?,
            Format::Yaml => render::yaml(&scan_report(report, &uses))?,
            other => render::verdicts(other, now, &verdicts, terminal.verbose > 0)?,
        };
        streams::data(&rendered, terminal.out)?;
        remark::all(&verdicts, &memory, terminal);
        if format == Format::Table {
            hint::all(&verdicts, &site, terminal);
        }
        if verdicts.is_empty() {
            terminal.note("there is no workload with an image in these files");
        }
        Ok(reported(Exit::of(&verdicts), self.exit_zero))
    }
}

/// The site whose workloads `command` is about.
///
/// # Errors
/// When no file is named, when a setting is none of workloads, and when what may be a workload cannot be read.
pub(super) fn scanned_site(
    rules: &RulesSettings,
    access: &AccessSettings,
    custom: CustomArgs,
    command: &str,
    invocation: &Invocation<'_>,
) -> Outcome<Site> {
    for (flag, setting) in [
        ("--containers-policy", &rules.containers_policy),
        ("--trust-policy", &rules.trust_policy),
    ] {
        if setting.value.is_some() {
            return Err(Failure::usage(format!(
                "{flag} knows no workloads: {command} decides by the policies that --filename names"
            )));
        }
    }
    if rules.filename.value.is_empty() {
        return Err(Failure::usage(format!("there is nothing to {command}"))
            .with_hint("name files or directories with workloads and policies with --filename"));
    }
    if access.service_account.origin == Origin::Flag {
        return Err(Failure::usage(format!(
            "--service-account does not go with {command}: each workload names its own"
        )));
    }
    let site = Site::load_knowing(rules, custom.workloads()?, invocation)?;
    if site.unread_workloads() > 0 {
        return Err(Failure::invalid(anyhow!(
            "what may be a workload cannot be read, so its images would be passed over"
        )));
    }
    Ok(site)
}

/// The verdicts on images.
struct Verdicts;

impl Judging for Verdicts {
    type Found = Verdict;

    async fn judge(&self, engine: &Engine, images: &[&str], context: &Context<'_>) -> Vec<Verdict> {
        engine.decide_all(images, context).await
    }

    fn is_alike(&self, one: &Verdict, other: &Verdict) -> bool {
        is_told_alike(one, other)
    }
}

fn scan_report(report: Report, uses: &[Vec<Use>]) -> ScanReport {
    let images = report.images.into_iter().zip(uses);
    ScanReport {
        api_version: "report.doorward.dev/v1",
        kind: "VerificationReport",
        at: report.at,
        summary: report.summary,
        images: images
            .map(|(image, uses)| ScannedImage {
                image,
                uses: uses.clone(),
            })
            .collect(),
    }
}
