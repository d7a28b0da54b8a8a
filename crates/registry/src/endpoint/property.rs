//! Names and what is connected to for them.

use std::net::{Ipv4Addr, Ipv6Addr};

use doorward_core::Repository;
use proptest::prelude::*;
use url::{Host, Url};

use super::{Endpoint, PlainHttp, dialled};
use crate::{Credential, DockerConfig, Keychain};

/// Registries as somebody may write them, most of them close to one that exists.
fn registry() -> impl Strategy<Value = String> {
    let host = prop_oneof![
        4 => "(r|R)\\.(example|EXAMPLE)\\.?",
        4 => "(index\\.|registry-1\\.|Registry-1\\.|registry-2\\.|registry\\.hub\\.)?(docker|Docker)\\.(io|com)",
        2 => "(0x|0X|0)?[0-9a-fA-F]{1,10}(\\.(0x|0)?[0-9]{1,3}){0,3}",
        2 => any::<Ipv4Addr>().prop_map(|address| address.to_string()),
        2 => any::<Ipv6Addr>().prop_map(|address| format!("[{address}]")),
        2 => "\\[(0{1,4}:){0,3}:0{0,3}1\\]",
        1 => "\\[::(ffff|FFFF):[0-9a-f]{1,4}:[0-9a-f]{1,4}\\]",
        2 => "(xn--|XN--)[a-z0-9-]{0,8}\\.example",
        2 => "[a-zA-Z0-9.%_-]{1,12}",
    ];
    let port = prop_oneof![
        4 => Just(String::new()),
        3 => Just(":443".to_owned()),
        2 => "0{0,3}443".prop_map(|port| format!(":{port}")),
        2 => "0{0,2}80".prop_map(|port| format!(":{port}")),
        2 => "[0-9]{1,6}".prop_map(|port| format!(":{port}")),
    ];
    (host, port).prop_map(|(host, port)| format!("{host}{port}"))
}

fn repository(registry: &str) -> Option<Repository> {
    // Two components, so that nothing is completed, and a name with a host beyond doubt.
    let text = format!("{registry}/library/app");
    registry
        .contains(['.', ':'])
        .then(|| text.parse().ok())
        .flatten()
}

fn endpoint(registry: &str, plain: &PlainHttp) -> Option<Endpoint> {
    Endpoint::of(&repository(registry)?, plain).ok()
}

fn origin(url: &Url) -> (Option<Host<String>>, Option<u16>) {
    (
        url.host().map(|host| host.to_owned()),
        url.port_or_known_default(),
    )
}

/// A configuration with one key.
fn credentials(key: &str, repository: &Repository) -> Vec<Credential> {
    let json = format!(r#"{{"auths":{{{key:?}:{{"username":"u","password":"p"}}}}}}"#);
    let config = DockerConfig::parse_config_json(json.as_bytes()).expect("a configuration");
    config.credentials(repository)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, ..ProptestConfig::default() })]

    #[test]
    fn what_policy_compares_is_what_is_dialled(registry in registry()) {
        let read = Url::parse(&format!("https://{registry}/"));
        if let Some(endpoint) = endpoint(&registry, &PlainHttp::default()) {
            let authority = repository(&registry).expect("an endpoint").authority().clone();
            if !authority.is_docker_hub() {
                // The text as written leads any client to the same server as the authority that was compared.
                let read = read.expect("an URL");
                prop_assert_eq!(origin(&endpoint.base), origin(&read));
                prop_assert_eq!(endpoint.host(), dialled(&authority));
            }
        }
    }

    #[test]
    fn a_host_that_an_url_parser_takes_for_an_address_is_written_as_one(registry in registry()) {
        let Ok(read) = Url::parse(&format!("https://{registry}/")) else { return Ok(()) };
        if let Some(repository) = repository(&registry) {
            let host = repository.authority().host().to_string();
            match read.host() {
                Some(Host::Ipv4(address)) => prop_assert_eq!(address.to_string(), repository.host()),
                Some(Host::Ipv6(address)) => {
                    prop_assert!(address.to_ipv4_mapped().is_none());
                    prop_assert_eq!(format!("[{address}]"), host);
                }
                Some(Host::Domain(_)) | None => {}
            }
        }
    }

    #[test]
    fn two_names_with_one_origin_are_one_name_for_credentials_mirrors_and_plain_http(
        one in registry(),
        other in registry(),
        plain in prop::collection::vec(registry(), 0..2),
        named in registry(),
    ) {
        let mut hosts = PlainHttp::default();
        for authority in plain.iter().filter_map(|text| text.parse().ok()) {
            hosts.add(authority);
        }
        let (Some(a), Some(b)) = (repository(&one), repository(&other)) else { return Ok(()) };
        let (Some(at_a), Some(at_b)) = (endpoint(&one, &hosts), endpoint(&other, &hosts)) else { return Ok(()) };
        prop_assert_eq!(at_a.base == at_b.base, a == b || hosts.ambiguous().is_some() && at_a.base == at_b.base);
        if a == b {
            for key in [&one, &other, &named] {
                prop_assert_eq!(credentials(key, &a), credentials(key, &b), "{}", key);
            }
            let mut mirrors = crate::mirror::Mirrors::default();
            for prefix in [&one, &named] {
                let _ = mirrors.add(prefix, "mirror.example/m");
            }
            prop_assert_eq!(mirrors.locate(&a), mirrors.locate(&b));
        }
    }
}
