//! How each attack tampers with the roles, and the publication that comes of it.

use doorward_core::Digest;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::attack::NotaryAttack;
use super::certificate::RootCertificate;
use super::collection::Collection;
use super::key::NotaryKey;
use super::publication::Publication;
use super::role::{ROOT, SNAPSHOT, TARGETS, TIMESTAMP};
use super::tampering::Tampering;
use crate::key::KeyKind;

/// More than any honest file of a small collection, in bytes.
const BULK: usize = 2 << 20;
/// More nested lists than any honest file has.
const DEPTH: usize = 100;
const OTHER_FILE: &[u8] = b"another file";

impl NotaryAttack {
    /// The next publication of `collection`, forged. The collection itself stays as it is.
    ///
    /// # Panics
    /// If `targets` has no tag.
    #[must_use]
    pub fn forge(self, collection: &Collection) -> Publication {
        assert!(
            !collection.role(TARGETS).content.targets.is_empty(),
            "an attack needs a tag in targets"
        );
        let publication = collection.forge(&tamperings(self, collection));
        let listed_wrongly = match self {
            Self::OtherRootListed => ROOT,
            Self::OtherTargetsListed => TARGETS,
            _ => return publication,
        };
        let bytes = publication.role(listed_wrongly).clone();
        publication.with_file(&format!("{listed_wrongly}.{}.json", other_hex()), bytes)
    }
}

/// What an attack does to the roles of the next publication.
fn tamperings(attack: NotaryAttack, collection: &Collection) -> Vec<Tampering> {
    let targets = || Tampering::of(TARGETS);
    let snapshot = || Tampering::of(SNAPSHOT);
    let timestamp = || Tampering::of(TIMESTAMP);
    let root = || Tampering::of(ROOT);
    let version = collection.version(TARGETS).saturating_add(1);
    let past = collection.now().plus(-1);
    let one = match attack {
        NotaryAttack::BadSignature => targets().flip_signature_bit(100),
        NotaryAttack::BulkyRoot => bulky(root()),
        NotaryAttack::BulkyTimestamp => bulky(timestamp()),
        NotaryAttack::CaseFoldedMember => targets().remove("/version").set("/Version", version),
        NotaryAttack::DeepNesting => targets().set("/x", nested()),
        NotaryAttack::DelegationClimbs => delegating("targets/../snapshot", 1),
        NotaryAttack::DelegationThresholdZero => delegating("targets/releases", 0),
        NotaryAttack::DelegationToBaseRole => delegating(SNAPSHOT, 1),
        NotaryAttack::DelegationToGrandchild => delegating("targets/a/b", 1),
        NotaryAttack::DerSignature => targets().signatures_in_der(),
        NotaryAttack::DuplicateMember => {
            targets().respell("\"_type\":", "\"_type\":\"Root\",\"_type\":")
        }
        NotaryAttack::Empty => targets().bytes(""),
        NotaryAttack::ExponentVersion => {
            let honest = format!("\"version\":{version}");
            targets().respell(&honest, &format!("{honest}e0"))
        }
        NotaryAttack::FractionalVersion => targets().set("/version", 1.5),
        NotaryAttack::HugeVersion => targets().set("/version", u64::MAX),
        NotaryAttack::InvalidUtf8 => targets().set("/x", "here").rewrite(with_a_bad_byte),
        NotaryAttack::KeyIdMismatch => return mismatched(collection),
        NotaryAttack::ListedLengthTooLarge => snapshot().edit(|signed| adjust_length(signed, 1)),
        NotaryAttack::ListedLengthTooSmall => snapshot().edit(|signed| adjust_length(signed, -1)),
        NotaryAttack::MissingExpiry => targets().remove("/expires"),
        NotaryAttack::MissingRole => root().remove("/roles/snapshot"),
        NotaryAttack::NegativeLength => targets().edit(|signed| {
            each_target(signed, |target| target["length"] = json!(-1));
        }),
        NotaryAttack::NegativeVersion => targets().version(-1),
        NotaryAttack::NoRootSignatures => root().without_signatures(),
        NotaryAttack::NoSignatures => targets().without_signatures(),
        NotaryAttack::NullSigned => {
            targets().edit_envelope(|envelope| envelope["signed"] = Value::Null)
        }
        NotaryAttack::OtherContent => targets().signed_over(|signed| signed["targets"] = json!({})),
        NotaryAttack::OtherMethod => targets().method(other_method(collection)),
        NotaryAttack::OtherRootListed => snapshot().listed_hash(ROOT, "sha256", &other_hash()),
        NotaryAttack::OtherSha512Listed => snapshot().listed_hash(TARGETS, "sha512", &[7; 64]),
        NotaryAttack::OtherTargetsListed => {
            snapshot().listed_hash(TARGETS, "sha256", &other_hash())
        }
        NotaryAttack::OtherType => targets().set("/_type", "Snapshot"),
        NotaryAttack::RepeatedKeyId => {
            return vec![
                root().threshold(TARGETS, 2).repeat_key_ids(TARGETS),
                targets(),
            ];
        }
        NotaryAttack::RepeatedSignature => {
            return vec![root().threshold(TARGETS, 2), targets().repeat_signatures()];
        }
        NotaryAttack::RootByStranger => root().signed_by(&[root_stranger(collection)]),
        NotaryAttack::RootExpired => root().expires(past),
        NotaryAttack::SameKeyTwice => return twice(collection),
        NotaryAttack::ShortTargetHash => targets().edit(|signed| {
            each_target(signed, |target| {
                target["hashes"]["sha256"] = json!("MDEyMzQ1Njc4OTAxMjM0NTY3ODk=");
            });
        }),
        NotaryAttack::SnapshotByStranger => snapshot().signed_by(&[stranger()]),
        NotaryAttack::SnapshotExpired => snapshot().expires(past),
        NotaryAttack::SnapshotWithoutRoot => snapshot().unlisted(ROOT),
        NotaryAttack::SnapshotWithoutTargets => snapshot().unlisted(TARGETS),
        NotaryAttack::TargetWithoutSha256 => targets().edit(|signed| {
            each_target(signed, |target| {
                target["hashes"] = json!({"sha512": target["hashes"]["sha256"]});
            });
        }),
        NotaryAttack::TargetsByStranger => targets().signed_by(&[stranger()]),
        NotaryAttack::TargetsExpired => targets().expires(past),
        NotaryAttack::ThresholdNegative => {
            return vec![
                root().threshold(TARGETS, -1),
                targets().without_signatures(),
            ];
        }
        NotaryAttack::ThresholdNotMet => return vec![root().threshold(TARGETS, 2), targets()],
        NotaryAttack::ThresholdZero => {
            return vec![root().threshold(TARGETS, 0), targets().without_signatures()];
        }
        NotaryAttack::TimestampByStranger => timestamp().signed_by(&[stranger()]),
        NotaryAttack::TimestampExpired => timestamp().expires(past),
        NotaryAttack::TimestampWithoutSnapshot => timestamp().unlisted(SNAPSHOT),
        NotaryAttack::TrailingData => targets().rewrite(|bytes| [&bytes[..], b"{}"].concat()),
        NotaryAttack::Truncated => targets().rewrite(|mut bytes| {
            bytes.pop();
            bytes
        }),
        NotaryAttack::UnlistedKey => root().set("/roles/targets/keyids/0", other_hex()),
        NotaryAttack::ZeroVersion => targets().version(0),
    };
    vec![one]
}

