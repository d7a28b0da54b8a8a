//! Signed collections, shown.

use doorward_testkit::{Collection, Delegation, Fault, FaultRule, Image, Target};
use serde_json::Value;

use crate::trust_common::{GUN, TrustSite, at, key};

/// What a person sees of a collection with delegations, of which one has expired.
const SHOWN: &str = include_str!("inspect_trust.txt");

fn image() -> Target {
    Target::image(&Image::sample("shop/web"))
}

fn with_delegations() -> TrustSite {
    let mut trust = TrustSite::new();
    let anything = [""];
    trust
        .collection
        .delegate(Delegation::new("targets/releases", &[key(21)]).paths(&anything))
        .delegate(Delegation::new("targets/alice", &[key(22), key(23)]).paths(&["1.", "2."]))
        .delegate(Delegation::new("targets/alice/bot", &[key(24)]).paths(&["1."]))
        .delegate(Delegation::new("targets/old", &[key(25)]).paths(&anything))
        .add_target_to("targets/releases", "1.0", image())
        .add_target_to("targets/releases", "1.1", Target::content(b"1.1"))
        .add_target_to("targets/alice", "1.0", image())
        .add_target_to("targets/alice", "1.1", Target::content(b"another 1.1"))
        .add_target_to("targets/alice/bot", "1.0", image())
        .add_target_to("targets/old", "1.0", image())
        .set_expires("targets/old", at("2025-12-01T00:00:00Z"));
    trust.publish();
    trust
}

