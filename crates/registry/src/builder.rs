//! Setting a client up.

mod error;

use std::collections::BTreeSet;
use std::sync::{Arc, RwLock};

use doorward_core::Authority;

pub use self::error::BuildError;
use crate::advisor::Advisors;
use crate::client::{Inner, RegistryClient};
use crate::mirror::Mirrors;
use crate::plain_http::PlainHttp;
use crate::recent::Recent;
use crate::service::service;
use crate::transport::address::{Allowed, network};
use crate::transport::resolver::proxies;
use crate::transport::{Bounds, Cooling, Gate, Kit, Pacing, Transport, Warnings};
use crate::{Observer, RequestRate, Retries, Timeouts, TlsMaterial};

/// Collects the settings of a [`RegistryClient`]. What is wrong with one of them is said by [`build`](Self::build).
#[derive(Clone)]
#[must_use]
pub struct Builder {
    mirrors: Vec<(String, String)>,
    plain_http: Vec<String>,
    /// What was given with `ca_pem`, which names its hosts as the operator's too.
    own: TlsMaterial,
    material: TlsMaterial,
    timeouts: Timeouts,
    retries: Retries,
    rate: Option<RequestRate>,
    user_agent: String,
    observer: Option<Arc<dyn Observer>>,
    proxy: bool,
    guarded: bool,
    allowed: Vec<String>,
    local_stores: bool,
    recent: Option<u64>,
    advisor: Option<String>,
    api_key_tokens: Option<String>,
    notices: Option<String>,
}

impl Builder {
    pub(crate) fn new() -> Self {
        Self {
            mirrors: Vec::new(),
            plain_http: Vec::new(),
            own: TlsMaterial::new(),
            material: TlsMaterial::new(),
            timeouts: Timeouts::default(),
            retries: Retries::default(),
            rate: None,
            user_agent: concat!("doorward/", env!("CARGO_PKG_VERSION")).to_owned(),
            observer: None,
            proxy: true,
            guarded: false,
            local_stores: false,
            recent: None,
            advisor: None,
            api_key_tokens: None,
            notices: None,
            allowed: Vec::new(),
        }
    }

    /// Fetches what is under `prefix` from `location`, both `host[:port][/path]`. The longest prefix wins, and counts
    /// by whole components. Nothing but fetching changes: policy and signed identities speak of the logical name.
    pub fn mirror(mut self, prefix: impl Into<String>, location: impl Into<String>) -> Self {
        self.mirrors.push((prefix.into(), location.into()));
        self
    }

    /// Speaks to a registry, `host` or `host:port` in any spelling, without TLS. No registry is spoken to
    /// in this way unless it is named here, `localhost` included. A trust server on an `http` URL is asked if it is
    /// named here or on the loopback interface, a signature store only if it is named here.
    pub fn plain_http(mut self, host: impl Into<String>) -> Self {
        self.plain_http.push(host.into());
        self
    }

    /// Believes the certificates in a PEM text, beside those of the system: for the registry, token service or
    /// store on one host (`host` or `host:port`), or, without a host, for all.
    pub fn ca_pem(mut self, host: Option<&str>, pem: impl Into<Vec<u8>>) -> Self {
        self.own = self.own.authority(host, pem);
        self
    }

    /// Believes, and shows of itself, what is in `material`, beside what was given with [`ca_pem`](Self::ca_pem). Other
    /// material can take its place later: [`RegistryClient::renew_tls`].
    pub fn tls(mut self, material: TlsMaterial) -> Self {
        self.material = material;
        self
    }

    /// Keeps answers that are still good in so many bytes of memory, for callers with the same credentials: ten minutes what
    /// was asked for by its digest, two seconds what a tag or a list stands for, and one that there is no such thing. For
    /// services, which are asked for the same image again and again. Nothing is kept otherwise.
    pub const fn keep_answers(mut self, bytes: u64) -> Self {
        self.recent = Some(bytes);
        self
    }

    /// Asks the vulnerability advisor of every registry at this URL, such as a gateway, and not at the registry itself. It is
    /// shown the credentials for those registries.
    pub fn advisor(mut self, url: impl Into<String>) -> Self {
        self.advisor = Some(url.into());
        self
    }

    /// Exchanges API keys of IBM Cloud for tokens at this URL, such as the private endpoint, and not at the public one. It is
    /// shown the keys.
    pub fn api_key_tokens(mut self, url: impl Into<String>) -> Self {
        self.api_key_tokens = Some(url.into());
        self
    }

    /// Sends notices to this URL: see [`RegistryClient::notices`].
    pub fn notices(mut self, url: impl Into<String>) -> Self {
        self.notices = Some(url.into());
        self
    }

    /// Bounds time.
    pub const fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// Says when requests are sent again.
    pub const fn retries(mut self, retries: Retries) -> Self {
        self.retries = retries;
        self
    }

    /// Asks each registry, wherever a mirror keeps it, no more questions about images and signatures than this, for programs that have
    /// many and time. What it takes to sign in, and to try again, comes on top. Nobody is kept waiting otherwise.
    ///
    /// The time of a fetch begins when it is its turn: see [`Timeouts::total`].
    pub const fn rate(mut self, rate: RequestRate) -> Self {
        self.rate = Some(rate);
        self
    }

