//! Tags and digests, decided without a registry.

use doorward::Decision;
use doorward::notary::codes as notary_codes;

use crate::world::{GUN, IMAGE, Trust, digest, outcome};

#[tokio::test]
async fn a_released_tag_is_allowed_and_pinned_without_asking_the_registry() {
    let trust = Trust::new().await;
    // r.example does not exist: whatever asked it would fail.
    let verdict = trust.decide(&trust.rules(&trust.pinned()), IMAGE).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Allow, None),
        "{}",
        verdict.message()
    );
    assert_eq!(
        verdict.pinned().unwrap().to_string(),
        format!("{GUN}@{}", digest("one"))
    );
    assert_eq!(verdict.replacement(), verdict.pinned());
    assert_eq!(verdict.cost().fetches, 4);
    assert_eq!(verdict.cost().flights, 3);
    let evidence = &verdict.requirements()[0].evidence[0];
    assert_eq!(evidence.signer.as_deref(), Some("targets"));
    assert_eq!(evidence.identity.as_deref(), Some(IMAGE));
}

#[tokio::test]
async fn the_second_decision_asks_for_the_timestamp_alone() {
    let trust = Trust::new().await;
    let rules = trust.rules(&trust.pinned());
    let first = trust.decide(&rules, IMAGE).await;
    assert!(
        first.notes()[0].contains("first contact"),
        "{:?}",
        first.notes()
    );
    let second = trust.decide(&rules, IMAGE).await;
    assert_eq!(outcome(&second), (Decision::Allow, None));
    assert_eq!((second.cost().fetches, second.cost().flights), (1, 1));
    assert_eq!(second.notes(), [""; 0]);
}

#[tokio::test]
async fn what_was_pinned_is_allowed_again_by_its_digest() {
    let trust = Trust::new().await;
    let rules = trust.rules(&trust.pinned());
    let by_digest = format!("{GUN}@{}", digest("one"));
    let verdict = trust.decide(&rules, &by_digest).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Allow, None),
        "{}",
        verdict.message()
    );
    let both = format!("{IMAGE}@{}", digest("one"));
    assert_eq!(
        outcome(&trust.decide(&rules, &both).await),
        (Decision::Allow, None)
    );
    let other = format!("{GUN}@{}", digest("two"));
    assert_eq!(
        outcome(&trust.decide(&rules, &other).await),
        (Decision::Deny, Some(notary_codes::NOT_RELEASED))
    );
    let mismatch = format!("{IMAGE}@{}", digest("two"));
    assert_eq!(
        outcome(&trust.decide(&rules, &mismatch).await),
        (Decision::Deny, Some(notary_codes::DIGEST_MISMATCH))
    );
}

#[tokio::test]
async fn another_spelling_of_a_repository_is_no_other_first_contact() {
    let trust = Trust::new().await;
    let rules = trust.rules(&trust.pinned());
    assert!(!trust.decide(&rules, IMAGE).await.notes().is_empty());
    for image in [
        IMAGE.replace("r.example", "R.Example:443"),
        IMAGE.to_owned(),
    ] {
        let verdict = trust.decide(&rules, &image).await;
        assert_eq!(outcome(&verdict), (Decision::Allow, None), "{image}");
        assert_eq!(verdict.notes(), [""; 0], "{image}");
    }
}
