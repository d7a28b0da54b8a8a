//! What an identity opens.

use doorward_core::Repository;
use url::Url;

use crate::auth::scope::Scope;
use crate::origin::Origin;
use crate::origin::host_of;
use crate::plain_http::PlainHttp;

/// A protection space (RFC 9110, section 11.5): a repository on its registry, or a collection on its trust server.
/// The identity that opened it once opens all that is in it.
#[derive(Clone, Debug)]
pub(crate) struct ProtectionSpace {
    /// The server, with the path that it lives under.
    pub(crate) base: Url,
    /// What a keychain is asked for, in this order.
    pub(crate) names: Vec<Repository>,
    /// What a token must allow, as long as the server does not call it otherwise.
    pub(crate) scope: Scope,
    /// Whether the server was named as one without TLS, so that its token service may be without, too.
    pub(crate) is_plain: bool,
    /// The servers that were named as ones without TLS.
    pub(crate) plain: PlainHttp,
    /// Whether the server may answer 404 to hide something from an identity that may not see it.
    pub(crate) hides: bool,
    /// What is asked, without anything that an image or a requester chose, to see whether the server is there.
    pub(crate) probe: Url,
    /// Whether a 404 says that there is none.
    pub(crate) absence: Absence,
}

/// What a 404 is worth whose body is no error of a registry or trust server. Any web server answers 404.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absence {
    /// It counts.
    Believed,
    /// It does not: the server does not answer as what it should be, which this is the word for.
    Doubted(&'static str),
    /// It does if the probe of the space is answered otherwise.
    Checked(&'static str),
}

impl ProtectionSpace {
    /// The server, for messages: `host` or `host:port`.
    pub(crate) fn host(&self) -> String {
        host_of(&self.base)
    }

    /// What tells the server from others: two may live under one origin.
    pub(crate) fn server(&self) -> String {
        self.base.to_string()
    }

    /// The origin that challenges come from and credentials go to.
    pub(crate) fn origin(&self) -> Option<Origin> {
        Origin::of(&self.base)
    }

    /// Whether the operator named the server of an URL as one without TLS.
    pub(crate) fn names_plain(&self, url: &Url) -> bool {
        self.plain.contains_server(url)
    }
}
