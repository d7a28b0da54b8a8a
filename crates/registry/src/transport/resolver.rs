//! Names to addresses, of which only those are dialled that may be.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dns_lookup::{AddrFamily, AddrInfoHints, LookupErrorKind, SockType, getaddrinfo};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::sync::Semaphore;
use url::Host;

use super::address::{Allowed, is_local, is_public};
use super::exhaustion::is_exhaustion;
use super::ledger::Ledger;

/// Names that are looked up at a time. Each takes a thread of a limited number until the system's resolver gives up,
/// which nothing can hasten: without a bound, silent names would keep all others from being looked up. Names of servers
/// that answered before have places of their own, so that names which nobody knows take none from them.
static KNOWN: Semaphore = Semaphore::const_new(64);
static STRANGERS: Semaphore = Semaphore::const_new(64);
/// How long a place is waited for: less than a connection may take, so that the wait is never taken for the server's.
const PATIENCE: Duration = Duration::from_millis(500);

/// Which addresses a connection may have.
#[derive(Clone, Debug)]
pub(crate) enum Reach {
    /// All: the operator chose the host.
    Open,
    /// Not those of this machine and its link, but for the ones that the operator allows: somebody else chose the host.
    Guarded(Arc<Allowed>),
    /// Only those of the public internet, and the ones that the operator allows: a certificate names the host, which
    /// anybody may have written.
    Public(Arc<Allowed>),
    /// Not those of this machine and its link: another server named the host.
    Strict,
}

