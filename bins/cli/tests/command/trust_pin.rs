//! Pins for a policy, from a file and from a server.

use doorward_testkit::{Fault, FaultRule};

use crate::common::Run;
use crate::trust_common::{GUN, TrustSite, at};

fn from_server(trust: &TrustSite, more: &[&str]) -> Run {
    let url = trust.server.url();
    trust.doorward(&[&["trust", "pin", GUN, "--trust-server", &url], more].concat())
}

fn from_file(trust: &TrustSite, gun: &str) -> Run {
    trust.doorward(&["trust", "pin", gun, "--root", "root.json"])
}

fn write_root(trust: &mut TrustSite) {
    let publication = trust.publish();
    let root = publication.file("root.json").unwrap();
    trust
        .site
        .write("root.json", std::str::from_utf8(root).unwrap());
}

#[test]
fn pins_of_a_server_are_a_block_of_a_policy_and_called_first_use() {
    let trust = TrustSite::new();
    let run = from_server(&trust, &[]);
    run.expect(
        0,
        &["# FIRST USE", "certificate for registry.example/shop/web"],
    );
    assert!(run.stderr.contains("this is first use"), "{run:#?}");
    let block: serde_json::Value = serde_yaml::from_str(&run.stdout).unwrap();
    let id = trust.collection.root_key_id();
    assert_eq!(block, serde_json::json!({"pins": {"rootKeyIds": [id]}}));
    let requests = trust.server.requests();
    assert_eq!(requests.len(), 1, "only the root is asked for");
}

#[test]
fn the_printed_pins_are_those_that_a_policy_needs() {
    let trust = TrustSite::new();
    let block = from_server(&trust, &[]).stdout;
    let pins: serde_json::Value = serde_yaml::from_str(&block).unwrap();
    trust.demand(&format!("pins: {}", pins["pins"]));
    trust.verify(&[]).expect(0, &["ALLOWED"]);
}

#[test]
fn pins_of_a_file_are_not_first_use_and_ask_nobody() {
    let mut trust = TrustSite::new();
    write_root(&mut trust);
    let run = from_file(&trust, GUN);
    run.expect(0, &["# from root.json", &trust.collection.root_key_id()]);
    assert!(!run.stdout.contains("FIRST USE"));
    assert_eq!(run.stderr, "");
    assert!(trust.server.requests().is_empty());
}

#[test]
fn the_same_as_json() {
    let trust = TrustSite::new();
    let pin = from_server(&trust, &["-o", "json"]).json();
    assert_eq!(
        (&pin["kind"], &pin["firstUse"], &pin["rootKeyIds"][0]),
        (
            &"TrustPin".into(),
            &true.into(),
            &trust.collection.root_key_id().into()
        )
    );
    assert_eq!(pin["keys"][0]["certificate"]["commonName"], GUN);
}

#[test]
fn the_root_of_another_repository_is_refused() {
    let mut trust = TrustSite::new();
    write_root(&mut trust);
    from_file(&trust, "registry.example/shop/other")
        .expect_failure(3, &["notary-root-certificate", "another name"]);
}

#[test]
fn a_root_that_has_expired_is_refused() {
    let mut trust = TrustSite::new();
    trust
        .collection
        .set_expires("root", at("2025-12-31T00:00:00Z"));
    write_root(&mut trust);
    from_file(&trust, GUN).expect_failure(3, &["notary-role-expired"]);
}

#[test]
fn a_root_that_was_changed_after_it_was_signed_is_refused() {
    let mut trust = TrustSite::new();
    write_root(&mut trust);
    let text = std::fs::read_to_string(trust.site.path("root.json")).unwrap();
    let changed = text.replace("\"version\":1", "\"version\":7");
    assert_ne!(text, changed);
    trust.site.write("root.json", &changed);
    from_file(&trust, GUN).expect_failure(3, &["notary-threshold"]);
}

#[test]
fn what_is_no_root_is_refused() {
    let trust = TrustSite::new();
    trust.site.write("root.json", "{}");
    from_file(&trust, GUN).expect_failure(3, &["notary-metadata-invalid"]);
}

#[test]
fn a_name_with_a_tag_is_a_wrong_command_line() {
    let trust = TrustSite::new();
    from_file(&trust, "registry.example/shop/web:1.0").expect_failure(2, &["without tag"]);
}

#[test]
fn a_server_without_the_collection_and_one_that_is_down() {
    let trust = TrustSite::new();
    trust
        .server
        .fault(FaultRule::new(Fault::Status(503)).on("*/root.json"));
    from_server(&trust, &[]).expect_failure(5, &["notary-server-unavailable"]);
    trust.server.clear_faults();
    trust.server.remove(GUN);
    from_server(&trust, &[]).expect_failure(3, &["notary-trust-data-missing"]);
}
