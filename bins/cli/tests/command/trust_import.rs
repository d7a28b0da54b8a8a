//! Roots that another client trusts, taken over.

use doorward_testkit::{Collection, RootCertificate, Target};

use crate::common::Run;
use crate::trust_common::{GUN, TrustSite, key};

fn import(trust: &TrustSite, more: &[&str]) -> Run {
    let url = trust.server.url();
    let fixed = [
        "trust",
        "import",
        "docker",
        "--state-dir",
        "state",
        "--trust-server",
        &url,
    ];
    trust.doorward(&[&fixed, more].concat())
}

fn verify(trust: &TrustSite) -> Run {
    trust.verify(&["--state-dir", "state"])
}

fn with_directory() -> TrustSite {
    let mut trust = TrustSite::live();
    let publication = trust.publish();
    trust.trust_directory(&publication);
    trust
}

#[test]
fn a_collection_that_was_imported_is_verified_without_pins() {
    let trust = with_directory();
    trust.demand("");
    verify(&trust).expect(3, &["notary-pin-required"]);
    let run = import(&trust, &[]);
    run.expect(
        0,
        &[
            "IMPORTED",
            GUN,
            "root       version 1",
            "now for    cluster\n",
        ],
    );
    assert!(run.stdout.contains(&trust.collection.root_key_id()));
    let run = verify(&trust);
    run.expect(0, &["ALLOWED"]);
    assert_eq!(run.stderr, "");
    trust
        .inspect(&["-f", "site.yaml", "--state-dir", "state"])
        .expect(0, &["it was imported", "since it was imported"]);
}

#[test]
fn an_import_for_a_namespace_alone_is_none_for_the_cluster() {
    let trust = with_directory();
    trust.demand("");
    import(&trust, &["-n", "team", "--not-for-cluster"])
        .expect(0, &["now for    namespace/team\n"]);
    verify(&trust).expect(3, &["notary-pin-required"]);
}

#[test]
fn an_import_for_other_servers_counts_for_those_alone() {
    let trust = with_directory();
    trust.demand("");
    let run = trust.doorward(&[
        "trust",
        "import",
        "docker",
        "--state-dir",
        "state",
        "--trust-server",
        "https://notary.example",
    ]);
    run.expect(0, &["IMPORTED"]);
    verify(&trust).expect(3, &["notary-pin-required"]);
}

#[test]
fn what_is_imported_twice_is_known() {
    let trust = with_directory();
    import(&trust, &[]).expect(0, &["IMPORTED"]);
    import(&trust, &[]).expect(0, &["KNOWN", "known for"]);
}

#[test]
fn a_root_from_first_use_becomes_one_that_a_person_brought() {
    let trust = with_directory();
    trust.demand("pins: {trustOnFirstUse: true}");
    verify(&trust).expect(0, &["ALLOWED"]);
    trust.demand("");
    verify(&trust).expect(3, &["notary-pin-required"]);
    import(&trust, &[]).expect(0, &["IMPORTED"]);
    verify(&trust).expect(0, &["ALLOWED"]);
}

#[test]
fn a_root_that_the_remembered_one_does_not_lead_to_is_refused() {
    let trust = with_directory();
    import(&trust, &[]).expect(0, &["IMPORTED"]);
    let strange = Collection::builder(GUN, trust.collection.now())
        .seed(99)
        .build()
        .set_version("root", 5)
        .publish();
    trust.trust_directory(&strange);
    import(&trust, &[]).expect(6, &["REFUSED", "notary-root-rotation"]);
    trust.demand("");
    verify(&trust).expect(0, &["ALLOWED"]);
}

#[test]
fn a_later_root_that_follows_is_taken_and_an_earlier_one_changes_nothing() {
    let mut trust = with_directory();
    let first = trust.publish();
    import(&trust, &[]).expect(0, &["IMPORTED"]);
    let certificate = RootCertificate::new(GUN, trust.collection.now());
    trust
        .collection
        .rotate_root_key(&certificate.self_signed(&key(5)));
    let second = trust.publish();
    trust.trust_directory(&second);
    import(&trust, &[]).expect(0, &["IMPORTED", "version 2"]);
    trust.trust_directory(&first);
    import(&trust, &[]).expect(0, &["KNOWN"]);
    trust.demand("");
    verify(&trust).expect(0, &["ALLOWED"]);
}

#[test]
fn only_the_collections_that_were_named_are_imported() {
    let trust = with_directory();
    import(&trust, &["registry.example/shop/other"]).expect(6, &["REFUSED", "no such folder"]);
    import(&trust, &[GUN]).expect(0, &["IMPORTED"]);
}

#[test]
fn a_changed_root_is_refused_and_the_others_are_imported() {
    let trust = with_directory();
    let bad = Collection::new("registry.example/shop/bad", trust.collection.now()).publish();
    let root = std::str::from_utf8(bad.file("root.json").unwrap()).unwrap();
    trust.site.write(
        "docker/tuf/registry.example/shop/bad/metadata/root.json",
        &root.replace("\"version\":1", "\"version\":2"),
    );
    import(&trust, &[]).expect(6, &["REFUSED", "notary-threshold", "IMPORTED"]);
}

#[test]
fn what_is_imported_can_be_read_by_a_program() {
    let trust = with_directory();
    let found = import(&trust, &["-o", "json"]).json();
    assert_eq!(found["kind"], "TrustImport");
    let collection = &found["collections"][0];
    assert_eq!(collection["gun"], GUN);
    assert_eq!(collection["rememberedFor"][0], "cluster");
    assert_eq!(
        collection["root"]["keys"][0]["id"],
        trust.collection.root_key_id().as_str()
    );
}

#[test]
fn without_a_state_directory_there_is_nowhere_to_remember() {
    let trust = with_directory();
    trust
        .doorward(&["trust", "import", "docker"])
        .expect_failure(2, &["--state-dir"]);
}

#[test]
fn what_is_no_trust_directory_is_a_mistake() {
    let trust = with_directory();
    trust
        .doorward(&["trust", "import", "state-of-mind", "--state-dir", "state"])
        .expect_failure(6, &["no trust directory"]);
}

#[test]
fn an_older_file_in_the_directory_does_not_hide_what_the_server_has_now() {
    let mut trust = with_directory();
    import(&trust, &[]).expect(0, &["IMPORTED"]);
    trust
        .collection
        .remove_target("1.0")
        .add_target("2.0", Target::content(b"x"));
    trust.publish();
    trust.demand("");
    verify(&trust).expect(3, &["notary-not-released"]);
}

#[test]
fn what_was_lost_is_put_back_by_an_import() {
    let trust = with_directory();
    trust.demand("");
    import(&trust, &[]).expect(0, &["IMPORTED"]);
    for file in trust.remembered() {
        std::fs::remove_file(file).unwrap();
    }
    verify(&trust).expect(3, &["notary-pin-required"]);
    import(&trust, &[]).expect(0, &["IMPORTED"]);
    verify(&trust).expect(0, &["ALLOWED"]);
}

#[test]
fn a_damaged_memory_is_not_written_over() {
    let trust = with_directory();
    import(&trust, &[]).expect(0, &["IMPORTED"]);
    for file in trust.remembered() {
        std::fs::write(file, "{}").unwrap();
    }
    import(&trust, &[]).expect(6, &["REFUSED", "state-invalid"]);
}
