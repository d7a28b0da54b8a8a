//! The digest of an image as the registry has it, asked for when a demand needs it, and once.

use std::sync::Arc;

use doorward_core::{Code, Descriptor, Digest, IndexOutline, Pinned, Rejection, Repository};
use futures::future::{BoxFuture, Shared};

/// What is known of an image once its manifest was read. The bytes are not kept: they can have megabytes, and a review
/// can have many images.
#[derive(Clone, Debug)]
pub(crate) struct Resolved {
    pub(crate) digest: Digest,
    /// How many bytes the manifest had.
    pub(crate) bytes: usize,
    /// What is in it, if it is an index.
    pub(crate) index: Option<IndexOutline>,
    /// The descriptor of the manifest, unless nobody says what it is.
    pub(crate) descriptor: Option<Descriptor>,
}

/// How the digest that demands are about comes to be known.
pub(crate) enum Resolution {
    /// The registry has answered.
    Known(Pinned, Arc<Resolved>),
    /// The registry was asked for everyone, in vain.
    Failed(Rejection),
    /// The reference names it; that the registry has it is asked when a demand needs the image.
    Given(Pinned, Asking),
    /// The registry is asked when a demand needs the image.
    Asked(Repository, Asking),
    /// The image is not looked at.
    Never,
}

/// A question to the registry that is put when the first one waits for the answer.
pub(crate) type Asking = Shared<BoxFuture<'static, Result<Arc<Resolved>, Rejection>>>;

impl Resolution {
    /// The fault that an image was [never](Self::Never) looked at, and a demand needs it.
    pub(crate) fn not_looked_at() -> Rejection {
        let detail = "an image was not looked at although the policy demands it";
        Rejection::new(Code::INTERNAL_ERROR, detail)
    }

    /// The digest that the registry answered, if it was asked and has answered.
    pub(crate) fn answered(&self) -> Option<&Digest> {
        match self {
            Self::Known(pinned, _) => Some(pinned.digest()),
            Self::Given(_, asking) | Self::Asked(_, asking) => asking
                .peek()?
                .as_ref()
                .ok()
                .map(|resolved| &resolved.digest),
            Self::Failed(_) | Self::Never => None,
        }
    }

    /// The descriptor of the manifest of `pinned`, if the registry has answered.
    pub(crate) fn descriptor(&self, pinned: &Pinned) -> Option<&Descriptor> {
        let resolved = match self {
            Self::Known(_, resolved) => resolved,
            Self::Given(_, asking) | Self::Asked(_, asking) => asking.peek()?.as_ref().ok()?,
            Self::Failed(_) | Self::Never => return None,
        };
        let descriptor = resolved.descriptor.as_ref()?;
        (descriptor.digest == *pinned.digest()).then_some(descriptor)
    }

    /// How many bytes the manifest had, if it arrived.
    pub(crate) fn bytes(&self) -> usize {
        match self {
            Self::Known(_, resolved) => resolved.bytes,
            Self::Given(_, asking) | Self::Asked(_, asking) => match asking.peek() {
                Some(Ok(resolved)) => resolved.bytes,
                Some(Err(_)) | None => 0,
            },
            Self::Failed(_) | Self::Never => 0,
        }
    }

    /// Whether the registry was asked, whatever it answered.
    pub(crate) fn was_asked(&self) -> bool {
        match self {
            Self::Known(..) | Self::Failed(_) => true,
            Self::Given(_, asking) | Self::Asked(_, asking) => asking.peek().is_some(),
            Self::Never => false,
        }
    }

    /// Why the image is not there, if that is known.
    pub(crate) fn failure(&self) -> Option<&Rejection> {
        match self {
            Self::Failed(rejection) => Some(rejection),
            Self::Given(_, asking) | Self::Asked(_, asking) => asking.peek()?.as_ref().err(),
            Self::Known(..) | Self::Never => None,
        }
    }

    /// The image, as far as it is known without asking.
    pub(crate) const fn pinned(&self) -> Option<&Pinned> {
        match self {
            Self::Known(pinned, _) | Self::Given(pinned, _) => Some(pinned),
            Self::Failed(_) | Self::Asked(..) | Self::Never => None,
        }
    }
}
