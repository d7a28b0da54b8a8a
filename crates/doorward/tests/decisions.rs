//! What the engine promises of every scheme, proved with a toy one.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

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
async fn every_demand_of_a_plan_must_be_met() {
    let rules = fixed(vec![governed(vec![Toy::demand("a"), Toy::demand("b")])]);
    let verdict = judged(&rules, signed_by("a"), TAGGED).await;
    assert_eq!(
        (verdict.decision(), verdict.code()),
        (Decision::Deny, Some(toy_codes::NO_NOTE))
    );
}

#[tokio::test]
async fn every_governing_entry_must_be_satisfied() {
    let rules = fixed(vec![
        governed(vec![Toy::demand("a")]),
        governed(vec![Toy::demand("b")]),
    ]);
    assert_eq!(
        judged(&rules, signed_by("a"), TAGGED).await.decision(),
        Decision::Deny
    );
}

#[tokio::test]
async fn one_alternative_is_enough_and_the_rest_is_not_tried() {
    let any = Node::Any(vec![
        Plan::new(vec![Toy::demand("missing")]),
        Plan::new(vec![Toy::demand("a")]),
        Plan::new(vec![Toy::demand("never")]),
    ]);
    let world = Arc::new(signed_by("a"));
    let verdict = decide(
        &Engine::default(),
        &fixed(vec![governed(vec![any])]),
        &world,
        TAGGED,
    )
    .await;
    assert_eq!(verdict.decision(), Decision::Allow);
    let outcomes: Vec<_> = verdict.requirements().iter().map(|r| r.outcome).collect();
    assert_eq!(
        outcomes,
        [
            RequirementOutcome::Fail,
            RequirementOutcome::Pass,
            RequirementOutcome::Skipped
        ]
    );
    assert!(!world.asked().contains(&note("never", &digest())));
}

#[tokio::test]
async fn alternatives_that_all_fail_deny() {
    let any = Node::Any(vec![
        Plan::new(vec![Toy::demand("x")]),
        Plan::new(vec![Toy::demand("y")]),
    ]);
    let verdict = judged(&fixed(vec![governed(vec![any])]), signed_by("a"), TAGGED).await;
    assert_eq!(verdict.code(), Some(toy_codes::NO_NOTE));
    assert_eq!(verdict.rejection().unwrap().causes().len(), 2);
}

#[tokio::test]
async fn alternatives_are_inconclusive_as_long_as_one_could_not_be_asked() {
    let any = Node::Any(vec![
        Plan::new(vec![Toy::demand("x")]),
        Plan::new(vec![Toy::demand("away")]),
    ]);
    let world = signed_by("a").fails(&note("away", &digest()), unavailable());
    let verdict = judged(&fixed(vec![governed(vec![any])]), world, TAGGED).await;
    assert_eq!(verdict.code(), Some(Code::REGISTRY_UNAVAILABLE));
}

