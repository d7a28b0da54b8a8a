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
    Answer, Budget, Code, Descriptor, Fetch, Fetched, Index, MediaType, Meter, Pinned, Rejection,
    Resource, Run, Selector, Timestamp,
};
use doorward_notation::{
    Level, NotationSession, SessionInput, Statement, StoreType, TrustStore, TrustStores,
    TrustedIdentities, codes,
};
use doorward_testkit::{
    CertificateBuilder, Certified, EnvelopeBuilder, Image, KeyKind, SignedEnvelope,
};
use held::{Held, list};
use serde_json::{Value, json};

/// 2026-01-01.
const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);

/// A registry whose API and tag list different things.
#[derive(Default)]
struct World {
    held: Held,
    /// What the list of the API says that it lacks.
    incomplete: Option<&'static str>,
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

    /// Holds a signature that says it is for `subject`, and lists it nowhere.
    fn hold(&mut self, envelope: &SignedEnvelope, subject: &Descriptor) -> Value {
        let attached = envelope.attached_to(subject);
        let bytes = attached.manifest().bytes();
        self.held.put(envelope.media_type(), envelope.bytes());
        let digest = self.held.put(&MediaType::OCI_MANIFEST, bytes);
        json!({"mediaType": MediaType::OCI_MANIFEST, "digest": digest.as_str(), "size": bytes.len()})
    }

    /// Holds an index of signatures.
    fn held_index(&mut self, manifests: &[Value], subject: &Descriptor) -> Value {
        let index = json!({
            "schemaVersion": 2,
            "mediaType": MediaType::OCI_INDEX,
            "artifactType": "application/vnd.cncf.notary.signature",
            "manifests": manifests,
            "subject": subject,
        });
        let bytes = index.to_string().into_bytes();
        let digest = self.held.put(&MediaType::OCI_INDEX, &bytes);
        json!({"mediaType": MediaType::OCI_INDEX, "digest": digest.as_str(), "size": bytes.len()})
    }

    /// Attaches an index of signatures.
    fn index(&mut self, manifests: &[Value], subject: &Descriptor) {
        let entry = self.held_index(manifests, subject);
        self.by_api.push(entry);
    }

