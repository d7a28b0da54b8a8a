//! What a policy demands of an image, and of which image.

use crate::codes;
use std::sync::Arc;

use doorward_core::{Digest, Reference, Rejection};

use crate::{FramingError, Keyring, SignedIdentity, unframe};

/// One demand. A policy has a list of them, all of which must be met.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Requirement {
    /// Met by every image, signed or not.
    InsecureAcceptAnything,
    /// Met by none: the keys of a `signedBy` could not be had or read.
    KeysUnusable {
        /// Why, as a lowercase fragment.
        why: String,
    },
    /// Met by none.
    Reject,
    /// Met by a signature of one of these keys over a name that the rule accepts.
    SignedBy {
        /// The keys.
        keyring: Arc<Keyring>,
        /// The rule.
        identity: SignedIdentity,
    },
    /// Met by none: the policy's format has it, but it is not verified here.
    Unsupported {
        /// Its name, such as `signedBaseLayer`.
        what: String,
    },
}

impl Requirement {
    /// Whether stored signatures are needed to decide.
    #[must_use]
    pub const fn looks_at_signatures(&self) -> bool {
        matches!(self, Self::SignedBy { .. })
    }

    /// Why no image ever meets this, as it is said of `image`. Returns `None` if one can.
    #[must_use]
    pub fn refusal(&self, image: &Reference) -> Option<Rejection> {
        match self {
            Self::InsecureAcceptAnything | Self::SignedBy { .. } => None,
            Self::KeysUnusable { why } => Some(Rejection::new(codes::KEYRING_INVALID, why.clone())),
            Self::Reject => Some(Rejection::new(
                codes::REJECTED_BY_POLICY,
                format!("the policy rejects {image} whatever its signatures"),
            )),
            Self::Unsupported { what } => Some(Rejection::new(
                codes::UNSUPPORTED_REQUIREMENT,
                format!("the policy demands {what}, which is never met here"),
            )),
        }
    }
}

/// The image in question: what it was called and which digest that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    image: Reference,
    digest: Digest,
}

impl Subject {
    /// `image` as the policy sees it: `:latest` if it has neither tag nor digest, and without the tag if it has both,
    /// because then the digest alone decides what is pulled. Laxer than the reference implementation, which refuses an
    /// image with both, because Kubernetes users write them.
    ///
    /// `digest` is that of the manifest or index that the reference resolves to. For an image of several platforms
    /// it is the index that must be signed.
    #[must_use]
    pub fn new(image: Reference, digest: Digest) -> Self {
        Self {
            image: image.or_latest().digest_only(),
            digest,
        }
    }

    /// The image's logical name.
    #[must_use]
    pub const fn image(&self) -> &Reference {
        &self.image
    }

    /// The digest that the claim must be about.
    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }
}

/// One stored signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureBlob {
    /// The OpenPGP message.
    pub bytes: Vec<u8>,
    /// Where it was found, for people.
    pub source: String,
}

impl SignatureBlob {
    /// A message that is known to be bare, as the registry's signature extension serves it.
    #[must_use]
    pub fn new(bytes: impl Into<Vec<u8>>, source: impl Into<String>) -> Self {
        Self {
            bytes: bytes.into(),
            source: source.into(),
        }
    }

    /// What a lookaside store holds at `source`: a message, perhaps behind the name of its format.
    ///
    /// # Errors
    /// [`FramingError`].
    pub fn from_lookaside(bytes: &[u8], source: impl Into<String>) -> Result<Self, FramingError> {
        Ok(Self::new(unframe(bytes)?, source))
    }
}
