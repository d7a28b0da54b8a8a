//! What people should know although it decided nothing.

use std::fmt;
use std::ops::Deref;

use doorward_core::{Check, Code, Scheme, StateKey};
use serde::{Serialize, Serializer};

use crate::plan::POLICY;

/// What people should know about a decision although it decided nothing. Its text is a lowercase fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Note {
    /// What it is about.
    pub kind: NoteKind,
    /// The scheme that it concerns.
    pub scheme: Scheme,
    /// Its stable name, if it stands beside a refusal and has one.
    pub code: Option<Code>,
    text: String,
}

/// What a [`Note`] is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum NoteKind {
    /// Something that is attached to an image was not looked at, and nothing hangs on it.
    Dismissed,
    /// An exception, or a request to break the glass, does not count.
    Exception,
    /// A check failed, which the policy wants logged and no more.
    Finding,
    /// Nothing was remembered about something: this is the first time that it is met.
    FirstContact,
    /// What was remembered about something is gone.
    Lost,
    /// What was remembered about something was replaced, because what counts more says otherwise.
    Overruled,
    /// What a scheme has seen on the way.
    Seen,
    /// A failure that was found does not count, because somebody said so whom the policy lets say it.
    Suppressed,
}

impl Note {
    /// The findings among `checks`: what failed and is only logged must not pass in silence.
    pub(crate) fn findings(scheme: Scheme, checks: &[Check]) -> Vec<Self> {
        let finding = |check: &Check| {
            let reason = check.reason()?;
            Some(Self {
                kind: NoteKind::Finding,
                scheme,
                code: None,
                text: format!(
                    "the check `{}` failed and is only logged: {} ({})",
                    check.check, reason.message, reason.code
                ),
            })
        };
        checks.iter().filter_map(finding).collect()
    }

    /// That something failed which refuses nothing.
    pub(crate) const fn finding(scheme: Scheme, text: String) -> Self {
        Self {
            kind: NoteKind::Finding,
            scheme,
            code: None,
            text,
        }
    }

    /// That an exception does not count, or a request to break the glass.
    pub(crate) const fn exception(code: Code, text: String) -> Self {
        Self {
            kind: NoteKind::Exception,
            scheme: POLICY,
            code: Some(code),
            text,
        }
    }

    pub(crate) fn first_contact(key: &StateKey) -> Self {
        Self {
            kind: NoteKind::FirstContact,
            scheme: key.scheme(),
            code: None,
            text: format!("first contact: nothing is remembered of {key}"),
        }
    }

    pub(crate) const fn overruled(scheme: Scheme, text: String) -> Self {
        Self {
            kind: NoteKind::Overruled,
            scheme,
            code: None,
            text,
        }
    }

    pub(crate) const fn seen(scheme: Scheme, text: String) -> Self {
        Self {
            kind: NoteKind::Seen,
            scheme,
            code: None,
            text,
        }
    }

    /// That something attached counts for nothing.
    pub(crate) const fn dismissed(scheme: Scheme, text: String) -> Self {
        Self {
            kind: NoteKind::Dismissed,
            scheme,
            code: None,
            text,
        }
    }

    pub(crate) const fn suppressed(scheme: Scheme, text: String) -> Self {
        Self {
            kind: NoteKind::Suppressed,
            scheme,
            code: None,
            text,
        }
    }

    pub(crate) fn lost(key: &StateKey) -> Self {
        Self {
            kind: NoteKind::Lost,
            scheme: key.scheme(),
            code: None,
            text: format!(
                "what was remembered of {key} has been deleted: older metadata than was seen before would not be noticed"
            ),
        }
    }
}

impl Deref for Note {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl PartialEq<&str> for Note {
    fn eq(&self, other: &&str) -> bool {
        self.text == *other
    }
}

/// As its text.
impl Serialize for Note {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}