    fn answer(&self, fetch: &Fetch) -> Answer {
        match &fetch.resource {
            Resource::Referrers { .. } => {
                let annotations = self.incomplete.map(|text| json!({Index::INCOMPLETE: text}));
                let index = json!({
                    "schemaVersion": 2, "manifests": self.by_api,
                    "annotations": annotations.unwrap_or_else(|| json!({})),
                });
                let bytes = index.to_string().into_bytes();
                Ok(Fetched::new(bytes, Some(MediaType::OCI_INDEX), "test"))
            }
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

/// A chain of eight certificates that copies the root and signs the rest by itself, with a number to tell it.
fn under_borrowed(root: &Certified, number: u64) -> Vec<Certified> {
    let authority = |name: &str| CertificateBuilder::authority(name).key(KeyKind::P256, number);
    // It has the name of the root and another key.
    let forged = authority("root").self_signed();
    let mut chain = vec![authority("a").issued_by(&forged)];
    for name in ["b", "c", "d", "e", "f"] {
        let next = authority(name).issued_by(&chain[0]);
        chain.insert(0, next);
    }
    let leaf = CertificateBuilder::code_signer("leaf").issued_by(&chain[0]);
    chain.insert(0, leaf);
    chain.push(root.clone());
    chain
}

#[test]
fn forged_chains_under_a_borrowed_root_leave_the_budget_to_a_good_signature() {
    let (leaf, root) = chain("root");
    let mut world = World::default();
    for number in 0..90_u64 {
        let forged = under_borrowed(&root, number + 10);
        let forged: Vec<_> = forged.iter().collect();
        let bad = EnvelopeBuilder::new(&forged, &image())
            .metadata("number", &number.to_string())
            .build();
        world.attach(&bad, usize::try_from(number).unwrap(), false);
    }
    let (refused, cost) = world.judge(&root);
    assert_eq!(refused.unwrap_err().code(), codes::NO_ACCEPTED_SIGNATURE);
    assert_eq!(cost, 90);
    let good = EnvelopeBuilder::new(&[&leaf, &root], &image()).build();
    world.attach(&good, 90, false);
    let (accepted, cost) = world.judge(&root);
    assert_eq!(accepted, Ok(()));
    assert_eq!(cost, 93);
}

#[test]
fn forged_envelopes_under_a_borrowed_chain_cost_one_operation_each() {
    let (leaf, root) = chain("root");
    let mut world = World::default();
    for number in 0..90 {
        let bad = EnvelopeBuilder::new(&[&leaf, &root], &image())
            .metadata("number", &number.to_string())
            .forged()
            .build();
        world.attach(&bad, number, false);
    }
    let (refused, cost) = world.judge(&root);
    assert_eq!(refused.unwrap_err().code(), codes::NO_ACCEPTED_SIGNATURE);
    // The two certificates are verified once.
    assert_eq!(cost, 92);
}

#[test]
fn an_index_of_signatures_is_opened_and_each_in_it_must_name_the_image_itself() {
    let (leaf, root) = chain("root");
    let good = EnvelopeBuilder::new(&[&leaf, &root], &image()).build();
    let other = Image::sample("other").manifest().descriptor();
    for (subject, expected) in [(image(), true), (other, false)] {
        let mut world = World::default();
        let inner = world.hold(&good, &subject);
        world.index(&[inner], &image());
        assert_eq!(world.judge(&root).0.is_ok(), expected);
    }
}

#[test]
fn an_index_for_another_image_and_one_in_an_index_are_not_opened() {
    let (leaf, root) = chain("root");
    let good = EnvelopeBuilder::new(&[&leaf, &root], &image()).build();
    let mut world = World::default();
    let inner = world.hold(&good, &image());
    let other = Image::sample("other").manifest().descriptor();
    world.index(std::slice::from_ref(&inner), &other);
    let refused = world.judge(&root).0.unwrap_err();
    assert_eq!(refused.code(), codes::MANIFEST_INVALID);

    let mut world = World::default();
    let inner = world.hold(&good, &image());
    let nested = world.held_index(&[inner], &image());
    world.index(&[nested], &image());
    let refused = world.judge(&root).0.unwrap_err();
    assert_eq!(refused.code(), codes::MANIFEST_INVALID);
    assert!(
        refused.detail().contains("an index in an index"),
        "{refused}"
    );
}

#[test]
fn an_index_with_more_signatures_than_are_opened_says_so() {
    let (leaf, root) = chain("root");
    let mut world = World::default();
    let bad: Vec<_> = (0..17)
        .map(|number| {
            let expired = EnvelopeBuilder::new(&[&leaf, &root], &image())
                .metadata("number", &number.to_string())
                .expires(NOW)
                .build();
            world.hold(&expired, &image())
        })
        .collect();
    world.index(&bad, &image());
    let refused = world.judge(&root).0.unwrap_err();
    assert_eq!(refused.code(), codes::TOO_MANY_SIGNATURES);
}

#[test]
fn a_list_that_was_cut_never_says_that_there_is_no_signature() {
    let (leaf, root) = chain("root");
    let good = EnvelopeBuilder::new(&[&leaf, &root], &image()).build();
    for (text, code) in [
        ("too long", codes::TOO_MANY_SIGNATURES),
        ("a page is not an index", Code::REGISTRY_MALFORMED),
    ] {
        let mut world = World {
            incomplete: Some(text),
            ..World::default()
        };
        assert_eq!(world.judge(&root).0.unwrap_err().code(), code);
        // What is in the rest of it counts.
        world.attach(&good, 0, false);
        assert_eq!(world.judge(&root).0, Ok(()));
    }
}
