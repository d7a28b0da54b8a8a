//! Policies that demand `trust`, judged on the command line.

use doorward_testkit::{Delegation, Image, NotaryServer, Target};
use serde_json::{Value, json};

use crate::common::Run;
use crate::trust_common::{GUN, IMAGE, TrustSite, at, key};

#[track_caller]
fn denied(trust: &TrustSite, exit: i32, code: &str) {
    let (found, image) = trust.verify_json(&[]);
    assert_eq!(
        (found, image["code"].as_str(), &image["pinned"]),
        (exit, Some(code), &Value::Null),
        "{image:#}"
    );
}

#[track_caller]
fn says(run: &Run, text: &str) {
    let flat = run
        .stderr
        .replace("\n      ", " ")
        .replace("\n         ", " ");
    assert!(flat.contains(text), "{text:?} in {flat}");
}

#[test]
fn a_released_tag_is_allowed_and_pinned_and_no_registry_is_asked() {
    let trust = TrustSite::new();
    trust.demand(&trust.pins());
    let run = trust.verify(&[]);
    let pinned = format!("pinned to  {GUN}@{}", trust.digest());
    run.expect(
        0,
        &[
            "ALLOWED",
            &pinned,
            "signed by  targets",
            "as registry.example/shop/web:1.0",
        ],
    );
    says(&run, "--state-dir remembers");
    assert_eq!(trust.verify(&["-q"]).stderr, "");
    assert!(trust.site.registry.requests().is_empty());
}

#[test]
fn the_report_has_the_checks_the_evidence_and_the_first_contact() {
    let trust = TrustSite::new();
    trust.demand(&trust.pins());
    let (_, image) = trust.verify_json(&[]);
    let requirement = &image["requirements"][0];
    assert_eq!(requirement["scheme"], "notary");
    let checks: Vec<_> = requirement["checks"].as_array().unwrap().iter().collect();
    assert_eq!(
        checks[0],
        &json!({"check": "remembered-trust", "action": "log", "outcome": "fail"})
    );
    assert!(
        checks[1..]
            .iter()
            .all(|check| check["action"] == "enforce" && check["outcome"] == "pass")
    );
    let evidence = &requirement["evidence"][0];
    assert_eq!(evidence["signer"], "targets");
    assert_eq!(evidence["identity"], IMAGE);
    assert_eq!(
        evidence["key"],
        trust.collection.keys("targets")[0].id().as_str()
    );
    let note = image["notes"][0].as_str().unwrap();
    assert!(note.starts_with("first contact"), "{note}");
}

#[test]
fn a_digest_is_allowed_if_it_is_released_under_some_tag() {
    let trust = TrustSite::new();
    trust.demand(&trust.pins());
    let verify = |image: &str| trust.doorward(&["verify", image, "-f", "site.yaml"]);
    verify(&format!("{GUN}@{}", trust.digest())).expect(0, &["ALLOWED"]);
    let other = Image::sample("other");
    verify(&format!("{GUN}@{}", other.digest())).expect(3, &["notary-not-released"]);
    verify(&format!("{GUN}:1.0@{}", other.digest())).expect(3, &["notary-digest-mismatch"]);
}

#[test]
fn without_pins_nothing_is_believed_and_the_hint_says_how_to_get_one() {
    let trust = TrustSite::new();
    trust.demand("");
    denied(&trust, 3, "notary-pin-required");
    assert!(trust.server.requests().is_empty());
    says(&trust.verify(&[]), &format!("`doorward trust pin {GUN}`"));
}

#[test]
fn a_root_that_is_not_pinned() {
    let trust = TrustSite::new();
    trust.demand(&format!("pins: {{rootKeyIds: [{}]}}", "0".repeat(64)));
    denied(&trust, 3, "notary-pin-mismatch");
}

#[test]
fn a_tag_that_nobody_signed() {
    let mut trust = TrustSite::new();
    trust.collection.remove_target("1.0");
    trust.publish();
    trust.demand(&trust.pins());
    denied(&trust, 3, "notary-not-released");
    says(&trust.verify(&[]), "`doorward inspect`");
}

#[test]
fn a_repository_that_nobody_signed() {
    let trust = TrustSite::new();
    trust.server.remove(GUN);
    trust.demand(&trust.pins());
    denied(&trust, 3, "notary-trust-data-missing");
}

