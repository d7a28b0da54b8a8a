//! Lists of referrers, put together from several places (OCI distribution specification, "Listing Referrers" and
//! "Referrers Tag Schema").
//!
//! Stricter than the specification: a list is bounded in entries and bytes, because everybody who may push can add to
//! it.

use std::collections::{BTreeMap, BTreeSet};

use doorward_core::{
    Answer, Descriptor, Descriptors, FetchError, Fetched, Incomplete, Index, Listed, MediaType,
};

/// Bytes of an index beside its entries: its head, and what it lacks.
const FRAME: usize = 1024;

/// An index as it is written.
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    schema_version: u8,
    media_type: &'a str,
    manifests: &'a [Box<serde_json::value::RawValue>],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: BTreeMap<&'a str, String>,
}

/// What stands in the place of entries that cannot be read: one that has no digest.
#[derive(serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Unreadable<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact_type: Option<&'a MediaType>,
}

/// What refers to an image, as far as it was listed.
///
/// An entry that cannot be read hides no other: those who can push to the repository can have one listed. It is counted,
/// and what the answer has in its place can be read neither, for where it counts that nothing is missed.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    descriptors: Vec<Descriptor>,
    unreadable: usize,
    /// Of which types the unreadable ones are, as far as that can be read.
    unreadable_types: BTreeSet<Option<MediaType>>,
    /// What it lacks. What was read before counts all the same.
    incomplete: Option<Incomplete>,
}

impl Listing {
    /// Adds what an index lists.
    ///
    /// Of all together no more than [`Descriptors::MAX`] are read, those that cannot be read among them.
    ///
    /// # Errors
    /// [`FetchError::Malformed`] if it is not one.
    pub(crate) fn add(&mut self, index: &[u8], source: &str) -> Result<(), FetchError> {
        let index = Index::parse_first(index, None).map_err(|error| FetchError::Malformed {
            detail: format!("{source}: {error}"),
        })?;
        let left = Descriptors::MAX - self.count().min(Descriptors::MAX);
        let entries = index.manifests.entries();
        for entry in index.manifests.listed().take(left) {
            match entry {
                Listed::Named(descriptor) => self.descriptors.push(descriptor.clone()),
                Listed::Unreadable { artifact_type, .. } => {
                    self.unreadable += 1;
                    self.unreadable_types.insert(artifact_type.cloned());
                }
                _ => self.lacks(Incomplete::TooLong),
            }
        }
        // What an index says of itself is its writer's word, unless it was cut here.
        if entries.len() > left || index.incomplete() == Some(Incomplete::TooLong) {
            self.lacks(Incomplete::TooLong);
        }
        Ok(())
    }

    /// Says that something is missing.
    pub(crate) fn lacks(&mut self, incomplete: Incomplete) {
        self.incomplete.get_or_insert(incomplete);
    }

    /// Whether something is known to be missing.
    pub(crate) const fn is_incomplete(&self) -> bool {
        self.incomplete.is_some()
    }

    const fn count(&self) -> usize {
        self.descriptors.len() + self.unreadable
    }

    /// Whether nothing at all is listed, be it unreadable.
    pub(crate) const fn is_empty(&self) -> bool {
        self.count() == 0 && self.incomplete.is_none()
    }

    /// Adds one.
    pub(crate) fn push(&mut self, descriptor: Descriptor) {
        self.descriptors.push(descriptor);
    }

    /// All of it as an index, each digest once. What does not fit `limit` bytes is left out, and the index says so.
    ///
    /// # Errors
    /// [`FetchError::TooLarge`] if not even that it is incomplete fits.
    pub(crate) fn answer(mut self, mut source: String, limit: usize) -> Answer {
        let written = |error| FetchError::Malformed {
            detail: format!("the list of referrers cannot be written: {error}"),
        };
        let mut seen = BTreeSet::new();
        let (mut manifests, mut bytes) = (Vec::new(), FRAME);
        let readable = self
            .descriptors
            .iter()
            .filter(|descriptor| seen.insert(&descriptor.digest))
            .map(serde_json::value::to_raw_value);
        let unreadable = self.unreadable_types.iter().map(|artifact_type| {
            let artifact_type = artifact_type.as_ref();
            serde_json::value::to_raw_value(&Unreadable { artifact_type })
        });
        for text in readable.chain(unreadable) {
            let text = text.map_err(written)?;
            bytes += text.get().len() + 1;
            if bytes > limit {
                self.incomplete.get_or_insert(Incomplete::TooLong);
                break;
            }
            manifests.push(text);
        }
        let incomplete = self.incomplete.take();
        if incomplete.is_some() {
            source.push_str(", which is not complete");
        }
        let annotations: BTreeMap<&str, String> = incomplete
            .into_iter()
            .map(|what| (Index::INCOMPLETE, what.into()))
            .collect();
        let bytes = serde_json::to_vec(&Written {
            schema_version: 2,
            media_type: MediaType::OCI_INDEX.as_str(),
            manifests: &manifests,
            annotations,
        })
        .map_err(written)?;
        if bytes.len() > limit {
            return Err(FetchError::TooLarge { limit });
        }
        if self.unreadable > 0 {
            source.push_str(&format!(", of which {} cannot be read", self.unreadable));
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
        index.manifests.readable().cloned().collect()
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
            assert_eq!(answer.source, "t, of which 1 cannot be read");
            let index = Index::parse(&answer.bytes, None).expect("an index");
            let entries = index.manifests.entries();
            let kept = entries.iter().filter(|entry| entry.is_err()).count();
            assert_eq!(kept, 1, "it is not known that one is missed: {wrong}");
        }
    }

