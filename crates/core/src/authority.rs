//! Authorities: the server that a name addresses.

pub(crate) mod error;

use std::fmt;
use std::num::NonZeroU16;
use std::str::FromStr;

use crate::host::Host;

pub use self::error::AuthorityError;

/// The port that a registry is asked on when none is written.
const STANDARD_PORT: u16 = 443;
/// What Docker Hub is called in references.
const HUB: &str = "docker.io";
/// What else reaches Docker Hub: the name that older clients wrote, the host that clients of `docker.io` connect to,
/// and the host of its former interface, which serves the same repositories.
const HUB_ALIASES: [&str; 3] = [
    "index.docker.io",
    "registry-1.docker.io",
    "registry.hub.docker.com",
];

/// A port: 1 to 65535.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port(NonZeroU16);

impl Port {
    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0.get()
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Port {
    type Err = AuthorityError;

    /// Reads a decimal number without leading zeros. Clients read `0443` as 443, so a second spelling would be a way
    /// around whatever is said about the first.
    fn from_str(text: &str) -> Result<Self, AuthorityError> {
        if text.starts_with('0') || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(AuthorityError::InvalidPort);
        }
        text.parse()
            .map(Self)
            .map_err(|_| AuthorityError::InvalidPort)
    }
}

/// The server that a name addresses: a host, and a port unless it is the standard one.
///
/// There is one value for all spellings that address the same server: upper case, `:443`, other forms of an IPv6
/// address, and the other names of Docker Hub make no difference. What some client would take for another host than
/// it looks like is not an authority at all, such as a port with leading zeros or an IPv4 address in fewer than four
/// parts. So two authorities can be compared, and [`Display`](fmt::Display) gives the one canonical spelling.
///
/// ```
/// use doorward_core::Authority;
///
/// let authority: Authority = "Registry-1.Docker.io:443".parse()?;
/// assert_eq!(authority.to_string(), "docker.io");
/// assert!("registry.example:0443".parse::<Authority>().is_err());
/// # Ok::<(), doorward_core::AuthorityError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Authority {
    host: Host,
    port: Option<Port>,
}

impl Authority {
    /// Docker Hub, the registry of names without a host.
    #[must_use]
    pub fn docker_hub() -> Self {
        Self {
            host: Host::known_domain(HUB),
            port: None,
        }
    }

    /// Whether it is Docker Hub, under whichever of its names.
    #[must_use]
    pub fn is_docker_hub(&self) -> bool {
        self.port.is_none() && self.host.is_domain(HUB)
    }

    /// The host.
    #[must_use]
    pub const fn host(&self) -> &Host {
        &self.host
    }

    /// The port. Nothing for the standard one, 443.
    #[must_use]
    pub const fn port(&self) -> Option<Port> {
        self.port
    }

    /// Every spelling of the authority but for upper case, the canonical one first.
    #[must_use]
    pub fn spellings(&self) -> Vec<String> {
        let mut hosts = self.host.spellings();
        if self.is_docker_hub() {
            hosts.extend(HUB_ALIASES.map(str::to_owned));
        }
        hosts
            .into_iter()
            .flat_map(|host| match self.port {
                Some(port) => vec![format!("{host}:{port}")],
                None if !is_host(&host) => vec![format!("{host}:{STANDARD_PORT}")],
                None => vec![host.clone(), format!("{host}:{STANDARD_PORT}")],
            })
            .collect()
    }

    /// Whether the first component of a name, such as `registry.example` of `registry.example/app`, is a registry and
    /// not the beginning of a path on Docker Hub: it has a dot or a colon, is `localhost`, or has an upper-case letter,
    /// which no path component may have.
    #[must_use]
    pub fn is_written_in(component: &str) -> bool {
        is_host(component) || component.bytes().any(|b| b.is_ascii_uppercase())
    }
}

/// Whether a text in lower case is taken for a host at the beginning of a name.
fn is_host(text: &str) -> bool {
    text.contains(['.', ':']) || text == "localhost"
}

/// As it is written in a name. A host of one label keeps its port, also the standard one: without it, the text would be
/// the beginning of a path on Docker Hub, which is another repository.
impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.port {
            None if self.host.is_one_label() => write!(f, "{}:{STANDARD_PORT}", self.host),
            None => self.host.fmt(f),
            Some(port) => write!(f, "{}:{port}", self.host),
        }
    }
}

impl FromStr for Authority {
    type Err = AuthorityError;

    /// Reads `host` or `host:port`.
    fn from_str(text: &str) -> Result<Self, AuthorityError> {
        let (host, port) = split_port(text);
        let host: Host = host.parse()?;
        let port = port
            .map(str::parse::<Port>)
            .transpose()?
            .filter(|port| port.get() != STANDARD_PORT);
        let hub = port.is_none() && HUB_ALIASES.iter().any(|alias| host.is_domain(alias));
        Ok(if hub {
            Self::docker_hub()
        } else {
            Self { host, port }
        })
    }
}

/// The host and the port of `host[:port]`, as they are written. Checks neither.
pub(crate) fn split_port(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        // The colons of a bracketed address are not in front of a port.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    }
}

#[cfg(test)]
mod tests;
