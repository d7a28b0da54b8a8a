//! Bundles that are given, in files or in a `ConfigMap`, beside what a registry has.

use std::collections::BTreeMap;

use bytes::Bytes;
use doorward_core::json::{self, Limits, Value};
use doorward_core::{Digest, Fingerprint};

use crate::candidate::{Candidate, CandidateError, CandidateForm, Content};
use crate::discovery::is_signature;
use crate::limits;
use crate::session::BUNDLE_BYTES;

/// Bundles that are given, in files or in a `ConfigMap`, beside what a registry has: read once, and tried for every image that
/// they name.
///
/// Who gives a bundle says nothing by that: it is verified as one that a registry gave.
#[derive(Clone, Debug)]
pub struct GivenBundles {
    given: Vec<Given>,
    fingerprint: Digest,
}

/// One bundle that was given.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    /// Where it is: the name of the file, and the line if there are several in it.
    pub(crate) name: String,
    bytes: Bytes,
    digest: Digest,
    /// What it is, or why it is nothing that can be read.
    pub(crate) read: Result<Candidate, CandidateError>,
    /// What may be signed in one that cannot be read.
    pub(crate) bare: Vec<Candidate>,
}

/// A bundle that was given and may hold a statement about an image.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct GivenStatement<'a> {
    /// Where it is: the name of the file, and the line if there are several in it.
    pub name: &'a str,
    /// The bundle.
    pub bytes: &'a Bytes,
    /// Its digest.
    pub digest: &'a Digest,
    /// The type that the statement says it is of. Nobody has verified it. `None` if that cannot be read.
    pub predicate_type: Option<&'a str>,
}

/// Why no bundles are read. A lowercase fragment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GivenBundlesError {
    /// They have too many bytes together.
    #[error("they have more than {limit} bytes together")]
    TooLarge {
        /// The bound.
        limit: usize,
    },
    /// There are too many.
    #[error("there are more than {limit} of them")]
    TooMany {
        /// The bound.
        limit: usize,
    },
}

impl GivenBundles {
    /// The most bundles. A release that is attested for each of a hundred images has some hundred.
    pub const MAX: usize = 1024;
    /// The most bytes of all of them: as many as a decision may fetch.
    pub const MAX_BYTES: usize = 32 << 20;

    /// Reads files, each with its name: a bundle in JSON, or several, one a line, as `gh attestation download` writes them.
    ///
    /// What is no bundle takes nothing away from the others. It is told where no other is accepted.
    ///
    /// # Errors
    /// [`GivenBundlesError`]; not for what cannot be read.
    pub fn read<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<Self, GivenBundlesError> {
        let (mut given, mut bytes) = (Vec::new(), 0_usize);
        let mut fingerprint = Fingerprint::default();
        for (name, file) in files {
            bytes = bytes.saturating_add(file.len());
            if bytes > Self::MAX_BYTES {
                let limit = Self::MAX_BYTES;
                return Err(GivenBundlesError::TooLarge { limit });
            }
            fingerprint.text(name).bytes(file);
            for (name, bundle) in bundles(name, file) {
                if given.len() == Self::MAX {
                    let limit = Self::MAX;
                    return Err(GivenBundlesError::TooMany { limit });
                }
                given.push(Given::read(name, bundle));
            }
        }
        Ok(Self {
            given,
            fingerprint: fingerprint.digest(),
        })
    }

    /// A digest over the names and bytes of all files: equal for equal bundles.
    #[must_use]
    pub const fn fingerprint(&self) -> &Digest {
        &self.fingerprint
    }

    /// How many there are, readable or not.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.given.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// What may hold a statement about an image: the bundles with one that names its digest. Of one that cannot be read it is
    /// enough that the digest stands in what somebody signed.
    pub fn statements_about(&self, image: &Digest) -> impl Iterator<Item = GivenStatement<'_>> {
        let states = |candidate: &Candidate| {
            matches!(candidate.content, Content::Statement(_)) && candidate.may_be_about(image)
        };
        let may_be = move |one: &&Given| match &one.read {
            Ok(candidate) => states(candidate),
            Err(_) => one.bare.iter().any(states),
        };
        let given = self.given.iter().filter(may_be);
        given.map(|one| GivenStatement {
            name: &one.name,
            bytes: &one.bytes,
            digest: &one.digest,
            predicate_type: one
                .read
                .as_ref()
                .ok()
                .and_then(Candidate::unverified_predicate_type),
        })
    }

    /// Which of them are no bundle that can be read, nor hold anything that somebody signed, in a sentence. `None` if there is none.
    #[must_use]
    pub fn unreadable(&self) -> Option<String> {
        let unreadable = |one: &&Given| one.read.is_err() && one.bare.is_empty();
        let mut unreadable = self.given.iter().filter(unreadable);
        let first = unreadable.next()?;
        let error = first.read.as_ref().err()?;
        let told = of_several(&error.to_string(), 1 + unreadable.count());
        Some(format!("{}: {told}", first.name))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Given> {
        self.given.iter()
    }
}

/// Why the first of several bundles cannot be read.
pub(crate) fn of_several(reason: &str, count: usize) -> String {
    match count {
        1 => reason.to_owned(),
        count => format!(
            "{reason}; it is the first of {count} bundles that were given and cannot be read"
        ),
    }
}

