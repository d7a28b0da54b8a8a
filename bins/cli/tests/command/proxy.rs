//! Proxy variables of the environment.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpListener;

use doorward_testkit::{Claim, SignOptions};

use crate::common::{Invocation, Site};

/// A name that only a proxy can find.
const HOST: &str = "registry.shop.invalid";

/// A site whose registry stands for a proxy: it is asked for absolute addresses, and answers by their paths.
fn behind_a_proxy() -> Site {
    let site = Site::new();
    let digest = site.push("shop/web");
    let claim = Claim::new(format!("{HOST}/shop/web:1.0"), &digest);
    let blob = site.signer.sign_claim(&claim, &SignOptions::default());
    site.store.put("shop/web", &digest, blob);
    let policy = site.policy_named("shop", &format!("{HOST}/*"), "");
    site.write("site.yaml", &format!("{policy}---\n{}", site.secret()));
    site
}

fn verify(site: &Site) -> Invocation {
    let image = format!("{HOST}/shop/web:1.0");
    site.doorward(&["verify", &image, "-f", "site.yaml"])
        .env(
            "DOORWARD_PLAIN_HTTP",
            format!("{HOST},{}", site.store.address()),
        )
        .env("DOORWARD_TIMEOUT", "5s")
}

#[test]
fn a_registry_is_reached_through_the_proxy_that_the_environment_names() {
    let site = behind_a_proxy();
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY"] {
        verify(&site)
            .env(name, format!("http://{}", site.registry.address()))
            .env("NO_PROXY", "127.0.0.1")
            .run()
            .expect(0, &["ALLOWED", HOST]);
    }
    let through = site.registry.take_requests();
    assert!(!through.is_empty());
    // The store is on this machine, which the proxy is not for.
    assert!(!site.store.requests().is_empty());
}

#[test]
fn without_a_proxy_or_for_a_host_that_it_is_not_for_the_registry_is_unavailable() {
    let site = behind_a_proxy();
    verify(&site)
        .run()
        .expect(5, &["registry-unavailable", HOST]);
    verify(&site)
        .env("HTTP_PROXY", format!("http://{}", site.registry.address()))
        .env("NO_PROXY", format!("127.0.0.1,{HOST}"))
        .run()
        .expect(5, &["registry-unavailable", HOST]);
    assert!(site.registry.requests().is_empty());
}

#[test]
fn a_proxy_that_is_not_there_is_an_outage() {
    let site = behind_a_proxy();
    verify(&site)
        .env("HTTP_PROXY", "http://127.0.0.1:9")
        .env("NO_PROXY", "localhost")
        .run()
        .expect(5, &["registry-unavailable"]);
}

#[test]
fn a_server_behind_a_proxy_on_this_machine_leads_nobody_to_this_machine() {
    let site = behind_a_proxy();
    let target = TcpListener::bind("127.0.0.1:0").unwrap();
    target.set_nonblocking(true).unwrap();
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = proxy.local_addr().unwrap();
    let answer = format!(
        "HTTP/1.1 302 Found\r\nLocation: https://{}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        target.local_addr().unwrap()
    );
    std::thread::spawn(move || {
        for stream in proxy.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    let run = verify(&site)
        .env("HTTP_PROXY", format!("http://{address}"))
        .env("NO_PROXY", "127.0.0.1")
        .run();
    run.expect(6, &["transport-address"]);
    let connected = target.accept();
    assert!(connected.is_err_and(|error| error.kind() == ErrorKind::WouldBlock));
}
