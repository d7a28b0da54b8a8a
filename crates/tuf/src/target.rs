//! A file, once metadata says what it must be.

use std::sync::Arc;

use bytes::Bytes;
use doorward_core::{Algorithm, Digest, Fetcher};
use tough::Repository;
use tough::schema::Target;

use crate::documents::get;
use crate::refusal::{bounded, unfetched};
use crate::{Limits, Location, TargetName, TufError};

/// Finds a target, fetches it whole and checks it (TUF 1.0.34, 5.7). No byte leaves before all are checked. Stricter
/// than 5.7.3, where the length is an upper bound, because a list that is wrong about one may be wrong about the rest.
///
/// `tough` offers this too, but puts the digest before the whole path of the target, where the specification has it
/// before the last segment (TUF 1.0.34, 6.2), and compares one hash of several.
pub(crate) async fn read(
    repository: &Repository,
    name: &TargetName,
    fetcher: &Arc<dyn Fetcher>,
    location: &Location,
    limits: &Limits,
) -> Result<Bytes, TufError> {
    // 5.7.2.
    let unlisted = || TufError::TargetUnlisted { name: name.clone() };
    let wanted = tough::TargetName::new(name.as_str()).map_err(|_| unlisted())?;
    let target = repository
        .targets()
        .signed
        .find_target(&wanted, false)
        .map_err(|_| unlisted())?;

    let length = usize::try_from(target.length)
        .ok()
        .filter(|length| *length <= limits.target_bytes)
        .ok_or_else(|| TufError::TooLarge {
            document: name.to_string(),
            limit: u64::try_from(limits.target_bytes).unwrap_or(u64::MAX),
        })?;
    let consistent = repository.root().signed.consistent_snapshot;
    let sha256 = hex::encode(&*target.hashes.sha256);
    let url = location.target(name, consistent.then_some(&*sha256));
    let bytes = get(&**fetcher, &url, length)
        .await
        .map_err(|error| unfetched(bounded(name), error))?;
    if bytes.len() == length && is_listed(target, &sha256, &bytes) {
        Ok(bytes)
    } else {
        Err(TufError::TargetMismatch { name: name.clone() })
    }
}

/// Whether the bytes have every hash of a known kind that is listed for them (5.7.3).
fn is_listed(target: &Target, sha256: &str, bytes: &[u8]) -> bool {
    let has = |algorithm, hex: &str| {
        Digest::compute(algorithm, bytes)
            .hex()
            .eq_ignore_ascii_case(hex)
    };
    let others = [("sha384", Algorithm::Sha384), ("sha512", Algorithm::Sha512)];
    has(Algorithm::Sha256, sha256)
        && others.into_iter().all(|(name, algorithm)| {
            target
                .hashes
                ._extra
                .get(name)
                .is_none_or(|listed| listed.as_str().is_some_and(|hex| has(algorithm, hex)))
        })
}
