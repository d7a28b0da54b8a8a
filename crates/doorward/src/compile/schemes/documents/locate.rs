//! Where the content of a document is.

use doorward_core::{Checked, Content, Descriptor, Fact, Fetch, Referrer, Rejection, Resource};
use doorward_documents::bounds;

use super::codes;
use crate::vouched::Vouched;

/// The one blob with the content of a document. Its signer meant it to count, so whatever is wrong with it refuses.
pub(super) fn locate(document: &Vouched, manifest: &Checked) -> Result<Descriptor, Rejection> {
    let malformed = |detail: String| refused(document, codes::MALFORMED, &detail);
    let read = Referrer::of_anything(&manifest.bytes, manifest.media_type.as_ref());
    let (_, referrer) = read.map_err(|error| malformed(error.to_string()))?;
    let blobs = match referrer.content {
        Content::Blobs(blobs) | Content::Image { layers: blobs, .. } => blobs,
        Content::Manifests(_) => {
            let detail = "it is an index, and which of its manifests is the document is not said";
            return Err(malformed(detail.to_owned()));
        }
        _ => {
            return Err(malformed(
                "what it consists of is not known here".to_owned(),
            ));
        }
    };
    let blobs = blobs.all().map_err(|error| malformed(error.to_string()))?;
    let [content] = <[Descriptor; 1]>::try_from(blobs).map_err(|blobs| {
        malformed(format!(
            "it has {} layers, and a document has one",
            blobs.len()
        ))
    })?;
    if usize::try_from(content.size).map_or(true, |size| size > bounds::BYTES) {
        let detail = format!(
            "its content has {} bytes, and {} are read",
            content.size,
            bounds::BYTES
        );
        return Err(refused(document, codes::TOO_LARGE, &detail));
    }
    Ok(content)
}

/// The fetch for the content of a document.
pub(super) fn fetch_of(document: &Vouched, content: &Descriptor) -> Fetch {
    let resource = Resource::Blob {
        repository: document.pinned().repository().clone(),
        digest: content.digest.clone(),
    };
    // What was announced is within the bound, and content of another size has another digest.
    let size = usize::try_from(content.size).unwrap_or(usize::MAX);
    Fetch::new(resource, size.min(bounds::BYTES))
}

/// A refusal for a document.
pub(super) fn refused(document: &Vouched, code: doorward_core::Code, detail: &str) -> Rejection {
    let called = document.called();
    Rejection::new(code, format!("document {called}: {detail}"))
        .with_fact(Fact::Source(format!("document {called}")))
}
