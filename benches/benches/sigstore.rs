//! Signatures of sigstore: reading one and verifying it, beside the bare public-key operations that it takes.
//!
//! `key/…`: by a key of cosign, in each form. `key/bare`: ring alone, over as many bytes. `keyless/…`: by a short-lived
//! certificate of the cases, with log and time stamps, in each form. `keyless/…-bare`: ring alone, as often on P-256 as the
//! decision counts public-key operations. The cases have authorities on P-384, so that this is less than the bare operations cost.
//! One divided by the other is the ratio to watch. `root`: what is paid once per trusted root.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a benchmark stops at what it cannot measure"
)]

use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use criterion::{Criterion, criterion_group, criterion_main};
use doorward_core::{Budget, Digest, Meter, Timestamp};
use doorward_sigstore::{
    Authority, Candidate, Demands, KeylessDemand, Subject, TrustedRoot, VerificationKey,
    WorkflowClaims, verify,
};
use doorward_testkit::{Cases, CosignBuilder, CosignForm, CosignKey, CosignSignature, Image};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _,
    UnparsedPublicKey,
};
use serde_json::Value;

/// When the cases are judged: the day on which they were made.
const NOW: &str = "2026-11-21T12:00:00Z";

/// Something beside an image, as it was found.
struct Found {
    bytes: Bytes,
    annotations: BTreeMap<String, String>,
    digest: Digest,
}

impl Found {
    /// Reads it, and verifies it; gives the number of public-key operations.
    fn judge(&self, authority: &Authority) -> usize {
        let mut meter = Meter::new(Budget::default());
        let bytes = self.bytes.clone();
        let candidate = if self.annotations.is_empty() {
            Candidate::bundle(bytes)
        } else {
            Candidate::layer(bytes, &self.annotations)
        };
        let now: Timestamp = NOW.parse().unwrap();
        verify(
            &candidate.unwrap(),
            &self.digest,
            authority,
            now,
            &mut meter,
        )
        .unwrap();
        meter.signatures()
    }
}

/// ring alone, on P-256.
struct Bare {
    key: Vec<u8>,
    message: Vec<u8>,
    signature: Vec<u8>,
}

impl Bare {
    fn over(bytes: usize) -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
        let message = vec![7; bytes];
        Self {
            key: pair.public_key().as_ref().to_vec(),
            signature: pair.sign(&random, &message).unwrap().as_ref().to_vec(),
            message,
        }
    }

    fn verify(&self) {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, black_box(&self.key));
        key.verify(black_box(&self.message), &self.signature)
            .unwrap();
    }
}

fn by_key(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sigstore/key");
    let (key, image) = (CosignKey::generate(), Image::sample("app"));
    let public = VerificationKey::from_pem(key.public_pem().as_bytes()).unwrap();
    let authority = Authority::keys(vec![public], Demands::default()).unwrap();
    let mut bytes = 0;
    for (name, form) in [("layer", CosignForm::Layer), ("bundle", CosignForm::Bundle)] {
        let signature = CosignBuilder::new(&key, &image).form(form).build();
        let manifest = match form {
            CosignForm::Layer => CosignSignature::manifest(std::slice::from_ref(&signature)),
            _ => signature.referrer(&image.manifest().descriptor()),
        };
        let manifest: Value = serde_json::from_slice(manifest.manifest().bytes()).unwrap();
        let annotations = manifest["layers"][0]["annotations"].clone();
        let found = Found {
            bytes: signature.blob().bytes().clone(),
            annotations: serde_json::from_value(annotations).unwrap_or_default(),
            digest: image.digest().clone(),
        };
        assert_eq!(found.judge(&authority), 1);
        bytes = bytes.max(found.bytes.len());
        group.bench_function(name, |bencher| bencher.iter(|| found.judge(&authority)));
    }
    let bare = Bare::over(bytes);
    group.bench_function("bare", |bencher| bencher.iter(|| bare.verify()));
    group.finish();
}

/// The only signature beside an image of the cases.
fn of_the_cases(files: &Cases, image: &str) -> Found {
    let json = |path: &str| serde_json::from_slice::<Value>(files.read(path).unwrap()).unwrap();
    let blob = |digest: &str| format!("keyless/blobs/{}", digest.replace(':', "/"));
    let index = json("keyless/index.json");
    let digest = index["images"][image].as_str().unwrap();
    let tagged = &index["tags"][format!("{}.sig", digest.replace(':', "-"))];
    let stored = tagged
        .as_str()
        .or_else(|| index["referrers_api"][digest][0]["digest"].as_str());
    let manifest = json(&blob(stored.unwrap()));
    let layer = &manifest["layers"][0];
    let bytes = files.read(&blob(layer["digest"].as_str().unwrap()));
    Found {
        bytes: bytes.unwrap().clone(),
        annotations: serde_json::from_value(layer["annotations"].clone()).unwrap_or_default(),
        digest: digest.parse().unwrap(),
    }
}

fn keyless(criterion: &mut Criterion) {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/sigstore/tests/vectors");
    let files = Cases::open(cases);
    let root = files.read("trust/trusted_root.json").unwrap();
    let trusted = Arc::new(TrustedRoot::parse(root).unwrap());
    let demand = KeylessDemand {
        root: trusted,
        issuer: "https://accounts.fixtures.test".to_owned(),
        subject: Subject::exact("dev@fixtures.test"),
        claims: WorkflowClaims::default(),
    };
    let authority = Authority::keyless(demand, Demands::default()).unwrap();
    let mut group = criterion.benchmark_group("sigstore/keyless");
    for (name, image) in [
        ("layer", "legacy-email"),
        ("bundle-first-log", "v1-email"),
        ("bundle-second-log", "v2-email"),
    ] {
        let found = of_the_cases(&files, image);
        let operations = found.judge(&authority);
        group.bench_function(name, |bencher| bencher.iter(|| found.judge(&authority)));
        let bare = Bare::over(1024);
        group.bench_function(format!("{name}-bare"), |bencher| {
            bencher.iter(|| (0..operations).for_each(|_| bare.verify()));
        });
    }
    group.bench_function("root", |bencher| {
        bencher.iter(|| TrustedRoot::parse(black_box(root)).unwrap());
    });
    group.finish();
}

criterion_group!(benches, by_key, keyless);
criterion_main!(benches);
