//! How often the registry is gone to and fro before a decision that nothing was known for.

use doorward_testkit::{Cases, CosignForm, Registry};
use serde_json::json;

use crate::cases::{decide, folder, serve};
use crate::site::{Site, allowed};

/// Round trips, one after another, of the first decision about an image by its tag.
async fn by_key(form: CosignForm, has_api: bool) -> usize {
    let site = Site::new(has_api).await;
    match form {
        CosignForm::Layer => site.tag("sig", &[site.signature(form)]),
        _ => site.attach(&site.signature(form)),
    }
    let verdict = site.by_key().await;
    allowed(&verdict);
    verdict.cost().flights
}

/// The same about an image of the cases by its digest, without keys.
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
    for (form, has_api, expected) in [
        (CosignForm::Layer, true, 3),
        (CosignForm::Layer, false, 3),
        (CosignForm::Bundle, true, 4),
        (CosignForm::Bundle, false, 4),
    ] {
        let flights = by_key(form, has_api).await;
        assert_eq!(flights, expected, "{form:?}, API {has_api}");
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
