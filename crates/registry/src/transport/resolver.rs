//! Names to addresses, of which only those are dialled that may be.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;

use super::address::{Allowed, is_local};
use super::failure::is_exhaustion;

/// Names that are looked up at a time. Each takes a thread of a limited number until the system's resolver gives up,
/// which nothing can hasten: without a bound, silent names would keep all others from being looked up, and a server
/// that cannot be looked up looks like one that is out.
static LOOKUPS: Semaphore = Semaphore::const_new(128);
/// How long a place is waited for: less than a connection may take, so that the wait is never taken for the server's.
const PATIENCE: Duration = Duration::from_millis(500);

/// Which addresses a connection may have.
#[derive(Clone, Debug)]
pub(crate) enum Reach {
    /// All: the operator chose the host.
    Open,
    /// Not those of this machine and its link, but for the ones that the operator allows: somebody else chose the host.
    Guarded(Arc<Allowed>),
    /// Not those of this machine and its link: another server named the host.
    Strict,
}

impl Reach {
    pub(crate) fn admits(&self, address: IpAddr) -> bool {
        match self {
            Self::Open => true,
            Self::Guarded(allowed) => !is_local(address) || allowed.has_address(address),
            Self::Strict => !is_local(address),
        }
    }
}

/// Looks names up and leaves out what may not be dialled. What it returns is what is dialled: a name cannot stand for
/// one address when it is judged and for another when it is used.
pub(crate) struct Resolver {
    pub(crate) reach: Reach,
    /// Hosts of proxies, which the operator chose. Whatever else is asked through a proxy, the proxy looks up.
    pub(crate) proxies: Arc<BTreeSet<String>>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let reach = if self.proxies.contains(name.as_str()) {
            Reach::Open
        } else {
            self.reach.clone()
        };
        Box::pin(async move {
            let found = look_up(name.as_str().to_owned()).await?;
            let (kept, left): (Vec<SocketAddr>, Vec<SocketAddr>) = found
                .into_iter()
                .partition(|address| reach.admits(address.ip()));
            if kept.is_empty() {
                return Err(match left.first() {
                    Some(address) => ResolveError::NotAllowed(address.ip()),
                    None => ResolveError::NotResolved,
                }
                .into());
            }
            Ok(Box::new(kept.into_iter()) as Addrs)
        })
    }
}

/// Asks the system's resolver, as soon as there is a place.
async fn look_up(host: String) -> Result<Vec<SocketAddr>, ResolveError> {
    let place = tokio::time::timeout(PATIENCE, LOOKUPS.acquire()).await;
    let Ok(Ok(place)) = place else {
        return Err(ResolveError::Busy);
    };
    let found = tokio::task::spawn_blocking(move || {
        // Held until the resolver is done, also if nobody waits for it any more.
        let _place = place;
        let found = (host.as_str(), 0).to_socket_addrs();
        found
            .map(Iterator::collect)
            .map_err(|error| ResolveError::of(&error))
    });
    found.await.unwrap_or(Err(ResolveError::Busy))
}

/// Why a name has no address to dial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResolveError {
    /// Too many names are looked up already. That says nothing about this one.
    Busy,
    /// This process has no file left to ask with.
    Exhausted,
    /// All its addresses are ones that may not be dialled, such as this one.
    NotAllowed(IpAddr),
    /// It has none.
    NotResolved,
}

impl ResolveError {
    fn of(error: &io::Error) -> Self {
        // The system's resolver says "try again" also if it cannot open a socket.
        let local = || std::net::UdpSocket::bind((std::net::Ipv4Addr::LOCALHOST, 0));
        if is_exhaustion(error) || local().is_err_and(|error| is_exhaustion(&error)) {
            return Self::Exhausted;
        }
        Self::NotResolved
    }
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("too many names are looked up at a time"),
            Self::Exhausted => f.write_str("no file is left to look a name up"),
            Self::NotAllowed(address) => write!(f, "{address} may not be asked"),
            Self::NotResolved => f.write_str("the name does not resolve"),
        }
    }
}

impl std::error::Error for ResolveError {}

/// The hosts of the proxies that the environment names.
pub(crate) fn proxies() -> BTreeSet<String> {
    ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"]
        .iter()
        .flat_map(|name| [(*name).to_owned(), name.to_ascii_lowercase()])
        .filter_map(|name| std::env::var(name).ok())
        .filter_map(|text| {
            let url = url::Url::parse(&text)
                .ok()
                .filter(url::Url::has_host)
                .or_else(|| url::Url::parse(&format!("http://{text}")).ok())?;
            url.host_str().map(str::to_ascii_lowercase)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn resolve(reach: Reach, name: &str) -> Result<Vec<IpAddr>, String> {
        let resolver = Resolver {
            reach,
            proxies: Arc::default(),
        };
        let name: Name = name.parse().expect("a name");
        match resolver.resolve(name).await {
            Ok(found) => Ok(found.map(|address| address.ip()).collect()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[tokio::test]
    async fn a_name_that_stands_for_this_machine_is_not_dialled_unless_it_may_be() {
        let found = resolve(Reach::Open, "localhost").await.expect("addresses");
        assert!(
            found.iter().all(|address| address.is_loopback()),
            "{found:?}"
        );
        for reach in [Reach::Strict, Reach::Guarded(Arc::default())] {
            assert!(resolve(reach, "localhost").await.is_err());
        }
        let mut allowed = Allowed::default();
        allowed.add_network("127.0.0.0".parse().expect("an address"), 8);
        let found = resolve(Reach::Guarded(Arc::new(allowed)), "localhost").await;
        assert_eq!(found, Ok(vec!["127.0.0.1".parse().expect("an address")]));
    }
}
