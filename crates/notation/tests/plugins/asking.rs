//! What a plug-in is asked, and how often.

use doorward_core::{Action, FetchError, PluginCommand};
use doorward_notation::{Level, ValidationKind, codes};
use doorward_testkit::{EnvelopeBuilder, EnvelopeKind};
use serde_json::json;

use crate::world::{
    IDENTITY, MINIMUM, NAME, REVOCATION, World, image, no, rule, said, some, statement, yes,
};

#[test]
fn a_plug_in_that_says_yes_to_all_that_it_is_asked_lets_a_good_signature_hold() {
    for kind in [EnvelopeKind::Jws, EnvelopeKind::Cose] {
        let mut world = World::new();
        world.attach(
            &world
                .envelope()
                .kind(kind)
                .attribute(MINIMUM, true, "1.2.0"),
        );
        assert_eq!(world.code(), None);
        assert_eq!(
            world.calls(),
            [
                PluginCommand::GetPluginMetadata,
                PluginCommand::VerifySignature
            ]
        );
    }
}

#[test]
fn a_plug_in_is_asked_as_the_reference_asks() {
    let mut world = World::new();
    world.attach(&world.envelope().attribute("io.example.b", false, "y"));
    let mut verdict = yes();
    verdict["processedAttributes"] = json!(["io.example.b", "io.example.a"]);
    world.verdict = said(&verdict);
    assert_eq!(world.code(), None);
    let asked = world.asked.lock().unwrap();
    assert_eq!(
        asked[0],
        (NAME.to_owned(), PluginCommand::GetPluginMetadata, json!({}))
    );
    let chain = asked[1].2["signature"]["certificateChain"].clone();
    assert_eq!(chain.as_array().unwrap().len(), 2);
    let expected = json!({
        "contractVersion": "1.0",
        "signature": {
            "criticalAttributes": {
                "contentType": "application/vnd.cncf.notary.payload.v1+json",
                "signingScheme": "notary.x509",
                "expiry": "0001-01-01T00:00:00Z",
                "extendedAttributes": {"io.example.a": "x", "io.example.b": "y"},
            },
            "unprocessedAttributes": ["io.example.a", "io.example.b"],
            "certificateChain": chain,
        },
        "trustPolicy": {"trustedIdentities": ["*"], "signatureVerification": [IDENTITY, REVOCATION]},
    });
    assert_eq!(asked[1].2, expected);
}

#[test]
fn where_revocation_is_skipped_no_plug_in_is_asked_about_it() {
    let mut world = World::signed();
    world.verdict = no(REVOCATION);
    let skipping = statement(Level::Strict)
        .overriding(ValidationKind::Revocation, Action::Skip)
        .plugin(rule());
    assert_eq!(world.code_by(skipping), None);
    let asked = world.asked.lock().unwrap();
    assert_eq!(
        asked[1].2["trustPolicy"]["signatureVerification"],
        json!([IDENTITY])
    );
}

#[test]
fn many_signatures_ask_what_a_plug_in_is_once_and_for_each_verdict_once() {
    let mut world = World::new();
    world.verdict = no(IDENTITY);
    for number in 0..5 {
        let number = number.to_string();
        world.attach(&world.envelope().attribute("io.example.n", false, &number));
    }
    let mut verdict = yes();
    verdict["processedAttributes"] = json!(["io.example.a", "io.example.n"]);
    verdict["verificationResults"][IDENTITY] = json!({"success": false});
    world.verdict = said(&verdict);
    assert_eq!(world.code(), some(codes::NO_ACCEPTED_SIGNATURE));
    let calls = world.calls();
    let metadata = calls
        .iter()
        .filter(|call| **call == PluginCommand::GetPluginMetadata);
    assert_eq!((metadata.count(), calls.len()), (1, 6));
}

#[test]
fn a_plug_in_that_fails_for_one_signature_takes_nothing_from_another() {
    let mut world = World::signed();
    world.metadata = Err(FetchError::NotSupported);
    let plain = EnvelopeBuilder::new(&[&world.leaf, &world.root], &image());
    world.attach(&plain);
    assert_eq!(world.code(), None);
}
