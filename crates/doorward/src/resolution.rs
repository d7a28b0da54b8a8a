//! The digest of an image as the registry has it, asked for when a demand needs it, and once.

use doorward_core::{Pinned, Rejection, Repository};
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};

use doorward_core::Digest;

/// How the digest that demands are about comes to be known.
pub(crate) enum Resolution<'a> {
    /// It is known, and what must still be known of the manifest is asked for elsewhere.
    Known(Pinned),
    /// The reference names it; that the registry has it is asked when a demand needs the image.
    Given(Pinned, Asking<'a>),
    /// The registry is asked when a demand needs the image.
    Asked(Repository, Asking<'a>),
    /// The image is not looked at.
    Never,
}

/// A question to the registry that is put when the first one waits for the answer.
pub(crate) type Asking<'a> = Shared<BoxFuture<'a, Result<Digest, Rejection>>>;

impl Resolution<'_> {
    /// The digest that the registry answered, if it was asked and has answered.
    pub(crate) fn answered(&self) -> Option<&Digest> {
        match self {
            Self::Known(pinned) => Some(pinned.digest()),
            Self::Given(_, asking) | Self::Asked(_, asking) => asking.peek()?.as_ref().ok(),
            Self::Never => None,
        }
    }
}

/// Makes a question of a future.
pub(crate) fn asking<'a>(
    future: impl Future<Output = Result<Digest, Rejection>> + Send + 'a,
) -> Asking<'a> {
    future.boxed().shared()
}
