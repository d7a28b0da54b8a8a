//! What the engine promises of every scheme, proved with a toy one.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

#[path = "decisions/demands.rs"]
mod demands;
#[path = "decisions/outages.rs"]
mod outages;
#[path = "decisions/remembered.rs"]
mod remembered;
#[path = "decisions/second_answers.rs"]
mod second_answers;
mod support;

use std::sync::Arc;
use std::time::Duration;

use doorward::core::{
    Budget, Class, Code, Digest, Distrust, FetchError, Fetched, Handshake, Rejection,
};
use doorward::{
    Context, Decision, Engine, Governed, Mode, Node, Plan, RequirementOutcome, Rules,
    StaticSecrets, Verdict,
};
use doorward_testkit::outage;
use support::{
    MANIFEST, NOW, TOY, Toy, World, fixed, governed, note, rule, toy_codes, unavailable,
};

const TAGGED: &str = "r.example/app:1";
const TAG: &str = "manifest r.example/app:1";

fn digest() -> Digest {
    Digest::sha256(MANIFEST)
}

fn by_digest() -> String {
    format!("r.example/app@{}", digest())
}

fn signed_by(name: &str) -> World {
    World::default()
        .serves(TAG, MANIFEST)
        .serves(&format!("manifest {}", by_digest()), MANIFEST)
        .serves(&note(name, &digest()), name.as_bytes())
}

async fn decide(engine: &Engine, rules: &Rules, world: &Arc<World>, image: &str) -> Verdict {
    let secrets = StaticSecrets::default();
    let context =
        Context::new(rules, &secrets, Arc::clone(world) as _, NOW).remembering_in("tenant");
    engine.decide(image, &context).await
}

async fn judged(rules: &Rules, world: World, image: &str) -> Verdict {
    decide(&Engine::default(), rules, &Arc::new(world), image).await
}

#[tokio::test]
async fn a_signed_tag_is_allowed_and_pinned_in_two_round_trips() {
    let verdict = judged(
        &fixed(vec![governed(vec![Toy::demand("a")])]),
        signed_by("a"),
        TAGGED,
    )
    .await;
    assert_eq!(verdict.decision(), Decision::Allow);
    assert_eq!(verdict.replacement().unwrap().to_string(), by_digest());
    assert_eq!(verdict.cost().flights, 2);
    assert_eq!(
        verdict.requirements()[0].evidence[0].signer.as_deref(),
        Some("a")
    );
}

#[tokio::test]
async fn a_signed_digest_is_allowed_in_one_round_trip() {
    let verdict = judged(
        &fixed(vec![governed(vec![Toy::demand("a")])]),
        signed_by("a"),
        &by_digest(),
    )
    .await;
    assert_eq!(verdict.decision(), Decision::Allow);
    assert_eq!((verdict.cost().flights, verdict.cost().fetches), (1, 2));
}

#[tokio::test]
async fn the_tag_beside_a_digest_is_never_asked_for() {
    let image = format!("r.example/app:other@{}", digest());
    let verdict = judged(
        &fixed(vec![governed(vec![Toy::demand("a")])]),
        signed_by("a"),
        &image,
    )
    .await;
    assert_eq!(verdict.decision(), Decision::Allow);
    assert_eq!(verdict.pinned().unwrap().to_string(), by_digest());
}

#[tokio::test]
async fn a_digest_whose_manifest_does_not_exist_is_denied_although_it_is_signed() {
    let world = World::default().serves(&note("a", &digest()), b"a");
    let verdict = judged(
        &fixed(vec![governed(vec![Toy::demand("a")])]),
        world,
        &by_digest(),
    )
    .await;
    assert_eq!(
        (verdict.decision(), verdict.code()),
        (Decision::Deny, Some(Code::REGISTRY_NOT_FOUND))
    );
    assert_eq!(verdict.pinned(), None);
}

#[tokio::test]
async fn a_registry_that_serves_other_content_for_a_digest_is_caught() {
    let world = World::default()
        .serves(
            &format!("manifest {}", by_digest()),
            b"{\"schemaVersion\":2}",
        )
        .serves(&note("a", &digest()), b"a");
    let verdict = judged(
        &fixed(vec![governed(vec![Toy::demand("a")])]),
        world,
        &by_digest(),
    )
    .await;
    assert_eq!(verdict.code(), Some(Code::REGISTRY_DIGEST_MISMATCH));
    assert_eq!(verdict.code().unwrap().class(), Class::Integrity);
}

