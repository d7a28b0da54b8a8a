//! When the first part of a load stops being valid.

use doorward_core::Timestamp;
use tough::Repository;
use tough::schema::{Role, Targets};

fn at(role: &impl Role) -> Timestamp {
    Timestamp::from_unix(role.expires().as_second())
}

/// The role that expires first, and when. Delegated roles count: any of them may speak for a target.
pub(crate) fn earliest(repository: &Repository) -> (String, Timestamp) {
    let mut roles = vec![
        ("root".to_owned(), at(&repository.root().signed)),
        ("timestamp".to_owned(), at(&repository.timestamp().signed)),
        ("snapshot".to_owned(), at(&repository.snapshot().signed)),
        ("targets".to_owned(), at(&repository.targets().signed)),
    ];
    // As many as there are documents in the load, which `Limits::documents` bounds.
    let mut open: Vec<&Targets> = vec![&repository.targets().signed];
    while let Some(targets) = open.pop() {
        for role in targets.delegations.iter().flat_map(|all| &all.roles) {
            if let Some(delegated) = &role.targets {
                roles.push((role.name.clone(), at(&delegated.signed)));
                open.push(&delegated.signed);
            }
        }
    }
    roles
        .into_iter()
        .min_by_key(|(_, expires)| *expires)
        .unwrap_or_else(|| ("root".to_owned(), Timestamp::from_unix(0)))
}
