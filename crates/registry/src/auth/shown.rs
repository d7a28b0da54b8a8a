//! What is shown to a server, and to which.

use http::HeaderValue;

use crate::Fingerprint;
use crate::origin::Origin;

/// An `Authorization` header and the one origin that it is for. Its `Debug` shows no secret, because the header is
/// marked as sensitive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shown {
    origin: Origin,
    header: HeaderValue,
    account: Option<Fingerprint>,
}

impl Shown {
    /// A credential of a requester, or a token that was had with one.
    pub(crate) const fn credential(
        origin: Origin,
        header: HeaderValue,
        account: Fingerprint,
    ) -> Self {
        Self {
            origin,
            header,
            account: Some(account),
        }
    }

    /// A token that was had without any credential.
    pub(crate) const fn anonymous(origin: Origin, header: HeaderValue) -> Self {
        Self {
            origin,
            header,
            account: None,
        }
    }

    pub(crate) const fn origin(&self) -> &Origin {
        &self.origin
    }

    pub(crate) const fn header(&self) -> &HeaderValue {
        &self.header
    }

    pub(crate) const fn is_credential(&self) -> bool {
        self.account.is_some()
    }

    /// Whose credential it is, or was had with.
    pub(crate) const fn account(&self) -> Option<Fingerprint> {
        self.account
    }
}
