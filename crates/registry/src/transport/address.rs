//! Addresses of this machine and of its network link, in whatever form they are written.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

/// Whether packets to an address stay on this machine or its link: loopback, link-local (where clouds keep the
/// credentials of a machine) and unspecified addresses, also inside IPv6 forms that are translated to IPv4 on the way.
pub(crate) fn is_local(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_local_v4(v4),
        IpAddr::V6(v6) => {
            v6.is_loopback()
                || v6.is_unspecified()
                || v6.is_unicast_link_local()
                || embedded(v6).into_iter().flatten().any(is_local_v4)
        }
    }
}

/// Whether an address is one of the public internet, as far as its registries say so: not local, not of a private network
/// and not of one for a special purpose (RFC 6890 and the registries that it founds), also inside IPv6 forms that are
/// translated to IPv4 on the way.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !is_special_v4(v4),
        IpAddr::V6(v6) => {
            let [first, second, third, fourth, ..] = v6.octets();
            // Global unicast is 2000::/3, without what is reserved for documentation (2001:db8::/32, 3fff::/20) and
            // benchmarks (2001:2::/48). NAT64 has a prefix of its own; the one for local use (RFC 8215) may be of any
            // length, so that nobody can tell which address of IPv4 is in it.
            let is_global = first & 0xe0 == 0x20;
            let is_translated = v6.segments().starts_with(&[0x64, 0xff9b, 0, 0, 0, 0]);
            let is_reserved = (first, second, third, fourth) == (0x20, 0x01, 0x0d, 0xb8)
                || (first, second, third & 0xf0) == (0x3f, 0xff, 0)
                || v6.segments().starts_with(&[0x2001, 2, 0]);
            (is_global || is_translated || v6.to_ipv4_mapped().is_some())
                && !is_reserved
                && !is_local(address)
                && !embedded(v6).into_iter().flatten().any(is_special_v4)
        }
    }
}

/// Local, private (RFC 1918), shared (RFC 6598), multicast, broadcast, reserved, and for documentation, benchmarks and
/// protocols.
const fn is_special_v4(v4: Ipv4Addr) -> bool {
    let [first, second, third, _] = v4.octets();
    is_local_v4(v4)
        || v4.is_private()
        || v4.is_documentation()
        || (first == 100 && second & 0xc0 == 64)
        || (first == 192 && second == 0 && third == 0)
        || (first == 198 && second & 0xfe == 18)
        || first >= 224
}

/// 0.0.0.0/8 is "this network" (RFC 1122, section 3.2.1.3): Linux takes 0.0.0.0 for loopback.
const fn is_local_v4(v4: Ipv4Addr) -> bool {
    let [first, ..] = v4.octets();
    v4.is_loopback() || v4.is_link_local() || first == 0
}

/// The IPv4 addresses that an IPv6 address may stand for.
fn embedded(v6: Ipv6Addr) -> [Option<Ipv4Addr>; 3] {
    let last = {
        let [.., a, b, c, d] = v6.octets();
        Ipv4Addr::new(a, b, c, d)
    };
    match v6.octets() {
        // Compatible (::/96, RFC 4291), mapped (::ffff:0:0/96) and translated (::ffff:0:0:0/96, RFC 2765).
        [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, ..]
        | [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ..]
        | [0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, ..] => [Some(last), None, None],
        // NAT64 by its well-known prefix (RFC 6052), and by that for local use (RFC 8215) with a length of 48 or 96.
        [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, ..] => [Some(last), None, None],
        [0, 0x64, 0xff, 0x9b, 0, 1, a, b, _, c, d, ..] => {
            [Some(Ipv4Addr::new(a, b, c, d)), Some(last), None]
        }
        // 6to4 (RFC 3056).
        [0x20, 0x02, a, b, c, d, ..] => [Some(Ipv4Addr::new(a, b, c, d)), None, None],
        // Teredo (RFC 4380): the server, and the client with its bits turned.
        [0x20, 0x01, 0, 0, a, b, c, d, ..] => [
            Some(Ipv4Addr::new(a, b, c, d)),
            Some(Ipv4Addr::from_bits(!last.to_bits())),
            None,
        ],
        // ISATAP (RFC 5214).
        [_, _, _, _, _, _, _, _, 0 | 2, 0, 0x5e, 0xfe, ..] => [Some(last), None, None],
        _ => [None, None, None],
    }
}

