//! A small HTTP server with full control over what goes wrong.

pub(crate) mod form;
mod record;
mod reply;
pub(crate) mod runtime;
mod serve;
mod server;
mod shared;
mod wire;

use std::fmt;

pub use record::RecordedRequest;
pub(crate) use reply::{Exchange, Reply};
pub(crate) use server::{Listeners, Server};
pub(crate) use shared::{Addresses, Application};
pub(crate) use wire::WireOrders;

/// Which listener of a test server received a request.
///
/// One test server answers on several addresses, so that a test can see which of them was given credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// The server itself: the address that a reference or a store URL names.
    Main,
    /// The token server, where it has an address of its own.
    Token,
    /// Another host with the same content, the target of redirects and of blob downloads. It asks for no
    /// credentials and must be sent none.
    Elsewhere,
    /// The same without TLS, the target of a downgrading redirect.
    Plaintext,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Main => "main",
            Self::Token => "token",
            Self::Elsewhere => "elsewhere",
            Self::Plaintext => "plaintext",
        })
    }
}
