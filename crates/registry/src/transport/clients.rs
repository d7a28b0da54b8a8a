//! The HTTP clients, one for each way in which connections are bounded.

use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError, RwLock};

use doorward_core::FetchError;
use url::Url;

use super::Hop;
use super::address::{self, Allowed};
use super::failure::not_allowed;
use super::resolver::Reach;
use crate::origin::Origin;
use crate::origin::host_of;
use crate::plain_http::PlainHttp;

/// Clients that believe the same certificates. What one of them has connected to, another one does not use.
pub(crate) struct Clients {
    pub(crate) open: Pair,
    pub(crate) guarded: Pair,
    pub(crate) public: Pair,
    pub(crate) strict: Pair,
}

/// Clients of the same reach.
pub(crate) struct Pair {
    /// Keeps connections for later.
    pub(crate) pooled: reqwest::Client,
    /// Keeps none.
    pub(crate) single: reqwest::Client,
}

impl Clients {
    pub(super) const fn choose(&self, reach: &Reach, may_pool: bool) -> &reqwest::Client {
        let pair = match reach {
            Reach::Open => &self.open,
            Reach::Guarded(_) => &self.guarded,
            Reach::Public(_) => &self.public,
            Reach::Strict => &self.strict,
        };
        if may_pool { &pair.pooled } else { &pair.single }
    }
}

/// Where requests may go.
pub(crate) struct Bounds {
    /// Whether images and policies are somebody else's than the operator's.
    pub(crate) is_guarded: bool,
    /// What the operator allows nevertheless.
    pub(crate) allowed: Arc<Allowed>,
    /// The servers that the operator named for any purpose.
    pub(crate) named: PlainHttp,
    /// The servers that policies of the operator name.
    pub(crate) of_policies: RwLock<BTreeSet<Origin>>,
}