#[tokio::test]
async fn a_page_of_html_is_not_an_image() {
    let world = World::default().serves(TAG, b"<html>log in</html>");
    let verdict = judged(
        &fixed(vec![governed(vec![Toy::demand("a")])]),
        world,
        TAGGED,
    )
    .await;
    assert_eq!(verdict.code(), Some(Code::REGISTRY_MALFORMED));
}

#[tokio::test]
async fn could_not_ask_is_never_reported_as_untrusted() {
    let world = World::default()
        .serves(TAG, MANIFEST)
        .fails(&note("a", &digest()), unavailable());
    let verdict = judged(
        &fixed(vec![governed(vec![Toy::demand("a")])]),
        world,
        TAGGED,
    )
    .await;
    assert_eq!(verdict.decision(), Decision::Deny);
    assert_eq!(verdict.code().unwrap().class(), Class::Unavailable);
    assert_eq!(
        verdict.requirements()[0].outcome,
        RequirementOutcome::Unavailable
    );
}

#[tokio::test]
async fn a_proof_of_another_digest_conflicts() {
    let demand = Node::Demand(Box::new(Toy {
        name: "a".to_owned(),
        claims: Some(Digest::sha256(b"another image")),
    }));
    let verdict = judged(&fixed(vec![governed(vec![demand])]), signed_by("a"), TAGGED).await;
    assert_eq!(
        (verdict.decision(), verdict.code()),
        (Decision::Deny, Some(Code::CONFLICTING_DIGESTS))
    );
}

#[tokio::test]
async fn a_tag_that_moves_during_a_review_is_one_image_for_all_its_containers() {
    let other = br#"{"schemaVersion":2,"layers":["moved"]}"#;
    let world = signed_by("a").answers(
        TAG,
        vec![
            Ok(Fetched::new(MANIFEST, None, "t")),
            Ok(Fetched::new(other.to_vec(), None, "t")),
        ],
    );
    let world = Arc::new(world);
    let rules = fixed(vec![governed(vec![Toy::demand("a")])]);
    let secrets = StaticSecrets::default();
    let context = Context::new(&rules, &secrets, Arc::clone(&world) as _, NOW);
    let verdicts = Engine::default()
        .decide_all(&[TAGGED, "r.example/app:1", TAGGED], &context)
        .await;
    assert_eq!(verdicts.len(), 3);
    assert!(
        verdicts
            .iter()
            .all(|v| v.pinned().unwrap().to_string() == by_digest())
    );
    assert_eq!(
        world.asked().iter().filter(|asked| *asked == TAG).count(),
        1
    );
}

#[tokio::test]
async fn warn_and_audit_let_a_failure_through_unpinned() {
    for mode in [Mode::Warn, Mode::Audit] {
        let mut entry = governed(vec![Toy::demand("b")]);
        entry.mode = mode;
        let verdict = judged(&fixed(vec![entry]), signed_by("a"), TAGGED).await;
        assert_eq!((verdict.decision(), verdict.mode()), (Decision::Warn, mode));
        assert_eq!(verdict.code(), Some(toy_codes::NO_NOTE));
        assert_eq!(verdict.replacement(), None);
    }
}

