//! Lists of referrers, put together from several places (OCI distribution specification, "Listing Referrers" and
//! "Referrers Tag Schema").
//!
//! Stricter than the specification: a list is bounded in entries and bytes, because everybody who may push can add to it.

use std::collections::BTreeSet;

use doorward_core::{Answer, Descriptor, Descriptors, FetchError, Fetched, Index, MediaType};

/// What refers to an image, as far as it was listed.
///
/// An entry that cannot be read is left out and counted: those who can push to the repository can have one listed, and it
/// must not hide a good signature.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    descriptors: Vec<Descriptor>,
    unreadable: usize,
}

impl Listing {
    /// Adds what an index lists.
    ///
    /// # Errors
    /// [`FetchError::Malformed`] if it is not one, or lists more than [`Descriptors::MAX`] manifests.
    pub(crate) fn add(&mut self, index: &[u8], source: &str) -> Result<(), FetchError> {
        let index = Index::parse(index, None).map_err(|error| FetchError::Malformed {
            detail: format!("{source} is not an image index: {error}"),
        })?;
        self.descriptors.extend(index.manifests.readable().cloned());
        self.unreadable += index.manifests.entries().len() - index.manifests.readable().count();
        Ok(())
    }

    /// Whether nothing at all is listed, be it unreadable.
    pub(crate) const fn is_empty(&self) -> bool {
        self.descriptors.is_empty() && self.unreadable == 0
    }

    /// Adds one.
    pub(crate) fn push(&mut self, descriptor: Descriptor) {
        self.descriptors.push(descriptor);
    }

    /// Whether it has more entries than one list may have, those that cannot be read among them.
    pub(crate) const fn is_too_long(&self) -> bool {
        self.descriptors.len() + self.unreadable > Descriptors::MAX
    }

    /// All of it as an index, each digest once, of at most `limit` bytes.
    ///
    /// # Errors
    /// [`FetchError::TooLarge`].
    pub(crate) fn answer(self, mut source: String, limit: usize) -> Answer {
        let mut seen = BTreeSet::new();
        let manifests: Vec<_> = self
            .descriptors
            .iter()
            .filter(|descriptor| seen.insert(&descriptor.digest))
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
        if self.unreadable > 0 {
            source.push_str(&format!(
                ", without {} that cannot be read",
                self.unreadable
            ));
        }
        Ok(Fetched::new(bytes, Some(MediaType::OCI_INDEX), source))
    }
}

#[cfg(test)]
mod tests {
    use doorward_core::Digest;

    use super::*;

    const LIMIT: usize = 1 << 20;

    fn entry(digest: &Digest) -> serde_json::Value {
        serde_json::json!({
            "mediaType": MediaType::OCI_MANIFEST, "digest": digest, "size": 2,
            "artifactType": "application/x", "annotations": {"a": "b"},
        })
    }

    fn index(manifests: &[serde_json::Value]) -> Vec<u8> {
        serde_json::to_vec(&serde_json::json!({"schemaVersion": 2, "manifests": manifests}))
            .expect("JSON")
    }

    fn read(fetched: &Fetched) -> Vec<Descriptor> {
        let index = Index::parse(&fetched.bytes, None).expect("an index");
        index.manifests.all().expect("good entries")
    }

    #[test]
    fn what_is_written_can_be_read_and_names_each_digest_once() {
        let (a, b) = (Digest::sha256(b"a"), Digest::sha256(b"b"));
        let mut listing = Listing::default();
        for page in [index(&[entry(&a), entry(&b)]), index(&[entry(&b)])] {
            listing.add(&page, "t").expect("an index");
        }
        let answer = listing.answer("t".to_owned(), 4096).expect("written");
        assert_eq!(
            (answer.source.as_str(), answer.media_type.as_ref()),
            ("t", Some(&MediaType::OCI_INDEX))
        );
        let again = read(&answer);
        let digests: Vec<_> = again.iter().map(|descriptor| &descriptor.digest).collect();
        assert_eq!(digests, [&a, &b]);
        let artifact_type = Some(MediaType::new("application/x"));
        assert_eq!(again[0].artifact_type, artifact_type);
        assert_eq!(again[0].annotations.len(), 1);
    }

    #[test]
    fn a_referrer_that_cannot_be_read_hides_no_other() {
        let (a, b) = (Digest::sha256(b"a"), Digest::sha256(b"b"));
        for wrong in [
            serde_json::json!({}),
            serde_json::json!(null),
            serde_json::json!({"mediaType": "a/b", "digest": "md5:00", "size": 2}),
            serde_json::json!({"mediaType": "a/b", "digest": a, "size": -1}),
            serde_json::json!({"mediaType": "a/b", "digest": a, "Digest": b, "size": 1}),
        ] {
            let mut listing = Listing::default();
            let page = index(&[entry(&a), wrong.clone(), entry(&b)]);
            listing.add(&page, "t").expect("an index");
            let answer = listing.answer("t".to_owned(), LIMIT).expect("written");
            assert_eq!(read(&answer).len(), 2, "{wrong}");
            assert_eq!(answer.source, "t, without 1 that cannot be read");
        }
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
            r#"{"schemaVersion": 2, "manifests": {}}"#,
            r#"{"schemaVersion": 2, "manifests": [], "layers": []}"#,
            r#"{"schemaVersion": 2, "manifests": [], "Manifests": []}"#,
            r#"{"schemaVersion": 2, "manifests": [{"size": 1, "size": 2}]}"#,
            r#"{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "manifests": []}"#,
        ] {
            assert!(
                matches!(
                    Listing::default().add(bytes.as_bytes(), "t"),
                    Err(FetchError::Malformed { .. })
                ),
                "{bytes}"
            );
        }
    }

    #[test]
    fn a_list_keeps_to_its_bounds() {
        let good = entry(&Digest::sha256(b"a"));
        let mut listing = Listing::default();
        listing.add(&index(&[good]), "t").expect("an index");
        let refused = listing.answer("t".to_owned(), 10);
        assert_eq!(refused, Err(FetchError::TooLarge { limit: 10 }));
        let many = index(&vec![serde_json::json!({}); Descriptors::MAX + 1]);
        assert!(Listing::default().add(&many, "t").is_err());
        // Those that cannot be read count.
        let most = index(&vec![serde_json::json!({}); Descriptors::MAX]);
        let mut listing = Listing::default();
        listing.add(&most, "t").expect("an index");
        assert!(!listing.is_too_long());
        listing.add(&most, "t").expect("an index");
        assert!(listing.is_too_long());
    }
}
