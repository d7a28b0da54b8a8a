//! Keys of a role, and whether enough of them signed.

use std::collections::{BTreeMap, HashSet};

use doorward_core::Meter;
use doorward_core::json::Value;

use crate::envelope::Envelope;
use crate::limits::ROLE_KEYS;
use crate::members::Members;
use crate::{Error, Key, KeyId, RoleName};

/// Which keys speak for a role, and how many of them must.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoleKeys {
    /// Distinct IDs; two of them can still be the same key, written down in two ways.
    pub(crate) keys: Vec<Key>,
    /// At least 1.
    pub(crate) threshold: usize,
}

impl RoleKeys {
    /// Reads `keyids` and `threshold` of `members` (TUF 4.3). Every ID must be in `keys`, under the ID that the key
    /// really has.
    pub(crate) fn read(
        members: &Members<'_>,
        keys: &BTreeMap<&str, &Value>,
        file: &RoleName,
    ) -> Result<Self, Error> {
        let threshold = members.number("threshold", 1)?;
        let ids = members.array("keyids")?;
        if ids.len() > ROLE_KEYS {
            return Err(Error::TooLarge {
                what: format!("a role in {file} has {} keys", ids.len()),
                limit: ROLE_KEYS,
            });
        }
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        for id in ids {
            let id = id
                .as_str()
                .ok_or_else(|| members.malformed("has a key ID that is not a string"))?;
            if !seen.insert(id) {
                return Err(members.malformed("has the same key ID twice"));
            }
            let value = keys
                .get(id)
                .ok_or_else(|| members.malformed("has a key ID without a key"))?;
            let key = Key::read(value, file)?;
            if key.id().as_str() != id {
                return Err(members.malformed("has a key whose ID is another one"));
            }
            found.push(key);
        }
        Ok(Self {
            keys: found,
            // More than can ever sign is as good as infinitely many.
            threshold: usize::try_from(threshold).unwrap_or(usize::MAX),
        })
    }

    /// The IDs.
    pub(crate) fn ids(&self) -> Vec<KeyId> {
        self.keys.iter().map(|key| key.id().clone()).collect()
    }

    /// Checks that enough of the role's keys signed a file (TUF 5.4.2, 5.5.3, 5.6.3). A threshold counts keys (TUF
    /// 4.3). Stricter than the original, which counts IDs, because a key that is written down in two ways has one
    /// holder.
    pub(crate) fn verify(
        &self,
        role: &RoleName,
        envelope: &Envelope,
        meter: &mut Meter,
    ) -> Result<Vec<Key>, Error> {
        let keys: Vec<&Key> = self.keys.iter().collect();
        let signed = signers(envelope, &keys, meter)?;
        if signed.len() >= self.threshold {
            return Ok(signed);
        }
        let unusable = self
            .keys
            .iter()
            .map(Key::usable)
            .collect::<Result<Vec<_>, _>>();
        if let Err(detail) = unusable
            && self.keys.iter().all(|key| key.usable().is_err())
        {
            return Err(Error::UnsupportedKey {
                role: role.clone(),
                detail: detail.to_owned(),
            });
        }
        Err(Error::Threshold {
            role: role.clone(),
            valid: signed.len(),
            threshold: self.threshold,
        })
    }
}

/// Which of `keys` signed a file, each key once, in whatever ways it is written down and however often it signed.
/// Laxer than TUF 4.2, which forbids two signatures with one key ID, because the second one counts for nothing here.
pub(crate) fn signers(
    envelope: &Envelope,
    keys: &[&Key],
    meter: &mut Meter,
) -> Result<Vec<Key>, Error> {
    let mut signed: Vec<Key> = Vec::new();
    for signature in &envelope.signatures {
        let Some(key) = keys
            .iter()
            .find(|key| key.id().as_str() == signature.key_id)
        else {
            continue;
        };
        let (Ok(public), Some(algorithm)) = (key.usable(), key.algorithm(&signature.method)) else {
            continue;
        };
        if signed.iter().any(|known| known.usable() == Ok(public)) {
            continue;
        }
        meter.signature()?;
        if public
            .verify(algorithm, &envelope.message, &signature.bytes)
            .is_ok()
        {
            signed.push((*key).clone());
        }
    }
    Ok(signed)
}
