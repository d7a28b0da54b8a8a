use super::*;

#[test]
fn a_registry_is_a_host_with_or_without_a_port() {
    for host in [
        "r.example",
        "localhost",
        "localhost:5000",
        "127.0.0.1:5000",
        "[::1]:5000",
        "registry",
    ] {
        assert!(authority(host).is_ok(), "{host}");
    }
    for host in [
        "",
        "https://r.example",
        "r.example/",
        "r.example/a",
        "a b",
        "r.example:",
        "u@r.example",
        "*.example",
        "r.example:0443",
        "127.1",
        "[::ffff:7f00:1]:5000",
    ] {
        assert!(
            RegistryClient::builder().plain_http(host).build().is_err(),
            "{host}"
        );
        assert!(
            matches!(
                RegistryClient::builder().ca_pem(Some(host), "x").build(),
                Err(BuildError::InvalidHost { .. })
            ),
            "{host}"
        );
    }
}

#[test]
fn settings_that_are_wrong_are_named() {
    assert_eq!(
        RegistryClient::builder()
            .mirror("team", "m.example")
            .build()
            .err(),
        Some(BuildError::InvalidMirror {
            text: "team".to_owned()
        })
    );
    assert!(matches!(
        RegistryClient::builder().ca_pem(None, "x").build().err(),
        Some(BuildError::InvalidCertificate { .. })
    ));
}

#[test]
fn a_server_without_tls_that_is_named_twice_is_refused() {
    assert_eq!(
        RegistryClient::builder()
            .plain_http("R.example:80")
            .plain_http("r.example:443")
            .build()
            .err(),
        Some(BuildError::AmbiguousPlainHttp {
            text: "r.example:80".to_owned()
        })
    );
}

#[test]
fn a_client_needs_no_provider_of_the_process() {
    assert!(RegistryClient::builder().build().is_ok());
}