impl Bounds {
    /// Names servers by their URLs, in place of those named so before.
    pub(crate) fn name<'a>(&self, urls: impl IntoIterator<Item = &'a str>) {
        let origins = urls
            .into_iter()
            .filter_map(|url| Origin::of(&Url::parse(url).ok()?))
            .collect();
        *self
            .of_policies
            .write()
            .unwrap_or_else(PoisonError::into_inner) = origins;
    }

    /// Whether the operator said that a server is to be asked wherever it is.
    fn is_named(&self, url: &Url) -> bool {
        let of_policies = || {
            let named = self
                .of_policies
                .read()
                .unwrap_or_else(PoisonError::into_inner);
            Origin::of(url).is_some_and(|origin| named.contains(&origin))
        };
        self.named.contains_server(url) || self.allowed.has_host(url) || of_policies()
    }

    /// Which addresses the server of an URL may have.
    pub(super) fn reach(&self, url: &Url, hop: Hop) -> Result<Reach, FetchError> {
        let reach = match hop {
            Hop::Led { from_local: false } => Reach::Strict,
            Hop::Certificate => {
                if self.named.contains_server(url) || self.allowed.has_host(url) {
                    Reach::Open
                } else {
                    Reach::Public(Arc::clone(&self.allowed))
                }
            }
            Hop::Operator => Reach::Open,
            Hop::First | Hop::Led { from_local: true } => {
                if !self.is_guarded || self.is_named(url) {
                    Reach::Open
                } else {
                    Reach::Guarded(Arc::clone(&self.allowed))
                }
            }
        };
        match address::literal(url) {
            Some(address) if !reach.admits(address) => Err(not_allowed(&host_of(url), address)),
            _ => Ok(reach),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(is_guarded: bool, named: &[&str], networks: &[&str], hosts: &[&str]) -> Bounds {
        let mut allowed = Allowed::default();
        for text in networks {
            let (address, length) = address::network(text).expect("a network");
            allowed.add_network(address, length);
        }
        for host in hosts {
            allowed.add_host(host);
        }
        let mut plain = PlainHttp::default();
        for host in named {
            plain.add(host.parse().expect("an authority"));
        }
        Bounds {
            is_guarded,
            allowed: Arc::new(allowed),
            named: plain,
            of_policies: RwLock::default(),
        }
    }

    fn passes(bounds: &Bounds, url: &str, hop: Hop) -> bool {
        bounds.reach(&url.parse().expect("an URL"), hop).is_ok()
    }

    #[test]
    fn what_images_and_policies_choose_is_not_on_this_machine_unless_the_operator_says_so() {
        let guarded = bounds(true, &["127.0.0.1:5000"], &["127.0.0.8/32"], &["127.0.0.9"]);
        for (url, expected) in [
            ("http://127.0.0.1:5000/v2/", true),
            ("https://127.0.0.8:1/v2/", true),
            ("https://127.0.0.9:7/v2/", true),
            ("https://r.example/v2/", true),
            ("https://10.0.0.1/v2/", true),
            ("https://127.0.0.1:5001/v2/", false),
            ("https://127.0.0.1/v2/", false),
            ("https://localhost:5000/v2/", false),
            ("https://[::1]:5000/v2/", false),
            ("https://[::ffff:127.0.0.1]:5000/v2/", false),
            ("https://0.0.0.0:5000/v2/", false),
            ("https://169.254.169.254/latest/", false),
            ("https://[64:ff9b::127.0.0.1]/v2/", false),
        ] {
            assert_eq!(passes(&guarded, url, Hop::First), expected, "{url}");
        }
        let command = bounds(false, &[], &[], &[]);
        assert!(passes(&command, "https://127.0.0.1:5000/", Hop::First));
    }

    #[test]
    fn servers_of_the_operators_policies_are_named_as_long_as_the_policies_are() {
        let guarded = bounds(true, &[], &[], &[]);
        let store = "https://127.0.0.1:7/store/x";
        assert!(!passes(&guarded, store, Hop::First));
        guarded.name(["https://127.0.0.1:7/store", "no URL", "file:///x"]);
        assert!(passes(&guarded, store, Hop::First));
        assert!(!passes(&guarded, "https://127.0.0.1:8/", Hop::First));
        assert!(!passes(&guarded, store, Hop::Led { from_local: false }));
        guarded.name([]);
        assert!(!passes(&guarded, store, Hop::First));
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_local_is_out_of_reach_of_a_redirect_from_elsewhere(
            bits in proptest::prelude::any::<u32>(),
            local in 0..4_u32,
            mapped in proptest::prelude::any::<bool>(),
            is_guarded in proptest::prelude::any::<bool>(),
            port in 1_u16..,
        ) {
            // Loopback, this network, the link, or anything.
            let bits = match local {
                0 => 0x7f00_0000 | bits & 0x00ff_ffff,
                1 => bits & 0x00ff_ffff,
                2 => 0xa9fe_0000 | bits & 0xffff,
                _ => bits,
            };
            let v4 = std::net::Ipv4Addr::from_bits(bits);
            let host = if mapped {
                format!("[{}]", v4.to_ipv6_mapped())
            } else {
                v4.to_string()
            };
            // What is no authority cannot be named at all.
            let named = format!("{v4}:{port}");
            let plain: &[&str] = match named.parse::<doorward_core::Authority>() {
                Ok(_) => &[&named],
                Err(_) => &[],
            };
            let bounds = bounds(is_guarded, plain, &["0.0.0.0/0"], &[&named]);
            let url = format!("https://{host}:{port}/x");
            let passed = passes(&bounds, &url, Hop::Led { from_local: false });
            proptest::prop_assert_eq!(passed, !address::is_local(v4.into()));
        }
    }

    #[test]
    fn no_redirect_leads_from_elsewhere_to_this_machine_no_matter_who_was_named() {
        for bounds in [
            bounds(false, &["127.0.0.1:5000"], &["127.0.0.0/8"], &["localhost"]),
            bounds(true, &["127.0.0.1:5000"], &["127.0.0.0/8"], &["localhost"]),
        ] {
            for url in [
                "https://127.0.0.1:5000/",
                "https://localhost/",
                "https://[::]/",
                "https://169.254.169.254/",
            ] {
                assert!(
                    !passes(&bounds, url, Hop::Led { from_local: false }),
                    "{url}"
                );
            }
            assert!(passes(
                &bounds,
                "https://s.example/",
                Hop::Led { from_local: false }
            ));
        }
        let command = bounds(false, &[], &[], &[]);
        assert!(passes(
            &command,
            "https://127.0.0.1:1/",
            Hop::Led { from_local: true }
        ));
        let webhook = bounds(true, &[], &[], &[]);
        assert!(!passes(
            &webhook,
            "https://127.0.0.1:1/",
            Hop::Led { from_local: true }
        ));
    }
}
