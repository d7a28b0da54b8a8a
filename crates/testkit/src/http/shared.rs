//! What the connections of one server share.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use super::record::Log;
use super::wire::Latency;
use super::{Exchange, Reply};
use crate::fault::FaultRules;

/// What a server serves, without any fault.
pub(crate) trait Application: Send + Sync + 'static {
    /// Answers one request.
    fn answer(&self, exchange: &Exchange) -> Reply;
}

/// The base URLs of a server's listeners, without a trailing slash.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    pub(crate) main: SocketAddr,
    pub(crate) main_url: String,
    pub(crate) token_url: String,
    pub(crate) elsewhere_url: String,
    pub(crate) plaintext_url: String,
}

/// What the connections of one server share.
pub(crate) struct Shared {
    pub(crate) application: Arc<dyn Application>,
    pub(crate) addresses: Addresses,
    pub(crate) faults: FaultRules,
    pub(crate) log: Log,
    pub(crate) latency: Arc<Latency>,
    pub(crate) connections: AtomicU64,
}
