//! What taking the file of a Notary v1 role costs beside the bare signature check, side by side in one run.
//!
//! `bare`: ring alone, over what is signed, with the public key parsed each time. `role`: everything between the bytes
//! of the file and a verified role. `role/…` divided by `bare/…` is the ratio to watch for small files. `read`: strict
//! JSON alone, `form`: what is read put into the form that is signed; for large files these are what there is to gain.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark stops at what it cannot measure"
)]

use std::hint::black_box;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use doorward_core::json::{self, Limits};
use doorward_core::{Budget, Meter, Timestamp};
use doorward_notary::{Pins, RoleName, TrustedSet, canonical};
use doorward_testkit::{Collection, KeyKind, NotaryKey, Publication, RootCertificate, Target};
use ring::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey, VerificationAlgorithm};

const GUN: &str = "registry.example/team/app";
const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);
const LARGEST: usize = 10 << 20;

fn meter() -> Meter {
    Meter::new(Budget::default())
}

/// A collection as publishers have it, with so many tags.
fn collection(root: &NotaryKey, tags: usize) -> (Collection, Publication) {
    let mut collection = Collection::builder(GUN, NOW)
        .root_keys(&[RootCertificate::new(GUN, NOW).self_signed(root)])
        .build();
    for tag in 0..tags {
        let tag = format!("1.{tag}");
        collection.add_target(&tag, Target::content(tag.as_bytes()));
    }
    let publication = collection.publish();
    (collection, publication)
}

/// Sets as they are before each role is taken.
struct Stages {
    root: TrustedSet,
    timestamp: TrustedSet,
    snapshot: TrustedSet,
    targets: TrustedSet,
}

impl Stages {
    fn new(files: &Publication) -> Self {
        let bytes = |role| files.role(role).clone();
        let root = TrustedSet::bootstrap(GUN, bytes("root"), NOW).unwrap();
        let mut timestamp = root.clone();
        timestamp
            .confirm_root(&Pins::FirstUse, &mut meter())
            .unwrap();
        let mut snapshot = timestamp.clone();
        snapshot
            .update_timestamp(bytes("timestamp"), &mut meter())
            .unwrap();
        let mut targets = snapshot.clone();
        targets
            .update_snapshot(bytes("snapshot"), &mut meter())
            .unwrap();
        Self {
            root,
            timestamp,
            snapshot,
            targets,
        }
    }
}

/// The signature of a file, and all that a check of it alone needs.
struct Bare {
    algorithm: &'static dyn VerificationAlgorithm,
    key: Vec<u8>,
    message: Vec<u8>,
    signature: Vec<u8>,
}

impl Bare {
    fn new(file: &[u8], key: &NotaryKey) -> Self {
        let value = json::parse(file, Limits::bytes(LARGEST)).unwrap();
        let signature = value.get("signatures").unwrap().as_array().unwrap();
        let signature = signature.first().unwrap().get("sig").unwrap();
        let public = key.public();
        let (algorithm, key): (&'static dyn VerificationAlgorithm, _) = match key.key_type() {
            "ed25519" => (&ED25519, public.to_vec()),
            // The point is what a SubjectPublicKeyInfo of the curve ends with.
            _ => (
                &ECDSA_P256_SHA256_FIXED,
                public.last_chunk::<65>().unwrap().to_vec(),
            ),
        };
        Self {
            algorithm,
            key,
            message: canonical(value.get("signed").unwrap()).unwrap(),
            signature: STANDARD.decode(signature.as_str().unwrap()).unwrap(),
        }
    }

    fn verify(&self) {
        UnparsedPublicKey::new(self.algorithm, black_box(&self.key))
            .verify(black_box(&self.message), &self.signature)
            .expect("a good signature");
    }
}

fn role(criterion: &mut Criterion) {
    let root_key = NotaryKey::seeded(KeyKind::P256, 1);
    for tags in [1, 100, 10_000] {
        let (collection, files) = collection(&root_key, tags);
        let stages = Stages::new(&files);
        let mut group = criterion.benchmark_group("notary-role");
        if tags == 1 {
            let file = files.role("root").clone();
            beside(
                &mut group,
                "root",
                &file,
                &root_key,
                &stages.root,
                |_, file| {
                    let mut set = TrustedSet::bootstrap(GUN, file, NOW).unwrap();
                    set.confirm_root(&Pins::FirstUse, &mut meter()).unwrap();
                    set
                },
            );
            let file = files.role("timestamp").clone();
            let key = collection.keys("timestamp").first().unwrap();
            beside(
                &mut group,
                "timestamp",
                &file,
                key,
                &stages.timestamp,
                |mut set, file| {
                    set.update_timestamp(file, &mut meter()).unwrap();
                    set
                },
            );
            let file = files.role("snapshot").clone();
            let key = collection.keys("snapshot").first().unwrap();
            beside(
                &mut group,
                "snapshot",
                &file,
                key,
                &stages.snapshot,
                |mut set, file| {
                    set.update_snapshot(file, &mut meter()).unwrap();
                    set
                },
            );
        }
        let file = files.role("targets").clone();
        let key = collection.keys("targets").first().unwrap();
        let name = format!("targets-{tags}");
        beside(
            &mut group,
            &name,
            &file,
            key,
            &stages.targets,
            |mut set, file| {
                set.update_targets(&RoleName::Targets, file, &mut meter())
                    .unwrap();
                set
            },
        );
        group.finish();
    }
}

type Group<'a> = criterion::BenchmarkGroup<'a, criterion::measurement::WallTime>;

fn beside(
    group: &mut Group<'_>,
    name: &str,
    file: &Bytes,
    key: &NotaryKey,
    before: &TrustedSet,
    take: impl Fn(TrustedSet, Bytes) -> TrustedSet,
) {
    let bare = Bare::new(file, key);
    group.bench_function(BenchmarkId::new("bare", name), |bencher| {
        bencher.iter(|| bare.verify());
    });
    group.bench_function(BenchmarkId::new("role", name), |bencher| {
        bencher.iter_batched(
            || (before.clone(), file.clone()),
            |(set, file)| take(set, black_box(file)),
            BatchSize::SmallInput,
        );
    });
    group.bench_function(BenchmarkId::new("read", name), |bencher| {
        bencher.iter(|| json::parse(black_box(file), Limits::bytes(LARGEST)).unwrap());
    });
    let value = json::parse(file, Limits::bytes(LARGEST)).unwrap();
    group.bench_function(BenchmarkId::new("form", name), |bencher| {
        bencher.iter(|| canonical(black_box(&value)).unwrap());
    });
}

criterion_group!(benches, role);
criterion_main!(benches);
