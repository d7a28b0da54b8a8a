//! All demands of a plan, and alternatives among them.

use super::*;

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