    #[test]
    fn annotations_that_cannot_be_read_take_no_referrer_away() {
        let digest = Digest::sha256(b"a");
        let mut wrong = entry(&digest);
        wrong["annotations"] = serde_json::json!({"build": 7});
        let mut listing = Listing::default();
        listing.add(&index(&[wrong]), "t").expect("an index");
        let answer = listing.answer("t".to_owned(), LIMIT).expect("written");
        let read = read(&answer);
        assert_eq!((read.len(), &read[0].digest), (1, &digest));
        assert_eq!(read[0].artifact_type, Some(MediaType::new("application/x")));
        assert!(read[0].annotations.is_empty());
    }

    #[test]
    fn an_entry_that_cannot_be_read_keeps_its_type() {
        let wrong = serde_json::json!({"digest": "md5:00", "artifactType": "application/x"});
        let mut listing = Listing::default();
        let page = index(&[wrong.clone(), serde_json::json!({}), wrong]);
        listing.add(&page, "t").expect("an index");
        let answer = listing.answer("t".to_owned(), LIMIT).expect("written");
        let index = Index::parse(&answer.bytes, None).expect("an index");
        let types: Vec<Option<&str>> = index
            .manifests
            .listed()
            .map(|entry| match entry {
                Listed::Unreadable { artifact_type, .. } => artifact_type.map(MediaType::as_str),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(types, [None, Some("application/x")]);
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
    fn a_list_for_which_there_is_no_room_is_too_large() {
        let good = entry(&Digest::sha256(b"a"));
        let mut listing = Listing::default();
        listing.add(&index(&[good]), "t").expect("an index");
        let refused = listing.answer("t".to_owned(), 10);
        assert_eq!(refused, Err(FetchError::TooLarge { limit: 10 }));
    }

    #[test]
    fn what_is_beyond_a_bound_takes_nothing_away_from_what_is_within() {
        let digests: Vec<_> = (0..=Descriptors::MAX)
            .map(|number| Digest::sha256(&number.to_be_bytes()))
            .collect();
        let entries: Vec<_> = digests.iter().map(entry).collect();
        let says = |listing: Listing, limit| {
            let answer = listing.answer("t".to_owned(), limit).expect("written");
            assert!(answer.bytes.len() <= limit);
            let index = Index::parse(&answer.bytes, None).expect("an index");
            (index.manifests.entries().len(), index.incomplete())
        };
        let mut listing = Listing::default();
        listing.add(&index(&entries), "t").expect("an index");
        let cut = Some(Incomplete::TooLong);
        assert_eq!(says(listing, 4 << 20), (Descriptors::MAX, cut.clone()));
        // In two pages, of which the second is one entry too much.
        let (first, second) = entries.split_at(Descriptors::MAX);
        let mut listing = Listing::default();
        listing.add(&index(first), "t").expect("an index");
        assert!(!listing.is_incomplete());
        listing.add(&index(second), "t").expect("an index");
        assert_eq!(says(listing, 4 << 20), (Descriptors::MAX, cut.clone()));
        // By bytes.
        let mut listing = Listing::default();
        listing.add(&index(first), "t").expect("an index");
        let (count, told) = says(listing, 1 << 16);
        assert!((100..1000).contains(&count), "{count}");
        assert_eq!(told, cut);
    }

    #[test]
    fn entries_that_cannot_be_read_count() {
        let many = index(&vec![serde_json::json!({}); Descriptors::MAX + 1]);
        let mut listing = Listing::default();
        listing.add(&many, "t").expect("an index");
        assert!(listing.is_incomplete());
        let most = index(&vec![serde_json::json!({}); Descriptors::MAX]);
        let mut listing = Listing::default();
        listing.add(&most, "t").expect("an index");
        assert!(!listing.is_incomplete());
        listing.add(&most, "t").expect("an index");
        assert!(listing.is_incomplete());
    }
}