#[test]
fn metadata_that_has_expired() {
    let mut trust = TrustSite::new();
    trust
        .collection
        .set_expires("timestamp", at("2025-12-31T00:00:00Z"));
    trust.publish();
    trust.demand(&trust.pins());
    denied(&trust, 3, "notary-role-expired");
}

#[test]
fn a_server_that_is_down_is_inconclusive() {
    let trust = TrustSite::new();
    trust.server.stop();
    trust.demand(&trust.pins());
    denied(&trust, 5, "notary-server-unavailable");
}

#[test]
fn offline_no_trust_server_is_asked() {
    let trust = TrustSite::new();
    trust.demand(&trust.pins());
    let run = trust.verify(&["--offline"]);
    run.expect(5, &["notary-server-unavailable", "--offline"]);
    assert!(trust.server.requests().is_empty());
}

#[test]
fn for_as_long_as_the_policy_says_memory_stands_in_for_the_server() {
    let trust = TrustSite::live();
    let offline = ["--state-dir", "state", "--offline"];
    trust.demand(&format!("maxStaleness: 1h, {}", trust.pins()));
    trust
        .verify(&offline)
        .expect(5, &["notary-server-unavailable"]);
    trust
        .verify(&["--state-dir", "state"])
        .expect(0, &["ALLOWED"]);
    trust
        .verify(&offline)
        .expect(0, &["ALLOWED", "as of      an earlier answer"]);
    trust.demand(&trust.pins());
    trust
        .verify(&offline)
        .expect(5, &["notary-server-unavailable"]);
}

#[test]
fn the_next_server_is_asked_only_where_the_first_cannot_be() {
    let trust = TrustSite::new();
    let standby = NotaryServer::builder().start_blocking();
    standby.publish(&trust.collection.clone().publish());
    let both = format!("{},{}", trust.server.url(), standby.url());
    let text = format!("trustServer: \"{both}\", {}", trust.pins());
    trust.demand_at(&text);
    trust.verify(&[]).expect(0, &["ALLOWED"]);
    assert!(standby.requests().is_empty());
    trust.server.stop();
    trust.verify(&[]).expect(0, &["ALLOWED"]);
    standby.remove(GUN);
    trust.verify(&[]).expect(3, &["notary-trust-data-missing"]);
}

#[test]
fn a_signer_must_have_signed_with_their_own_key() {
    let mut trust = TrustSite::new();
    let image = || Target::image(&Image::sample("shop/web"));
    trust
        .collection
        .delegate(Delegation::new("targets/alice", &[key(1)]).paths(&[""]))
        .add_target_to("targets/alice", "1.0", image());
    trust.publish();
    let demand = |trust: &TrustSite, name: &str| {
        let signers = format!("signerSecrets: [{{name: {name}}}]");
        trust.demand(&format!("{signers}, {}", trust.pins()));
    };
    let verify = |trust: &TrustSite| trust.verify(&["-f", "signers"]);

    trust.signer("alice", &key(1));
    demand(&trust, "alice");
    verify(&trust).expect(0, &["signed by  targets\n", "signed by  targets/alice"]);
    trust.signer("alice", &key(2));
    verify(&trust).expect(3, &["notary-signer-key-mismatch"]);
    trust.signer("bob", &key(1));
    demand(&trust, "bob");
    verify(&trust).expect(3, &["notary-signer-missing"]);

    trust.signer("alice", &key(1));
    demand(&trust, "alice");
    let other = Target::image(&Image::sample("other"));
    trust
        .collection
        .add_target_to("targets/alice", "1.0", other);
    trust.publish();
    verify(&trust).expect(3, &["notary-signer-mismatch"]);
}

#[test]
fn a_signer_whose_secret_is_missing_is_a_mistake_in_the_configuration() {
    let trust = TrustSite::new();
    trust.demand(&format!(
        "signerSecrets: [{{name: alice}}], {}",
        trust.pins()
    ));
    denied(&trust, 6, "secret-not-found");
}

#[test]
fn with_a_state_directory_older_metadata_is_noticed_in_the_next_run() {
    let mut trust = TrustSite::live();
    let before = trust.collection.publish();
    trust.collection.add_target("1.1", Target::content(b"x"));
    trust.publish();
    trust.demand(&trust.pins());
    let run = trust.verify(&["--state-dir", "state"]);
    run.expect(0, &["ALLOWED"]);
    says(&run, "first contact");
    let run = trust.verify(&["--state-dir", "state"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));

    trust.server.publish(&before);
    trust
        .verify(&["--state-dir", "state"])
        .expect(3, &["notary-rollback"]);
    trust.verify(&[]).expect(0, &["ALLOWED"]);
}

