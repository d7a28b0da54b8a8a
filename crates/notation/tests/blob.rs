//! A signature over a file, with authorities to ask.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs, reason = "tests")]

use std::sync::Arc;

use doorward_core::{
    Answer, Budget, Descriptor, Digest, Fetch, FetchError, Fetched, MediaType, Meter, Proof,
    Rejection, Resource, Run, Timestamp, Turn,
};
use doorward_notation::{
    BlobInput, BlobSession, Envelope, Level, Statement, StoreType, TrustStore, TrustStores,
    TrustedIdentities, codes,
};
use doorward_testkit::{CertificateBuilder, Certified, EnvelopeBuilder, ListBuilder};

/// 2026-01-01.
const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);
const CONTENT: &[u8] = b"a release";
const LIST: &str = "http://crl.example/l";

struct Signer {
    root: Certified,
    leaf: Certified,
}

impl Signer {
    fn new() -> Self {
        let root = CertificateBuilder::authority("root").self_signed();
        let leaf = CertificateBuilder::code_signer("build").lists(&[LIST]);
        let leaf = leaf.issued_by(&root);
        Self { root, leaf }
    }

    fn input(&self, digest: Digest) -> BlobInput {
        let media_type = MediaType::new("application/octet-stream");
        let size = CONTENT.len() as u64;
        let target = Descriptor::new(media_type, Digest::sha256(CONTENT), size);
        let signed = EnvelopeBuilder::new(&[&self.leaf, &self.root], &target).build();
        let statement = Statement::builder("release", Level::Strict)
            .trust_store("ca:acme".parse().unwrap())
            .identities(TrustedIdentities::any())
            .build();
        let store = TrustStore::read(StoreType::Ca, [self.root.der()]);
        BlobInput {
            envelope: Envelope::parse(signed.media_type().as_str(), signed.bytes()).unwrap(),
            digest,
            size,
            media_type: None,
            statement: Arc::new(statement.unwrap()),
            stores: Arc::new(TrustStores::new().with("ca:acme".parse().unwrap(), store)),
            now: NOW,
            source: "app.sig".to_owned(),
        }
    }
}

/// What comes of a file, and what was asked.
fn go(input: BlobInput, answer: impl Fn() -> Answer) -> (Result<Proof, Rejection>, Vec<Fetch>) {
    let mut session = BlobSession::new(input);
    let mut run = Run::new(&mut session);
    let mut meter = Meter::new(Budget::default());
    let (mut answers, mut asked) = (Vec::new(), Vec::new());
    loop {
        match run.turn(answers, &mut meter) {
            Turn::Done(result) => return (result, asked),
            Turn::Fetch(wanted) => {
                asked.extend(wanted.to_vec());
                answers = wanted.iter().map(|fetch| fetch.check(answer())).collect();
            }
        }
    }
}

#[test]
fn a_file_counts_only_once_its_authority_said_that_the_signer_was_not_revoked() {
    let signer = Signer::new();
    let file = || signer.input(Digest::sha256(CONTENT));
    let list = ListBuilder::new(&signer.root, NOW)
        .holds(NOW.plus(-60), Some(NOW.plus(3600)))
        .build();
    let (result, asked) = go(file(), || Ok(Fetched::new(list.clone(), None, "crl")));
    assert_eq!(result.unwrap().digest(), &Digest::sha256(CONTENT));
    let [
        Fetch {
            resource: Resource::Revocation { url, .. },
            ..
        },
    ] = &asked[..]
    else {
        panic!("{asked:?}")
    };
    assert_eq!(url, LIST);

    let (result, _) = go(file(), || Err(FetchError::NotFound));
    assert_eq!(result.unwrap_err().code(), codes::REVOCATION_UNKNOWN);
}

#[test]
fn about_another_file_nobody_is_asked() {
    let signer = Signer::new();
    for digest in [
        Digest::sha256(b"another"),
        Digest::compute(doorward_core::Algorithm::Sha512, CONTENT),
    ] {
        let (result, asked) = go(signer.input(digest), || Err(FetchError::NotFound));
        assert_eq!(result.unwrap_err().code(), codes::WRONG_ARTIFACT);
        assert_eq!(asked, []);
    }
}
