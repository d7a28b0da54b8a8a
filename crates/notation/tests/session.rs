//! What a session does about signatures that somebody else attached.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "tests"
)]

mod held;

use std::sync::Arc;

use doorward_core::{
    Answer, Budget, Descriptor, Fetch, MediaType, Meter, Pinned, Rejection, Resource, Run,
    Selector, Timestamp,
};
use doorward_notation::{
    Level, NotationSession, SessionInput, Statement, StoreType, TrustStore, TrustStores,
    TrustedIdentities, codes,
};
use doorward_testkit::{CertificateBuilder, Certified, EnvelopeBuilder, Image, SignedEnvelope};
use held::{Held, list};
use serde_json::{Value, json};

/// 2026-01-01.
const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);

/// A registry whose API and tag list different things.
#[derive(Default)]
struct World {
    held: Held,
    by_api: Vec<Value>,
    by_tag: Vec<Value>,
}

impl World {
    fn attach(&mut self, envelope: &SignedEnvelope, annotation: usize, by_tag: bool) {
        self.attach_changed(envelope, annotation, by_tag, |_| {});
    }

    fn attach_changed(
        &mut self,
        envelope: &SignedEnvelope,
        annotation: usize,
        by_tag: bool,
        change: impl FnOnce(&mut Value),
    ) {
        let mut manifest: Value =
            serde_json::from_slice(envelope.attached_to(&image()).manifest().bytes()).unwrap();
        manifest["annotations"]["number"] = json!(annotation.to_string());
        change(&mut manifest);
        let bytes = manifest.to_string().into_bytes();
        let digest = self.held.put(&MediaType::OCI_MANIFEST, &bytes);
        let entry = json!({
            "mediaType": MediaType::OCI_MANIFEST,
            "artifactType": "application/vnd.cncf.notary.signature",
            "digest": digest.as_str(),
            "size": bytes.len(),
            "annotations": manifest["annotations"],
        });
        self.held.put(envelope.media_type(), envelope.bytes());
        if by_tag {
            &mut self.by_tag
        } else {
            &mut self.by_api
        }
        .push(entry);
    }

    fn answer(&self, fetch: &Fetch) -> Answer {
        match &fetch.resource {
            Resource::Referrers { .. } => list(&self.by_api),
            Resource::Manifest {
                selector: Selector::Tag(_),
                ..
            } => list(&self.by_tag),
            _ => self.held.answer(fetch),
        }
    }

    /// Judges the image by one root, and says how many public-key operations that took.
    fn judge(&self, root: &Certified) -> (Result<(), Rejection>, usize) {
        let acme = || "ca:acme".parse().unwrap();
        let statement = Statement::builder("s", Level::Strict)
            .trust_store(acme())
            .identities(TrustedIdentities::any())
            .build()
            .unwrap();
        let store = TrustStore::read(StoreType::Ca, [root.der()]);
        let image = image();
        let repository = "registry.example/app".parse().unwrap();
        let input = SessionInput::new(
            Pinned::new(repository, image.digest.clone()),
            Arc::new(statement),
            Arc::new(TrustStores::new().with(acme(), store)),
            NOW,
        );
        let mut run = Run::new(NotationSession::new(input.described(Some(image))));
        let mut meter = Meter::new(Budget::default());
        let ended = run.to_end(&mut meter, |fetch| self.answer(fetch));
        (ended.map(drop), meter.signatures())
    }
}

fn image() -> Descriptor {
    Image::sample("app").manifest().descriptor()
}

fn chain(name: &str) -> (Certified, Certified) {
    let root = CertificateBuilder::authority(name).self_signed();
    let leaf = CertificateBuilder::code_signer("leaf").issued_by(&root);
    (leaf, root)
}

#[test]
fn nothing_that_the_api_lists_hides_a_good_signature_under_the_tag() {
    let ((leaf, root), (stranger, strange)) = (chain("root"), chain("stranger"));
    let mut world = World::default();
    let bad = EnvelopeBuilder::new(&[&stranger, &strange], &image()).build();
    world.attach(&bad, 0, false);
    assert!(world.judge(&root).0.is_err());
    let good = EnvelopeBuilder::new(&[&leaf, &root], &image()).build();
    world.attach(&good, 1, true);
    assert_eq!(world.judge(&root).0, Ok(()));
}

#[test]
fn envelopes_below_no_trusted_certificate_cost_nothing_of_the_budget() {
    let ((leaf, root), (stranger, strange)) = (chain("root"), chain("stranger"));
    let mut world = World::default();
    for number in 0..90 {
        let bad = EnvelopeBuilder::new(&[&stranger, &strange], &image())
            .metadata("number", &number.to_string())
            .build();
        world.attach(&bad, number, false);
    }
    let (refused, cost) = world.judge(&root);
    assert_eq!(refused.unwrap_err().code(), codes::NO_ACCEPTED_SIGNATURE);
    assert_eq!(cost, 0);
    world.attach(
        &EnvelopeBuilder::new(&[&leaf, &root], &image()).build(),
        90,
        false,
    );
    let (accepted, cost) = world.judge(&root);
    assert_eq!(accepted, Ok(()));
    assert_eq!(cost, 3);
}

#[test]
fn an_envelope_for_another_image_costs_nothing_and_one_in_many_wraps_is_tried_once() {
    let (leaf, root) = chain("root");
    let mut world = World::default();
    let other = Image::sample("other").manifest().descriptor();
    let elsewhere = EnvelopeBuilder::new(&[&leaf, &root], &other).build();
    world.attach(&elsewhere, 0, false);
    let (refused, cost) = world.judge(&root);
    assert_eq!(refused.unwrap_err().code(), codes::WRONG_ARTIFACT);
    assert_eq!(cost, 0);
    // A good one for this image that has expired, wrapped again and again.
    let expired = EnvelopeBuilder::new(&[&leaf, &root], &image())
        .expires(NOW)
        .build();
    for number in 1..80 {
        world.attach(&expired, number, false);
    }
    let (refused, cost) = world.judge(&root);
    assert!(refused.is_err());
    assert_eq!(cost, 3);
}

#[test]
fn a_manifest_that_says_something_wrong_of_a_good_envelope_hides_no_other_manifest_of_it() {
    let (leaf, root) = chain("root");
    let good = EnvelopeBuilder::new(&[&leaf, &root], &image()).build();
    for (member, value) in [
        ("size", json!(1)),
        ("size", json!(1 << 19)),
        ("mediaType", json!("application/cose")),
        ("mediaType", json!("text/plain")),
    ] {
        let mut world = World::default();
        world.attach_changed(&good, 0, false, |manifest| {
            manifest["layers"][0][member] = value.clone();
        });
        world.attach(&good, 1, false);
        assert_eq!(world.judge(&root).0, Ok(()), "{member} {value}");
    }
}