impl Reach {
    pub(crate) fn admits(&self, address: IpAddr) -> bool {
        match self {
            Self::Open => true,
            Self::Guarded(allowed) => !is_local(address) || allowed.has_address(address),
            Self::Public(allowed) => is_public(address) || allowed.has_address(address),
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
    /// Which servers answered before.
    pub(crate) ledger: Arc<Ledger>,
    /// How long a name may be looked up: well below the time for a connection, of which it is a part. Else a name
    /// server that stays silent would look like a server that does.
    pub(crate) patience: Duration,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let is_proxy = self.proxies.contains(name.as_str());
        let reach = if is_proxy {
            Reach::Open
        } else {
            self.reach.clone()
        };
        let is_known = is_proxy || self.ledger.knows_name(name.as_str(), Instant::now());
        let places = if is_known { &KNOWN } else { &STRANGERS };
        let patience = self.patience;
        Box::pin(async move {
            let looked = look_up(name.as_str().to_owned(), places);
            let found = tokio::time::timeout(patience, looked)
                .await
                .unwrap_or(Err(ResolveError::Unsettled))?;
            let (kept, left): (Vec<SocketAddr>, Vec<SocketAddr>) = found
                .into_iter()
                .partition(|address| reach.admits(address.ip()));
            if kept.is_empty() {
                return Err(match left.first() {
                    Some(address) => ResolveError::NotAllowed(address.ip()),
                    None => ResolveError::Unsettled,
                }
                .into());
            }
            Ok(Box::new(kept.into_iter()) as Addrs)
        })
    }
}

/// The addresses that a host stands for now. `None` if that cannot be told: if nobody says whether it has addresses of
/// IPv4, or, where it has none or `both` are wanted, of IPv6. A server of which only the one that cannot be reached
/// from here is known may have been missed.
pub(crate) async fn addresses(
    host: &Host<String>,
    both: bool,
    patience: Duration,
) -> Option<Vec<IpAddr>> {
    let name = match host {
        Host::Ipv4(address) => return Some(vec![(*address).into()]),
        Host::Ipv6(address) => return Some(vec![(*address).into()]),
        Host::Domain(name) => name.clone(),
    };
    let place = tokio::time::timeout(PATIENCE, KNOWN.acquire()).await;
    let place = place.ok()?.ok()?;
    let looked = tokio::task::spawn_blocking(move || {
        let _place = place;
        let families = [AddrFamily::Inet, AddrFamily::Inet6];
        let found = families.map(|family| match ask(&name, Some(family)) {
            Ok(found) => Some(found),
            Err((LookupErrorKind::NoName | LookupErrorKind::NoData, _)) => Some(Vec::new()),
            Err(_) => None,
        });
        let [v4, v6] = found;
        let v4 = v4?;
        let v6 = match v6 {
            None if both || v4.is_empty() => return None,
            v6 => v6.unwrap_or_default(),
        };
        Some(v4.into_iter().chain(v6).map(|found| found.ip()).collect())
    });
    tokio::time::timeout(patience, looked).await.ok()?.ok()?
}

/// Asks the system's resolver, as soon as there is a place.
async fn look_up(
    host: String,
    places: &'static Semaphore,
) -> Result<Vec<SocketAddr>, ResolveError> {
    let place = tokio::time::timeout(PATIENCE, places.acquire()).await;
    let Ok(Ok(place)) = place else {
        return Err(ResolveError::Busy);
    };
    let found = tokio::task::spawn_blocking(move || {
        // Held until the resolver is done, also if nobody waits for it any more.
        let _place = place;
        match ask(&host, None) {
            Ok(found) => Ok(found),
            Err((kind, error)) => Err(match ResolveError::of(kind, &error) {
                ResolveError::NotResolved if !is_settled(&host, ask_family) => {
                    ResolveError::Unsettled
                }
                error => error,
            }),
        }
    });
    found.await.unwrap_or(Err(ResolveError::Busy))
}

/// Asks the system's resolver, for addresses of one family or of both.
fn ask(
    host: &str,
    family: Option<AddrFamily>,
) -> Result<Vec<SocketAddr>, (LookupErrorKind, io::Error)> {
    let hints = AddrInfoHints {
        socktype: SockType::Stream.into(),
        address: family.map_or(0, Into::into),
        ..AddrInfoHints::default()
    };
    let found = getaddrinfo(Some(host), None, Some(hints))
        .map_err(|error| (error.kind(), io::Error::from(error)))?;
    found
        .map(|info| info.map(|info| info.sockaddr))
        .collect::<io::Result<_>>()
        .map_err(|error| (LookupErrorKind::IO, error))
}

/// What the system's resolver says about addresses of one family. `Ok` if there are some.
fn ask_family(host: &str, family: AddrFamily) -> Result<(), LookupErrorKind> {
    ask(host, Some(family)).map(drop).map_err(|(kind, _)| kind)
}

/// Whether name servers say that there is no such name.
///
/// A resolver that asks for addresses of both families, and along a list of domains to search, says so as soon as one
/// of all these questions had an answer, although the others had none. So each family is asked for by itself, along
/// the list and with the name alone, and each time the answer has to be that the name does not exist. "It has no
/// address of this family" is not enough: a domain of the list may say that of everything.
fn is_settled(host: &str, ask: impl Fn(&str, AddrFamily) -> Result<(), LookupErrorKind>) -> bool {
    let alone = format!("{}.", host.trim_end_matches('.'));
    [host, &alone].into_iter().all(|name| {
        [AddrFamily::Inet, AddrFamily::Inet6]
            .into_iter()
            .all(|family| matches!(ask(name, family), Err(LookupErrorKind::NoName)))
    })
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
    /// It has none, as its name server says.
    NotResolved,
    /// Its name server did not say, or not in time: it may be asked too much, which the deployer chooses.
    Unsettled,
}

impl ResolveError {
    fn of(kind: LookupErrorKind, error: &io::Error) -> Self {
        // The system's resolver says "try again" also if it cannot open a socket.
        let local = || std::net::UdpSocket::bind((std::net::Ipv4Addr::LOCALHOST, 0));
        if is_exhaustion(error) || local().is_err_and(|error| is_exhaustion(&error)) {
            return Self::Exhausted;
        }
        match kind {
            LookupErrorKind::NoName | LookupErrorKind::NoData => Self::NotResolved,
            _ => Self::Unsettled,
        }
    }
}

impl fmt::Display for ResolveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy => f.write_str("too many names are looked up at a time"),
            Self::Exhausted => f.write_str("no file is left to look a name up"),
            Self::NotAllowed(address) => write!(f, "{address} may not be asked"),
            Self::NotResolved => f.write_str("the name does not resolve"),
            Self::Unsettled => f.write_str("the name server did not say"),
        }
    }
}

impl std::error::Error for ResolveError {}

/// The variables that name proxies; in small letters, too.
const VARIABLES: [&str; 3] = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"];

/// The hosts of the proxies that the environment names; or the variable with a value that names none. The HTTP library
/// would pass over such a one and ask servers directly, which the operator did not want.
pub(crate) fn proxies() -> Result<BTreeSet<String>, String> {
    let variables = VARIABLES
        .iter()
        .flat_map(|name| [(*name).to_owned(), name.to_ascii_lowercase()]);
    let set = variables.filter_map(|name| std::env::var(&name).ok().map(|text| (name, text)));
    set.filter(|(_, text)| !text.is_empty())
        .map(|(name, text)| proxy(&text).ok_or(name))
        .collect()
}

