//! Authorities that one signer satisfies together.

use super::authority::{Authority, AuthorityKind};
use crate::LintCode;
use crate::walk::{Object, Walk};

/// Notes the first two authorities that accept the same signer, where more than one must have signed.
pub(super) fn check(walk: &mut Walk<'_>, object: &Object<'_>, authorities: &[Authority]) {
    let numbered = || authorities.iter().enumerate();
    let pairs = numbered().flat_map(|(first, one)| {
        let later = numbered().skip(first + 1);
        later.map(move |(second, other)| (first, one, second, other))
    });
    let mut meeting = pairs.filter(|(_, one, _, other)| meet(&one.by, &other.by));
    if let Some((first, _, second, _)) = meeting.next() {
        let message = format!(
            "`authorities[{first}]` and `authorities[{second}]` accept the same signer, who then counts as two of those that \
             `require` demands"
        );
        walk.note(
            LintCode::RepeatedSigner,
            object.place("authorities"),
            message,
        );
    }
}

/// Whether somebody is accepted by both, as far as their names tell.
fn meet(one: &AuthorityKind, other: &AuthorityKind) -> bool {
    match (one, other) {
        (AuthorityKind::Keys(some), AuthorityKind::Keys(others)) => {
            some.iter().any(|key| others.contains(key))
        }
        _ => one == other,
    }
}