#[tokio::test]
async fn an_enforced_entry_is_not_softened_by_one_that_warns() {
    let mut soft = governed(vec![Toy::demand("b")]);
    soft.mode = Mode::Warn;
    for entries in [
        vec![soft, governed(vec![Toy::demand("c")])],
        vec![governed(vec![Toy::demand("c")]), {
            let mut soft = governed(vec![Toy::demand("b")]);
            soft.mode = Mode::Warn;
            soft
        }],
    ] {
        let verdict = judged(&fixed(entries), signed_by("a"), TAGGED).await;
        assert_eq!(
            (verdict.decision(), verdict.mode()),
            (Decision::Deny, Mode::Enforce)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_world_that_stalls_is_denied_at_the_deadline() {
    let mut world = signed_by("a");
    world.delay = Duration::from_secs(60);
    let started = tokio::time::Instant::now();
    let engine = Engine::builder().deadline(Duration::from_secs(3)).build();
    let rules = fixed(vec![governed(vec![Toy::demand("a")])]);
    let verdict = decide(&engine, &rules, &Arc::new(world), TAGGED).await;
    assert_eq!(
        (verdict.decision(), verdict.code()),
        (Decision::Deny, Some(Code::DEADLINE_EXCEEDED))
    );
    assert_eq!(started.elapsed(), Duration::from_secs(3));
}

#[tokio::test]
async fn a_decision_that_would_cost_too_much_is_denied() {
    let mut budget = Budget::default();
    budget.fetches = 1;
    let engine = Engine::builder().budget(budget).build();
    let rules = fixed(vec![governed(vec![Toy::demand("a")])]);
    let verdict = decide(&engine, &rules, &Arc::new(signed_by("a")), TAGGED).await;
    assert_eq!(
        (verdict.decision(), verdict.code()),
        (Decision::Deny, Some(Code::BUDGET_EXCEEDED))
    );
}

#[tokio::test]
async fn what_is_not_a_reference_is_denied_without_asking_anyone() {
    let world = Arc::new(World::default());
    let verdict = decide(&Engine::default(), &fixed(vec![]), &world, "Not An Image").await;
    assert_eq!(
        (verdict.decision(), verdict.code()),
        (Decision::Deny, Some(Code::REFERENCE_INVALID))
    );
    assert!(world.asked().is_empty());
}

#[tokio::test]
async fn an_entry_that_says_that_it_checks_nothing_allows_without_looking_or_pinning() {
    let world = Arc::new(World::default());
    let verdict = decide(
        &Engine::default(),
        &fixed(vec![Governed::enforced(rule("open"), Plan::unchecked())]),
        &world,
        TAGGED,
    )
    .await;
    assert_eq!(
        (verdict.decision(), verdict.pinned()),
        (Decision::Allow, None)
    );
    assert!(world.asked().is_empty());
}

#[tokio::test]
async fn a_list_of_demands_that_came_out_empty_denies() {
    for entries in [
        vec![governed(vec![])],
        vec![governed(vec![Node::Any(vec![Plan::new(vec![])])])],
        vec![
            governed(vec![]),
            Governed::enforced(rule("open"), Plan::unchecked()),
        ],
    ] {
        let verdict = judged(&fixed(entries), signed_by("a"), TAGGED).await;
        assert_eq!(
            (verdict.decision(), verdict.code()),
            (Decision::Deny, Some(Code::POLICY_INVALID))
        );
    }
}

#[tokio::test]
async fn no_governing_entry_at_all_denies() {
    let verdict = judged(&fixed(vec![]), signed_by("a"), TAGGED).await;
    assert_eq!(
        (verdict.decision(), verdict.code()),
        (Decision::Deny, Some(Code::POLICY_NO_MATCH))
    );
}

#[tokio::test]
async fn an_alternative_that_demands_nothing_pins_nothing() {
    let any = Node::Any(vec![Plan::unchecked(), Plan::new(vec![Toy::demand("a")])]);
    let verdict = judged(&fixed(vec![governed(vec![any])]), signed_by("a"), TAGGED).await;
    assert_eq!(
        (verdict.decision(), verdict.pinned()),
        (Decision::Allow, None)
    );
}

#[tokio::test(start_paused = true)]
async fn three_images_are_judged_side_by_side() {
    let mut world = World::default();
    for image in ["a", "b", "c"] {
        world = world.serves(&format!("manifest r.example/{image}:1"), MANIFEST);
    }
    let mut world = world.serves(&note("a", &digest()), b"a");
    world.delay = Duration::from_secs(1);
    let rules = fixed(vec![governed(vec![Toy::demand("a")])]);
    let secrets = StaticSecrets::default();
    let context = Context::new(&rules, &secrets, Arc::new(world), NOW);
    let started = tokio::time::Instant::now();
    let images = ["r.example/a:1", "r.example/b:1", "r.example/c:1"];
    let verdicts = Engine::default().decide_all(&images, &context).await;
    assert!(verdicts.iter().all(|v| v.decision() == Decision::Allow));
    // Two round trips, the time of one image.
    assert_eq!(started.elapsed(), Duration::from_secs(2));
}
