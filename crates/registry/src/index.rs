//! Lists of manifests: referrers from several places put together.

use std::collections::BTreeSet;

use doorward_core::{Digest, FetchError, MediaType, Outline};
use oci_spec::image::{Descriptor, ImageIndex};

/// The most manifests in one list.
pub(crate) const MAX_MANIFESTS: usize = 4096;

/// The tag under which referrers are listed where the API is missing (OCI distribution specification, "Referrers
/// Tag Schema").
pub(crate) fn fallback_tag(digest: &Digest) -> String {
    // The schema cuts the algorithm to 32 and the encoded part to 64 characters.
    let hex = digest.hex();
    format!("{}-{}", digest.algorithm(), hex.get(..64).unwrap_or(hex))
}

/// Reads an index.
pub(crate) fn parse(bytes: &[u8], source: &str) -> Result<Vec<Descriptor>, FetchError> {
    let malformed = |what: &str| FetchError::Malformed {
        detail: format!("{source} {what}"),
    };
    // What is an index to one program and a manifest to another is neither here.
    Outline::read(bytes, None).map_err(|error| FetchError::Malformed {
        detail: format!("{source} is not an image index: {error}"),
    })?;
    let index: ImageIndex =
        serde_json::from_slice(bytes).map_err(|_| malformed("is not an image index"))?;
    if index.schema_version() != 2 {
        return Err(malformed("is an image index of another version than 2"));
    }
    if index.manifests().len() > MAX_MANIFESTS {
        return Err(malformed("lists too many manifests"));
    }
    Ok(index.manifests().clone())
}

/// Writes an index of descriptors, each digest once, of at most `limit` bytes.
pub(crate) fn write(descriptors: Vec<Descriptor>, limit: usize) -> Result<Vec<u8>, FetchError> {
    let mut seen = BTreeSet::new();
    let manifests: Vec<_> = descriptors
        .into_iter()
        .filter(|descriptor| seen.insert(descriptor.digest().to_string()))
        .collect();
    let bytes = serde_json::to_vec(&serde_json::json!({
        "schemaVersion": 2,
        "mediaType": MediaType::OCI_INDEX,
        "manifests": manifests,
    }))
    .map_err(|error| FetchError::Malformed {
        detail: format!("the list of referrers cannot be written: {error}"),
    })?;
    if bytes.len() > limit {
        return Err(FetchError::TooLarge { limit });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(digests: &[&Digest]) -> Vec<u8> {
        let manifests: Vec<_> = digests
            .iter()
            .map(|digest| {
                serde_json::json!({
                    "mediaType": MediaType::OCI_MANIFEST, "digest": digest, "size": 2,
                    "artifactType": "application/x", "annotations": {"a": "b"},
                })
            })
            .collect();
        serde_json::to_vec(&serde_json::json!({"schemaVersion": 2, "manifests": manifests}))
            .expect("JSON")
    }

    #[test]
    fn the_fallback_tag_is_the_digest_with_a_dash() {
        let digest = Digest::sha256(b"");
        assert_eq!(fallback_tag(&digest), digest.as_str().replace(':', "-"));
        let long = Digest::compute(doorward_core::Algorithm::Sha512, b"");
        assert_eq!(fallback_tag(&long).len(), "sha512-".len() + 64);
    }

    #[test]
    fn what_is_written_can_be_read_and_names_each_digest_once() {
        let (a, b) = (Digest::sha256(b"a"), Digest::sha256(b"b"));
        let mut all = parse(&index(&[&a, &b]), "t").expect("an index");
        all.extend(parse(&index(&[&b]), "t").expect("an index"));
        let written = write(all, 4096).expect("written");
        let again = parse(&written, "t").expect("an index");
        assert_eq!(again.len(), 2);
        assert_eq!(
            again[0]
                .artifact_type()
                .as_ref()
                .map(ToString::to_string)
                .as_deref(),
            Some("application/x")
        );
        assert!(again[0].annotations().is_some());
    }

    #[test]
    fn what_is_not_an_index_is_malformed() {
        for bytes in [
            "",
            "<html>",
            "[]",
            "{}",
            r#"{"schemaVersion": 1, "manifests": []}"#,
            r#"{"schemaVersion": 2}"#,
            r#"{"schemaVersion": 2, "manifests": [{}]}"#,
            r#"{"schemaVersion": 2, "manifests": [], "layers": []}"#,
            r#"{"schemaVersion": 2, "manifests": [], "Manifests": []}"#,
            r#"{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "manifests": []}"#,
        ] {
            assert!(
                matches!(
                    parse(bytes.as_bytes(), "t"),
                    Err(FetchError::Malformed { .. })
                ),
                "{bytes}"
            );
        }
    }

    #[test]
    fn a_list_keeps_to_its_bounds() {
        let digest = Digest::sha256(b"a");
        let all = parse(&index(&[&digest]), "t").expect("an index");
        assert_eq!(write(all, 10), Err(FetchError::TooLarge { limit: 10 }));
        let many = index(&vec![&digest; MAX_MANIFESTS + 1]);
        assert!(parse(&many, "t").is_err());
    }
}
