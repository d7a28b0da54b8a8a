//! Rejections for what could not be had of a store of signatures.

use doorward_core::{Fact, FetchError, Rejection, Resource};

use crate::codes;

/// That `resource`, which may hold signatures, could not be had.
///
/// No credential of a registry is ever shown to a lookaside store, so one that refuses access has a code of its own.
#[must_use]
pub fn store_rejection(resource: &Resource, error: &FetchError) -> Rejection {
    match (resource, error) {
        (Resource::Lookaside { .. }, FetchError::Unauthorized { detail }) => {
            let detail = format!("{resource}: the signature store refused access: {detail}");
            Rejection::new(codes::STORE_UNAUTHORIZED, detail)
                .with_fact(Fact::resource(resource))
                .because_of(error)
        }
        _ => Rejection::from_fetch(resource, error),
    }
}
