//! Envelopes of the Notary Project: reading and verifying one against a statement, beside the bare public-key
//! operations that it takes (two certificates and the envelope).

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a benchmark stops at what it cannot measure"
)]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use doorward_core::{Budget, Descriptor, Meter, Timestamp};
use doorward_crypto::{Certificate, SignatureAlgorithm};
use doorward_notation::{
    Accepted, Artifact, Envelope, KnownSignatures, Level, RevocationAnswers, SignatureChecks,
    Statement, StoreType, TrustStore, TrustStores, TrustedIdentities, VerifiedSignatures, Walk,
};
use doorward_testkit::{CertificateBuilder, EnvelopeBuilder, EnvelopeKind, Image, KeyKind};

/// 2026-01-01.
const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);
const KINDS: [(KeyKind, SignatureAlgorithm); 5] = [
    (KeyKind::P256, SignatureAlgorithm::EcdsaP256Sha256Fixed),
    (KeyKind::P384, SignatureAlgorithm::EcdsaP384Sha384Fixed),
    (KeyKind::P521, SignatureAlgorithm::EcdsaP521Sha512Fixed),
    (KeyKind::Rsa2048, SignatureAlgorithm::RsaPssSha256),
    (KeyKind::Rsa3072, SignatureAlgorithm::RsaPssSha384),
];

struct Trust {
    statement: Arc<Statement>,
    stores: TrustStores,
    image: Descriptor,
    verified: Option<Arc<VerifiedSignatures>>,
}

impl Trust {
    fn in_root(root: &[u8]) -> Self {
        let store = TrustStore::read(StoreType::Ca, [root]);
        let statement = Statement::builder("bench", Level::Strict)
            .trust_store("ca:root".parse().unwrap())
            .identities(TrustedIdentities::any())
            .build()
            .unwrap();
        Self {
            statement: Arc::new(statement),
            stores: TrustStores::new().with("ca:root".parse().unwrap(), store),
            image: Image::sample("app").manifest().descriptor(),
            verified: None,
        }
    }

    fn verify(&self, media_type: &str, bytes: &[u8]) -> Accepted {
        let mut meter = Meter::new(Budget::default());
        let envelope = Envelope::parse(media_type, bytes).unwrap();
        let mut known = KnownSignatures::sharing(self.verified.clone());
        let mut checks = SignatureChecks::new(&mut meter, &mut known);
        let signed = envelope.verify(Some(1), &mut checks).unwrap();
        let artifact = Artifact::Manifest(&self.image);
        let (statement, stores) = (&self.statement, &self.stores);
        let mut walk = Walk::begin(signed, &artifact, statement, stores, NOW, &mut checks).unwrap();
        let wanted = walk.wants(&RevocationAnswers::new(), &mut checks).unwrap();
        assert!(wanted.is_empty());
        walk.finish().unwrap()
    }
}

fn envelope(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("envelope");
    for (kind, algorithm) in KINDS {
        let root = CertificateBuilder::authority("root")
            .key(kind, 1)
            .self_signed();
        let leaf = CertificateBuilder::code_signer("leaf")
            .key(kind, 2)
            .issued_by(&root);
        let trust = Trust::in_root(root.der());
        for format in [EnvelopeKind::Cose, EnvelopeKind::Jws] {
            let made = EnvelopeBuilder::new(&[&leaf, &root], &trust.image)
                .kind(format)
                .build();
            let name = BenchmarkId::new(format!("{format:?}"), format!("{kind:?}"));
            group.bench_function(name, |bencher| {
                bencher.iter(|| trust.verify(made.media_type().as_str(), black_box(made.bytes())));
            });
            // The chain was seen before, as in every decision but the first about what somebody signs.
            let name = BenchmarkId::new(format!("{format:?}-known-chain"), format!("{kind:?}"));
            let known = Trust {
                verified: Some(Arc::default()),
                ..Trust::in_root(root.der())
            };
            group.bench_function(name, |bencher| {
                bencher.iter(|| known.verify(made.media_type().as_str(), black_box(made.bytes())));
            });
        }
        let message = vec![7; 1024];
        let signature = leaf.sign_envelope(&message);
        let read = |der: &[u8]| Certificate::from_der(der).unwrap();
        let (leaf, root) = (read(leaf.der()), read(root.der()));
        group.bench_function(BenchmarkId::new("bare", format!("{kind:?}")), |bencher| {
            bencher.iter(|| {
                leaf.verify_signed_by(&root).unwrap();
                root.verify_signed_by(&root).unwrap();
                let key = leaf.key().unwrap();
                key.verify(algorithm, black_box(&message), &signature)
                    .unwrap();
            });
        });
    }
    group.finish();
}

criterion_group!(benches, envelope);
criterion_main!(benches);