#[test]
fn a_collection_is_shown_with_its_root_its_roles_and_its_tags() {
    let trust = with_delegations();
    trust.demand(&trust.pins());
    let run = trust.inspect(&["-f", "site.yaml"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let shown = trust.normal(&run.stdout);
    assert_eq!(shown, SHOWN, "{shown}");
}

#[test]
fn the_same_can_be_read_by_a_program() {
    let trust = with_delegations();
    trust.demand(&trust.pins());
    let found = trust.inspect(&["-f", "site.yaml", "-o", "json"]).json();
    let shown = &found["trust"][0];
    assert_eq!(shown["trusted"], "pinned");
    assert_eq!(shown["gun"], GUN);
    assert_eq!(shown["released"]["role"], "targets/releases");
    assert_eq!(shown["tags"][0]["signers"][0], "targets/alice");
    assert_eq!(shown["tags"][1]["dissenters"][0], "targets/alice");
    assert_eq!(shown["unverified"][0]["role"], "targets/old");
    assert_eq!(shown["unverified"][0]["code"], "notary-role-expired");
    assert_eq!(shown["remembered"], Value::Null);
    let yaml = trust.inspect(&["-f", "site.yaml", "-o", "yaml"]);
    assert_eq!(serde_yaml::from_str::<Value>(&yaml.stdout).unwrap(), found);
}

#[test]
fn a_server_that_is_named_by_hand_is_first_use_and_that_is_said_aloud() {
    let trust = TrustSite::new();
    let url = trust.server.url();
    trust.inspect(&["--trust-server", &url]).expect(
        0,
        &["FIRST USE: nobody has checked this root", "released as"],
    );
    let found = trust
        .inspect(&["--trust-server", &url, "-o", "json"])
        .json();
    assert_eq!(found["trust"][0]["trusted"], "first-use");
}

#[test]
fn without_a_policy_or_a_server_no_trust_server_is_asked() {
    let trust = TrustSite::new();
    let found = trust.inspect(&["-o", "json"]).json();
    assert_eq!(found.get("trust"), None);
    assert!(trust.server.requests().is_empty());
}

#[test]
fn a_root_that_the_policy_does_not_pin_is_shown_and_called_untrusted() {
    let trust = TrustSite::new();
    for (pins, code) in [
        (String::new(), "notary-pin-required"),
        (
            format!("pins: {{rootKeyIds: [{}]}}", "0".repeat(64)),
            "notary-pin-mismatch",
        ),
    ] {
        trust.demand(&pins);
        let id = trust.collection.root_key_id();
        trust.inspect(&["-f", "site.yaml"]).expect(
            0,
            &[
                "NOT TRUSTED",
                code,
                &id,
                "only what the server says",
                "said to be released as",
            ],
        );
        let found = trust.inspect(&["-f", "site.yaml", "-o", "json"]).json();
        assert_eq!(found["trust"][0]["trusted"], Value::Null);
        assert_eq!(found["trust"][0]["untrusted"]["code"], code);
    }
}

#[test]
fn an_image_that_the_registry_does_not_have_hides_nothing() {
    let mut trust = TrustSite::new();
    trust.collection.add_target("9.9", image());
    trust.publish();
    trust.demand(&trust.pins());
    let gone = format!("{GUN}:9.9");
    trust
        .doorward(&["inspect", &gone, "-f", "site.yaml"])
        .expect(
            0,
            &[
                "the registry does not show it",
                "registry-not-found",
                "released as",
            ],
        );
    trust.site.registry.stop();
    trust
        .inspect(&["-f", "site.yaml"])
        .expect(5, &["registry-unavailable", "released as"]);
}

#[test]
fn a_server_that_is_down_is_a_problem_and_inconclusive() {
    let trust = TrustSite::new();
    trust.demand(&trust.pins());
    trust.server.stop();
    trust.inspect(&["-f", "site.yaml"]).expect(
        5,
        &["not verified", "notary-server-unavailable", "linux/amd64"],
    );
}

#[test]
fn a_delegation_that_could_not_be_asked_for_is_no_word_about_the_release() {
    let trust = with_delegations();
    trust.demand(&trust.pins());
    trust
        .server
        .fault(FaultRule::new(Fault::Status(503)).on("*/targets/releases*"));
    let run = trust.inspect(&["-f", "site.yaml"]);
    run.expect(5, &["problem    notary-server-unavailable"]);
    assert!(!run.stdout.contains("NOT released"), "{run:#?}");
}

#[test]
fn metadata_that_does_not_hold_is_shown_up_to_where_it_holds() {
    let mut trust = TrustSite::new();
    trust
        .collection
        .set_expires("snapshot", at("2025-12-01T00:00:00Z"));
    trust.publish();
    trust.demand(&trust.pins());
    let run = trust.inspect(&["-f", "site.yaml"]);
    run.expect(
        0,
        &["problem    notary-role-expired: snapshot", "  timestamp  "],
    );
    assert!(!run.stdout.contains("released as"), "{run:#?}");
}

#[test]
fn a_tag_that_is_not_released_is_said_to_be_none() {
    let mut trust = TrustSite::new();
    trust.collection.remove_target("1.0");
    trust.publish();
    trust.demand(&trust.pins());
    trust
        .inspect(&["-f", "site.yaml"])
        .expect(0, &["NOT released: notary-not-released"]);
}

#[test]
fn many_tags_are_counted() {
    let mut trust = TrustSite::new();
    for number in 0..30 {
        trust.collection.add_target(&format!("2.{number}"), image());
    }
    trust.publish();
    trust.demand(&trust.pins());
    trust
        .inspect(&["-f", "site.yaml"])
        .expect(0, &["and 11 more; -o json lists them"]);
    let found = trust.inspect(&["-f", "site.yaml", "-o", "json"]).json();
    assert_eq!(found["trust"][0]["tagCount"], 31);
    assert_eq!(found["trust"][0]["tags"].as_array().unwrap().len(), 31);
}

#[test]
fn what_is_remembered_is_shown_and_nothing_is_remembered_by_looking() {
    let trust = TrustSite::live();
    trust.demand(&trust.pins());
    let more = ["-f", "site.yaml", "--state-dir", "state"];
    assert!(!trust.inspect(&more).stdout.contains("remembered"));
    trust.verify(&["--state-dir", "state"]).expect(0, &[]);
    trust.inspect(&more).expect(
        0,
        &[
            "remembered for cluster, since it fitted a pin",
            "highest versions seen: snapshot 1, targets 1, timestamp 1",
        ],
    );
}

#[test]
fn names_in_a_collection_cannot_draw_on_the_terminal() {
    let mut trust = TrustSite::new();
    trust
        .collection
        .add_target("x\u{1b}[2J\u{202e}y", Target::content(b"x"));
    trust.publish();
    trust.demand(&trust.pins());
    let run = trust.inspect(&["-f", "site.yaml"]);
    run.expect(0, &["x\\u{1b}[2J\\u{202e}y"]);
    assert!(!run.stdout.contains(['\u{1b}', '\u{202e}']));
}

#[test]
fn a_pin_whose_secret_is_not_in_the_files_is_a_mistake() {
    let trust = TrustSite::new();
    trust.demand("pins: {certificateSecrets: [{name: root-certificate}]}");
    trust
        .inspect(&["-f", "site.yaml"])
        .expect_failure(6, &["doorward/root-certificate"]);
}

#[test]
fn inspection_reads_no_secret_that_a_namespaced_policy_may_not_read() {
    let trust = TrustSite::new();
    let url = trust.server.url();
    let policy = format!(
        "apiVersion: doorward.dev/v1\nkind: ImagePolicy\nmetadata: {{name: shop, namespace: tenant}}\nspec:\n  \
         repositories:\n  - name: \"registry.example/shop/*\"\n    policy:\n      trust: {{enabled: true, trustServer: \
         \"{url}\", pins: {{certificateSecrets: [{{name: root, namespace: other}}]}}}}\n"
    );
    let words = "secret other/root: there is none that a policy of namespace tenant may read";
    // Whether it exists makes no difference.
    trust.site.write("site.yaml", &policy);
    let arguments = ["-f", "site.yaml", "-n", "tenant"];
    trust.inspect(&arguments).expect_failure(6, &[words]);
    let secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: root, namespace: other}\nstringData: {certificate: \
                  no-certificate}\n";
    trust.site.write("site.yaml", &format!("{policy}{secret}"));
    trust.inspect(&arguments).expect_failure(6, &[words]);
    // What the operator shares is read.
    let shared = [&arguments[..], &["--shared-secret-namespace", "other"]].concat();
    let run = trust.inspect(&shared);
    assert!(!run.stderr.contains("may read"), "{run:#?}");
    assert!(
        run.stderr.contains("the pins of ImagePolicy tenant/shop"),
        "{run:#?}"
    );
}

#[test]
fn a_collection_of_another_publisher_under_this_name_is_not_believed() {
    let trust = TrustSite::new();
    trust.demand(&trust.pins());
    let mut strange = Collection::builder(GUN, trust.collection.now())
        .seed(9)
        .build();
    strange.add_target("1.0", image());
    trust.server.publish(&strange.publish());
    trust
        .inspect(&["-f", "site.yaml"])
        .expect(0, &["NOT TRUSTED: notary-pin-mismatch"]);
}
