//! Signers and secrets that a policy names.

use doorward::notary::codes as notary_codes;
use std::collections::BTreeMap;

use doorward::core::Code;
use doorward::{Decision, Secret};
use doorward_testkit::{Delegation, KeyKind, NotaryKey, Target};

use crate::world::{IMAGE, Trust, image, outcome};

#[tokio::test]
async fn every_demanded_signer_must_have_signed_with_the_key_of_the_secret() {
    let mut trust = Trust::new().await;
    let (alice, mallory) = (
        NotaryKey::seeded(KeyKind::P256, 7),
        NotaryKey::seeded(KeyKind::P256, 8),
    );
    trust.signer("alice", "alice", &alice);
    let rules = trust.rules(&format!(
        "{}, signerSecrets: [{{name: alice}}]",
        trust.pinned()
    ));
    assert_eq!(
        outcome(&trust.decide(&rules, IMAGE).await),
        (Decision::Deny, Some(notary_codes::SIGNER_MISSING))
    );
    trust.publish(|collection| {
        collection
            .delegate(Delegation::new(
                "targets/alice",
                std::slice::from_ref(&alice),
            ))
            .add_target_to("targets/alice", "1", Target::image(&image("one")));
    });
    let verdict = trust.decide(&rules, IMAGE).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Allow, None),
        "{}",
        verdict.message()
    );
    assert_eq!(verdict.requirements()[0].evidence.len(), 2);
    trust.signer("alice", "alice", &mallory);
    assert_eq!(
        outcome(&trust.decide(&rules, IMAGE).await),
        (Decision::Deny, Some(notary_codes::SIGNER_KEY_MISMATCH))
    );
}

#[tokio::test]
async fn a_signer_or_pin_secret_that_is_absent_or_empty_refuses_before_anyone_is_asked() {
    let mut trust = Trust::new().await;
    let key = NotaryKey::seeded(KeyKind::P256, 7);
    trust.signer("noname", "", &key);
    trust
        .secrets
        .insert("doorward", "empty", Secret::new(BTreeMap::new()));
    for (more, code) in [
        ("signerSecrets: [{name: absent}]", Code::SECRET_NOT_FOUND),
        ("signerSecrets: [{name: noname}]", Code::SECRET_INVALID),
        ("signerSecrets: [{name: empty}]", Code::SECRET_INVALID),
        (
            "pins: {certificateSecrets: [{name: absent}]}",
            Code::SECRET_NOT_FOUND,
        ),
        ("pins: {caSecrets: [{name: empty}]}", Code::SECRET_INVALID),
    ] {
        let verdict = trust.decide(&trust.rules(more), IMAGE).await;
        assert_eq!(outcome(&verdict), (Decision::Deny, Some(code)), "{more}");
    }
    assert!(trust.server.requests().is_empty());
}
