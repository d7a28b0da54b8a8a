//! What could not be asked, or was not to be.

use super::*;

#[test]
fn the_registry_cannot_be_asked() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    site.registry.stop();
    assert_eq!(denied(&site, "shop/web", 5).0, "registry-unavailable");
    site.verify("shop/web")
        .expect(5, &["NOT ALLOWED, inconclusive"]);
}

#[test]
fn the_signature_store_cannot_be_asked() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    site.store.fault(FaultRule::new(Fault::Status(403)));
    let (code, image) = denied(&site, "shop/web", 5);
    assert_eq!(code, "simple-store-unauthorized");
    assert_eq!(
        image["requirements"][0]["outcome"], "unavailable",
        "{image:#}"
    );
}

#[test]
fn a_store_that_says_403_for_what_is_not_there_is_told_as_a_store_and_with_the_file() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    site.store
        .fault(FaultRule::new(Fault::Status(403)).on("*/signature-2"));
    let run = site.verify("shop/web");
    let text = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    run.expect(5, &["simple-store-unauthorized"]);
    for part in [
        "/signature-2: the signature store refused access:",
        "answered 403",
        "object stores say 403 instead of 404 where listing is not allowed",
    ] {
        assert!(text.contains(part), "{part}: {run:#?}");
    }
    assert!(
        run.stderr.contains("storeSecret") && !run.stderr.contains("docker login"),
        "{run:#?}"
    );
}

#[test]
fn a_store_address_that_leads_to_a_web_page() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    site.store.fault(FaultRule::new(Fault::Html));
    let run = site.verify("shop/web");
    let text = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    run.expect(3, &["simple-store-malformed"]);
    assert!(
        text.contains("signature-1 answers with text/html, so this is no signature store"),
        "{run:#?}"
    );
    assert_eq!(site.store.requests().len(), 2, "one round");
}

#[test]
fn a_store_on_http_whose_host_was_not_named() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    // Of a network that is kept for documentation: were it asked, nothing would answer.
    let policy = std::fs::read_to_string(site.path("site.yaml")).unwrap();
    let elsewhere = policy.replace(&site.store.address(), "192.0.2.1:8080");
    assert_ne!(policy, elsewhere);
    site.write("site.yaml", &elsewhere);
    let run = site
        .doorward(&["verify", &site.reference("shop/web"), "-f", "site.yaml"])
        .env("DOORWARD_PLAIN_HTTP", site.registry.address())
        .run();
    run.expect(6, &["transport-insecure"]);
}

#[test]
fn the_network_may_not_be_used() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    let run = site
        .doorward(&[
            "verify",
            &site.reference("shop/web"),
            "-f",
            "site.yaml",
            "--offline",
        ])
        .run();
    run.expect(5, &["registry-unavailable", "because --offline"]);
    assert!(site.registry.requests().is_empty() && site.store.requests().is_empty());
}

#[test]
fn the_decision_takes_too_long() {
    let site = Site::with_policy();
    site.push_signed("shop/web");
    site.registry
        .fault(FaultRule::new(Fault::StallBeforeHeaders));
    let started = std::time::Instant::now();
    let run = site
        .doorward(&[
            "verify",
            &site.reference("shop/web"),
            "-f",
            "site.yaml",
            "--timeout",
            "300ms",
        ])
        .run();
    run.expect(5, &["NOT ALLOWED, inconclusive"]);
    assert!(started.elapsed() < std::time::Duration::from_secs(10));
}
