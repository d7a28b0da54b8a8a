//! What verifying a claim costs beside the bare signature check, side by side in one run.
//!
//! `bare`: ring alone, over 500 bytes, with the public key parsed each time. `claim`: everything that stands between a
//! stored signature and a proof, with the key ring held, as the engine holds it. `claim/…` divided by `bare/…` is the
//! ratio to watch. `keyring`: what is paid once per Secret.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark stops at what it cannot measure"
)]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use doorward_core::{Budget, Digest, Meter, Timestamp};
use doorward_simple_signing::{
    Keyring, Requirement, SignatureBlob, SignedIdentity, Subject, evaluate,
};
use doorward_testkit::{KeyKind, OpenPgpSigner};
use ring::rand::SystemRandom;
use ring::signature::{
    self, ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
    UnparsedPublicKey, VerificationAlgorithm,
};

const MESSAGE: &[u8] = include_bytes!("../fixtures/message.txt");
const IMAGE: &str = "registry.example/team/app:1";
const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);

struct Bare {
    algorithm: &'static dyn VerificationAlgorithm,
    key: Vec<u8>,
    signature: Vec<u8>,
}

fn rsa(key: &[u8], signature: &[u8]) -> Bare {
    Bare {
        algorithm: &signature::RSA_PKCS1_2048_8192_SHA256,
        key: key.to_vec(),
        signature: signature.to_vec(),
    }
}

fn ed25519() -> Bare {
    let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(document.as_ref()).unwrap();
    Bare {
        algorithm: &signature::ED25519,
        key: pair.public_key().as_ref().to_vec(),
        signature: pair.sign(MESSAGE).as_ref().to_vec(),
    }
}

fn p256() -> Bare {
    let random = SystemRandom::new();
    let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
    Bare {
        algorithm: &signature::ECDSA_P256_SHA256_ASN1,
        key: pair.public_key().as_ref().to_vec(),
        signature: pair.sign(&random, MESSAGE).unwrap().as_ref().to_vec(),
    }
}

fn kinds() -> [(&'static str, KeyKind, Bare); 5] {
    macro_rules! fixture {
        ($name:literal) => {
            rsa(
                include_bytes!(concat!("../fixtures/", $name, ".pub")),
                include_bytes!(concat!("../fixtures/", $name, ".sig")),
            )
        };
    }
    [
        ("rsa2048", KeyKind::Rsa2048, fixture!("rsa2048")),
        ("rsa3072", KeyKind::Rsa3072, fixture!("rsa3072")),
        ("rsa4096", KeyKind::Rsa4096, fixture!("rsa4096")),
        ("ed25519", KeyKind::Ed25519, ed25519()),
        ("p256", KeyKind::P256, p256()),
    ]
}

fn claim(criterion: &mut Criterion) {
    let digest = Digest::sha256(b"manifest");
    let subject = Subject::new(IMAGE.parse().unwrap(), digest.clone());
    for (name, kind, bare) in kinds() {
        let signer = OpenPgpSigner::new(kind);
        let armored = signer.public_key_armored();
        let blob = SignatureBlob::new(signer.sign(IMAGE, &digest), "bench");
        let requirement = Requirement::SignedBy {
            keyring: Arc::new(Keyring::parse([armored.as_bytes()]).unwrap()),
            identity: SignedIdentity::MatchRepoDigestOrExact,
        };
        let mut group = criterion.benchmark_group("claim");
        group.bench_function(BenchmarkId::new("bare", name), |bencher| {
            bencher.iter(|| {
                UnparsedPublicKey::new(bare.algorithm, black_box(&bare.key))
                    .verify(black_box(MESSAGE), &bare.signature)
                    .expect("a good signature");
            });
        });
        group.bench_function(BenchmarkId::new("claim", name), |bencher| {
            bencher.iter(|| {
                let mut meter = Meter::new(Budget::default());
                evaluate(
                    std::slice::from_ref(black_box(&requirement)),
                    &subject,
                    std::slice::from_ref(&blob),
                    NOW,
                    &mut meter,
                )
                .expect("a good claim")
            });
        });
        group.bench_function(BenchmarkId::new("keyring", name), |bencher| {
            bencher.iter(|| Keyring::parse([black_box(armored.as_bytes())]).expect("a good key"));
        });
        group.finish();
    }
}

criterion_group!(benches, claim);
criterion_main!(benches);