/// The address that an URL names, if it does not name a host whose address must be looked up.
pub(crate) fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(v4) => Some(v4.into()),
        Host::Ipv6(v6) => Some(v6.into()),
        // Names that stand for loopback wherever they are looked up (RFC 6761, section 6.3), also by a proxy.
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            (name == "localhost" || name.ends_with(".localhost"))
                .then_some(IpAddr::V4(Ipv4Addr::LOCALHOST))
        }
    }
}

/// Addresses and hosts that an operator allows to be asked although they are local.
#[derive(Clone, Debug, Default)]
pub(crate) struct Allowed {
    networks: Vec<(IpAddr, u8)>,
    /// `host` or `host:port`.
    hosts: BTreeSet<String>,
}

impl Allowed {
    /// Adds a network.
    pub(crate) fn add_network(&mut self, address: IpAddr, length: u8) {
        self.networks.push((address, length));
    }

    /// Adds `host`, on every port, or `host:port`.
    pub(crate) fn add_host(&mut self, authority: &str) {
        self.hosts.insert(authority.to_ascii_lowercase());
    }

    pub(crate) fn has_address(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks
            .iter()
            .any(|(network, length)| is_within(address, network.to_canonical(), *length))
    }

    pub(crate) fn has_host(&self, url: &Url) -> bool {
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return false;
        };
        self.hosts.contains(host) || self.hosts.contains(&format!("{host}:{port}"))
    }
}

/// `address[/length]`. Returns `None` if it is neither.
pub(crate) fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address.parse().ok()?, Some(length.parse::<u8>().ok()?)),
        None => (text.parse::<IpAddr>().ok()?, None),
    };
    let longest = match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    };
    let length = length.unwrap_or(longest);
    (length <= longest).then_some((address, length))
}

