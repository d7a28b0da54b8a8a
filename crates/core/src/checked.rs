//! Answers that were checked against what was asked.

use std::ops::Deref;
use std::sync::Arc;

use crate::{Answer, Digest, Fetch, FetchError, Fetched, Resource, Selector};

/// An answer that was checked against its [`Fetch`]: it keeps to the bound, and has the digest where the resource names
/// one. [`Fetched::check`] alone makes one, so a session never sees anything else.
///
/// It remembers what it was checked for. So several sessions may share one answer that was hashed once, and none can be
/// given the answer to another fetch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    fetched: Fetched,
    fetch: Arc<Fetch>,
}

/// What came of a [`Fetch`], checked. An error says nothing about content, so there is nothing to check in it.
pub type CheckedAnswer = Result<Checked, FetchError>;

impl Checked {
    /// The fetch that it answers.
    #[must_use]
    pub fn fetch(&self) -> &Fetch {
        &self.fetch
    }

    /// The bytes and where they came from, without the knowledge that they were checked.
    #[must_use]
    pub fn into_fetched(self) -> Fetched {
        self.fetched
    }
}

impl Deref for Checked {
    type Target = Fetched;

    fn deref(&self) -> &Fetched {
        &self.fetched
    }
}

impl Fetched {
    /// Checks the answer against what was asked: its size, and its digest where the resource names one (OCI image
    /// specification, "Descriptor", "Digests": content from an untrusted source is verified before it is used).
    ///
    /// The size comes first, as the specification advises: what is too long is not hashed.
    ///
    /// # Errors
    /// [`FetchError::TooLarge`] or [`FetchError::DigestMismatch`].
    pub fn check(self, fetch: &Fetch) -> CheckedAnswer {
        if self.bytes.len() > fetch.max_bytes {
            return Err(FetchError::TooLarge {
                limit: fetch.max_bytes,
            });
        }
        if let Resource::Blob { digest, .. }
        | Resource::Manifest {
            selector: Selector::Digest(digest),
            ..
        } = &fetch.resource
        {
            let actual = Digest::compute(digest.algorithm(), &self.bytes);
            if actual != *digest {
                return Err(FetchError::DigestMismatch {
                    expected: digest.clone(),
                    actual,
                });
            }
        }
        Ok(Checked {
            fetched: self,
            fetch: Arc::new(fetch.clone()),
        })
    }
}

impl Fetch {
    /// Checks what came of this fetch, as [`Fetched::check`] does.
    ///
    /// # Errors
    /// The error of the answer, else [`FetchError::TooLarge`] or [`FetchError::DigestMismatch`].
    pub fn check(&self, answer: Answer) -> CheckedAnswer {
        answer?.check(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_digest(content: &[u8]) -> Fetch {
        Fetch::new(
            Resource::Manifest {
                repository: "r.example/a".parse().expect("valid"),
                selector: Selector::Digest(Digest::sha256(content)),
            },
            16,
        )
    }

    #[test]
    fn content_under_its_own_digest_passes_and_knows_what_it_answers() {
        let fetch = by_digest(b"x");
        let fetched = Fetched::new(&b"x"[..], None, "t");
        let checked = fetched.clone().check(&fetch).expect("the content");
        assert_eq!(checked.fetch(), &fetch);
        assert_eq!(*checked, fetched);
        assert_eq!(checked.into_fetched(), fetched);
    }

    #[test]
    fn content_under_another_digest_is_refused() {
        assert!(matches!(
            Fetched::new(&b"y"[..], None, "t").check(&by_digest(b"x")),
            Err(FetchError::DigestMismatch { .. })
        ));
    }

    #[test]
    fn an_answer_over_its_bound_is_refused_even_with_the_right_digest() {
        let long = [b'x'; 17];
        assert_eq!(
            Fetched::new(long.to_vec(), None, "t").check(&by_digest(&long)),
            Err(FetchError::TooLarge { limit: 16 })
        );
    }

    #[test]
    fn an_error_stays_the_error_that_it_is() {
        let refused = by_digest(b"x").check(Err(FetchError::NotFound));
        assert_eq!(refused, Err(FetchError::NotFound));
    }
}
