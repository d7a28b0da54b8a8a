//! Exit codes of the command line, part of its stable interface.

use doorward_core::Class;

use crate::decision::Decision;
use crate::verdict::Verdict;

/// How a command ends. The numbers are append-only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Exit {
    /// Every image is allowed.
    Allowed = 0,
    /// A fault of the program.
    Internal = 1,
    /// The command line is wrong.
    Usage = 2,
    /// An image is untrusted or not intact.
    Untrusted = 3,
    /// No policy matches an image.
    NoPolicy = 4,
    /// A required resource was unavailable; nothing is allowed by that.
    Inconclusive = 5,
    /// A policy, secret or setting is invalid.
    Invalid = 6,
    /// There was nothing to verify.
    Nothing = 7,
}

impl Exit {
    /// The number the process ends with.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The exit that several verdicts give together: the worst, in the order internal, invalid, untrusted, no
    /// policy, inconclusive, allowed. A warning counts as allowed.
    #[must_use]
    pub fn of<'a>(verdicts: impl IntoIterator<Item = &'a Verdict>) -> Self {
        let mut worst = Self::Nothing;
        for verdict in verdicts {
            let exit = match (verdict.decision(), verdict.rejection()) {
                (Decision::Allow | Decision::Warn, _) => Self::Allowed,
                (Decision::Deny, None) => Self::Internal,
                (Decision::Deny, Some(rejection)) => rejection.class().into(),
            };
            if exit.severity() > worst.severity() {
                worst = exit;
            }
        }
        worst
    }

    const fn severity(self) -> u8 {
        match self {
            Self::Nothing => 0,
            Self::Allowed => 1,
            Self::Inconclusive => 2,
            Self::NoPolicy => 3,
            Self::Untrusted => 4,
            Self::Usage => 5,
            Self::Invalid => 6,
            Self::Internal => 7,
        }
    }
}

impl From<Class> for Exit {
    fn from(class: Class) -> Self {
        match class {
            Class::Configuration => Self::Invalid,
            Class::Integrity | Class::Untrusted => Self::Untrusted,
            Class::Internal => Self::Internal,
            Class::NoPolicy => Self::NoPolicy,
            Class::Unavailable => Self::Inconclusive,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward_core::{Code, Rejection};

    fn denied(code: Code) -> Verdict {
        Verdict::refused("i", None, Rejection::new(code, "x"))
    }

    #[test]
    fn no_verdict_at_all_is_nothing_to_verify() {
        assert_eq!(Exit::of([]), Exit::Nothing);
    }

    #[test]
    fn the_worst_of_several_images_decides() {
        let none = denied(Code::POLICY_NO_MATCH);
        let away = denied(Code::REGISTRY_UNAVAILABLE);
        let bad = denied(Code::REFERENCE_INVALID);
        let invalid = denied(Code::POLICY_INVALID);
        let fault = denied(Code::INTERNAL_ERROR);
        assert_eq!(Exit::of([&none, &away]), Exit::NoPolicy);
        assert_eq!(Exit::of([&none, &bad, &away]), Exit::Untrusted);
        assert_eq!(Exit::of([&bad, &invalid]), Exit::Invalid);
        assert_eq!(Exit::of([&invalid, &fault]), Exit::Internal);
        assert_eq!(Exit::of([&away]), Exit::Inconclusive);
    }
}
