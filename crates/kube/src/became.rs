//! What became of an image, in a word or two.

use doorward::{Decision, Verdict};
use doorward_core::Code;

/// What became of an image that failed, for events and reports. `is_mirror` says that it runs whatever is answered.
#[must_use]
pub fn became(verdict: &Verdict, is_mirror: bool) -> String {
    match verdict.decision() {
        Decision::Deny if is_mirror => "runs all the same, as a static Pod of its node".to_owned(),
        Decision::Deny => "refused".to_owned(),
        _ if !verdict.exceptions().is_empty() => "admitted by exception".to_owned(),
        _ if verdict.code() == Some(Code::BREAK_GLASS_USED) => {
            "admitted behind broken glass".to_owned()
        }
        Decision::Allow | Decision::Warn => format!("admitted in mode {}", verdict.mode().as_str()),
    }
}
