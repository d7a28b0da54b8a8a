//! What a refusal is about, as data.

use bytes::Bytes;

use crate::{Digest, FetchError, Resource, Timestamp};

/// One thing that a refusal is about.
///
/// A program that wants to act on a refusal reads its [code](crate::Code) and its facts. The sentence is for people:
/// names that somebody else chose stand in it, so nothing can be concluded from its words.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Fact {
    /// A `ConfigMap`, whether it exists or not.
    ConfigMap {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// Two digests that should be one.
    Digests {
        /// The digest that was demanded or computed.
        expected: Digest,
        /// The digest that was found instead.
        actual: Digest,
    },
    /// The ID or fingerprint of a key.
    Key(String),
    /// Nothing was asked, because this run allows no network.
    NotAsked,
    /// A resource that could not be had. What to authenticate with is left out of it.
    Resource(Resource),
    /// A role of signed metadata.
    Role(String),
    /// A Secret, whether it exists or not.
    Secret {
        /// Its namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// A signature that somebody who is trusted made, and that does not count for another reason: a digest of what it is over and
    /// of the key or certificate that it was made with, the same wherever it is found.
    Signature(Digest),
    /// When somebody who is trusted signed, at the latest and by their own word: of a signature that holds, and that does not
    /// count for another reason.
    Signed(Timestamp),
    /// Where a signature came from, such as the URL of a file in a store.
    Source(String),
    /// When something ends, ended or was made.
    Time(Timestamp),
}

impl Fact {
    /// A `ConfigMap`.
    #[must_use]
    pub fn config_map(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self::ConfigMap {
            namespace: namespace.into(),
            name: name.into(),
        }
    }

    /// A Secret.
    #[must_use]
    pub fn secret(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self::Secret {
            namespace: namespace.into(),
            name: name.into(),
        }
    }

    /// A resource, without what to authenticate with, and without what a plug-in was told.
    #[must_use]
    pub fn resource(resource: &Resource) -> Self {
        Self::Resource(match resource {
            Resource::Lookaside { url, .. } => Resource::Lookaside {
                url: url.clone(),
                access: None,
            },
            // A whole chain of certificates may stand in it.
            Resource::Plugin { name, command, .. } => Resource::Plugin {
                name: name.clone(),
                command: *command,
                request: Bytes::new(),
            },
            other => other.clone(),
        })
    }

    /// What an answer says besides that it is none.
    #[must_use]
    pub fn of_answer(error: &FetchError) -> Option<Self> {
        match error {
            FetchError::DigestMismatch { expected, actual } => Some(Self::Digests {
                expected: expected.clone(),
                actual: actual.clone(),
            }),
            FetchError::NotAsked { .. } => Some(Self::NotAsked),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Basic;

    #[test]
    fn a_fact_about_a_resource_carries_no_credential() {
        let resource = Resource::Lookaside {
            url: "https://sigs.example/a".to_owned(),
            access: Some(Basic::new("user", "hidden")),
        };
        let Fact::Resource(Resource::Lookaside { url, access }) = Fact::resource(&resource) else {
            panic!("a lookaside resource");
        };
        assert_eq!((url.as_str(), access), ("https://sigs.example/a", None));
    }
}
