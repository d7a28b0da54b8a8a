//! What a session is opened with, and the key of the proof that comes of it.

use doorward_core::{Digest, Scheme, Session, Timestamp};

/// Everything that the outcome of one session depends on besides the answers it gets and the time: the image, where it
/// is, keys, identities, settings.
///
/// A session is opened from this value and from nothing else, and the key of its remembered proof is the hash of this
/// very value. So no setting can count for the one and be forgotten for the other.
pub trait Inputs: Send + Sync {
    /// Writes every part of the value. Destructure it without `..`, so that a new part does not compile until it is
    /// written.
    ///
    /// # Errors
    /// [`NotRemembered`] if a part cannot be written; no proof is remembered then.
    fn encode(&self, out: &mut Canonical) -> Result<(), NotRemembered>;

    /// A session that verifies the image at `now`.
    fn open(self: Box<Self>, now: Timestamp) -> Box<dyn Session>;
}

/// That no proof of these inputs is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotRemembered;

/// A canonical encoding: every part is preceded by its length, so that no two sequences of parts have the same bytes.
#[derive(Clone, Debug, Default)]
pub struct Canonical(Vec<u8>);

impl Canonical {
    /// Appends bytes.
    pub fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0
            .extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        self.0.extend_from_slice(bytes);
        self
    }

    /// Appends a text.
    pub fn text(&mut self, text: impl AsRef<str>) -> &mut Self {
        self.bytes(text.as_ref().as_bytes())
    }

    /// Appends a number: of a variant, or of parts that follow.
    pub fn number(&mut self, number: usize) -> &mut Self {
        self.bytes(&(number as u64).to_be_bytes())
    }

    /// Appends a text that may be absent, which is something else than an empty one.
    pub fn optional(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            None => self.number(0),
            Some(text) => self.number(1).text(text),
        }
    }

    /// Appends a truth value.
    pub fn flag(&mut self, flag: bool) -> &mut Self {
        self.number(usize::from(flag))
    }

    /// The hash of everything that was appended.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::sha256(&self.0)
    }
}

/// Whose proof it is, of what.
pub(crate) struct ProofKey<'a> {
    /// The tenant scope within which proofs are shared.
    pub(crate) scope: &'a str,
    pub(crate) scheme: Scheme,
    pub(crate) inputs: &'a dyn Inputs,
}

impl ProofKey<'_> {
    /// The key, unless proofs of these inputs are not remembered.
    pub(crate) fn digest(&self) -> Option<Digest> {
        let Self {
            scope,
            scheme,
            inputs,
        } = self;
        let mut out = Canonical::default();
        out.text(scope).text(scheme.as_str());
        inputs.encode(&mut out).ok()?;
        Some(out.digest())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(write: impl FnOnce(&mut Canonical)) -> Digest {
        let mut out = Canonical::default();
        write(&mut out);
        out.digest()
    }

    #[test]
    fn parts_that_are_cut_elsewhere_have_another_key() {
        let cuts = [["ab", "c"], ["a", "bc"], ["abc", ""], ["", "abc"]];
        for (number, one) in cuts.iter().enumerate() {
            for other in cuts.iter().skip(number + 1) {
                let [one, other] = [one, other].map(|[first, second]| {
                    encoded(|out| {
                        out.text(first).text(second);
                    })
                });
                assert_ne!(one, other);
            }
        }
    }

    #[test]
    fn what_is_absent_is_not_what_is_empty() {
        let absent = encoded(|out| {
            out.optional(None);
        });
        let empty = encoded(|out| {
            out.optional(Some(""));
        });
        assert_ne!(absent, empty);
    }

    /// Inputs of one text.
    struct Text(&'static str);

    impl Inputs for Text {
        fn encode(&self, out: &mut Canonical) -> Result<(), NotRemembered> {
            let Self(text) = self;
            out.text(text);
            Ok(())
        }

        #[allow(clippy::unreachable, reason = "no session is opened here")]
        fn open(self: Box<Self>, _: Timestamp) -> Box<dyn Session> {
            unreachable!("only its key is asked for")
        }
    }

    #[test]
    fn proofs_of_another_scope_scheme_or_input_have_another_key() {
        let key = |scope, scheme, text| {
            ProofKey {
                scope,
                scheme,
                inputs: &Text(text),
            }
            .digest()
        };
        let base = key("a", Scheme::NOTARY, "x");
        assert!(base.is_some());
        assert_eq!(base, key("a", Scheme::NOTARY, "x"));
        for other in [
            key("b", Scheme::NOTARY, "x"),
            key("a", Scheme::SIGSTORE, "x"),
            key("a", Scheme::NOTARY, "y"),
            key("anotary", Scheme::custom(""), "x"),
        ] {
            assert_ne!(base, other);
        }
    }
}
