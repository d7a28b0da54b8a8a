//! What somebody can make of signatures of cosign who may push, and has no key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::site::{ALLOWED, KEY, Maker, Site, refused};
use super::store::Layer;

const SIGNATURE: &str = "dev.cosignproject.cosign/signature";

/// The suffix of the tag under which the form is found.
const fn suffix(maker: Maker) -> &'static str {
    if maker.is_layer() { ".sig" } else { "" }
}

/// The code for a signature that does not hold: a bundle hints at its key, a layer does not.
const fn does_not_hold(maker: Maker) -> &'static str {
    if maker.is_layer() {
        "sigstore-unknown-key"
    } else {
        "sigstore-bad-signature"
    }
}

/// With another bit in the middle.
fn flipped(base64: &str) -> String {
    let mut bytes = STANDARD.decode(base64).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    STANDARD.encode(bytes)
}

/// Changes the signature itself.
fn flip_signature(layer: &mut Layer) {
    if let Some(signature) = layer.annotations.get_mut(SIGNATURE) {
        *signature = flipped(signature);
        return;
    }
    change(layer, |bundle| {
        let signature = &mut bundle["dsseEnvelope"]["signatures"][0]["sig"];
        *signature = json!(flipped(signature.as_str().unwrap()));
    });
}

/// Lets what was signed be about another digest.
fn exchange_digest(layer: &mut Layer, from: &str, to: &str) {
    if layer.annotations.contains_key(SIGNATURE) {
        let text = String::from_utf8(layer.bytes.clone()).unwrap();
        assert!(text.contains(from));
        layer.bytes = text.replace(from, to).into_bytes();
        return;
    }
    change(layer, |bundle| {
        let payload = &mut bundle["dsseEnvelope"]["payload"];
        let text = STANDARD.decode(payload.as_str().unwrap()).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains(from));
        *payload = json!(STANDARD.encode(text.replace(from, to)));
    });
}

fn change(layer: &mut Layer, change: impl FnOnce(&mut Value)) {
    let mut bundle = serde_json::from_slice(&layer.bytes).unwrap();
    change(&mut bundle);
    layer.bytes = bundle.to_string().into_bytes();
}

/// A signed image, the one layer of its signature, and another image of the repository.
fn signed(site: &Site, maker: Maker, name: &str) -> (String, Layer) {
    let image = site.push(name);
    site.sign(maker, KEY, &[], &image);
    let mut layers = site.layers(&image, suffix(maker));
    let layer = layers.pop().unwrap();
    assert!(layers.is_empty(), "{maker:?}: {layers:?}");
    (image, layer)
}

#[test]
fn a_signature_of_cosign_that_was_put_elsewhere_as_it_is_still_counts() {
    // What makes the refusals below worth something.
    let Some(site) = Site::set_up() else { return };
    for (number, maker) in Maker::SIGNERS.into_iter().enumerate() {
        let (image, layer) = signed(&site, maker, &format!("same{number}"));
        site.put(&image, suffix(maker), &layer);
        assert_eq!(site.doorward(&image), ALLOWED, "{maker:?}");
    }
}

#[test]
fn a_changed_signature_of_cosign_is_refused_in_every_form() {
    let Some(site) = Site::set_up() else { return };
    for (number, maker) in Maker::SIGNERS.into_iter().enumerate() {
        let (image, mut layer) = signed(&site, maker, &format!("flipped{number}"));
        flip_signature(&mut layer);
        site.put(&image, suffix(maker), &layer);
        assert_eq!(
            site.doorward(&image),
            refused(does_not_hold(maker)),
            "{maker:?}"
        );
    }
}

#[test]
fn a_signature_of_cosign_says_nothing_about_the_image_that_it_is_put_beside() {
    let Some(site) = Site::set_up() else { return };
    for (number, maker) in Maker::SIGNERS.into_iter().enumerate() {
        let name = format!("moved{number}");
        let (_, layer) = signed(&site, maker, &name);
        // As if somebody had pushed another image to the same repository.
        let other = site.push_another(&name);
        site.put(&other, suffix(maker), &layer);
        assert_eq!(
            site.doorward(&other),
            refused("sigstore-digest-mismatch"),
            "{maker:?}"
        );
    }
}

#[test]
fn what_cosign_signed_cannot_be_rewritten_for_another_image() {
    let Some(site) = Site::set_up() else { return };
    for (number, maker) in Maker::SIGNERS.into_iter().enumerate() {
        let name = format!("rewritten{number}");
        let (image, mut layer) = signed(&site, maker, &name);
        let other = site.push_another(&name);
        let hex = |image: &str| image.rsplit(':').next().unwrap().to_owned();
        exchange_digest(&mut layer, &hex(&image), &hex(&other));
        site.put(&other, suffix(maker), &layer);
        assert_eq!(
            site.doorward(&other),
            refused(does_not_hold(maker)),
            "{maker:?}"
        );
    }
}

#[test]
fn a_list_of_another_image_brings_none_of_its_signatures() {
    let Some(site) = Site::set_up() else { return };
    for (number, maker) in Maker::SIGNERS.into_iter().enumerate() {
        let name = format!("listed{number}");
        let (image, _) = signed(&site, maker, &name);
        let other = site.push_another(&name);
        site.put_beside(&image, suffix(maker), &other);
        let expected = if maker.is_layer() {
            "sigstore-digest-mismatch"
        } else {
            // The manifest itself says that it refers to another image.
            "sigstore-bundle-malformed"
        };
        assert_eq!(site.doorward(&other), refused(expected), "{maker:?}");
    }
}

#[test]
fn what_is_no_signature_is_refused_as_that_in_every_form() {
    let Some(site) = Site::set_up() else { return };
    for (number, maker) in Maker::SIGNERS.into_iter().enumerate() {
        let (image, mut layer) = signed(&site, maker, &format!("page{number}"));
        if maker.is_layer() {
            layer.annotations.remove(SIGNATURE);
        } else {
            layer.bytes = b"<html>moved</html>".to_vec();
        }
        site.put(&image, suffix(maker), &layer);
        assert_eq!(
            site.doorward(&image),
            refused("sigstore-bundle-malformed"),
            "{maker:?}"
        );
    }
}
