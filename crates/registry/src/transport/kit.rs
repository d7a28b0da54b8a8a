//! What HTTP clients are made of, so that others can be made when certificates change.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use reqwest::redirect::Policy;
use rustls::ClientConfig;

use super::address::Allowed;
use super::ledger::{Ledger, POOL_IDLE};
use super::resolver::{Reach, Resolver};
use super::{Clients, Pair};
use crate::endpoint::dialled;
use crate::tls::{self, Identity, TlsMaterial};
use crate::{BuildError, Timeouts};

/// How many connections that nobody uses are kept per server, of a bounded number of servers. HTTP/2 needs one.
const POOL_SIZE: usize = 8;

/// What all clients have in common.
pub(crate) struct Kit {
    pub(crate) allowed: Arc<Allowed>,
    pub(crate) proxies: Arc<BTreeSet<String>>,
    pub(crate) ledger: Arc<Ledger>,
    pub(crate) timeouts: Timeouts,
    pub(crate) user_agent: String,
    /// Whether proxies that the environment names are used.
    pub(crate) proxy: bool,
}

/// The clients of one set of certificates.
pub(crate) struct ByHost {
    pub(super) common: Clients,
    /// Clients for hosts that have certificates of their own, by `host` or `host:port` as it is in URLs.
    pub(super) by_host: BTreeMap<String, Clients>,
}

impl ByHost {
    /// The clients for this host, as it is in URLs.
    pub(super) fn of(&self, host: &str) -> &Clients {
        self.by_host.get(host).unwrap_or(&self.common)
    }
}

impl Kit {
    /// Clients with these certificates.
    pub(crate) fn make(&self, material: &TlsMaterial) -> Result<ByHost, BuildError> {
        let mut common = tls::system_roots();
        let mut of_hosts: BTreeMap<String, (Vec<&[u8]>, Option<&Identity>)> = BTreeMap::new();
        for (host, pem) in &material.authorities {
            match host {
                None => tls::add_pem(&mut common, pem)?,
                Some(host) => of_hosts.entry(server(host)?).or_default().0.push(pem),
            }
        }
        for (host, identity) in &material.identities {
            of_hosts.entry(server(host)?).or_default().1 = Some(identity);
        }
        let mut by_host = BTreeMap::new();
        for (host, (pems, identity)) in of_hosts {
            let mut roots = common.clone();
            for pem in pems {
                tls::add_pem(&mut roots, pem)?;
            }
            by_host.insert(host, self.clients(tls::client_config(roots, identity)?)?);
        }
        Ok(ByHost {
            common: self.clients(tls::client_config(common, None)?)?,
            by_host,
        })
    }

    fn clients(&self, config: ClientConfig) -> Result<Clients, BuildError> {
        let pair = |reach: Reach| -> Result<Pair, BuildError> {
            let resolver = Arc::new(Resolver {
                reach,
                proxies: Arc::clone(&self.proxies),
                ledger: Arc::clone(&self.ledger),
                patience: self.timeouts.look_up(),
            });
            Ok(Pair {
                pooled: self.http_client(config.clone(), Arc::clone(&resolver), POOL_SIZE)?,
                single: self.http_client(config.clone(), resolver, 0)?,
            })
        };
        Ok(Clients {
            open: pair(Reach::Open)?,
            guarded: pair(Reach::Guarded(Arc::clone(&self.allowed)))?,
            public: pair(Reach::Public(Arc::clone(&self.allowed)))?,
            strict: pair(Reach::Strict)?,
        })
    }

    fn http_client(
        &self,
        config: ClientConfig,
        resolver: Arc<Resolver>,
        pool: usize,
    ) -> Result<reqwest::Client, BuildError> {
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(config)
            .dns_resolver(resolver)
            .user_agent(&self.user_agent)
            // Redirects and retries are ours: see the transport.
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .gzip(true)
            .tcp_nodelay(true)
            .connect_timeout(self.timeouts.connect)
            .pool_idle_timeout(POOL_IDLE)
            .pool_max_idle_per_host(pool);
        if !self.proxy {
            builder = builder.no_proxy();
        }
        builder.build().map_err(|error| BuildError::Client {
            detail: error.without_url().to_string(),
        })
    }
}

/// The server that is meant, as it is in URLs.
fn server(host: &str) -> Result<String, BuildError> {
    crate::builder::authority(host).map(|authority| dialled(&authority))
}
