//! What became of an image, in a word or two.

use doorward::{Decision, Verdict};
use doorward_core::Code;

use crate::runs::Runs;

/// What became of an image that failed, for events and reports.
#[must_use]
pub fn became(verdict: &Verdict, runs: Runs) -> String {
    match verdict.decision() {
        Decision::Deny => match runs {
            Runs::Already => "runs, and would be refused now".to_owned(),
            Runs::AsStaticPod => "runs all the same, as a static Pod of its node".to_owned(),
            Runs::IfAdmitted => "refused".to_owned(),
        },
        _ if !verdict.exceptions().is_empty() => "admitted by exception".to_owned(),
        _ if verdict.code() == Some(Code::BREAK_GLASS_USED) => {
            "admitted behind broken glass".to_owned()
        }
        Decision::Allow | Decision::Warn => format!("admitted in mode {}", verdict.mode().as_str()),
    }
}