#[tokio::test]
async fn no_alternative_at_all_denies() {
    let verdict = judged(
        &fixed(vec![governed(vec![
            Node::Any(Vec::new()),
            Toy::demand("a"),
        ])]),
        signed_by("a"),
        TAGGED,
    )
    .await;
    assert_eq!(
        (verdict.decision(), verdict.code()),
        (Decision::Deny, Some(Code::POLICY_INVALID))
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
async fn a_remembered_proof_spares_the_signatures_and_never_the_tag() {
    let engine = Engine::default();
    let rules = fixed(vec![governed(vec![Toy::demand("a")])]);
    let world = Arc::new(signed_by("a"));
    let _ = decide(&engine, &rules, &world, TAGGED).await;
    world.asked.lock().unwrap().clear();
    let again = decide(&engine, &rules, &world, TAGGED).await;
    assert_eq!(again.decision(), Decision::Allow);
    assert!(again.cost().cached);
    assert_eq!(
        again.requirements()[0].evidence[0].signer.as_deref(),
        Some("a")
    );
    assert_eq!(world.asked(), [TAG]);
}

#[tokio::test]
async fn a_tag_that_moved_since_is_judged_anew() {
    let other = br#"{"schemaVersion":2,"layers":["moved"]}"#;
    let world = Arc::new(signed_by("a").answers(
        TAG,
        vec![
            Ok(Fetched::new(MANIFEST, None, "t")),
            Ok(Fetched::new(other.to_vec(), None, "t")),
        ],
    ));
    let engine = Engine::default();
    let rules = fixed(vec![governed(vec![Toy::demand("a")])]);
    assert_eq!(
        decide(&engine, &rules, &world, TAGGED).await.decision(),
        Decision::Allow
    );
    assert_eq!(
        decide(&engine, &rules, &world, TAGGED).await.decision(),
        Decision::Deny
    );
}

#[tokio::test]
async fn proofs_are_not_shared_between_scopes_references_or_demands() {
    let engine = Engine::default();
    let world = Arc::new(signed_by("a").serves("manifest r.example/app:2", MANIFEST));
    let rules = fixed(vec![governed(vec![Toy::demand("a")])]);
    let _ = decide(&engine, &rules, &world, TAGGED).await;
    let secrets = StaticSecrets::default();
    let context =
        Context::new(&rules, &secrets, Arc::clone(&world) as _, NOW).remembering_in("other tenant");
    assert!(!engine.decide(TAGGED, &context).await.cost().cached);
    assert!(
        !decide(&engine, &rules, &world, "r.example/app:2")
            .await
            .cost()
            .cached
    );
    let stricter = fixed(vec![governed(vec![Toy::demand("a"), Toy::demand("b")])]);
    assert_eq!(
        decide(&engine, &stricter, &world, TAGGED).await.decision(),
        Decision::Deny
    );
}

#[tokio::test]
async fn a_refusal_is_not_remembered() {
    let engine = Engine::default();
    let rules = fixed(vec![governed(vec![Toy::demand("a")])]);
    let world = Arc::new(signed_by("a").answers(
        &note("a", &digest()),
        vec![
            Err(FetchError::NotFound),
            Ok(Fetched::new(&b"a"[..], None, "t")),
        ],
    ));
    assert_eq!(
        decide(&engine, &rules, &world, TAGGED).await.decision(),
        Decision::Deny
    );
    assert_eq!(
        decide(&engine, &rules, &world, TAGGED).await.decision(),
        Decision::Allow
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

fn warns_when_unavailable() -> Vec<Governed> {
    let mut entry = governed(vec![Toy::demand("a")]);
    entry.warn_on_unavailable = true;
    vec![entry]
}

#[tokio::test]
async fn an_outage_warns_where_the_policy_says_so() {
    let world = World::default().fails(TAG, outage("refused"));
    let verdict = judged(&fixed(warns_when_unavailable()), world, TAGGED).await;
    assert_eq!(
        (verdict.decision(), verdict.replacement()),
        (Decision::Warn, None)
    );
}

#[tokio::test]
async fn nothing_without_evidence_counts_as_an_outage_whatever_its_class() {
    let handshake = FetchError::Handshake(Handshake {
        host: "r.example".to_owned(),
        distrust: Distrust::Expired,
    });
    let internal = FetchError::Internal {
        detail: "no file is left".to_owned(),
    };
    for error in [unavailable(), handshake, internal] {
        let world = World::default().fails(TAG, error.clone());
        let verdict = judged(&fixed(warns_when_unavailable()), world, TAGGED).await;
        assert_eq!(verdict.decision(), Decision::Deny, "{error}");
    }
    let mut late = signed_by("a");
    late.delay = Duration::from_secs(60);
    let engine = Engine::builder()
        .deadline(Duration::from_millis(20))
        .build();
    let rules = fixed(warns_when_unavailable());
    let verdict = decide(&engine, &rules, &Arc::new(late), TAGGED).await;
    assert_eq!(
        (verdict.decision(), verdict.code()),
        (Decision::Deny, Some(Code::DEADLINE_EXCEEDED))
    );
}

#[tokio::test]
async fn demands_that_must_all_be_met_are_an_outage_only_if_each_that_failed_is() {
    let warning = |names: &[&'static str]| {
        let mut entry = governed(names.iter().copied().map(Toy::demand).collect());
        entry.warn_on_unavailable = true;
        fixed(vec![entry])
    };
    let world = || {
        signed_by("a")
            .fails(&note("out", &digest()), outage("refused"))
            .fails(&note("unclear", &digest()), unavailable())
    };
    for (names, expected) in [
        (&["out"][..], Decision::Warn),
        (&["a", "out"], Decision::Warn),
        (&["out", "unclear"], Decision::Deny),
        (&["unclear", "out"], Decision::Deny),
        (&["out", "unsigned"], Decision::Deny),
    ] {
        let verdict = judged(&warning(names), world(), TAGGED).await;
        assert_eq!(verdict.decision(), expected, "{names:?}");
    }
}

#[tokio::test]
async fn a_registry_that_is_out_hides_nothing_that_is_wrong_with_the_policy() {
    let missing = || Node::Refused(TOY, Rejection::new(Code::SECRET_NOT_FOUND, "no key"));
    let out = || World::default().fails(TAG, outage("refused"));
    for (nodes, expected) in [
        (vec![Toy::demand("a")], Decision::Warn),
        (vec![Toy::demand("a"), missing()], Decision::Deny),
        (
            vec![
                Toy::demand("a"),
                Node::Any(vec![Plan::new(vec![missing()]), Plan::new(vec![missing()])]),
            ],
            Decision::Deny,
        ),
    ] {
        let mut entry = governed(nodes);
        entry.warn_on_unavailable = true;
        let verdict = judged(&fixed(vec![entry]), out(), TAGGED).await;
        assert_eq!(verdict.decision(), expected);
    }
}

#[tokio::test]
async fn an_alternative_that_is_out_is_an_outage_of_all_and_one_that_is_unclear_is_none() {
    let warning = |names: &[&'static str]| {
        let plans = names.iter().map(|name| Plan::new(vec![Toy::demand(name)]));
        let mut entry = governed(vec![Node::Any(plans.collect())]);
        entry.warn_on_unavailable = true;
        fixed(vec![entry])
    };
    let world = || {
        signed_by("a")
            .fails(&note("out", &digest()), outage("refused"))
            .fails(&note("unclear", &digest()), unavailable())
    };
    for (names, expected) in [
        (&["x", "out"][..], Decision::Warn),
        (&["unclear", "out"], Decision::Warn),
        (&["x", "unclear"], Decision::Deny),
        (&["x", "y"], Decision::Deny),
    ] {
        let verdict = judged(&warning(names), world(), TAGGED).await;
        assert_eq!(verdict.decision(), expected, "{names:?}");
    }
}

#[tokio::test]
async fn neither_refused_credentials_nor_a_missing_image_count_as_an_outage() {
    let refused = FetchError::Unauthorized {
        detail: "403".to_owned(),
    };
    for error in [refused, FetchError::NotFound] {
        let world = World::default().fails(TAG, error);
        let verdict = judged(&fixed(warns_when_unavailable()), world, TAGGED).await;
        assert_eq!(verdict.decision(), Decision::Deny);
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

#[tokio::test]
async fn an_entry_that_says_no_speaks_before_one_that_could_not_ask() {
    let world = || signed_by("a").fails(&note("away", &digest()), unavailable());
    for names in [["away", "b"], ["b", "away"]] {
        let entries = names.map(|name| governed(vec![Toy::demand(name)]));
        let verdict = judged(&fixed(entries.into()), world(), TAGGED).await;
        assert_eq!(
            (verdict.decision(), verdict.code()),
            (Decision::Deny, Some(toy_codes::NO_NOTE))
        );
    }
}
