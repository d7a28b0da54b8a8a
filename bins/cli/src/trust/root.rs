//! A root of trust, looked at on its own.

use bytes::Bytes;
use doorward::notary::{Key, Pins, TrustedSet};
use doorward_core::{Budget, Meter, Rejection, Repository, Timestamp};
use serde::Serialize;

/// A root that holds by itself: its certificates may stand for the collection now, and its keys signed it. That says
/// nothing about whose they are.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Root {
    pub(crate) version: u64,
    pub(crate) expires: Timestamp,
    /// How many of the keys must sign.
    pub(crate) threshold: usize,
    pub(crate) keys: Vec<RootKey>,
}

/// A key that may sign the root.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RootKey {
    pub(crate) id: String,
    /// Whether it signed this root, with a certificate that counts now.
    pub(crate) signed: bool,
    pub(crate) certificate: Option<RootCertificate>,
}

/// The certificate of a root key.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RootCertificate {
    pub(crate) common_name: Option<String>,
    pub(crate) not_before: Timestamp,
    pub(crate) not_after: Timestamp,
    /// Of the certificate as a whole, in lower-case hexadecimal digits.
    pub(crate) sha256: String,
}

impl Root {
    /// Checks a root by itself.
    ///
    /// # Errors
    /// Why it could be nobody's root of this collection now.
    pub(crate) fn check(gun: &Repository, bytes: Bytes, now: Timestamp) -> Result<Self, Rejection> {
        let mut meter = Meter::new(Budget::default());
        let mut set = TrustedSet::bootstrap(&gun.to_string(), bytes, now)?;
        set.confirm_root(&Pins::FirstUse, &mut meter)?;
        let status = set.statuses().into_iter().next();
        Ok(Self {
            version: set.root_version(),
            expires: status
                .as_ref()
                .map_or(Timestamp::from_unix(0), |status| status.expires),
            threshold: status.as_ref().map_or(0, |status| status.threshold),
            keys: RootKey::all(&set),
        })
    }
}

impl RootKey {
    /// The keys of the root of `set`.
    pub(crate) fn all(set: &TrustedSet) -> Vec<Self> {
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
