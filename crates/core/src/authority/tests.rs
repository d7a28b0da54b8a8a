use super::*;
use proptest::prelude::*;

fn canonical(text: &str) -> Result<String, AuthorityError> {
    text.parse::<Authority>()
        .map(|authority| authority.to_string())
}

#[test]
fn every_spelling_of_a_server_is_one_authority() {
    for (spelling, expected) in [
        ("registry.example", "registry.example"),
        ("REGISTRY.Example", "registry.example"),
        ("registry.example:443", "registry.example"),
        ("registry.example:5000", "registry.example:5000"),
        ("localhost", "localhost"),
        ("registry:5000", "registry:5000"),
        ("XN--NXASMQ6B.example", "xn--nxasmq6b.example"),
        ("127.0.0.1:5000", "127.0.0.1:5000"),
        ("[::1]", "[::1]"),
        ("[0:0:0:0:0:0:0:1]:5000", "[::1]:5000"),
        ("[0::0001]:443", "[::1]"),
        ("[2001:DB8:0:0:1::]", "[2001:db8:0:0:1::]"),
        ("[2001:0db8::1:0:0:1]", "[2001:db8::1:0:0:1]"),
    ] {
        assert_eq!(canonical(spelling).as_deref(), Ok(expected), "{spelling}");
    }
}

#[test]
fn every_name_of_docker_hub_is_docker_hub() {
    for name in [
        "docker.io",
        "Docker.IO:443",
        "index.docker.io",
        "INDEX.docker.io:443",
        "registry-1.docker.io",
        "registry-1.docker.io:443",
        "registry.hub.docker.com",
    ] {
        let authority: Authority = name.parse().expect(name);
        assert!(authority.is_docker_hub(), "{name}");
        assert_eq!(authority, Authority::docker_hub(), "{name}");
    }
    for other in [
        "docker.io:5000",
        "registry-1.docker.io:5000",
        "registry-2.docker.io",
        "notdocker.io",
        "docker.io.evil.test",
        "index.docker.io.evil.test",
        "docker.com",
    ] {
        let authority: Authority = other.parse().expect(other);
        assert!(!authority.is_docker_hub(), "{other}");
        assert_eq!(authority.to_string(), other);
    }
}

#[test]
fn a_port_that_clients_read_as_another_text_is_refused() {
    for text in [
        "0443",
        "00443",
        "0",
        "00",
        "080",
        "",
        "65536",
        "99999",
        "4294967739",
        "+443",
        "-1",
        "44 3",
        "0x1bb",
        "443:443",
        "４４３",
        "443/",
        "abc",
    ] {
        let refused = canonical(&format!("registry.example:{text}"));
        assert!(refused.is_err(), "{text}: {refused:?}");
    }
    assert_eq!(
        canonical("registry.example:0443"),
        Err(AuthorityError::InvalidPort)
    );
    assert_eq!(
        canonical("r.example:65535").as_deref(),
        Ok("r.example:65535")
    );
    assert_eq!(canonical("r.example:1").as_deref(), Ok("r.example:1"));
}

#[test]
fn a_host_that_some_client_takes_for_another_address_is_refused() {
    for text in [
        "127.1",
        "127.0.1",
        "0177.0.0.1",
        "127.0.0.01",
        "0x7f.1",
        "0X7F.0.0.1",
        "127.0.0.0x1",
        "017700000001",
        "2130706433",
        "0x7f000001",
        "0x",
        "r.example.0x",
        "1.2.3.4.5",
        "256.1.1.1",
        "1.2.3",
        "r.example.1",
        "r.08",
    ] {
        assert_eq!(canonical(text), Err(AuthorityError::InvalidIpv4), "{text}");
    }
    for text in ["0.0.0.0", "0.0.0.1", "[::]", "[0:0:0:0:0:0:0:0]:5000"] {
        assert_eq!(canonical(text), Err(AuthorityError::Unspecified), "{text}");
    }
    for text in ["[::ffff:7f00:1]", "[0:0:0:0:0:FFFF:a00:1]:5000"] {
        assert_eq!(canonical(text), Err(AuthorityError::MappedIpv4), "{text}");
    }
    for text in [
        "[::ffff:127.0.0.1]",
        "[::127.0.0.1]",
        "[fe80::1%eth0]",
        "[fe80::1%25eth0]",
        "[::1",
        "[]",
        "[1]",
        "[:::1]",
        "[1:2:3:4:5:6:7:8:9]",
        "[00001::1]",
        "[::1]x",
        "[[::1]]",
        "[v1.x]",
        "[::1]5000",
    ] {
        assert_eq!(canonical(text), Err(AuthorityError::InvalidIpv6), "{text}");
    }
}