/// The bundles of a file: the whole of it if that is JSON, or else its lines, each by itself whatever the others are. Where no line
/// is a bundle, such as a broken one that was printed over several, the file is refused as one. At most one more than there may be.
fn bundles<'a>(name: &str, file: &'a [u8]) -> Vec<(String, &'a [u8])> {
    let whole = || vec![(name.to_owned(), file)];
    let lines: Vec<(usize, &[u8])> = file
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii)
        .enumerate()
        .filter(|(_, line)| !line.is_empty())
        .take(GivenBundles::MAX + 1)
        .collect();
    if lines.len() < 2 || read(file).is_some() {
        return whole();
    }
    let is_object = |line: &[u8]| matches!(read(line), Some(Value::Object(_)));
    if !lines.iter().any(|(_, line)| is_object(line)) {
        return whole();
    }
    let lines = lines.into_iter();
    lines
        .map(|(place, line)| (format!("{name}:{}", place + 1), line))
        .collect()
}

fn read(text: &[u8]) -> Option<Value> {
    json::parse(text, Limits::bytes(limits::BUNDLE_BYTES)).ok()
}

impl Given {
    /// Reads a bundle. What may be a signature has the bound of one in a registry, and other statements have theirs.
    fn read(name: String, bundle: &[u8]) -> Self {
        let bytes = Bytes::copy_from_slice(bundle);
        let read = match Candidate::bundle(bytes.clone()) {
            Ok(candidate) if is_attestation(&candidate) => Ok(candidate),
            _ if bytes.len() > BUNDLE_BYTES => Err(CandidateError::TooLarge {
                what: "the bundle",
                limit: BUNDLE_BYTES,
            }),
            read => read,
        };
        let bare = match &read {
            Err(_) if bytes.len() <= limits::BUNDLE_BYTES => {
                Candidate::bare(CandidateForm::Bundle, &bytes, &BTreeMap::new())
            }
            _ => Vec::new(),
        };
        let read = read.map(|candidate| candidate.found_at(name.clone()));
        Self {
            name,
            digest: Digest::sha256(&bytes),
            bytes,
            read,
            bare,
        }
    }
}

/// Whether it says something else about an image than that it is signed.
pub(crate) fn is_attestation(candidate: &Candidate) -> bool {
    candidate
        .unverified_predicate_type()
        .is_some_and(|named| !is_signature(named))
}

impl Candidate {
    /// Whether it may be about an image: it names its digest, or does not say in a way that is understood what it is about.
    pub(crate) fn may_be_about(&self, image: &Digest) -> bool {
        match &self.content {
            Content::Claim { .. } => true,
            // It counts for no image. Where it is over the manifest of this one, the refusal says so.
            Content::Bytes { hash, .. } => {
                let hash = hash.as_ref().map(|hash| hex::encode(&hash.bytes));
                hash.is_some_and(|hash| hash == image.hex())
            }
            Content::Statement(envelope) => match &envelope.statement {
                Ok(statement) => statement.subjects.iter().any(|subject| subject.is(image)),
                // Nobody but who signed it chose what stands in it.
                Err(_) => contains(&envelope.payload, image.hex()),
            },
        }
    }
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|part| part == text.as_bytes())
}

#[cfg(test)]
mod tests {
    use doorward_testkit::{CosignBuilder, CosignForm, CosignKey, Image};

    use super::*;

    fn bundle() -> Vec<u8> {
        let (key, image) = (CosignKey::generate(), Image::sample("app"));
        let bundle = CosignBuilder::new(&key, &image).form(CosignForm::Bundle);
        bundle.build().blob().bytes().to_vec()
    }

    /// The names of what was read of a file, and whether it could be read.
    fn named(file: &[u8]) -> Vec<(String, bool)> {
        let given = GivenBundles::read([("f", file)]).expect("few");
        let named = given.iter().map(|one| (one.name.clone(), one.read.is_ok()));
        named.collect()
    }

    fn expected(lines: &[(&str, bool)]) -> Vec<(String, bool)> {
        let lines = lines.iter();
        lines
            .map(|(name, is_read)| ((*name).to_owned(), *is_read))
            .collect()
    }

    #[test]
    fn a_line_that_is_broken_takes_no_other_line_away_wherever_it_stands() {
        let good = bundle();
        let half = good.get(..good.len() / 2).expect("shorter");
        for broken in [half, b"{", b"no JSON", b"[]", b"5", b"\xff\xfe", b"{}"] {
            let first = [broken, &good, b"", &good].join(&b'\n');
            let lines = [("f:1", false), ("f:2", true), ("f:4", true)];
            assert_eq!(named(&first), expected(&lines));
            let last = [&good[..], &good, broken].join(&b'\n');
            let lines = [("f:1", true), ("f:2", true), ("f:3", false)];
            assert_eq!(named(&last), expected(&lines));
            let both = [broken, &good, broken].join(&b'\n');
            let lines = [("f:1", false), ("f:2", true), ("f:3", false)];
            assert_eq!(named(&both), expected(&lines));
        }
    }

    #[test]
    fn a_bundle_that_is_printed_over_several_lines_is_one_also_where_it_is_broken() {
        let value: serde_json::Value = serde_json::from_slice(&bundle()).expect("JSON");
        let mut pretty = serde_json::to_vec_pretty(&value).expect("JSON");
        assert_eq!(named(&pretty), expected(&[("f", true)]));
        pretty.pop();
        assert_eq!(named(&pretty), expected(&[("f", false)]));
    }

    #[test]
    fn lines_are_counted_also_where_they_are_broken() {
        let many = |count: usize| {
            let mut lines = vec![b"{".to_vec(); count - 1];
            lines.insert(0, bundle());
            lines.join(&b'\n')
        };
        assert_eq!(named(&many(GivenBundles::MAX)).len(), GivenBundles::MAX);
        let most = many(GivenBundles::MAX + 1);
        let refused = GivenBundles::read([("f", most.as_slice())]);
        let limit = GivenBundles::MAX;
        assert_eq!(
            refused.expect_err("one too many"),
            GivenBundlesError::TooMany { limit }
        );
    }
}
