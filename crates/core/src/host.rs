//! Hosts: domain names and addresses.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::authority::error::AuthorityError;

/// The most characters of a domain and of one label (RFC 1035, section 2.3.4).
const MAX_DOMAIN: usize = 253;
const MAX_LABEL: usize = 63;

/// A host, in its one canonical form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// A name.
    Domain(Domain),
    /// An IPv4 address.
    Ipv4(Ipv4Addr),
    /// An IPv6 address. Displayed in brackets, as in references and URLs.
    Ipv6(Ipv6Addr),
}

/// A domain name in lower case. ASCII only: an internationalised name is written in its `xn--` form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Domain(Box<str>);

impl Domain {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Host {
    /// A domain that is known to be one.
    pub(crate) fn known_domain(name: &str) -> Self {
        Self::Domain(Domain(name.into()))
    }

    pub(crate) fn is_domain(&self, name: &str) -> bool {
        matches!(self, Self::Domain(domain) if &*domain.0 == name)
    }

    /// Whether it is a name without a dot, other than `localhost`.
    pub(crate) fn is_one_label(&self) -> bool {
        matches!(self, Self::Domain(domain) if !domain.0.contains('.') && &*domain.0 != "localhost")
    }

    /// The canonical form, and the others that there are.
    pub(crate) fn spellings(&self) -> Vec<String> {
        let mut all = vec![self.to_string()];
        if let Self::Ipv6(address) = self {
            let groups = address.segments();
            let short = groups.map(|group| format!("{group:x}")).join(":");
            let long = groups.map(|group| format!("{group:04x}")).join(":");
            for other in [format!("[{short}]"), format!("[{long}]")] {
                if !all.contains(&other) {
                    all.push(other);
                }
            }
        }
        all
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Domain(domain) => f.write_str(&domain.0),
            Self::Ipv4(address) => address.fmt(f),
            Self::Ipv6(address) => write!(f, "[{address}]"),
        }
    }
}

impl FromStr for Host {
    type Err = AuthorityError;

    fn from_str(text: &str) -> Result<Self, AuthorityError> {
        if text.is_empty() {
            return Err(AuthorityError::Empty);
        }
        if let Some(rest) = text.strip_prefix('[') {
            let inner = rest.strip_suffix(']').ok_or(AuthorityError::InvalidIpv6)?;
            return ipv6(inner).map(Self::Ipv6);
        }
        if ends_in_number(text) {
            return ipv4(text).map(Self::Ipv4);
        }
        domain(text).map(Self::Domain)
    }
}

fn ipv6(text: &str) -> Result<Ipv6Addr, AuthorityError> {
    // The library also reads an IPv4 address at the end, which the grammar of references does not have.
    if !text.bytes().all(|b| b.is_ascii_hexdigit() || b == b':') {
        return Err(AuthorityError::InvalidIpv6);
    }
    let address: Ipv6Addr = text.parse().map_err(|_| AuthorityError::InvalidIpv6)?;
    if address.is_unspecified() {
        return Err(AuthorityError::Unspecified);
    }
    if embeds_ipv4(address) {
        return Err(AuthorityError::MappedIpv4);
    }
    Ok(address)
}

/// Whether the address stands for an IPv4 address, which then has a second name that no rule for the first one knows:
/// IPv4-compatible and IPv4-mapped (RFC 4291, section 2.5.5), IPv4-translated (RFC 2765), NAT64 (RFC 6052 and RFC
/// 8215), and 6to4 (RFC 3056) addresses.
fn embeds_ipv4(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 1] => false,
        [0, 0, 0, 0, 0, 0 | 0xffff, _, _] | [0, 0, 0, 0, 0xffff, 0, _, _] => true,
        [0x64, 0xff9b, 0, 0, 0, 0, _, _] | [0x64, 0xff9b, 1, ..] => true,
        [0x2002, ..] => true,
        _ => false,
    }
}

fn ipv4(text: &str) -> Result<Ipv4Addr, AuthorityError> {
    // The library reads four decimal numbers without leading zeros and nothing else.
    let address: Ipv4Addr = text.parse().map_err(|_| AuthorityError::InvalidIpv4)?;
    if address.octets().first() == Some(&0) {
        return Err(AuthorityError::Unspecified);
    }
    Ok(address)
}

/// Whether URL parsers take the host for an IPv4 address (URL standard, "ends in a number").
fn ends_in_number(text: &str) -> bool {
    let last = text.rsplit('.').next().unwrap_or_default();
    let hex = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    match hex {
        Some(digits) => digits.bytes().all(|b| b.is_ascii_hexdigit()),
        None => !last.is_empty() && last.bytes().all(|b| b.is_ascii_digit()),
    }
}

fn domain(text: &str) -> Result<Domain, AuthorityError> {
    if !text.split('.').all(is_label) {
        return Err(AuthorityError::InvalidDomain);
    }
    if text.len() > MAX_DOMAIN || text.split('.').any(|label| label.len() > MAX_LABEL) {
        return Err(AuthorityError::TooLong);
    }
    Ok(Domain(text.to_ascii_lowercase().into()))
}

fn is_label(label: &str) -> bool {
    let alphanumeric = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_alphanumeric());
    alphanumeric(label.bytes().next())
        && alphanumeric(label.bytes().next_back())
        && label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-')
}
