use std::collections::BTreeMap;

use doorward_core::Timestamp;

/// Which of several valid documents count: of each key, the newest.
///
/// The key is what makes one document a successor of another, such as ([`Origin`]) who signed it, of which kind it is
/// and which scanner made it. A clean report of another signer, kind or scanner never replaces a bad one, and neither
/// does an older report of the same.
///
/// * Of equal times all count, so that the worst decides.
/// * A document without a time always counts: it cannot be shown to be older than another.
///
/// Returns positions in `documents`, ascending. It is empty only if `documents` is.
#[must_use]
pub fn newest<K: Ord>(documents: &[(K, Option<Timestamp>)]) -> Vec<usize> {
    let mut latest: BTreeMap<&K, Timestamp> = BTreeMap::new();
    for (key, time) in documents {
        if let Some(time) = *time {
            let entry = latest.entry(key).or_insert(time);
            *entry = time.max(*entry);
        }
    }
    documents
        .iter()
        .enumerate()
        .filter(|(_, (key, time))| time.is_none() || time.as_ref() == latest.get(key))
        .map(|(position, _)| position)
        .collect()
}

/// Where a document comes from. Of documents with the same origin the [newest](newest()) counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// Who signed it, in words that tell signers apart.
    pub signer: String,
    /// Of which kind it is: its artifact type or predicate type as demanded.
    pub kind: String,
    /// The scanner that made it, if it is a report that names one.
    pub scanner: Option<String>,
    /// Who verified, and what, if it is a verification summary: what one verifier says of one resource follows nothing that
    /// another says, or that is said of another.
    pub verified: Option<(String, Option<String>)>,
}
