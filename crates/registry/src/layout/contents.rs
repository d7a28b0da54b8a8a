//! The list of what is in a layout.

use doorward_core::{Descriptors, Outline};
use oci_spec::image::{Descriptor, ImageIndex};

/// Reads the list, whole or not at all: it says which manifest a name means.
///
/// # Errors
/// What is wrong with it.
pub(super) fn parse(bytes: &[u8]) -> Result<Vec<Descriptor>, String> {
    let is_no_index = "it is not an image index";
    // What is an index to one program and a manifest to another is neither here.
    Outline::read(bytes, None).map_err(|error| format!("{is_no_index}: {error}"))?;
    let index: ImageIndex = serde_json::from_slice(bytes).map_err(|_| is_no_index.to_owned())?;
    if index.schema_version() != 2 {
        return Err("it is an image index of another version than 2".to_owned());
    }
    if index.manifests().len() > Descriptors::MAX {
        return Err("it lists too many manifests".to_owned());
    }
    Ok(index.manifests().clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_an_index_is_refused_whole() {
        for bytes in [
            "",
            "[]",
            "{}",
            r#"{"schemaVersion": 1, "manifests": []}"#,
            r#"{"schemaVersion": 2}"#,
            r#"{"schemaVersion": 2, "manifests": [{}]}"#,
            r#"{"schemaVersion": 2, "manifests": [], "layers": []}"#,
            r#"{"schemaVersion": 2, "manifests": [], "Manifests": []}"#,
            r#"{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "manifests": []}"#,
        ] {
            assert!(parse(bytes.as_bytes()).is_err(), "{bytes}");
        }
    }

    #[test]
    fn the_list_keeps_to_its_bound() {
        let digest = doorward_core::Digest::sha256(b"a");
        let one = serde_json::json!({"mediaType": "a/b", "digest": digest, "size": 2});
        let count = |count| {
            let manifests = vec![one.clone(); count];
            let index = serde_json::json!({"schemaVersion": 2, "manifests": manifests});
            parse(index.to_string().as_bytes()).map(|all| all.len())
        };
        assert_eq!(count(Descriptors::MAX), Ok(Descriptors::MAX));
        assert!(count(Descriptors::MAX + 1).is_err());
    }
}
