//! What registries do in one way or another.

/// How a registry wants clients to identify themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Authentication {
    /// Not at all.
    #[default]
    None,
    /// With a user name and password on every request (RFC 7617).
    Basic,
    /// With a token from a token endpoint (the distribution project's token authentication).
    Bearer,
}

/// Which members of the token endpoint's answer hold the token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TokenField {
    /// `access_token` alone.
    AccessToken,
    /// Both, with the same value.
    Both,
    /// `token` alone.
    #[default]
    Token,
}

/// Where a registry sends clients that ask for a blob.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BlobRedirect {
    /// Nowhere: it serves blobs itself.
    #[default]
    None,
    /// To another host, which refuses requests that carry credentials.
    OtherHost,
    /// To another path on the same host.
    SameHost,
}