#[test]
fn what_was_deleted_from_the_state_directory_is_missed_aloud() {
    let trust = TrustSite::live();
    trust.demand(&trust.pins());
    let state = ["--state-dir", "state"];
    trust.verify(&state).expect(0, &[]);
    for file in trust.remembered() {
        std::fs::remove_file(file).unwrap();
    }
    let run = trust.verify(&state);
    run.expect(0, &[]);
    assert!(run.stderr.starts_with("warning: what was remembered"));
}

#[test]
fn a_damaged_state_directory_refuses() {
    let trust = TrustSite::live();
    trust.demand(&trust.pins());
    let state = ["--state-dir", "state"];
    trust.verify(&state).expect(0, &[]);
    for file in trust.remembered() {
        std::fs::write(file, "{}").unwrap();
    }
    trust.verify(&state).expect(6, &["state-invalid"]);
}

#[test]
fn the_state_directory_can_be_named_by_the_environment_and_the_settings_file() {
    let trust = TrustSite::live();
    trust.demand(&trust.pins());
    trust.site.write("conf/settings.yaml", "stateDir: memory\n");
    trust
        .verify(&["--config", "conf/settings.yaml"])
        .expect(0, &[]);
    assert!(trust.site.path("conf/memory/scopes").is_dir());
}

#[test]
fn a_state_directory_that_cannot_be_made_is_a_mistake() {
    let trust = TrustSite::live();
    trust.demand(&trust.pins());
    trust
        .verify(&["--state-dir", "not/there"])
        .expect_failure(6, &["cannot use the state directory not/there", "hint:"]);
}

#[test]
fn what_another_time_would_bring_is_not_remembered() {
    let trust = TrustSite::live();
    trust.demand(&trust.pins());
    let tomorrow = trust.collection.now().plus(86_400).to_string();
    let state = ["--state-dir", "state"];
    trust
        .verify(&["--state-dir", "state", "--at", &tomorrow])
        .expect(0, &["ALLOWED"]);
    let run = trust.verify(&state);
    run.expect(0, &["ALLOWED"]);
    says(&run, "first contact");
}

#[test]
fn a_policy_of_the_portieris_groups_has_no_pins_and_first_use_must_be_asked_for() {
    let trust = TrustSite::new();
    trust.demand_of("portieris.cloud.ibm.com/v1", "");
    denied(&trust, 3, "notary-pin-required");
    let flag = "--dangerously-trust-on-first-use-for-portieris-policies";
    trust
        .verify(&[flag])
        .expect(0, &["ALLOWED", "root       trusted from first use"]);
    trust.demand("");
    trust.verify(&[flag]).expect(3, &["notary-pin-required"]);
}

#[test]
fn admit_decides_the_same_with_the_same_memory() {
    let trust = TrustSite::live();
    trust.demand(&trust.pins());
    let review = json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "u", "operation": "CREATE", "namespace": "default",
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "object": {
                "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},
                "spec": {"containers": [{"name": "c", "image": IMAGE}]},
            },
        },
    });
    trust.site.write("review.json", &review.to_string());
    let run = trust.doorward(&[
        "admit",
        "review.json",
        "-f",
        "site.yaml",
        "--state-dir",
        "state",
    ]);
    assert_eq!(run.code, 0, "{run:#?}");
    assert_eq!(run.json()["response"]["allowed"], true);
    says(&run, "first contact");
    assert_eq!(trust.verify(&["--state-dir", "state"]).stderr, "");
}

#[test]
fn a_trust_server_without_tls_is_not_asked() {
    let trust = TrustSite::new();
    let pins = trust.pins();
    // Of a network that is kept for documentation: were it asked, nothing would answer.
    trust.demand_at(&format!("trustServer: \"http://192.0.2.1:4443\", {pins}"));
    let (code, image) = trust.verify_json(&["-v"]);
    assert_eq!(code, 6, "{image:#}");
    assert_eq!(image["code"], "transport-insecure", "{image:#}");
    assert_eq!(image["verdict"], "deny");
    let run = trust.verify(&["-v"]);
    run.expect(
        6,
        &[
            "the trust server 192.0.2.1:4443 is on http",
            "transport-insecure",
        ],
    );
    assert!(!run.stderr.contains("http: "), "nothing was sent: {run:#?}");
}
