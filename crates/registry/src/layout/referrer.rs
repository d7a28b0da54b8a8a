//! What a manifest refers to, read out of it.

use doorward_core::{Descriptor, Digest, Fetched, Index, Manifest};

/// The manifest or index as a referrer of `subject`: its descriptor with the type and annotations that it has itself
/// (OCI distribution specification, "Listing Referrers"). `None` if it refers to something else, or cannot be read.
pub(super) fn referrer(fetched: &Fetched, digest: &Digest, subject: &Digest) -> Option<Descriptor> {
    let served = fetched.media_type.as_ref();
    let (media_type, artifact_type, named, annotations) =
        if let Ok(manifest) = Manifest::parse(&fetched.bytes, served) {
            let artifact_type = Some(manifest.effective_artifact_type().clone());
            (
                manifest.media_type,
                artifact_type,
                manifest.subject,
                manifest.annotations,
            )
        } else {
            let index = Index::parse(&fetched.bytes, served).ok()?;
            (
                index.media_type,
                index.artifact_type,
                index.subject,
                index.annotations,
            )
        };
    if named?.digest != *subject {
        return None;
    }
    let size = u64::try_from(fetched.bytes.len()).ok()?;
    let mut descriptor = Descriptor::new(media_type?, digest.clone(), size);
    descriptor.artifact_type = artifact_type;
    descriptor.annotations = annotations;
    Some(descriptor)
}
