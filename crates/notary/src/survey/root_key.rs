//! The keys of a root, for showing.

use doorward_core::Timestamp;
use serde::Serialize;

use crate::{Key, TrustedSet};

/// A key that may sign the root.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RootKey {
    /// Its ID, in lower-case hexadecimal digits.
    pub id: String,
    /// Whether it signed this root, with a certificate that counts now.
    pub signed: bool,
    /// The certificate that it stands in. Without one it counts for nothing.
    pub certificate: Option<RootCertificate>,
}

/// The certificate of a root key.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RootCertificate {
    /// The first common name of its subject.
    pub common_name: Option<String>,
    /// The first second in which it is valid.
    pub not_before: Timestamp,
    /// The last second in which it is valid.
    pub not_after: Timestamp,
    /// The digest of the certificate as a whole, in lower-case hexadecimal digits.
    pub sha256: String,
}

impl RootKey {
    /// The keys of the root of `set`.
    #[must_use]
    pub fn all(set: &TrustedSet) -> Vec<Self> {
        let signed = set
            .statuses()
            .into_iter()
            .next()
            .map(|status| status.signed_by)
            .unwrap_or_default();
        set.root_keys()
            .iter()
            .map(|key| Self {
                id: key.id().to_string(),
                signed: signed.contains(key.id()),
                certificate: certificate(key),
            })
            .collect()
    }
}

fn certificate(key: &Key) -> Option<RootCertificate> {
    let leaf = key.certificates().first()?;
    Some(RootCertificate {
        common_name: leaf.common_name().map(str::to_owned),
        not_before: leaf.not_before(),
        not_after: leaf.not_after(),
        sha256: leaf.fingerprint().hex().to_owned(),
    })
}
