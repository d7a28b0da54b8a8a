//! What a session is opened with, and the key of the proof that comes of it.

use doorward_core::{Digest, Fingerprint, Scheme, Session, Timestamp};

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
    fn encode(&self, out: &mut Fingerprint) -> Result<(), NotRemembered>;

    /// A session that verifies the image at `now`.
    fn open(self: Box<Self>, now: Timestamp) -> Box<dyn Session>;
}

/// That no proof of these inputs is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotRemembered;

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
        let mut out = Fingerprint::default();
        out.text(scope).text(scheme.as_str());
        inputs.encode(&mut out).ok()?;
        Some(out.digest())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Inputs of one text.
    struct Text(&'static str);

    impl Inputs for Text {
        fn encode(&self, out: &mut Fingerprint) -> Result<(), NotRemembered> {
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
        let base = key("a", Scheme::custom("toy"), "x");
        assert!(base.is_some());
        assert_eq!(base, key("a", Scheme::custom("toy"), "x"));
        for other in [
            key("b", Scheme::custom("toy"), "x"),
            key("a", Scheme::SIGSTORE, "x"),
            key("a", Scheme::custom("toy"), "y"),
            key("anotary", Scheme::custom(""), "x"),
        ] {
            assert_ne!(base, other);
        }
    }
}
