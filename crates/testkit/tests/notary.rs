//! A real Notary client's opinion of what the signer and the server make.
//!
//! Skipped, by name, where `notary` is not installed; with `DOORWARD_REQUIRE_TOOLS=1` that is a failure. The client
//! reads the machine's clock, so the collections here are signed now.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking and says what it skips"
)]

use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};

use doorward_core::Timestamp;
use doorward_testkit::{
    Collection, Delegation, KeyKind, NotaryAttack, NotaryKey, NotaryServer, RootAuthority,
    RootCertificate, RootCertificateFlaw, SignatureMethod, Target,
};

const GUN: &str = "registry.example/team/app";

/// Says that a test is skipped because `notary` is missing, or fails if that is not allowed.
fn is_missing(test: &str) -> bool {
    if Command::new("notary").arg("version").output().is_ok() {
        return false;
    }
    assert!(
        std::env::var_os("DOORWARD_REQUIRE_TOOLS").is_none_or(|value| value != "1"),
        "notary is not installed, and DOORWARD_REQUIRE_TOOLS=1 forbids skipping {test}"
    );
    eprintln!("skipped {test}: notary is not installed");
    true
}

/// A client with a cache of its own, so that what it sees first stays trusted.
struct Client {
    home: tempfile::TempDir,
    server: NotaryServer,
}

impl Client {
    fn new() -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
            server: NotaryServer::builder().start_blocking(),
        }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new("notary")
            .args(["-s", &self.server.url(), "-d"])
            .arg(self.home.path())
            .args(arguments)
            .output()
            .unwrap()
    }

    /// The names and roles that the client believes in, or `None` if it refuses.
    fn list(&self) -> Option<Vec<(String, String)>> {
        let output = self.run(&["list", GUN]);
        let text = String::from_utf8(output.stdout).unwrap();
        output.status.success().then(|| {
            text.lines()
                .filter_map(|line| {
                    let columns: Vec<_> = line.split_whitespace().collect();
                    match columns[..] {
                        [name, digest, _, role] if digest.len() == 64 => {
                            Some((name.to_owned(), role.to_owned()))
                        }
                        _ => None,
                    }
                })
                .collect()
        })
    }
}

/// An hour ago, so that no certificate is from the future.
fn now() -> Timestamp {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_unix(i64::try_from(elapsed.as_secs()).unwrap() - 3_600)
}

fn target() -> Target {
    Target::content(b"manifest")
}

fn pair(name: &str, role: &str) -> (String, String) {
    (name.to_owned(), role.to_owned())
}

#[test]
fn every_kind_of_key_signs_every_role() {
    if is_missing("every_kind_of_key_signs_every_role") {
        return;
    }
    let keys = KeyKind::ALL.into_iter().map(NotaryKey::new);
    let older = NotaryKey::new(KeyKind::Rsa2048).with_method(SignatureMethod::RsaPkcs1v15);
    for key in keys.chain([older]) {
        let mut builder = Collection::builder(GUN, now())
            .targets_keys(std::slice::from_ref(&key))
            .snapshot_keys(std::slice::from_ref(&key))
            .timestamp_keys(std::slice::from_ref(&key));
        if has_certificates(&key) {
            builder = builder.root_keys(&[RootCertificate::new(GUN, now()).self_signed(&key)]);
        }
        let client = Client::new();
        client
            .server
            .publish(&builder.build().add_target("1.0", target()).publish());
        assert_eq!(client.list(), Some(vec![pair("1.0", "targets")]), "{key:?}");
    }
}

fn has_certificates(key: &NotaryKey) -> bool {
    let without = [KeyKind::Ed25519, KeyKind::P521];
    without
        .iter()
        .all(|&kind| NotaryKey::new(kind).id() != key.id())
}

#[test]
fn a_collection_is_followed_through_delegations_and_rotations() {
    if is_missing("a_collection_is_followed_through_delegations_and_rotations") {
        return;
    }
    let client = Client::new();
    let mut collection = Collection::new(GUN, now());
    client
        .server
        .publish(&collection.add_target("1.0", target()).publish());
    assert_eq!(client.list(), Some(vec![pair("1.0", "targets")]));

    let alice = NotaryKey::seeded(KeyKind::P384, 21);
    let ci = NotaryKey::seeded(KeyKind::Rsa2048, 0);
    collection
        .delegate(Delegation::new("targets/alice", &[alice]))
        .delegate(Delegation::new("targets/alice/ci", &[ci]).paths(&["ci-"]))
        .add_target_to("targets/alice", "1.1", target())
        .add_target_to("targets/alice/ci", "ci-7", target());
    client.server.publish(&collection.publish());
    let all = vec![
        pair("1.0", "targets"),
        pair("1.1", "targets/alice"),
        pair("ci-7", "targets/alice/ci"),
    ];
    assert_eq!(client.list(), Some(all.clone()));

    let fresh = |place: u64| NotaryKey::seeded(KeyKind::P256, 100 + place);
    let root = |place: u64| RootCertificate::new(GUN, now()).self_signed(&fresh(place));
    collection.rotate_targets_key(&fresh(1));
    client.server.publish(&collection.publish());
    assert_eq!(client.list(), Some(all.clone()));
    collection
        .rotate_snapshot_key(&fresh(2))
        .rotate_timestamp_key(&fresh(3));
    client.server.publish(&collection.publish());
    assert_eq!(client.list(), Some(all.clone()));
    // Two roots later: the client has to walk.
    collection.rotate_root_key(&root(4)).publish();
    collection.rotate_root_key(&root(5));
    client.server.publish(&collection.publish());
    assert_eq!(client.list(), Some(all));

    collection.remove_delegation("targets/alice");
    client.server.publish(&collection.publish());
    assert_eq!(client.list(), Some(vec![pair("1.0", "targets")]));
    collection.remove_target("1.0");
    client.server.publish(&collection.publish());
    assert_eq!(client.list(), Some(Vec::new()));
}

