//! How often the registry is gone to and fro before a decision that nothing was known for.

use doorward_testkit::{Cases, CosignForm, Registry};
use serde_json::json;

use crate::attestations::{SPDX, demanding, spdx, stated};
use crate::cases::{decide, folder, serve};
use crate::site::{Site, allowed};

/// Where a signature or an attestation is.
#[derive(Clone, Copy, Debug)]
enum Place {
    Referrer,
    Tag,
}

/// Round trips, one after another, of the first decision about an image by its tag.
async fn by_key(form: CosignForm, place: Place, has_api: bool) -> usize {
    let site = Site::new(has_api).await;
    match place {
        Place::Tag => site.tag("sig", &[site.signature(form)]),
        Place::Referrer => site.attach(&site.signature(form)),
    }
    let verdict = site.by_key().await;
    allowed(&verdict);
    verdict.cost().flights
}

/// The same where the image must have a bill of materials.
async fn attested(form: CosignForm, place: Place, has_api: bool) -> usize {
    let site = Site::new(has_api).await;
    let statement = stated(&site, form, SPDX, spdx("hello", "MIT"));
    match place {
        Place::Tag => site.tag("att", &[statement]),
        Place::Referrer => site.attach(&statement),
    }
    let verdict = site.decide_body(&demanding(SPDX, "")).await;
    allowed(&verdict);
    verdict.cost().flights
}

/// The same as [`by_key`] about an image of the cases by its digest, without keys.
async fn keyless(image: &str, has_api: bool) -> usize {
    let files = Cases::open(folder());
    let registry = Registry::builder().start().await;
    registry.set_referrers(has_api);
    serve(&files, "keyless", &registry, has_api);
    let case = json!({
        "set": "keyless",
        "image": image,
        "policy": {
            "type": "keyless",
            "issuer": "https://accounts.fixtures.test",
            "identity": "dev@fixtures.test",
            "trusted_root": "trust/trusted_root.json",
        },
    });
    let verdict = decide(&files, &case, &registry).await;
    allowed(&verdict);
    verdict.cost().flights
}

#[tokio::test]
async fn a_first_decision_takes_three_or_four_round_trips_in_every_form() {
    for (form, place, expected) in [
        (CosignForm::Layer, Place::Tag, 3),
        (CosignForm::Layer, Place::Referrer, 4),
        (CosignForm::Bundle, Place::Referrer, 4),
    ] {
        for has_api in [true, false] {
            let flights = by_key(form, place, has_api).await;
            assert_eq!(flights, expected, "{form:?}, {place:?}, API {has_api}");
        }
    }
}

#[tokio::test]
async fn a_first_decision_by_an_attestation_takes_three_or_four_round_trips_in_every_form() {
    for (form, place, expected) in [
        (CosignForm::Envelope, Place::Tag, 3),
        (CosignForm::Envelope, Place::Referrer, 4),
        (CosignForm::Bundle, Place::Tag, 3),
        (CosignForm::Bundle, Place::Referrer, 4),
    ] {
        for has_api in [true, false] {
            let flights = attested(form, place, has_api).await;
            assert_eq!(flights, expected, "{form:?}, {place:?}, API {has_api}");
        }
    }
}

#[tokio::test]
async fn certificates_logs_and_stamps_take_no_round_trip_more() {
    for (image, has_api, expected) in [
        // By its digest an image and what is signed of it are asked for at once.
        ("legacy-email", true, 2),
        ("legacy-email", false, 2),
        ("v1-email", true, 3),
        ("v1-email", false, 3),
        ("v2-email", true, 3),
        ("v2-email", false, 3),
    ] {
        let flights = keyless(image, has_api).await;
        assert_eq!(flights, expected, "{image}, API {has_api}");
    }
}
