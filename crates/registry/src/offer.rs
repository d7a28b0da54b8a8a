//! What a keychain has for a repository, and what it could not find out.

use crate::{Credential, Dropped};

/// What a keychain has for a repository, and what it could not find out.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    /// The credentials to try, in this order.
    pub credentials: Vec<Credential>,
    /// The sources that may have had a credential and failed. If none of `credentials` opens the repository, nobody knows
    /// whether one of theirs does: that is no refusal, and
    /// [`FetchError::CredentialProvider`](doorward_core::FetchError::CredentialProvider) is what comes of it.
    pub failed: Vec<Dropped>,
}

impl Offer {
    /// Of a keychain that knows all that it has.
    #[must_use]
    pub const fn of(credentials: Vec<Credential>) -> Self {
        Self {
            credentials,
            failed: Vec::new(),
        }
    }
}
