//! What an identity opens.

use doorward_core::Repository;
use url::Url;

use crate::auth::Scope;
use crate::endpoint::host_of;

/// A protection space (RFC 9110, section 11.5): a repository on its registry, or a collection on its trust server.
/// The identity that opened it once opens all that is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProtectionSpace {
    /// The server, with the path that it lives under.
    pub(crate) base: Url,
    /// What a keychain is asked for, in this order.
    pub(crate) names: Vec<Repository>,
    /// What a token must allow, as long as the server does not call it otherwise.
    pub(crate) scope: Scope,
    /// Whether the server was named as one without TLS, so that its token service may be without, too.
    pub(crate) is_plain: bool,
    /// Whether the server may answer 404 to hide something from an identity that may not see it.
    pub(crate) hides: bool,
}

impl ProtectionSpace {
    /// The server, for messages: `host` or `host:port`.
    pub(crate) fn host(&self) -> String {
        host_of(&self.base)
    }

    /// What tells the server from others.
    pub(crate) fn origin(&self) -> String {
        self.base.to_string()
    }
}
