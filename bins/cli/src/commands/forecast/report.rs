//! Forecasts as data.

use doorward::{Change, Decision, Forecast};
use doorward_core::Timestamp;
use serde::Serialize;

use crate::workloads::Use;

/// A `ForecastReport` of `report.doorward.dev/v1`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ForecastReport<'a> {
    api_version: &'static str,
    kind: &'static str,
    /// The time from which on it is looked, and until when.
    at: Timestamp,
    until: Timestamp,
    summary: Summary,
    images: Vec<ImageForecast<'a>>,
}

/// How many images end how. Each is counted once.
#[derive(Default, Serialize)]
struct Summary {
    /// Admitted all the time.
    holds: usize,
    /// Admitted now, and refused within the time.
    ends: usize,
    /// Refused or not known now.
    refused: usize,
    /// Admitted now, and not looked at to the end.
    unknown: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ImageForecast<'a> {
    image: &'a str,
    /// What is decided now.
    verdict: Decision,
    code: Option<&'static str>,
    message: String,
    /// The first second in which it is refused.
    refused_at: Option<Timestamp>,
    /// Whether the whole time was looked at.
    complete: bool,
    changes: Vec<ToldChange>,
    #[serde(skip_serializing_if = "<[Use]>::is_empty")]
    uses: &'a [Use],
}

#[derive(Serialize)]
struct ToldChange {
    at: Timestamp,
    verdict: Decision,
    code: Option<&'static str>,
    message: String,
}

impl<'a> ForecastReport<'a> {
    pub(super) fn new(at: Timestamp, until: Timestamp, found: &'a [(Forecast, Vec<Use>)]) -> Self {
        let mut summary = Summary::default();
        for (forecast, _) in found {
            let counted = match forecast.now().decision() {
                Decision::Deny => &mut summary.refused,
                _ if forecast.refusal().is_some() => &mut summary.ends,
                _ if !forecast.is_whole() => &mut summary.unknown,
                _ => &mut summary.holds,
            };
            *counted += 1;
        }
        Self {
            api_version: "report.doorward.dev/v1",
            kind: "ForecastReport",
            at,
            until,
            summary,
            images: found
                .iter()
                .map(|(forecast, uses)| ImageForecast::of(forecast, uses))
                .collect(),
        }
    }
}

impl<'a> ImageForecast<'a> {
    fn of(forecast: &'a Forecast, uses: &'a [Use]) -> Self {
        let now = forecast.now();
        Self {
            image: now.image(),
            verdict: now.decision(),
            code: now.code().map(doorward_core::Code::as_str),
            message: now.message(),
            refused_at: forecast.refusal().map(|change| change.at),
            complete: forecast.is_whole(),
            changes: forecast.changes().iter().map(ToldChange::of).collect(),
            uses,
        }
    }
}

impl ToldChange {
    fn of(change: &Change) -> Self {
        let verdict = &change.verdict;
        Self {
            at: change.at,
            verdict: verdict.decision(),
            code: verdict.code().map(doorward_core::Code::as_str),
            message: verdict.message(),
        }
    }
}