/// The host of a proxy: of an URL, or of an authority alone.
fn proxy(text: &str) -> Option<String> {
    let url = match text.split_once("://") {
        Some(_) => url::Url::parse(text).ok()?,
        None => url::Url::parse(&format!("http://{text}")).ok()?,
    };
    let is_known = matches!(
        url.scheme(),
        "http" | "https" | "socks4" | "socks4a" | "socks5" | "socks5h"
    );
    url.host_str()
        .filter(|host| is_known && !host.is_empty())
        .map(str::to_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::Origin;

    /// Held by those that look names up, or keep others from it: the places are of the process.
    static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

    async fn resolve(reach: Reach, name: &str) -> Result<Vec<IpAddr>, String> {
        let resolver = Resolver {
            reach,
            proxies: Arc::default(),
            ledger: Arc::default(),
            patience: Duration::from_secs(5),
        };
        let name: Name = name.parse().expect("a name");
        match resolver.resolve(name).await {
            Ok(found) => Ok(found.map(|address| address.ip()).collect()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn a_value_that_names_no_proxy_is_not_passed_over() {
        for (text, host) in [
            ("http://proxy.example:3128", "proxy.example"),
            ("https://u:p@Proxy.example", "proxy.example"),
            ("proxy.example:3128", "proxy.example"),
            ("10.0.0.1:3128", "10.0.0.1"),
            ("socks5://[::1]:1080", "[::1]"),
        ] {
            assert_eq!(proxy(text).as_deref(), Some(host), "{text}");
        }
        for text in [
            "http://[bad",
            "ftp://proxy.example",
            " ",
            "http://",
            "://x",
            "a b",
        ] {
            assert_eq!(proxy(text), None, "{text}");
        }
    }

    #[test]
    fn only_a_name_server_that_says_so_makes_a_name_one_that_does_not_resolve() {
        let error = || io::Error::other("as told");
        for kind in [LookupErrorKind::NoName, LookupErrorKind::NoData] {
            assert_eq!(ResolveError::of(kind, &error()), ResolveError::NotResolved);
        }
        for kind in [
            LookupErrorKind::Again,
            LookupErrorKind::Fail,
            LookupErrorKind::System,
            LookupErrorKind::Unknown,
            LookupErrorKind::IO,
        ] {
            assert_eq!(
                ResolveError::of(kind, &error()),
                ResolveError::Unsettled,
                "{kind:?}"
            );
        }
    }

    #[test]
    fn a_name_server_that_answers_one_question_of_several_does_not_say_that_there_is_no_such_name()
    {
        const NO: LookupErrorKind = LookupErrorKind::NoName;
        assert!(is_settled("r.example", |_, _| Err(NO)));
        for other in [
            Ok(()),
            Err(LookupErrorKind::NoData),
            Err(LookupErrorKind::Again),
            Err(LookupErrorKind::Fail),
            Err(LookupErrorKind::System),
        ] {
            for (odd, family) in [
                ("r.example", AddrFamily::Inet),
                ("r.example", AddrFamily::Inet6),
                ("r.example.", AddrFamily::Inet),
                ("r.example.", AddrFamily::Inet6),
            ] {
                let ask = |name: &str, asked: AddrFamily| {
                    let is_odd = name == odd && asked as i32 == family as i32;
                    if is_odd { other } else { Err(NO) }
                };
                assert!(!is_settled("r.example", ask), "{odd} {other:?}");
            }
        }
    }

    #[tokio::test]
    async fn names_that_nobody_knows_take_no_place_from_names_of_servers_that_answered() {
        let _alone = ALONE.lock().await;
        let silent = STRANGERS.acquire_many(64).await.expect("never closed");
        let ledger = Arc::new(Ledger::default());
        let resolver = Resolver {
            reach: Reach::Open,
            proxies: Arc::default(),
            ledger: Arc::clone(&ledger),
            patience: Duration::from_secs(5),
        };
        let look = || resolver.resolve("localhost".parse().expect("a name"));
        let error = look().await.err().expect("no place").to_string();
        assert_eq!(error, ResolveError::Busy.to_string());
        let server = "https://localhost".parse().expect("an URL");
        ledger.answered(&Origin::of(&server).expect("one"), Instant::now());
        assert!(look().await.is_ok());
        drop(silent);
    }

    #[tokio::test]
    async fn a_name_that_stands_for_this_machine_is_not_dialled_unless_it_may_be() {
        let _alone = ALONE.lock().await;
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