/// A key that has no part in any collection.
fn stranger() -> NotaryKey {
    NotaryKey::seeded(KeyKind::P256, u64::MAX)
}

/// The same in a certificate that would do for a root.
fn root_stranger(collection: &Collection) -> NotaryKey {
    RootCertificate::new(collection.gun(), collection.now()).self_signed(&stranger())
}

fn other_method(collection: &Collection) -> &'static str {
    let ecdsa = |key: &NotaryKey| key.key_type().starts_with("ecdsa");
    if collection.keys(TARGETS).iter().any(ecdsa) {
        "eddsa"
    } else {
        "ecdsa"
    }
}

fn bulky(tampering: Tampering) -> Tampering {
    tampering.set("/x", "x".repeat(BULK))
}

fn nested() -> Value {
    (0..DEPTH).fold(json!([]), |inner, _| json!([inner]))
}

/// Targets with one delegation, to a stranger's key.
fn delegating(name: &str, threshold: i64) -> Tampering {
    let key = stranger();
    let keys = json!({key.id(): key.to_json()});
    let role = json!({
        "keyids": [key.id()], "name": name, "paths": [""], "threshold": threshold,
    });
    Tampering::of(TARGETS).set("/delegations", json!({"keys": keys, "roles": [role]}))
}

/// The first key of targets under an ID that is not its own, in root and in its signature.
fn mismatched(collection: &Collection) -> Vec<Tampering> {
    let Some(key) = collection.keys(TARGETS).first() else {
        return Vec::new();
    };
    let renamed = key.under_id(&other_hex());
    vec![
        Tampering::of(ROOT)
            .set("/roles/targets/keyids", json!([]))
            .add_key(TARGETS, &renamed),
        Tampering::of(TARGETS).signed_by(&[renamed]),
    ]
}

/// The first key of targets once more in a certificate, and a threshold that only both together meet.
fn twice(collection: &Collection) -> Vec<Tampering> {
    let keys = collection.keys(TARGETS);
    let again: Vec<_> = keys
        .iter()
        .take(1)
        .filter(|key| key.key_type() != "ed25519")
        .map(|key| RootCertificate::new(collection.gun(), collection.now()).self_signed(key))
        .collect();
    let threshold = i64::try_from(keys.len() + 1).unwrap_or(i64::MAX);
    let root = again.iter().fold(
        Tampering::of(ROOT).threshold(TARGETS, threshold),
        |root, key| root.add_key(TARGETS, key),
    );
    vec![root, Tampering::of(TARGETS).also_signed_by(&again)]
}

fn adjust_length(signed: &mut Value, by: i64) {
    let length = &mut signed["meta"]["targets"]["length"];
    *length = (length.as_i64().unwrap_or_default() + by).into();
}

fn each_target(signed: &mut Value, edit: impl Fn(&mut Value)) {
    if let Some(targets) = signed["targets"].as_object_mut() {
        targets.values_mut().for_each(edit);
    }
}

fn with_a_bad_byte(mut bytes: Vec<u8>) -> Vec<u8> {
    if let Some(at) = bytes.windows(6).position(|window| window == b"\"here\"") {
        bytes[at + 1] = 0xff;
    }
    bytes
}

/// The SHA-256 hash of a file that nobody has.
fn other_hash() -> Vec<u8> {
    digest(&SHA256, OTHER_FILE).as_ref().to_vec()
}

/// Its hash in hexadecimal.
fn other_hex() -> String {
    Digest::sha256(OTHER_FILE).hex().to_owned()
}