#[test]
fn what_is_not_a_plain_ascii_name_is_refused() {
    for text in [
        "registry.example.",
        ".registry.example",
        "registry..example",
        "registry%2eexample",
        "registry。example",
        "régistry.example",
        "registry.example\u{200b}",
        " registry.example",
        "registry.example ",
        "user@registry.example",
        "registry.example/",
        "registry\\example",
        "-r.example",
        "r-.example",
        "r_x.example",
        "*.example",
        "https://r.example",
        "::1",
        "::1:5000",
    ] {
        assert!(canonical(text).is_err(), "{text}");
    }
    assert_eq!(canonical(""), Err(AuthorityError::Empty));
    assert_eq!(canonical(":443"), Err(AuthorityError::Empty));
    assert_eq!(
        canonical(&format!("{}.example", "a".repeat(64))),
        Err(AuthorityError::TooLong)
    );
    assert_eq!(
        canonical(
            &"a."
                .repeat(126)
                .replace("a.a.a.", "aaaaa.")
                .trim_end_matches('.')
                .repeat(2)
        ),
        Err(AuthorityError::TooLong)
    );
}

/// Hosts in all their spellings, valid or not.
fn host() -> impl Strategy<Value = String> {
    prop_oneof![
        "([a-zA-Z0-9-]{1,6}\\.){0,3}[a-zA-Z][a-zA-Z0-9-]{0,5}",
        "(index\\.|registry-1\\.|registry\\.hub\\.)?docker\\.(io|com)",
        "(0x|0)?[0-9a-fA-F]{1,4}(\\.(0x|0)?[0-9]{1,3}){0,3}",
        any::<std::net::Ipv4Addr>().prop_map(|address| address.to_string()),
        any::<std::net::Ipv6Addr>().prop_map(|address| format!("[{address}]")),
        "\\[[0-9a-fA-F:]{1,12}\\]",
    ]
}

proptest! {
    #[test]
    fn the_canonical_spelling_is_an_authority_and_the_same_one(
        host in host(),
        port in "(:[0-9]{1,5})?",
    ) {
        if let Ok(authority) = format!("{host}{port}").parse::<Authority>() {
            let text = authority.to_string();
            let spellings = authority.spellings();
            prop_assert_eq!(spellings.first(), Some(&text));
            for spelling in spellings {
                for again in [spelling.to_ascii_uppercase(), spelling] {
                    prop_assert_eq!(again.parse::<Authority>(), Ok(authority.clone()));
                }
            }
        }
    }

    #[test]
    fn a_port_has_one_spelling(number in any::<u16>(), zeros in 0_usize..4) {
        let text = format!("r.example:{}{number}", "0".repeat(zeros));
        prop_assert_eq!(text.parse::<Authority>().is_ok(), zeros == 0 && number != 0);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,40}") {
        let _ = text.parse::<Authority>();
    }
}

#[test]
fn an_ipv6_address_that_stands_for_an_ipv4_address_is_no_second_name_of_it() {
    for text in [
        "[::a00:5]:5000",
        "[::2]",
        "[::ffff:a00:5]:5000",
        "[::ffff:0:a00:5]:5000",
        "[64:ff9b::a00:5]:5000",
        "[64:ff9b:1::a00:5]:5000",
        "[0064:FF9B:0001:a00:0:500::]",
        "[2002:a00:5::1]:5000",
    ] {
        assert_eq!(canonical(text), Err(AuthorityError::MappedIpv4), "{text}");
    }
    for text in [
        "[::1]:5000",
        "[2001:db8::a00:5]:5000",
        "[fd00::a00:5]",
        "[64:ff9b:2::a00:5]",
        "[::1:0:0:0]",
        "[2003::1]",
    ] {
        assert!(canonical(text).is_ok(), "{text}");
    }
}
