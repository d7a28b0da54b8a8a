//! The claim that simple signing signs.

use doorward_core::{Digest, Timestamp};
use serde_json::{Map, Value, json};

/// What a simple signature says: *this digest may be called that*.
///
/// ```
/// use doorward_core::Digest;
/// use doorward_testkit::Claim;
///
/// let claim = Claim::new("registry.example/app:1", &Digest::sha256(b"manifest"));
/// assert!(claim.to_json().contains("atomic container signature"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    reference: String,
    digest: String,
    creator: Option<String>,
    timestamp: Option<i64>,
}

impl Claim {
    /// A claim for a reference and a digest. The optional part is that of a recent skopeo with a fixed time.
    #[must_use]
    pub fn new(reference: impl Into<String>, digest: &Digest) -> Self {
        Self::with_digest_text(reference, digest.as_str())
    }

    /// A claim with any text in place of the digest.
    #[must_use]
    pub fn with_digest_text(reference: impl Into<String>, digest: impl Into<String>) -> Self {
        Self {
            reference: reference.into(),
            digest: digest.into(),
            creator: Some("doorward-testkit".to_owned()),
            timestamp: Some(super::key::CREATED.unix()),
        }
    }

    /// Speaks of another digest.
    #[must_use]
    pub fn digest(mut self, digest: &Digest) -> Self {
        digest.as_str().clone_into(&mut self.digest);
        self
    }

    /// Names another creator, or none.
    #[must_use]
    pub fn creator(mut self, creator: Option<&str>) -> Self {
        self.creator = creator.map(str::to_owned);
        self
    }

    /// Gives another time, or none. Verifiers do not use it.
    #[must_use]
    pub fn timestamp(mut self, timestamp: Option<Timestamp>) -> Self {
        self.timestamp = timestamp.map(Timestamp::unix);
        self
    }

    /// The document that is signed, with its members in the order in which the reference implementation writes
    /// them.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut optional = Map::new();
        if let Some(creator) = &self.creator {
            optional.insert("creator".to_owned(), json!(creator));
        }
        if let Some(timestamp) = self.timestamp {
            optional.insert("timestamp".to_owned(), json!(timestamp));
        }
        format!(
            r#"{{"critical":{{"identity":{{"docker-reference":{}}},"image":{{"docker-manifest-digest":{}}},"type":"atomic container signature"}},"optional":{}}}"#,
            json!(self.reference),
            json!(self.digest),
            Value::Object(optional),
        )
    }
}
