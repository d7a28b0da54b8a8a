//! A root of trust, looked at on its own.

use bytes::Bytes;
use doorward::notary::{Pins, RootKey, TrustedSet};
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