#[test]
fn names_that_sort_and_spell_differently_are_signed_as_the_client_reads_them() {
    if is_missing("names_that_sort_and_spell_differently_are_signed_as_the_client_reads_them") {
        return;
    }
    let mut collection = Collection::new(GUN, now());
    let names = [
        "a",
        "a!",
        "a\"b",
        "a\\",
        "<&>",
        "e\u{301}",
        "\u{e9}",
        "\u{1f600}",
        "\u{e000}",
    ];
    for name in names {
        collection.add_target(name, target());
    }
    let client = Client::new();
    client.server.publish(&collection.publish());
    let listed = client.list().map(|found| found.len());
    assert_eq!(listed, Some(names.len()));
}

#[test]
fn root_certificates_with_patterns_and_from_authorities_are_accepted() {
    if is_missing("root_certificates_with_patterns_and_from_authorities_are_accepted") {
        return;
    }
    let key = NotaryKey::seeded(KeyKind::P256, 31);
    let authority = RootAuthority::new(now());
    for root in [
        RootCertificate::new("registry.example/team/*", now()).self_signed(&key),
        RootCertificate::new(GUN, now()).issued_by(&authority, &key),
    ] {
        let mut collection = Collection::builder(GUN, now()).root_keys(&[root]).build();
        let client = Client::new();
        client
            .server
            .publish(&collection.add_target("1.0", target()).publish());
        assert!(client.list().is_some());
    }
}

#[test]
fn flawed_root_certificates_are_refused() {
    if is_missing("flawed_root_certificates_are_refused") {
        return;
    }
    for flaw in RootCertificateFlaw::ALL {
        let root = flaw.root_key(GUN, now());
        let mut collection = Collection::builder(GUN, now()).root_keys(&[root]).build();
        let client = Client::new();
        client
            .server
            .publish(&collection.add_target("1.0", target()).publish());
        assert_eq!(client.list(), None, "{flaw:?}");
    }
}

/// Forgeries of the kinds that the specification of TUF names: keys, signatures, thresholds, expiry, mixing, roles.
const FORGERIES: [NotaryAttack; 27] = [
    NotaryAttack::BadSignature,
    NotaryAttack::DelegationClimbs,
    NotaryAttack::DelegationThresholdZero,
    NotaryAttack::DelegationToBaseRole,
    NotaryAttack::DelegationToGrandchild,
    NotaryAttack::KeyIdMismatch,
    NotaryAttack::ListedLengthTooSmall,
    NotaryAttack::MissingRole,
    NotaryAttack::NoRootSignatures,
    NotaryAttack::NoSignatures,
    NotaryAttack::OtherContent,
    NotaryAttack::OtherMethod,
    NotaryAttack::OtherRootListed,
    NotaryAttack::OtherSha512Listed,
    NotaryAttack::OtherTargetsListed,
    NotaryAttack::OtherType,
    NotaryAttack::RepeatedSignature,
    NotaryAttack::RootByStranger,
    NotaryAttack::RootExpired,
    NotaryAttack::SnapshotByStranger,
    NotaryAttack::SnapshotExpired,
    NotaryAttack::SnapshotWithoutTargets,
    NotaryAttack::TargetsByStranger,
    NotaryAttack::TargetsExpired,
    NotaryAttack::ThresholdNotMet,
    NotaryAttack::ThresholdZero,
    NotaryAttack::TimestampExpired,
];

#[test]
fn forged_publications_are_refused() {
    if is_missing("forged_publications_are_refused") {
        return;
    }
    let mut collection = Collection::new(GUN, now());
    collection.add_target("1.0", target());
    for attack in FORGERIES {
        let client = Client::new();
        client.server.publish(&attack.forge(&collection));
        assert_eq!(client.list(), None, "{attack:?}");
    }
}

#[test]
fn older_and_mixed_publications_are_refused() {
    if is_missing("older_and_mixed_publications_are_refused") {
        return;
    }
    let mut collection = Collection::new(GUN, now());
    let before = collection.add_target("1.0", target()).publish();
    let after = collection.add_target("1.1", target()).publish();
    let client = Client::new();
    client
        .server
        .publish(&after.with_role_of("targets", &before));
    assert_eq!(client.list(), None);
    client.server.publish(&after);
    assert!(client.list().is_some());
    client.server.publish(&before);
    assert_eq!(client.list(), None);
}
