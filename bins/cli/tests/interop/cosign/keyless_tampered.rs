//! Signatures without keys of which something is exchanged, and trusted roots that lack what vouches for them: `doorward` names
//! what does not hold, and cosign refuses as well.

use doorward_testkit::{SigstoreInstance, SigstoreLog};
use serde_json::Value;

use super::instance::{DEVELOPER, Keyless, WAYS, Way};
use super::site::refused;
use super::store::Layer;

/// The annotation of a layer that has an entry of the log.
const ENTRY: &str = "dev.sigstore.cosign/bundle";
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
const STAMP: &str = "dev.sigstore.cosign/rfc3161timestamp";

/// What is beside an image that the developer signed.
fn signed(keyless: &Keyless, way: Way, name: &str) -> (String, Layer) {
    let image = keyless.site.push(name);
    keyless.sign(way, &image);
    let mut layers = keyless.site.layers(&image, suffix(way));
    (image, layers.pop().unwrap())
}

const fn suffix(way: Way) -> &'static str {
    if way.maker.is_layer() { ".sig" } else { "" }
}

/// Takes a part of one signature from another, or away: the annotation of a layer, or the member of a bundle's material.
fn exchange(to: &mut Layer, from: Option<&Layer>, annotation: &str, member: &str) {
    if to
        .annotations
        .contains_key("dev.cosignproject.cosign/signature")
    {
        let other = from.map(|from| from.annotations[annotation].clone());
        match other {
            Some(other) => to.annotations.insert(annotation.to_owned(), other),
            None => to.annotations.remove(annotation),
        };
        return;
    }
    let read = |layer: &Layer| serde_json::from_slice::<Value>(&layer.bytes).unwrap();
    let mut bundle = read(to);
    let material = bundle["verificationMaterial"].as_object_mut().unwrap();
    match from {
        Some(from) => {
            let other = read(from)["verificationMaterial"][member].clone();
            material.insert(member.to_owned(), other);
        }
        None => drop(material.remove(member).unwrap()),
    }
    to.bytes = bundle.to_string().into_bytes();
}

impl Keyless {
    fn is_refused(&self, way: Way, root: &Value, image: &str, code: &str) {
        assert_eq!(self.site.doorward(image), refused(code), "{way:?}");
        let identity = (&*self.instance.issuer(), DEVELOPER);
        let accepts = self.cosign(root, identity, image).status.success();
        // cosign looks at a stamp where nothing else tells the time, and `doorward` at each that it has an authority for.
        let is_of_a_stamp_beside_a_log =
            code.contains("timestamp") && way.log == SigstoreLog::First;
        assert_eq!(accepts, is_of_a_stamp_beside_a_log, "{way:?}: {code}");
    }
}

#[test]
fn a_trusted_root_of_another_instance_in_any_part_refuses_what_that_part_vouches_for() {
    let Some(keyless) = Keyless::set_up() else {
        return;
    };
    let other = SigstoreInstance::start_blocking("other").trusted_root();
    for (number, way) in WAYS.into_iter().enumerate() {
        let (image, _) = signed(&keyless, way, &format!("rooted{number}"));
        for (part, code) in [
            ("certificateAuthorities", "sigstore-certificate-untrusted"),
            ("ctlogs", "sigstore-sct-invalid"),
            ("tlogs", "sigstore-log-untrusted"),
            ("timestampAuthorities", "sigstore-timestamp-invalid"),
        ] {
            // What is not there need not be vouched for.
            if part == "timestampAuthorities" && !way.has_stamp {
                continue;
            }
            let mut root = keyless.root.clone();
            root[part] = other[part].clone();
            keyless.trust(&root, &keyless.developer());
            keyless.is_refused(way, &root, &image, code);
        }
        keyless.trust(&keyless.root, &keyless.developer());
    }
}

#[test]
fn an_entry_of_the_log_for_another_signature_does_not_vouch_for_this_one() {
    let Some(keyless) = Keyless::set_up() else {
        return;
    };
    for (number, way) in WAYS.into_iter().enumerate() {
        let (image, mut layer) = signed(&keyless, way, &format!("entry{number}"));
        let (_, other) = signed(&keyless, way, &format!("other-entry{number}"));
        exchange(&mut layer, Some(&other), ENTRY, "tlogEntries");
        keyless.site.put(&image, suffix(way), &layer);
        keyless.is_refused(way, &keyless.root, &image, "sigstore-log-mismatch");
    }
}

#[test]
fn a_signature_without_an_entry_of_the_log_is_refused_where_the_root_names_one() {
    let Some(keyless) = Keyless::set_up() else {
        return;
    };
    for (number, way) in WAYS.into_iter().enumerate() {
        let (image, mut layer) = signed(&keyless, way, &format!("unlogged{number}"));
        exchange(&mut layer, None, ENTRY, "tlogEntries");
        keyless.site.put(&image, suffix(way), &layer);
        keyless.is_refused(way, &keyless.root, &image, "sigstore-log-missing");
    }
}

#[test]
fn the_certificate_of_another_signature_does_not_fit() {
    let Some(keyless) = Keyless::set_up() else {
        return;
    };
    for (number, way) in WAYS.into_iter().enumerate() {
        let (image, mut layer) = signed(&keyless, way, &format!("certified{number}"));
        let (_, other) = signed(&keyless, way, &format!("other-certified{number}"));
        exchange(&mut layer, Some(&other), CERTIFICATE, "certificate");
        keyless.site.put(&image, suffix(way), &layer);
        keyless.is_refused(way, &keyless.root, &image, "sigstore-bad-signature");
    }
}

#[test]
fn a_stamp_on_another_signature_does_not_hold_and_none_is_missed_where_nothing_else_tells_the_time()
{
    let Some(keyless) = Keyless::set_up() else {
        return;
    };
    let stamped = WAYS.into_iter().filter(|way| way.has_stamp);
    for (number, way) in stamped.enumerate() {
        let (image, mut layer) = signed(&keyless, way, &format!("stamped{number}"));
        let (_, other) = signed(&keyless, way, &format!("other-stamped{number}"));
        exchange(&mut layer, Some(&other), STAMP, "timestampVerificationData");
        keyless.site.put(&image, suffix(way), &layer);
        keyless.is_refused(way, &keyless.root, &image, "sigstore-timestamp-invalid");
        if way.log == SigstoreLog::Second {
            exchange(&mut layer, None, STAMP, "timestampVerificationData");
            keyless.site.put(&image, suffix(way), &layer);
            keyless.is_refused(way, &keyless.root, &image, "sigstore-timestamp-missing");
        }
    }
}