fn is_within(address: IpAddr, network: IpAddr, length: u8) -> bool {
    let shared = match (address, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
        (IpAddr::V6(a), IpAddr::V6(b)) => (a.to_bits() ^ b.to_bits()).leading_zeros(),
        _ => return false,
    };
    shared >= u32::from(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LOCAL: &[&str] = &[
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "0.1.2.3",
        "169.254.169.254",
        "::",
        "::1",
        "fe80::1",
        "febf::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0.0.0.0",
        "::ffff:0:127.0.0.1",
        "64:ff9b::127.0.0.1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::127.0.0.1",
        "64:ff9b:1:7f00:0:100::",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2001:0:7f00:1::",
        "2001:0:1:2:3:4:80ff:fffe",
        "2001:db8::5efe:127.0.0.1",
        "2001:db8::200:5efe:127.0.0.1",
    ];

    #[test]
    fn an_address_of_this_machine_or_link_is_one_in_every_form() {
        for text in LOCAL {
            assert!(is_local(text.parse().expect(text)), "{text}");
        }
        for text in [
            "10.0.0.1",
            "192.168.0.1",
            "172.16.0.1",
            "1.1.1.1",
            "128.0.0.1",
            "169.253.0.1",
            "2001:db8::1",
            "fec0::1",
            "64:ff9b::1.1.1.1",
            "2002:101:101::",
            "::ffff:10.0.0.1",
        ] {
            assert!(!is_local(text.parse().expect(text)), "{text}");
        }
    }

    #[test]
    fn only_an_address_of_the_public_internet_is_public() {
        for text in LOCAL {
            assert!(!is_public(text.parse().expect(text)), "{text}");
        }
        for text in [
            "10.0.0.1",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "100.64.0.1",
            "100.127.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "fc00::1",
            "fd12:3456::1",
            "fec0::1",
            "ff02::1",
            "100::1",
            "2001:db8::1",
            "2001:2::1",
            "3fff::1",
            "::10.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:192.168.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b:1::1.1.1.1",
            "64:ff9b:1:a:0:1::",
            "2002:a00:1::",
            "2600::5efe:10.0.0.1",
        ] {
            assert!(!is_public(text.parse().expect(text)), "{text}");
        }
        for text in [
            "1.1.1.1",
            "100.63.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "223.255.255.255",
            "2606:4700::1",
            "64:ff9b::1.1.1.1",
            "::ffff:1.1.1.1",
        ] {
            assert!(is_public(text.parse().expect(text)), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_form_of_an_address_that_is_not_public_is_public(bits in any::<u32>()) {
            let v4 = Ipv4Addr::from_bits(bits);
            let [a, b, c, d] = v4.octets();
            let six_to_four = format!("2002:{a:02x}{b:02x}:{c:02x}{d:02x}::1");
            let forms = ["::ffff:", "64:ff9b::", "2600::5efe:"].map(|prefix| format!("{prefix}{v4}"));
            for form in forms.into_iter().chain([six_to_four]) {
                let v6: Ipv6Addr = form.parse().expect("an address");
                if !is_public(v4.into()) {
                    prop_assert!(!is_public(v6.into()), "{v6}");
                }
            }
            prop_assert!(!(is_local(v4.into()) && is_public(v4.into())));
        }

        #[test]
        fn whatever_is_local_in_ipv4_is_local_inside_ipv6(bits in any::<u32>()) {
            let v4 = Ipv4Addr::from_bits(bits);
            for prefix in ["::ffff:", "64:ff9b::", "64:ff9b:1::", "2001:db8::5efe:"] {
                let v6: Ipv6Addr = format!("{prefix}{v4}").parse().expect("an address");
                if is_local(v4.into()) {
                    prop_assert!(is_local(v6.into()), "{v6}");
                }
            }
            prop_assert_eq!(is_local(v4.into()), is_local(v4.to_ipv6_mapped().into()));
        }
    }

    #[test]
    fn a_literal_is_seen_through_its_spelling() {
        for url in [
            "http://127.1/",
            "http://0x7f.0.0.1/",
            "http://2130706433/",
            "http://0177.0.0.1/",
            "http://127.0.0.1./",
            "http://[::ffff:7f00:1]/",
            "http://localhost/",
            "http://LOCALHOST./",
            "http://a.localhost/",
            "http://0/",
        ] {
            let url: Url = url.parse().expect("an URL");
            assert!(literal(&url).is_some_and(is_local), "{url}");
        }
        for url in ["http://localhost.example/", "http://127.0.0.1.example/"] {
            assert_eq!(literal(&url.parse().expect("an URL")), None, "{url}");
        }
    }

    #[test]
    fn a_network_allows_what_is_in_it() {
        let mut allowed = Allowed::default();
        for text in ["127.0.0.0/31", "fe80::/10"] {
            let (address, length) = network(text).expect(text);
            allowed.add_network(address, length);
        }
        for (text, expected) in [
            ("127.0.0.1", true),
            ("::ffff:127.0.0.1", true),
            ("127.0.0.2", false),
            ("fe80::5", true),
            ("::1", false),
            ("64:ff9b::127.0.0.1", false),
        ] {
            assert_eq!(
                allowed.has_address(text.parse().expect(text)),
                expected,
                "{text}"
            );
        }
        for text in [
            "127.0.0.1/33",
            "::/129",
            "a/8",
            "127.0.0.1/x",
            "127.0.0.1/",
            "/8",
        ] {
            assert_eq!(network(text), None, "{text}");
        }
    }
}
