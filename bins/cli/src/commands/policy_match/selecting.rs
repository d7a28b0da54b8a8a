//! Whom policies are for, as it is shown.

use doorward_policy::{Applies, Explained};
use serde::Serialize;

/// Whether a cluster policy that has selectors is for the workload.
#[derive(Debug, Serialize)]
pub(super) struct Selecting {
    /// The name of the policy.
    policy: String,
    /// Whether it is a floor.
    floor: bool,
    /// Whether it only adds demands, because it selects objects by their own labels.
    #[serde(rename = "onlyAdds")]
    only_adds: bool,
    /// `yes`, `no` or `unknown`.
    selects: &'static str,
    /// Which selectors say so, in words.
    why: Vec<String>,
}

impl Selecting {
    pub(super) fn of(explained: Explained<'_>) -> Self {
        Self {
            policy: explained.policy.to_owned(),
            floor: explained.floor,
            only_adds: explained.only_adds,
            selects: match explained.applies {
                Applies::No => "no",
                Applies::Unknown(_) => "unknown",
                Applies::Yes => "yes",
            },
            why: explained.why,
        }
    }

    pub(super) fn told(&self) -> String {
        let kind = if self.floor { "the floor" } else { "policy" };
        let applies = match self.selects {
            "yes" if self.only_adds => "is for this workload, in addition to others",
            "yes" => "is for this workload",
            "no" => "is not for this workload",
            _ => "may be for this workload, which cannot be told",
        };
        format!("{kind} {} {applies}: {}", self.policy, self.why.join("; "))
    }
}
