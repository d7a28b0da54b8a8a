//! What was decided about the images of a review.

use doorward_core::{Code, Pinned, Reference};

use crate::image_use::ImageUse;

/// What happens to an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// It may run.
    Allow,
    /// It may run although it failed; the author hears of it.
    Warn,
    /// It may not run.
    Deny,
}

impl Decision {
    /// The name used in the audit log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Warn => "warn",
            Self::Deny => "deny",
        }
    }
}

/// Why an image failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The stable code.
    pub code: Code,
    /// One sentence about this case: a lowercase fragment.
    pub message: String,
}

impl Reason {
    /// A reason.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

/// What was decided about one image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageAnswer<'a> {
    /// The image.
    pub image: &'a ImageUse,
    /// The decision.
    pub decision: Decision,
    /// Why it failed, the best explanation first. Empty if it is allowed.
    pub reasons: Vec<Reason>,
    /// The policy entry that governs it, for people: `ClusterImagePolicy base, entry registry.example/*`.
    pub rule: Option<String>,
    /// What was verified.
    pub pinned: Option<Pinned>,
    /// Whether the image is to be replaced by what was verified.
    pub replace: bool,
    /// Whether the tag, if one was written, stays beside the digest that replaces the image. What is admitted is the digest
    /// with or without it.
    pub keep_tag: bool,
    /// What becomes of an image that is to be replaced, and is not by the time of the validating webhook.
    pub unpinned: Decision,
    /// The policy entry that says so, if it is another one than [`rule`](Self::rule).
    pub unpinned_rule: Option<String>,
    /// What else its author should know.
    pub warnings: Vec<String>,
}

impl<'a> ImageAnswer<'a> {
    /// An image that may run, with nothing verified.
    #[must_use]
    pub const fn allow(image: &'a ImageUse) -> Self {
        Self {
            image,
            decision: Decision::Allow,
            reasons: Vec::new(),
            rule: None,
            pinned: None,
            replace: false,
            keep_tag: false,
            unpinned: Decision::Deny,
            unpinned_rule: None,
            warnings: Vec::new(),
        }
    }

    /// An image that was verified and is to be replaced by what was verified.
    #[must_use]
    pub fn pin(image: &'a ImageUse, pinned: Pinned) -> Self {
        Self {
            pinned: Some(pinned),
            replace: true,
            ..Self::allow(image)
        }
    }

    /// An image that may not run.
    #[must_use]
    pub fn deny(image: &'a ImageUse, reason: Reason) -> Self {
        Self {
            decision: Decision::Deny,
            reasons: vec![reason],
            ..Self::allow(image)
        }
    }

    /// An image that failed and may run all the same.
    #[must_use]
    pub fn warn(image: &'a ImageUse, reason: Reason) -> Self {
        Self {
            decision: Decision::Warn,
            ..Self::deny(image, reason)
        }
    }

    /// The same answer under a named rule.
    #[must_use]
    pub fn under(mut self, rule: impl Into<String>) -> Self {
        self.rule = Some(rule.into());
        self
    }

    /// The last check before anything is admitted: what was verified must be what the object names. This holds
    /// whatever made the answer, a verifier with an error in it included.
    #[must_use]
    pub fn checked(mut self, phase: Phase) -> Self {
        if self.decision == Decision::Deny {
            if self.reasons.is_empty() {
                self.reasons.push(Reason::new(
                    Code::INTERNAL_ERROR,
                    "refused without a reason",
                ));
            }
        } else if let Some(reason) = self.objection() {
            self.decision = Decision::Deny;
            self.reasons.insert(0, reason);
        } else if let Some(reason) = self.want_of_pin(phase) {
            if self.unpinned > self.decision {
                self.decision = self.unpinned;
                self.rule = self.unpinned_rule.take().or_else(|| self.rule.take());
                self.reasons.insert(0, reason);
            } else {
                self.reasons.push(reason);
            }
        }
        if self.decision == Decision::Deny {
            self.replace = false;
        }
        self
    }

    fn objection(&self) -> Option<Reason> {
        let pinned = self.pinned.as_ref()?;
        let written: Reference = match self.image.image.parse() {
            Ok(written) => written,
            Err(error) => return Some(Reason::new(Code::REFERENCE_INVALID, error.to_string())),
        };
        if written.repository() != pinned.repository() {
            return Some(Reason::new(
                Code::INTERNAL_ERROR,
                format!("another repository was verified: {}", pinned.repository()),
            ));
        }
        match written.digest() {
            Some(digest) if digest != pinned.digest() => Some(Reason::new(
                Code::CONFLICTING_DIGESTS,
                format!(
                    "the object names {digest}, but {} was verified",
                    pinned.digest()
                ),
            )),
            Some(_) | None => None,
        }
    }

    /// That the image should have been pinned by now and is not. How much that matters is for the policy to say, like
    /// every other failure under it.
    fn want_of_pin(&self, phase: Phase) -> Option<Reason> {
        let pinned = self
            .pinned
            .as_ref()
            .filter(|_| self.replace && phase == Phase::Validate)?;
        let written: Reference = self.image.image.parse().ok()?;
        if written.digest().is_some() {
            return None;
        }
        Some(Reason::new(
            Code::ADMISSION_NOT_PINNED,
            format!(
                "verified as {}, but named without that digest after mutation; the name could come to mean another image",
                pinned.digest()
            ),
        ))
    }

    /// What the image string becomes, if it changes.
    pub(crate) fn replacement(&self) -> Option<String> {
        let pinned = self.pinned.as_ref().filter(|_| self.replace)?;
        let written: Option<Reference> = self.image.image.parse().ok();
        let tag = written.as_ref().and_then(Reference::tag);
        let new = pinned.named(tag.filter(|_| self.keep_tag));
        Some(new).filter(|new| *new != self.image.image)
    }
}

/// Which of the two webhooks answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// The mutating one, which replaces images by what was verified.
    Mutate,
    /// The validating one, which sees what all mutating webhooks left behind and can change nothing. An image that is
    /// to be pinned should be pinned by now; what becomes of one that is not, its answer says.
    Validate,
}
