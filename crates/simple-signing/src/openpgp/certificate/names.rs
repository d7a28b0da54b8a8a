//! Keys by what signatures call them.

use std::collections::HashMap;

use super::RawKey;
use crate::openpgp::signature::Signature;

/// The keys of one rank in a ring, primary keys or subkeys, numbered in the order in which they came.
#[derive(Default)]
pub(super) struct Names {
    by_fingerprint: HashMap<Vec<u8>, usize>,
    by_key_id: HashMap<Vec<u8>, Vec<usize>>,
}

impl Names {
    /// The number of this key, and whether it is new.
    pub(super) fn add(&mut self, key: &RawKey) -> (usize, bool) {
        let next = self.by_fingerprint.len();
        let number = *self
            .by_fingerprint
            .entry(key.fingerprint.clone())
            .or_insert(next);
        if number == next {
            let id = key.key_id.to_vec();
            self.by_key_id.entry(id).or_default().push(number);
        }
        (number, number == next)
    }

    /// The number of the key with this fingerprint.
    pub(super) fn get(&self, fingerprint: &[u8]) -> Option<usize> {
        self.by_fingerprint.get(fingerprint).copied()
    }

    /// The keys that may have made `signature`, by whom it names.
    pub(super) fn candidates(&self, signature: &Signature) -> Vec<usize> {
        if signature.may_be_anybodys() {
            return (0..self.by_fingerprint.len()).collect();
        }
        let fingerprints = signature.issuer_fingerprints();
        let mut named: Vec<usize> = fingerprints
            .filter_map(|fingerprint| self.get(fingerprint))
            .collect();
        let ids = signature.issuer_ids();
        named.extend(ids.filter_map(|id| self.by_key_id.get(id)).flatten());
        named.sort_unstable();
        named.dedup();
        named
    }
}
