//! `doorward scan`.

use clap::Args;
use doorward::{Context, Engine, Exit, ImageReport, Report, Summary, Verdict};
use doorward_core::Timestamp;
use serde::Serialize;

use crate::circumstances::CircumstanceArgs;
use crate::commands::verify::reported;
use crate::failure::Outcome;
use crate::format::Format;
use crate::hint;
use crate::invocation::{Invocation, wait};
use crate::remark;
use crate::render::{self, table};
use crate::scanned::{WorkloadArgs, exit_over, judge};
use crate::streams;
use crate::workloads::{Judging, Use, is_told_alike};

const FORMS: &[Format] = &[
    Format::Table,
    Format::Json,
    Format::Yaml,
    Format::Sarif,
    Format::Name,
];

/// Decide about every image in manifests or in a live cluster, each where it stands
///
/// Reads workloads, policies, Secrets and ServiceAccounts from the files or from the cluster, and decides about the images of each
/// workload in its namespace, by its labels and service account, and with its pull secrets. An image that is decided alike in
/// several places is shown once, with the places.
#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// The form of the result
    #[arg(short, long, value_name = "FORMAT", env = "DOORWARD_OUTPUT", value_parser = Format::among(FORMS))]
    output: Option<Format>,
    /// End with 0 whatever the verdicts, for runs that only report
    #[arg(long)]
    exit_zero: bool,
    #[command(flatten)]
    workloads: WorkloadArgs,
    #[command(flatten)]
    circumstances: CircumstanceArgs,
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
    /// In how many of these places something else runs than the image stands for now.
    drifted: usize,
    uses: Vec<Use>,
}

impl ScanArgs {
    pub(crate) fn run(self, invocation: &Invocation<'_>) -> Outcome {
        let terminal = invocation.terminal;
        let format = Format::choose(self.output, FORMS, &invocation.resolver)?.value;
        let circumstances = self.circumstances.find(invocation)?;
        let judging = judge(
            "scan",
            &self.workloads,
            &circumstances,
            &Verdicts,
            invocation,
        );
        let (site, scanned) = wait(judging)?;
        let now = circumstances.now;
        let (verdicts, uses): (Vec<_>, Vec<_>) = scanned.found.into_iter().unzip();
        let report = Report::new(now, &verdicts);
        let rendered = match format {
            Format::Table => {
                let places = verdicts.iter().zip(&uses).map(|(verdict, uses)| {
                    let uses = uses.iter();
                    let places = uses.map(|one| one.for_people(verdict.digest()));
                    places.collect()
                });
                let places: Vec<Vec<String>> = places.collect();
                table::places(&report, &verdicts, &places, terminal.verbose > 0).into()
            }
            Format::Json => render::json(&scan_report(report, &verdicts, &uses))?,
            Format::Yaml => render::yaml(&scan_report(report, &verdicts, &uses))?,
            other => render::verdicts(other, now, &verdicts, terminal.verbose > 0)?,
        };
        streams::data(&rendered, terminal.out)?;
        remark::all(&verdicts, &circumstances.memory, terminal);
        let drifted: usize = verdicts
            .iter()
            .zip(&uses)
            .map(|(verdict, uses)| drifted(verdict, uses))
            .sum();
        if drifted > 0 {
            terminal.note(&match drifted {
                1 => "a container runs another digest than its image stands for now".to_owned(),
                many => {
                    format!("{many} containers run another digest than their image stands for now")
                }
            });
        }
        let denied = uses.iter().flatten();
        match denied.filter(|place| place.runs_what_is_denied()).count() {
            0 => {}
            1 => terminal.note("one of these containers runs a digest that would be denied"),
            many => {
                terminal.note(&format!(
                    "{many} of these containers run digests that would be denied"
                ));
            }
        }
        if format == Format::Table {
            hint::all(&verdicts, &site, terminal);
        }
        if verdicts.is_empty() {
            terminal.note(match self.workloads.is_live() {
                true => "there is no workload with an image in this cluster",
                false => "there is no workload with an image in these files",
            });
        }
        let exit = exit_over(&site, scanned.passed_over, Exit::of(&verdicts));
        Ok(reported(exit, self.exit_zero))
    }
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

    fn verdict<'f>(&self, found: &'f Verdict) -> Option<&'f Verdict> {
        Some(found)
    }
}

/// In how many places something else runs than the image stands for now.
fn drifted(verdict: &Verdict, uses: &[Use]) -> usize {
    let now = verdict.digest();
    let drifted = uses.iter().filter_map(|place| place.drifted_from(now?));
    drifted.count()
}

fn scan_report(report: Report, verdicts: &[Verdict], uses: &[Vec<Use>]) -> ScanReport {
    let drifts = verdicts.iter().zip(uses);
    let drifts = drifts.map(|(verdict, uses)| drifted(verdict, uses));
    let images = report.images.into_iter().zip(uses).zip(drifts);
    ScanReport {
        api_version: "report.doorward.dev/v1",
        kind: "VerificationReport",
        at: report.at,
        summary: report.summary,
        images: images
            .map(|((image, uses), drifted)| ScannedImage {
                image,
                drifted,
                uses: uses.clone(),
            })
            .collect(),
    }
}
