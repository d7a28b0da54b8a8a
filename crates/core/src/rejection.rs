//! Rejections: why an image, or one signature on it, was refused.

use std::fmt;

use crate::{
    BudgetExceeded, Check, Class, Code, Digest, Fact, FetchError, Outage, Resource, Scheme,
    Timestamp,
};

/// Why something was refused: a stable code, what it is about as [facts](Fact), and one sentence about this case.
///
/// `Display` is that sentence: one lowercase fragment without a full stop and without the causes, which
/// [`Rejection::causes`] has. It is for people. Names that somebody else chose stand in it, so a program that looked
/// for words in it could be led anywhere; what programs need is in the code and the facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    code: Code,
    scheme: Option<Scheme>,
    detail: String,
    /// A slice, which is smaller than a vector: a rejection is the error of most results.
    facts: Box<[Fact]>,
    checks: Vec<Check>,
    causes: Vec<Self>,
    fetch_error: Option<Box<FetchError>>,
}

impl Rejection {
    /// A rejection with a sentence about this case: a lowercase fragment, no full stop, no secrets.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>) -> Self {
        Self {
            code,
            scheme: None,
            detail: detail.into(),
            facts: Box::default(),
            checks: Vec::new(),
            causes: Vec::new(),
            fetch_error: None,
        }
    }

    /// That `resource` could not be had.
    #[must_use]
    pub fn from_fetch(resource: &Resource, error: &FetchError) -> Self {
        Self::new(Code::from(error), format!("{resource}: {error}"))
            .with_fact(Fact::resource(resource))
            .because_of(error)
    }

    /// That a session was not given the answers to what it asked for: a fault of the program that runs it.
    #[must_use]
    pub fn out_of_step() -> Self {
        let detail = "the answers given to the session are not those to its fetches";
        Self::new(Code::INTERNAL_ERROR, detail)
    }

    /// Keeps the error of the fetch that led to this rejection: what it says as a fact, and the evidence of an outage
    /// if it has any.
    #[must_use]
    pub fn because_of(mut self, error: &FetchError) -> Self {
        self.fetch_error = Some(Box::new(error.clone()));
        match Fact::of_answer(error) {
            Some(fact) => self.with_fact(fact),
            None => self,
        }
    }

    /// Says which scheme refused.
    #[must_use]
    pub const fn in_scheme(mut self, scheme: Scheme) -> Self {
        self.scheme = Some(scheme);
        self
    }

    /// Adds to the sentence about this case: a lowercase fragment that explains it.
    #[must_use]
    pub fn adding(mut self, more: &str) -> Self {
        self.detail.push_str("; ");
        self.detail.push_str(more);
        self
    }

    /// The same rejection with another sentence about this case.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Adds something that it is about.
    #[must_use]
    pub fn with_fact(mut self, fact: Fact) -> Self {
        let mut facts = self.facts.into_vec();
        facts.push(fact);
        self.facts = facts.into_boxed_slice();
        self
    }

    /// Adds the checks that were made until the refusal.
    #[must_use]
    pub fn with_checks(mut self, checks: Vec<Check>) -> Self {
        self.checks = checks;
        self
    }

    /// Adds what led to this rejection, best explanation first.
    #[must_use]
    pub fn with_causes(mut self, mut causes: Vec<Self>) -> Self {
        causes.sort_by_key(|cause| std::cmp::Reverse(cause.reach()));
        self.causes = causes;
        self
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> Code {
        self.code
    }

    /// The class of the code.
    #[must_use]
    pub const fn class(&self) -> Class {
        self.code.class()
    }

    /// The scheme that refused, if one did.
    #[must_use]
    pub const fn scheme(&self) -> Option<Scheme> {
        self.scheme
    }

    /// The sentence about this case, for people and for tests of what they read. Decide by [`Rejection::code`] and
    /// [`Rejection::facts`].
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// What it is about, as data.
    #[must_use]
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// The two digests that should be one: the expected and the actual one.
    #[must_use]
    pub fn digests(&self) -> Option<(&Digest, &Digest)> {
        self.facts.iter().find_map(|fact| match fact {
            Fact::Digests { expected, actual } => Some((expected, actual)),
            _ => None,
        })
    }

    /// The ID or fingerprint of the key that it is about.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.facts.iter().find_map(|fact| match fact {
            Fact::Key(key) => Some(key.as_str()),
            _ => None,
        })
    }

    /// The resource that could not be had.
    #[must_use]
    pub fn resource(&self) -> Option<&Resource> {
        self.facts.iter().find_map(|fact| match fact {
            Fact::Resource(resource) => Some(resource),
            _ => None,
        })
    }

    /// The role of signed metadata that it is about.
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        self.facts.iter().find_map(|fact| match fact {
            Fact::Role(role) => Some(role.as_str()),
            _ => None,
        })
    }

    /// Namespace and name of the Secret that it is about.
    #[must_use]
    pub fn secret(&self) -> Option<(&str, &str)> {
        self.facts.iter().find_map(|fact| match fact {
            Fact::Secret { namespace, name } => Some((namespace.as_str(), name.as_str())),
            _ => None,
        })
    }

    /// Namespace and name of the `ConfigMap` that it is about.
    #[must_use]
    pub fn config_map(&self) -> Option<(&str, &str)> {
        self.facts.iter().find_map(|fact| match fact {
            Fact::ConfigMap { namespace, name } => Some((namespace.as_str(), name.as_str())),
            _ => None,
        })
    }

    /// Where the signature that it is about came from.
    #[must_use]
    pub fn source_of_signature(&self) -> Option<&str> {
        self.facts.iter().find_map(|fact| match fact {
            Fact::Source(source) => Some(source.as_str()),
            _ => None,
        })
    }

    /// When what it is about ends, ended or was made.
    #[must_use]
    pub fn time(&self) -> Option<Timestamp> {
        self.facts.iter().find_map(|fact| match fact {
            Fact::Time(time) => Some(*time),
            _ => None,
        })
    }

    /// The signature that somebody who is trusted made, and that does not count for another reason: a digest of what it is over
    /// and of the key or certificate that it was made with.
    #[must_use]
    pub fn signature(&self) -> Option<&Digest> {
        self.facts.iter().find_map(|fact| match fact {
            Fact::Signature(signature) => Some(signature),
            _ => None,
        })
    }

    /// When somebody who is trusted signed, at the latest, with a signature that holds and does not count for another reason.
    #[must_use]
    pub fn signed(&self) -> Option<Timestamp> {
        self.facts.iter().find_map(|fact| match fact {
            Fact::Signed(time) => Some(*time),
            _ => None,
        })
    }

    /// The same, which says that somebody who is trusted signed at that time, or at a time that is not known.
    #[must_use]
    pub fn signed_at(self, time: Option<Timestamp>) -> Self {
        let mut facts = self.facts.into_vec();
        facts.retain(|fact| !matches!(fact, Fact::Signed(_)));
        facts.extend(time.map(Fact::Signed));
        Self {
            facts: facts.into_boxed_slice(),
            ..self
        }
    }

    /// Whether nothing was asked, because this run allows no network.
    #[must_use]
    pub fn was_not_asked(&self) -> bool {
        self.facts.contains(&Fact::NotAsked)
    }

    /// The checks that were made until the refusal.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// What led to this rejection, best explanation first.
    #[must_use]
    pub fn causes(&self) -> &[Self] {
        &self.causes
    }

    /// The error of the fetch that led to this rejection, if one did.
    #[must_use]
    pub fn fetch_error(&self) -> Option<&FetchError> {
        self.fetch_error.as_deref()
    }

    /// The evidence that a server is out and that this is the whole reason. Only this may be forgiven by
    /// `onUnavailable: warn`, never a class of codes.
    #[must_use]
    pub fn outage(&self) -> Option<&Outage> {
        // Whatever error led to it: a rejection that says something about the image is not forgiven.
        if self.class() != Class::Unavailable {
            return None;
        }
        self.fetch_error()?.outage()
    }

    /// How far the verification got of one of several things of a kind, such as signatures of one image. Greater is
    /// further, and explains more.
    ///
    /// A class says little here: everybody who may push can attach something that is malformed, and must not be what is
    /// told first. Only that a setting or this program is wrong comes before all else.
    #[must_use]
    pub fn reach(&self) -> (bool, u8, Class) {
        let class = self.class();
        let is_ours = matches!(class, Class::Configuration | Class::Internal);
        (is_ours, self.code.rank(), class)
    }

    /// How much this rejection explains, for choosing which of several to show first. Greater explains more.
    #[must_use]
    pub const fn rank(&self) -> (Class, u8) {
        (self.code.class(), self.code.rank())
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Rejection {}

impl From<BudgetExceeded> for Rejection {
    fn from(error: BudgetExceeded) -> Self {
        Self::new(Code::BUDGET_EXCEEDED, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::codes! {
        NONE = "toy-none-accepted", Untrusted, 8, "no signature was accepted";
        OTHER_NAME = "toy-other-name", Untrusted, 9, "the signature is for another name";
        JUNK = "toy-junk", Integrity, 2, "it is no signature";
        KEY_INVALID = "toy-key-invalid", Configuration, 3, "the key of the policy is none";
        UNKNOWN = "toy-unknown-key", Untrusted, 4, "the key is not known";
    }

    #[test]
    fn the_cause_that_got_furthest_comes_first() {
        let rejection =
            Rejection::new(NONE, "none of 2 signatures was accepted").with_causes(vec![
                Rejection::new(UNKNOWN, "unknown key"),
                Rejection::new(OTHER_NAME, "signed as another image"),
            ]);
        assert_eq!(rejection.causes()[0].code(), OTHER_NAME);
    }

    #[test]
    fn what_strangers_attach_is_not_told_before_what_a_signature_lacks() {
        let one = |code| Rejection::new(code, "why");
        let causes = |codes: &[Code]| -> Vec<Code> {
            let causes = codes.iter().map(|code| one(*code)).collect();
            let rejection = one(NONE).with_causes(causes);
            rejection.causes().iter().map(Rejection::code).collect()
        };
        assert_eq!(
            causes(&[JUNK, UNKNOWN, JUNK, OTHER_NAME]),
            [OTHER_NAME, UNKNOWN, JUNK, JUNK]
        );
        // Where a key is none, nothing was judged by it.
        assert_eq!(causes(&[JUNK, OTHER_NAME, KEY_INVALID])[0], KEY_INVALID);
    }

    #[test]
    fn what_a_refusal_is_about_is_carried_as_data_whatever_the_sentence_says() {
        let resource = Resource::Lookaside {
            url: "https://x--offline.example/secret/found: not found".to_owned(),
            access: None,
        };
        let rejection = Rejection::from_fetch(
            &resource,
            &FetchError::Unavailable {
                detail: "--offline".to_owned(),
            },
        );
        assert_eq!(rejection.resource(), Some(&resource));
        assert!(!rejection.was_not_asked());
        assert_eq!(rejection.secret(), None);

        let error = FetchError::NotAsked {
            detail: String::new(),
        };
        assert!(Rejection::from_fetch(&resource, &error).was_not_asked());
        let (expected, actual) = (Digest::sha256(b"a"), Digest::sha256(b"b"));
        let error = FetchError::DigestMismatch {
            expected: expected.clone(),
            actual: actual.clone(),
        };
        let rejection = Rejection::from_fetch(&resource, &error);
        assert_eq!(rejection.digests(), Some((&expected, &actual)));
    }
}
