//! What is wrong with a host or a port.

/// Why a text is not an authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AuthorityError {
    /// It has no host.
    #[error("there is no host")]
    Empty,
    /// A label of a domain has a character other than ASCII letters, digits and inner hyphens, or is empty, as behind
    /// a dot at the end.
    #[error("a domain has labels of ASCII letters, digits and hyphens between single dots")]
    InvalidDomain,
    /// It ends in a number, as only an IPv4 address does, and is not one in its usual form. Programs differ in what
    /// they take `127.1` or `0x7f000001` for.
    #[error(
        "a host that ends in a number is an IPv4 address of four decimal numbers without leading zeros"
    )]
    InvalidIpv4,
    /// What stands in brackets is not an IPv6 address, or has a zone.
    #[error("what stands in brackets is an IPv6 address in hexadecimal, without a zone")]
    InvalidIpv6,
    /// The port is not a decimal number from 1 to 65535 without leading zeros.
    #[error("a port is a number from 1 to 65535 without leading zeros")]
    InvalidPort,
    /// An IPv6 address stands for an IPv4 address, which has a form of its own: mapped, translated, NAT64 and the like.
    #[error("an IPv4 address is not written as an IPv6 address")]
    MappedIpv4,
    /// A domain has more than 253 characters, or a label of more than 63 (RFC 1035, section 2.3.4).
    #[error("a domain has at most 253 characters, and 63 between two dots")]
    TooLong,
    /// The address that means no address. Systems connect to themselves instead.
    #[error("the unspecified address is not the address of a server")]
    Unspecified,
}