    /// What the client calls itself.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = name.into();
        self
    }

    /// Tells `observer` of every HTTP exchange.
    pub fn observer(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(observer);
        self
    }

    /// Ignores the variables `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, which are honoured by default.
    pub const fn no_proxy(mut self) -> Self {
        self.proxy = false;
        self
    }

    /// Asks no address of this machine or its network link (loopback, link-local and unspecified addresses, in every
    /// form), because images and policies are chosen by others than the operator: for services. What the operator names
    /// is asked nevertheless: with [`plain_http`](Self::plain_http), as the location of a [`mirror`](Self::mirror), as
    /// a host of [`ca_pem`](Self::ca_pem), or with [`allow_address`](Self::allow_address). It is judged by the address
    /// that is dialled. Behind a proxy that is the proxy's to do.
    ///
    /// With or without this, no redirect leads from elsewhere to such an address.
    pub const fn guard_addresses(mut self) -> Self {
        self.guarded = true;
        self
    }

    /// Allows an address, a network (`127.0.0.0/8`), or a host (`host` with any port, or `host:port`) that
    /// [`guard_addresses`](Self::guard_addresses) would refuse.
    pub fn allow_address(mut self, text: impl Into<String>) -> Self {
        self.allowed.push(text.into());
        self
    }

    /// Reads signature stores on `file:` URLs from the disk of this machine. Without this they are refused: where
    /// tenants write policies, they name the stores, and the files of the program are none of theirs.
    pub const fn local_stores(mut self) -> Self {
        self.local_stores = true;
        self
    }

    /// Builds the client.
    ///
    /// # Errors
    /// [`BuildError`], if a setting is wrong.
    pub fn build(self) -> Result<RegistryClient, BuildError> {
        let mut mirrors = Mirrors::default();
        for (prefix, location) in &self.mirrors {
            mirrors.add(prefix, location)?;
        }
        let mut plain = PlainHttp::default();
        for host in &self.plain_http {
            plain.add(authority(host)?);
        }
        if let Some(authority) = plain.ambiguous() {
            return Err(BuildError::AmbiguousPlainHttp {
                text: authority.to_string(),
            });
        }
        let mut allowed = Allowed::default();
        for text in &self.allowed {
            match network(text) {
                Some((address, length)) => allowed.add_network(address, length),
                None => match authority(text) {
                    // Without a port it allows any: the port of the name's scheme is one like others.
                    Ok(host) if text.ends_with(":443") => allowed.add_host(&format!("{host}:443")),
                    Ok(host) => allowed.add_host(&host.to_string()),
                    Err(_) => return Err(BuildError::InvalidAddress { text: text.clone() }),
                },
            }
        }
        // Whatever the operator named it for, the operator knows where it is.
        let mut named = plain.clone();
        for (_, location) in &self.mirrors {
            named.add(authority(location.split('/').next().unwrap_or_default())?);
        }
        for host in self
            .own
            .authorities
            .iter()
            .filter_map(|(host, _)| host.as_ref())
        {
            named.add(authority(host)?);
        }
        let advisors = Advisors::of(
            self.advisor.as_deref(),
            self.api_key_tokens.as_deref(),
            &plain,
        )?;
        let notices = self.notices.as_deref();
        let notices = notices.map(|url| service("receiver of notices", url, &plain));
        let notices = notices.transpose()?;
        for host in advisors.named() {
            named.add(authority(&host)?);
        }
        let proxies = if self.proxy {
            proxies().map_err(|variable| BuildError::InvalidProxy { variable })?
        } else {
            BTreeSet::new()
        };
        let kit = Kit {
            allowed: Arc::new(allowed),
            proxies: Arc::new(proxies),
            ledger: Arc::default(),
            timeouts: self.timeouts,
            user_agent: self.user_agent,
            proxy: self.proxy,
        };
        let clients = kit.make(&self.own.and(self.material))?;
        Ok(RegistryClient::new(Inner::new(
            mirrors,
            plain,
            advisors,
            notices,
            Transport {
                clients: RwLock::new(Arc::new(clients)),
                is_proxied: !kit.proxies.is_empty(),
                bounds: Bounds {
                    is_guarded: self.guarded,
                    allowed: Arc::clone(&kit.allowed),
                    named,
                    of_policies: RwLock::default(),
                },
                gate: Gate::default(),
                ledger: Arc::clone(&kit.ledger),
                kit,
                timeouts: self.timeouts,
                retries: self.retries,
                observer: self.observer,
                warnings: Warnings::default(),
                cooling: Cooling::default(),
                pacing: Pacing::new(self.rate),
            },
            self.local_stores,
            self.recent.map(Recent::within),
        )))
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder")
            .field("mirrors", &self.mirrors)
            .field("plain_http", &self.plain_http)
            .field("timeouts", &self.timeouts)
            .field("retries", &self.retries)
            .finish_non_exhaustive()
    }
}

/// `host` or `host:port`, as in references; the host needs no dot.
pub(crate) fn authority(text: &str) -> Result<Authority, BuildError> {
    text.parse().map_err(|_| BuildError::InvalidHost {
        text: text.to_owned(),
    })
}

#[cfg(test)]
mod tests;
