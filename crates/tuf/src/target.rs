//! A file, once metadata says what it must be.

use std::collections::BTreeSet;

use bytes::Bytes;
use doorward_core::{Algorithm, Digest, Timestamp};
use sigstore_tuf::TargetFile;

use crate::documents::Documents;
use crate::refresh::Refresh;
use crate::refusal::{bounded, refusal, unfetched};
use crate::{TargetName, TufError};

/// What must be in a file, and when the first of the delegated roles expires on the way to it.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) file: TargetFile,
    pub(crate) expires: Option<Timestamp>,
}

/// Looks for the role that speaks for a file: depth first, in the order of the delegations, and no further than a role
/// that ends the search (TUF 1.0.34, 5.6.7). Without `documents`, delegated roles are not there.
///
/// `None` if no role lists the file.
pub(crate) async fn find(
    refresh: &mut Refresh,
    name: &TargetName,
    mut documents: Option<&mut Documents>,
) -> Result<Option<Listed>, TufError> {
    let mut open = vec![("targets".to_owned(), String::new())];
    let mut visited = BTreeSet::new();
    let mut expires = None;
    while let Some((role, delegator)) = open.pop() {
        if !visited.insert(role.clone()) {
            continue;
        }
        if !delegator.is_empty() {
            // What the snapshot does not list is not there (5.6.7.1 has it fetched).
            let snapshot = refresh.set.snapshot();
            let is_listed = snapshot
                .is_some_and(|snapshot| snapshot.meta.contains_key(&format!("{role}.json")));
            let Some(documents) = documents.as_deref_mut().filter(|_| is_listed) else {
                continue;
            };
            refresh.delegated(&role, &delegator, documents).await?;
        }
        let Some(targets) = refresh.set.targets_role(&role) else {
            continue;
        };
        if !delegator.is_empty() {
            let at = Timestamp::from_unix(targets.expires.as_second());
            expires = Some(expires.map_or(at, |earliest: Timestamp| earliest.min(at)));
        }
        if let Some(file) = targets.target(name.as_str()) {
            let file = file.clone();
            return Ok(Some(Listed { file, expires }));
        }
        let delegations = targets.delegations.iter().flat_map(|all| &all.roles);
        let mut below = Vec::new();
        for child in delegations {
            if child
                .matches_path(name.as_str())
                .map_err(|error| refusal(&role, &error))?
            {
                below.push((child.name.clone(), role.clone()));
                if child.terminating {
                    open.clear();
                    break;
                }
            }
        }
        // The last one is taken first.
        open.extend(below.into_iter().rev());
    }
    Ok(None)
}

/// The file, whole and checked (TUF 1.0.34, 5.7): what is remembered of it if that is still it, else what the server has.
///
/// Stricter than 5.7.3, where the length is an upper bound, because a list that is wrong about one may be wrong about the
/// rest.
pub(crate) async fn read(
    refresh: &Refresh,
    name: &TargetName,
    file: &TargetFile,
    documents: &Documents,
) -> Result<Bytes, TufError> {
    if let Some(kept) = refresh
        .remembered
        .files
        .get(name)
        .filter(|kept| is_it(file, kept))
    {
        return Ok(kept.clone());
    }
    let limit = documents.limits().target_bytes;
    let length = usize::try_from(file.length)
        .ok()
        .filter(|length| *length <= limit);
    let length = length.ok_or_else(|| TufError::TooLarge {
        document: name.to_string(),
        limit: u64::try_from(limit).unwrap_or(u64::MAX),
    })?;
    let consistent = refresh.set.root().consistent_snapshot;
    let mismatch = || TufError::TargetMismatch { name: name.clone() };
    let hash = known(file)
        .next()
        .map(|(_, hex)| hex)
        .ok_or_else(mismatch)?;
    let url = documents
        .location()
        .target(name, consistent.then_some(hash));
    let bytes = documents.target(&url, length).await;
    let bytes = bytes.map_err(|error| unfetched(bounded(name), error))?;
    match is_it(file, &bytes) {
        true => Ok(bytes),
        false => Err(mismatch()),
    }
}

/// The hashes of known kinds that are listed for a file.
fn known(file: &TargetFile) -> impl Iterator<Item = (Algorithm, &str)> {
    let kinds = [
        ("sha256", Algorithm::Sha256),
        ("sha384", Algorithm::Sha384),
        ("sha512", Algorithm::Sha512),
    ];
    kinds
        .into_iter()
        .filter_map(|(name, algorithm)| Some((algorithm, file.hashes.get(name)?.as_str())))
}

/// Whether the bytes have the length and every hash of a known kind that are listed, and one at least (5.7.3).
pub(crate) fn is_it(file: &TargetFile, bytes: &[u8]) -> bool {
    let has = |(algorithm, hex): (Algorithm, &str)| {
        Digest::compute(algorithm, bytes)
            .hex()
            .eq_ignore_ascii_case(hex)
    };
    u64::try_from(bytes.len()) == Ok(file.length)
        && known(file).next().is_some()
        && known(file).all(has)
}
