//! Servers without TLS.

use std::collections::BTreeSet;

use doorward_core::Authority;
use url::Url;

use crate::origin::host_of;

/// The port of URLs without TLS that name none.
const PLAIN_PORT: u16 = 80;

/// The servers that are spoken to without TLS: exactly those named. For a registry a loopback address gets no
/// exception, because "this machine" is another one in every pod and a reference does not say which scheme is meant;
/// the URL of a trust server does.
#[derive(Clone, Debug, Default)]
pub(crate) struct PlainHttp(BTreeSet<Authority>);

impl PlainHttp {
    pub(crate) fn add(&mut self, authority: Authority) {
        self.0.insert(authority);
    }

    /// Whether the server of references with this authority was named.
    pub(crate) fn contains(&self, authority: &Authority) -> bool {
        self.0.contains(authority)
    }

    /// A server that was named twice, as if it were two.
    pub(crate) fn ambiguous(&self) -> Option<&Authority> {
        self.0.iter().find(|authority| {
            authority.port().is_some() && twin(authority).is_some_and(|twin| self.contains(&twin))
        })
    }

    /// The name that a server was given, if it is the other one than `authority`.
    pub(crate) fn other_name(&self, authority: &Authority) -> Option<Authority> {
        twin(authority).filter(|twin| self.contains(twin))
    }

    /// Whether the server of an URL was named, with or without the standard port of its scheme.
    pub(crate) fn contains_server(&self, url: &Url) -> bool {
        let spelt_out = url.host_str().zip(url.port_or_known_default());
        let named = |text: &str| {
            text.parse()
                .is_ok_and(|authority| self.contains(&authority))
        };
        named(&host_of(url))
            || spelt_out.is_some_and(|(host, port)| named(&format!("{host}:{port}")))
    }
}

/// The other name of a server without TLS: there, no port and port 80 are the same, and clients dial both alike.
fn twin(authority: &Authority) -> Option<Authority> {
    match authority.port() {
        None => format!("{}:{PLAIN_PORT}", authority.host()).parse().ok(),
        Some(port) if port.get() == PLAIN_PORT => authority.host().to_string().parse().ok(),
        Some(_) => None,
    }
}
