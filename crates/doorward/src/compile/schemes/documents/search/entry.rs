//! What a list says may be a document, and why it does not count or may.

use doorward_core::{Digest, DocumentError, Fact, MediaType, ReferrerError, Rejection};

use super::super::codes;
use super::LIST_BYTES;
use crate::attached::Candidate;

/// The largest manifest of a document that is asked for whatever a list says of its size, in bytes. A manifest lists
/// content and does not hold it. A usual one has one KiB.
const MANIFEST_BYTES: usize = 256 << 10;
/// How many bytes all larger ones may have together, none of them more than [`LIST_BYTES`]. Tools copy text of others into
/// annotations.
pub(super) const LARGE_BYTES: usize = 8 << 20;

/// Something that is listed and may be a document.
pub(super) struct Entry {
    pub(super) digest: Digest,
    /// The places of the kinds that it may be of.
    pub(super) kinds: Vec<usize>,
    /// Whether a list says of which type it is.
    pub(super) is_typed: bool,
    /// Its size in bytes: the largest that a list says.
    pub(super) size: u64,
}

impl Entry {
    /// How many bytes are read of its manifest. Returns `None` if it is larger than is read, or if too much of `large` is
    /// spent already on others that are large.
    pub(super) fn limit(&self, large: &mut usize) -> Option<usize> {
        let size = usize::try_from(self.size).ok()?;
        if size <= MANIFEST_BYTES {
            return Some(MANIFEST_BYTES);
        }
        if size > LIST_BYTES {
            return None;
        }
        *large = large.checked_sub(size)?;
        Some(size)
    }
}

/// That it is not known of something whether it counts.
pub(super) fn unknown(kinds: &[usize], why: &Rejection) -> Vec<Candidate> {
    let all = kinds.iter().map(|&kind| Candidate::Unknown {
        kind,
        why: why.clone(),
    });
    all.collect()
}

pub(super) fn too_large(entry: &Entry) -> Rejection {
    let Entry { digest, size, .. } = entry;
    let detail = format!(
        "document {digest}: its manifest is listed with {size} bytes; {LIST_BYTES} are read of one, and {LARGE_BYTES} of all \
         that have more than {MANIFEST_BYTES}"
    );
    Rejection::new(codes::TOO_LARGE, detail).with_fact(Fact::Source(format!("document {digest}")))
}

pub(super) fn about_another(digest: &Digest, error: &ReferrerError) -> Rejection {
    let code = match error {
        ReferrerError::NoSubject | ReferrerError::Other { .. } => codes::SUBJECT_MISMATCH,
        _ => codes::MALFORMED,
    };
    Rejection::new(code, format!("document {digest}: {error}"))
        .with_fact(Fact::Source(format!("document {digest}")))
}

pub(super) fn of_another_type(digest: &Digest, own: Option<&MediaType>) -> Rejection {
    let own = own.map_or_else(
        || "nothing".to_owned(),
        |own| doorward_core::text::one_line(own.as_str(), 120),
    );
    let detail = format!(
        "document {digest}: its manifest says that it is {own}, and it is listed as another type"
    );
    Rejection::new(codes::TYPE_MISMATCH, detail)
}

/// That a manifest is none.
pub(super) fn malformed(digest: &Digest, error: &DocumentError) -> Rejection {
    Rejection::new(codes::MALFORMED, format!("document {digest}: {error}"))
        .with_fact(Fact::Source(format!("document {digest}")))
}
