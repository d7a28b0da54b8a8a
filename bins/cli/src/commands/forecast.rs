//! `doorward forecast`.

mod report;

use std::time::Duration;

use clap::Args;
use doorward::{Context, Engine, Exit, Forecast, Verdict};
use doorward_core::Timestamp;

use self::report::ForecastReport;
use crate::circumstances::{CircumstanceArgs, Circumstances};
use crate::commands::verify::{images, reported};
use crate::duration::long_span;
use crate::failure::{Failure, Outcome};
use crate::format::Format;
use crate::hint;
use crate::invocation::{Invocation, wait};
use crate::remark;
use crate::render::{self, forecast};
#[cfg(feature = "kubernetes")]
use crate::scanned::no_cluster_is_named;
use crate::scanned::{WorkloadArgs, exit_over, judge};
use crate::site::Site;
use crate::streams;
use crate::workloads::{Judged, Judging, Use, is_told_alike};

const FORMS: &[Format] = &[Format::Table, Format::Json, Format::Yaml];

/// The longest time that is looked at: ten years.
const LONGEST: Duration = Duration::from_secs(3650 * 86_400);

/// Say which images will be refused when, and why: what ends, and what begins to refuse
///
/// Judges images as `verify` does, and then as it would later, by the answers that are given now. So it finds keys,
/// certificates, signatures, trust metadata, reports and exceptions that end, and entries that begin to refuse. What somebody
/// renews, signs or takes back meanwhile is not known; that a revocation list ends is no end of an image, since issuers renew it.
///
/// The exit code is that of the worst verdict within the time.
#[derive(Debug, Args)]
pub(crate) struct ForecastArgs {
    /// The images; `-` reads one a line from standard input. Without any, those of the workloads that --filename names, or of a
    /// cluster
    #[arg(value_name = "IMAGE")]
    images: Vec<String>,
    /// How far to look, such as `30d` or `12h`; at most ten years
    #[arg(long, value_name = "SPAN", default_value = "30d", value_parser = within)]
    within: Duration,
    /// The form of the result
    #[arg(short, long, value_name = "FORMAT", env = "DOORWARD_OUTPUT", value_parser = Format::among(FORMS))]
    output: Option<Format>,
    /// End with 0 whatever is found, for runs that only report
    #[arg(long)]
    exit_zero: bool,
    #[command(flatten)]
    workloads: WorkloadArgs,
    #[command(flatten)]
    circumstances: CircumstanceArgs,
}

fn within(text: &str) -> Result<Duration, &'static str> {
    let span = long_span(text)?;
    match !span.is_zero() && span <= LONGEST {
        true => Ok(span),
        false => Err("expected more than nothing and at most 3650d"),
    }
}

impl ForecastArgs {
    pub(crate) fn run(self, invocation: &Invocation<'_>) -> Outcome {
        let terminal = invocation.terminal;
        let format = Format::choose(self.output, FORMS, &invocation.resolver)?.value;
        let circumstances = self.circumstances.find(invocation)?;
        let now = circumstances.now;
        let span = i64::try_from(self.within.as_secs()).unwrap_or(i64::MAX);
        let ahead = Ahead {
            until: now.plus(span),
        };
        let (site, found) = if self.images.is_empty() {
            let judging = judge(
                "forecast",
                &self.workloads,
                &circumstances,
                &ahead,
                invocation,
            );
            wait(judging)?
        } else {
            if self.workloads.is_live() {
                return Err(Failure::usage(
                    "--all-namespaces is about the images of workloads, and images are named here",
                ));
            }
            if self.workloads.rate().is_some() {
                return Err(Failure::usage(
                    "--registry-qps is about the images of workloads, and images are named here",
                ));
            }
            #[cfg(feature = "kubernetes")]
            no_cluster_is_named(invocation)?;
            let Circumstances {
                rules,
                access,
                memory,
                ..
            } = &circumstances;
            let images = images(self.images, rules)?;
            let site = Site::load(rules, invocation)?;
            let judge = async |engine: &Engine, images: &[&str], context: &Context<'_>| {
                ahead.judge(engine, images, context).await
            };
            let found = wait(site.judge(&images, access, memory, now, judge, terminal))?;
            let found = Judged {
                found: found.into_iter().map(|one| (one, Vec::new())).collect(),
                passed_over: 0,
            };
            (site, found)
        };
        let Judged { found, passed_over } = found;
        let rendered = match format {
            Format::Json => render::json(&ForecastReport::new(now, ahead.until, &found))?,
            Format::Yaml => render::yaml(&ForecastReport::new(now, ahead.until, &found))?,
            _ => forecast::text(ahead.until, &found, terminal.verbose > 0).into(),
        };
        streams::data(&rendered, terminal.out)?;
        let verdicts: Vec<Verdict> = found.iter().map(|(one, _)| one.now().clone()).collect();
        remark::all(&verdicts, &circumstances.memory, terminal);
        if format == Format::Table {
            hint::all(&verdicts, &site, terminal);
        }
        if found.is_empty() {
            terminal.note("there is no image to look at");
        }
        Ok(reported(
            exit_over(&site, passed_over, exit(&found)),
            self.exit_zero,
        ))
    }
}

/// The exit of the worst verdict within the time. Of what was not looked at to the end, nobody knows.
fn exit(found: &[(Forecast, Vec<Use>)]) -> Exit {
    let last = found.iter().map(|(one, _)| {
        let change = one.changes().last();
        change.map_or(one.now(), |change| &change.verdict)
    });
    match Exit::of(last) {
        Exit::Allowed if found.iter().any(|(one, _)| !one.is_whole()) => Exit::Inconclusive,
        exit => exit,
    }
}

/// Looks at images from now until this time.
struct Ahead {
    until: Timestamp,
}

impl Judging for Ahead {
    type Found = Forecast;

    async fn judge(
        &self,
        engine: &Engine,
        images: &[&str],
        context: &Context<'_>,
    ) -> Vec<Forecast> {
        engine.forecast(images, context, self.until).await
    }

    fn is_alike(&self, one: &Forecast, other: &Forecast) -> bool {
        let (changes, others) = (one.changes(), other.changes());
        is_told_alike(one.now(), other.now())
            && one.is_whole() == other.is_whole()
            && changes.len() == others.len()
            && changes.iter().zip(others).all(|(change, other)| {
                change.at == other.at && is_told_alike(&change.verdict, &other.verdict)
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_has_no_end_or_no_length_is_refused() {
        assert_eq!(within("30d"), Ok(Duration::from_secs(30 * 86_400)));
        assert_eq!(within("3650d"), Ok(LONGEST));
        for bad in ["0d", "3651d", "30", "forever", "99999999999999999999d"] {
            assert!(within(bad).is_err(), "{bad}");
        }
    }
}
