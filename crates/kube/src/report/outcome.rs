//! How a result of a report ends, in the words of the field.

use doorward_core::{Class, Code};

/// The `result` of one result. The first is the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReportOutcome {
    /// The image is not what the policy demands, and may not run.
    Fail,
    /// The image was not judged: something could not be asked, or a policy or a key is wrong. Nothing is said of the image.
    Error,
    /// The image is not what the policy demands, and runs all the same.
    Warn,
    /// The policy demands nothing of the image.
    Skip,
    /// The image is what the policy demands.
    Pass,
}

impl ReportOutcome {
    /// Every outcome, the worst first.
    pub const ALL: [Self; 5] = [Self::Fail, Self::Error, Self::Warn, Self::Skip, Self::Pass];

    /// The word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Fail => "fail",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Skip => "skip",
            Self::Pass => "pass",
        }
    }

    /// The severity. Older definitions know these three alone.
    pub(super) const fn severity(self) -> &'static str {
        match self {
            Self::Fail => "high",
            Self::Error | Self::Warn => "medium",
            Self::Skip | Self::Pass => "low",
        }
    }

    pub(super) fn named(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|outcome| outcome.as_str() == word)
    }

    /// Of an image that failed for this, and that runs all the same or does not.
    pub(super) const fn of(code: Code, runs: bool) -> Self {
        match code.class() {
            Class::Unavailable | Class::Configuration | Class::Internal => Self::Error,
            Class::NoPolicy | Class::Untrusted | Class::Integrity if runs => Self::Warn,
            Class::NoPolicy | Class::Untrusted | Class::Integrity => Self::Fail,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_asked_is_an_error_and_never_a_failure_of_the_image() {
        for code in Code::ALL {
            let class = code.class();
            let expected = match class {
                Class::Unavailable | Class::Configuration | Class::Internal => {
                    [ReportOutcome::Error; 2]
                }
                Class::NoPolicy | Class::Untrusted | Class::Integrity => {
                    [ReportOutcome::Fail, ReportOutcome::Warn]
                }
            };
            let found = [false, true].map(|runs| ReportOutcome::of(*code, runs));
            assert_eq!(found, expected, "{code}");
        }
    }

    #[test]
    fn each_word_is_read_as_it_is_written_and_no_other_is() {
        for outcome in ReportOutcome::ALL {
            assert_eq!(ReportOutcome::named(outcome.as_str()), Some(outcome));
        }
        for bad in ["", "Pass", "failed", "pass "] {
            assert_eq!(ReportOutcome::named(bad), None);
        }
    }
}
