//! What somebody who is trusted signed, in a wrapper that cannot be read.

use bytes::Bytes;
use serde_json::{Value, json};

use super::*;
use crate::{COSIGN_SIGNATURE, GivenBundles};

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const CLAIM: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
const SLSA: &str = "https://slsa.dev/provenance/v1";

/// A manifest with one layer that refers to the image, and says nothing of what is in it.
fn attach(world: &mut World, kind: &str, bytes: &[u8], annotations: &Value) -> Descriptor {
    let layer = json!({
        "mediaType": kind, "digest": Digest::sha256(bytes), "size": bytes.len(), "annotations": annotations,
    });
    let manifest = json!({
        "schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": [layer],
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", "size": 2, "digest": Digest::sha256(b"{}")},
        "subject": world.image.manifest().descriptor(),
    })
    .to_string();
    let digest = Digest::sha256(manifest.as_bytes());
    let kind = MediaType::new("application/vnd.oci.image.manifest.v1+json");
    let descriptor = Descriptor::new(kind.clone(), digest.clone(), manifest.len() as u64);
    let served = Fetched::new(manifest, Some(kind), "r");
    world.put(&format!("manifest r.example/app@{digest}"), Ok(served));
    let blob = Fetched::new(Bytes::copy_from_slice(bytes), None, "r");
    let place = format!("blob r.example/app@{}", Digest::sha256(bytes));
    world.put(&place, Ok(blob));
    descriptor
}

/// The bundle with nothing in it that says who signed.
fn broken(bundle: &CosignSignature) -> Vec<u8> {
    let mut json: Value = serde_json::from_slice(bundle.blob().bytes()).expect("a bundle is JSON");
    json["verificationMaterial"] = json!({});
    json.to_string().into_bytes()
}

/// The layer with a certificate that is none. Its bytes are those of the claim.
fn broken_layer(layer: &CosignSignature) -> (Vec<u8>, Value) {
    let manifest = CosignSignature::manifest(std::slice::from_ref(layer));
    let manifest: Value = serde_json::from_slice(manifest.manifest().bytes()).expect("JSON");
    let mut annotations = manifest["layers"][0]["annotations"].clone();
    annotations["dev.sigstore.cosign/certificate"] = json!("none");
    (layer.blob().bytes().to_vec(), annotations)
}

/// What comes of our signature with this beside it, where the last one counts.
fn beside_ours(world: &mut World, key: &CosignKey, other: &Descriptor) -> Result<Proof, Rejection> {
    let ours = world.bundle(key);
    let api = world.api();
    world.list(&api, &[other.clone(), ours], None);
    world.decide(world.input_by(key).latest(true))
}

#[test]
fn a_broken_wrapper_counts_for_nothing_unless_it_may_say_that_this_image_is_signed() {
    let another = Digest::sha256(b"another image");
    let key = CosignKey::generate();
    for (about_this, predicate_type, may_count) in [
        (true, COSIGN_SIGNATURE, true),
        (true, SLSA, false),
        (false, COSIGN_SIGNATURE, false),
        (false, SLSA, false),
    ] {
        let mut world = World::new();
        let of = if about_this {
            world.image.digest().clone()
        } else {
            another.clone()
        };
        let builder = CosignBuilder::new(&key, &world.image).claiming(&of);
        // With something in it that ours does not say.
        let builder = builder.annotation("env", "prod");
        let bundle = builder
            .clone()
            .form(CosignForm::Bundle)
            .predicate(predicate_type, json!({}));
        let bytes = broken(&bundle.build());
        let wrapper = attach(&mut world, BUNDLE, &bytes, &json!({}));
        let decided = beside_ours(&mut world, &key, &wrapper);
        let what = format!("{about_this} {predicate_type}");
        assert_eq!(decided.is_err(), may_count, "bundle {what}: {decided:?}");
        if predicate_type == COSIGN_SIGNATURE {
            let (bytes, annotations) = broken_layer(&builder.build());
            let wrapper = attach(&mut world, CLAIM, &bytes, &annotations);
            let decided = beside_ours(&mut world, &key, &wrapper);
            assert_eq!(decided.is_err(), may_count, "layer {what}: {decided:?}");
        }
    }
}

#[test]
fn a_broken_copy_of_a_signature_that_counts_leaves_nothing_open() {
    let (key, mut world) = (CosignKey::generate(), World::new());
    let builder = CosignBuilder::new(&key, &world.image).form(CosignForm::Bundle);
    let bytes = broken(&builder.clone().build());
    let copy = attach(&mut world, BUNDLE, &bytes, &json!({}));
    let decided = beside_ours(&mut world, &key, &copy);
    let proof = decided.expect("the copy is no other signature");
    // Alone it is the same signature, and does not count.
    let api = world.api();
    world.list(&api, &[copy], None);
    let alone = world.decide(world.input_by(&key).latest(true));
    let alone = alone.expect_err("it cannot be read");
    assert!(proof.signature().is_some());
    assert_eq!(alone.signature(), proof.signature());
    // Another one is none.
    let bytes = broken(&builder.annotation("env", "prod").build());
    let other = attach(&mut world, BUNDLE, &bytes, &json!({}));
    let decided = beside_ours(&mut world, &key, &other);
    let refused = decided.expect_err("it may have been signed later");
    assert_eq!(refused.code(), codes::BUNDLE_MALFORMED);
}

#[test]
fn a_broken_bundle_that_is_given_may_be_the_last_signature_as_one_of_the_registry_may() {
    let (key, mut world) = (CosignKey::generate(), World::new());
    let another = Digest::sha256(b"another image");
    let ours = world.bundle(&key);
    let api = world.api();
    world.list(&api, &[ours], None);
    let builder = CosignBuilder::new(&key, &world.image).form(CosignForm::Bundle);
    let newer = builder.clone().annotation("env", "prod");
    let stranger = CosignKey::generate();
    let by_stranger = CosignBuilder::new(&stranger, &world.image).form(CosignForm::Bundle);
    for (what, bundle, may_count) in [
        ("another", newer.clone(), true),
        ("a copy", builder, false),
        ("a stranger's", by_stranger, false),
        ("of another image", newer.clone().claiming(&another), false),
        ("a statement", newer.predicate(SLSA, json!({})), false),
    ] {
        let bytes = broken(&bundle.build());
        let given = GivenBundles::read([("file.json", &bytes[..])]).expect("one");
        let input = world.input_by(&key).beside(vec![Arc::new(given)]);
        // Where any signature is enough, it takes nothing away.
        assert!(world.decide(input.clone()).is_ok(), "{what}");
        let decided = world.decide(input.latest(true));
        assert_eq!(decided.is_err(), may_count, "{what}: {decided:?}");
    }
}
