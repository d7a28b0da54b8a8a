//! What documents may cost.

use std::sync::Arc;

use doorward::core::{Budget, Code};
use doorward::{Context, Decision, Engine, Node, Plan, StaticSecrets};

use crate::support::{NOW, Toy, document, note};
use crate::world::{IMAGE, decide, demanding, documents, image, signed_by_a, world};

#[tokio::test]
async fn documents_that_anybody_attached_use_up_nothing_that_others_need() {
    // Each costs its toys a fetch, and all of them more than an entry has.
    let junk = |number: usize| {
        let more = format!("{number}{}", "x".repeat(255 << 10));
        (document(&image(), &more), false)
    };
    let mut attached: Vec<_> = (0..15).map(junk).collect();
    attached.push((document(&image(), "good"), true));
    let narrow = || {
        let mut budget = Budget::default();
        budget.bytes = 16 * (300 << 10);
        budget.fetches = 64;
        Engine::builder().budget(budget).build()
    };
    let rules = demanding(documents(signed_by_a(), None));
    let secrets = StaticSecrets::default();
    let context = Context::new(&rules, &secrets, Arc::new(world(&attached)), NOW);
    let verdict = narrow().decide(IMAGE, &context).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    // Nor what an alternative needs that has nothing to do with them.
    let alternatives = Node::Any(vec![
        Plan::new(vec![documents(
            Plan::new(vec![Toy::demand("nobody")]),
            None,
        )]),
        Plan::new(vec![Toy::demand("image")]),
    ]);
    let rules = demanding(alternatives);
    let world = world(&attached).serves(&note("image", &image()), b"image");
    let context = Context::new(&rules, &secrets, Arc::new(world), NOW);
    let verdict = narrow().decide(IMAGE, &context).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    // What they cost still shows in the account.
    assert!(verdict.cost().fetches > 30, "{:?}", verdict.cost());
}

#[tokio::test]
async fn a_manifest_that_is_too_large_for_an_artifact_is_not_read() {
    let large = document(&image(), &"x".repeat(256 << 10));
    let rules = demanding(documents(signed_by_a(), None));
    let verdict = decide(&rules, world(&[(large, true)])).await;
    assert_eq!(verdict.code(), Some(Code::REGISTRY_TOO_LARGE));
}

#[tokio::test]
async fn where_there_are_more_documents_than_are_judged_nobody_knows_which_count() {
    let junk = |number: usize| (document(&image(), &number.to_string()), false);
    let good = (document(&image(), "good"), true);
    let within: Vec<_> = [good.clone()]
        .into_iter()
        .chain((1..64).map(junk))
        .collect();
    let beyond: Vec<_> = [good].into_iter().chain((1..65).map(junk)).collect();
    let rules = demanding(documents(signed_by_a(), None));
    assert_eq!(
        decide(&rules, world(&within)).await.decision(),
        Decision::Allow
    );
    let refused = decide(&rules, world(&beyond)).await;
    assert_eq!(refused.code(), Some(Code::BUDGET_EXCEEDED));
    let message = refused.message();
    assert!(message.contains("65 documents"), "{message}");
}

#[tokio::test]
async fn what_uses_up_the_share_of_a_document_does_not_make_it_one_that_nobody_signed() {
    let (one, two) = (document(&image(), "1"), document(&image(), "2"));
    let rules = demanding(documents(signed_by_a(), None));
    // The toy notes of each document cost a signature, and there is a share of none.
    let mut budget = Budget::default();
    budget.signatures = 15;
    let engine = Engine::builder().budget(budget).build();
    let secrets = StaticSecrets::default();
    let world = world(&[(one, true), (two, false)]);
    let context = Context::new(&rules, &secrets, Arc::new(world), NOW);
    let verdict = engine.decide(IMAGE, &context).await;
    assert_eq!(verdict.code(), Some(Code::BUDGET_EXCEEDED));
}
