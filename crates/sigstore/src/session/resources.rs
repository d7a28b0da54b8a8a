//! What a session asks for.

use doorward_core::{Digest, Fact, Fetch, FetchError, Rejection, Resource};

use super::SigstoreSession;
use crate::codes;
use crate::discovery::{Form, Located};
use crate::kept::Kept;

/// The largest claim, in bytes: what is read of one.
const CLAIM_BYTES: usize = crate::limits::CLAIM_BYTES;
/// The largest bundle with a signature, in bytes. It has 4 to 10 KiB, and annotations add to it; those with documents are
/// larger, and not looked at for signatures. As many of them as are tried fit into what a decision may fetch.
pub(crate) const BUNDLE_BYTES: usize = 256 << 10;

impl SigstoreSession {
    /// Where signatures are looked for.
    pub(super) const fn kept(&self) -> Kept<'_> {
        Kept::of(&self.input.pinned, self.input.repository.as_ref())
    }

    /// The fetch of something that may be a signature.
    ///
    /// # Errors
    /// A rejection, if it is larger than is read.
    pub(super) fn blob(&self, located: &Located) -> Result<Fetch, Rejection> {
        let most = match located.form {
            Form::Bundle | Form::Attestation => BUNDLE_BYTES,
            Form::Layer => CLAIM_BYTES,
        };
        let digest = &located.blob.digest;
        // Content of another size than the announced one has another digest.
        match usize::try_from(located.blob.size) {
            Ok(size) if size <= most => Ok(self.kept().fetch(self.kept().blob(digest), size)),
            _ => {
                let what = located.form.as_str();
                let detail = format!(
                    "the {what} {digest} is larger than {most} bytes, which no signature is"
                );
                // It can never count, so it leaves nothing open.
                Err(Rejection::new(codes::BUNDLE_MALFORMED, detail))
            }
        }
    }

    /// That a part of a signature could not be had. Where the registry does not have what is listed, the list is wrong; the
    /// image may well be there.
    pub(super) fn lost(&self, resource: &Resource, error: &FetchError) -> Rejection {
        match error {
            FetchError::NotFound | FetchError::NotInLayout { .. } => {
                let detail = format!("{resource}: it is listed, and the registry does not have it");
                Rejection::new(codes::BUNDLE_MALFORMED, detail).with_fact(Fact::resource(resource))
            }
            FetchError::TooLarge { limit } => {
                let detail =
                    format!("{resource}: it is larger than {limit} bytes, and is not read");
                Rejection::new(codes::TOO_MANY, detail).with_fact(Fact::resource(resource))
            }
            _ => Rejection::from_fetch(resource, error),
        }
    }

    /// What a refusal is about.
    pub(super) fn source_of(what: &str, digest: &Digest) -> Fact {
        Fact::Source(format!("{what} {digest}"))
    }
}
