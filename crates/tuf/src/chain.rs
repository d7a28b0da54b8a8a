//! From one root to the newest that it leads to.

use tough::schema::{Root, Signed};

use crate::TufError;
use crate::refusal::bounded;

/// Reads the root that the caller trusts (TUF 1.0.34, 5.2). It must vouch for itself: stricter than the clause, which
/// trusts it as it is, because no repository publishes another.
pub(crate) fn parse_given(bytes: &[u8]) -> Result<Signed<Root>, TufError> {
    let invalid = |error: &dyn std::fmt::Display| TufError::RootInvalid {
        detail: bounded(error),
    };
    let root: Signed<Root> = serde_json::from_slice(bytes).map_err(|error| invalid(&error))?;
    root.signed
        .verify_role(&root)
        .map_err(|error| invalid(&error))?;
    Ok(root)
}

/// The root in `bytes`, if `trusted` leads to it: it is the next version, and a threshold of the keys of each of the
/// two has signed it (TUF 1.0.34, 5.3.4 and 5.3.5).
pub(crate) fn next(trusted: &Signed<Root>, bytes: &[u8]) -> Option<Signed<Root>> {
    let root: Signed<Root> = serde_json::from_slice(bytes).ok()?;
    let follows = Some(root.signed.version.get()) == trusted.signed.version.get().checked_add(1)
        && trusted.signed.verify_role(&root).is_ok()
        && root.signed.verify_role(&root).is_ok();
    follows.then_some(root)
}
