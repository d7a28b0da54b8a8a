//! Schemes of other projects: what a policy demands is compiled by the unit that answers to it.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward::core::{Code, Digest, FetchError, Scheme};
use doorward::{
    Context, Decision, Engine, NoteKind, Report, Rules, Secret, StaticSecrets, Verdict,
};
use doorward_testkit::outage;
use support::{MANIFEST, NOW, OLD, TOY, ToyUnit, World, note, policies, toy_codes, unavailable};

const IMAGE: &str = "r.example/app:1";

fn digest() -> Digest {
    Digest::sha256(MANIFEST)
}

/// The image, and the notes of these toys beside it.
fn world(notes: &[&'static str]) -> World {
    let world = World::default().serves(&format!("manifest {IMAGE}"), MANIFEST);
    notes.iter().fold(world, |world, name| {
        world.serves(&note(name, &digest()), name.as_bytes())
    })
}

/// A policy that wants `require` of the toys `a`, `b` and `c`.
fn rules(require: &str, more: &str) -> Rules {
    policies(&format!(
        "{more}sigstore: {{require: {require}, authorities: [{{keySecret: a}}, {{keySecret: b}}, {{keySecret: c}}]}}"
    ))
}

fn secrets() -> StaticSecrets {
    let mut secrets = StaticSecrets::default();
    for name in ["a", "b", "c", OLD] {
        let items = BTreeMap::from([("name".to_owned(), name.as_bytes().to_vec())]);
        secrets.insert("doorward", name, Secret::new(items));
    }
    secrets
}

async fn decide(engine: &Engine, rules: &Rules, world: Arc<World>) -> Verdict {
    let secrets = secrets();
    engine
        .decide(IMAGE, &Context::new(rules, &secrets, world, NOW))
        .await
}

fn engine() -> Engine {
    Engine::builder()
        .without(Scheme::SIGSTORE)
        .scheme(Arc::new(ToyUnit))
        .build()
}

#[tokio::test]
async fn a_demand_that_no_scheme_answers_to_is_never_met() {
    let verdict = decide(
        &Engine::builder().without(Scheme::SIGSTORE).build(),
        &rules("any", ""),
        Arc::new(world(&["a"])),
    )
    .await;
    assert_eq!(verdict.code(), Some(Code::POLICY_UNSUPPORTED));
    assert!(
        verdict.message().contains("`sigstore`"),
        "{}",
        verdict.message()
    );
}

#[tokio::test]
async fn a_scheme_of_another_project_is_a_unit_and_refuses_with_codes_of_its_own() {
    let admitted = decide(
        &engine(),
        &rules("all", ""),
        Arc::new(world(&["a", "b", "c"])),
    )
    .await;
    assert_eq!(
        admitted.decision(),
        Decision::Allow,
        "{}",
        admitted.message()
    );
    let refused = decide(&engine(), &rules("all", ""), Arc::new(world(&["a", "b"]))).await;
    assert_eq!(refused.code(), Some(toy_codes::NO_NOTE));
    assert!(refused.requirements().iter().all(|one| one.scheme == TOY));
}

#[tokio::test]
async fn a_unit_reads_no_secret_that_the_author_of_the_policy_may_not_name() {
    let rules = rules("all", "");
    let mut elsewhere = StaticSecrets::default();
    elsewhere.insert("other", "a", Secret::new(BTreeMap::new()));
    let context = Context::new(&rules, &elsewhere, Arc::new(world(&[])), NOW);
    let verdict = engine().decide(IMAGE, &context).await;
    assert_eq!(verdict.code(), Some(Code::SECRET_NOT_FOUND));
}

#[tokio::test]
async fn a_failure_that_is_only_logged_admits_and_is_said_also_where_the_proof_is_remembered() {
    let rules = policies("sigstore: {authorities: [{keySecret: old}]}");
    let (engine, world) = (engine(), Arc::new(world(&[OLD])));
    for remembered in [false, true] {
        let secrets = secrets();
        let context =
            Context::new(&rules, &secrets, Arc::<World>::clone(&world), NOW).remembering_in("s");
        let verdict = engine.decide(IMAGE, &context).await;
        assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
        assert_eq!(verdict.cost().cached, remembered);
        let [note] = verdict.notes() else {
            panic!("{:?}", verdict.notes());
        };
        assert_eq!((note.kind, note.scheme), (NoteKind::Finding, TOY));
        let said =
            "the check `age` failed and is only logged: the note is from last year (toy-old-note)";
        assert_eq!(*note, said);
        let report = serde_json::to_value(Report::new(NOW, &[verdict])).unwrap();
        let checks = &report["images"][0]["requirements"][0]["checks"];
        assert_eq!(checks[0].as_object().unwrap().len(), 3, "{checks}");
        assert_eq!(checks[1]["code"], "toy-old-note");
        assert_eq!(checks[1]["message"], "the note is from last year");
    }
}

#[tokio::test]
async fn what_passed_leaves_no_finding() {
    let rules = policies("sigstore: {authorities: [{keySecret: a}]}");
    let verdict = decide(&engine(), &rules, Arc::new(world(&["a"]))).await;
    assert_eq!(verdict.decision(), Decision::Allow);
    assert!(verdict.notes().is_empty());
}

#[tokio::test]
async fn a_quorum_asks_no_more_than_it_must() {
    for (notes, asked, decision) in [
        // The first two are enough.
        (
            &["a", "b", "c"] as &[&'static str],
            &["a", "b"] as &[&str],
            Decision::Allow,
        ),
        (&["a", "c"], &["a", "b", "c"], Decision::Allow),
        // After two failures a third success would not help.
        (&["c"], &["a", "b"], Decision::Deny),
        (&["a"], &["a", "b", "c"], Decision::Deny),
    ] {
        let world = Arc::new(world(notes));
        let verdict = decide(&engine(), &rules("2", ""), Arc::clone(&world)).await;
        assert_eq!(
            verdict.decision(),
            decision,
            "{notes:?}: {}",
            verdict.message()
        );
        let asked: Vec<String> = asked.iter().map(|name| note(name, &digest())).collect();
        let notes: Vec<String> = world.asked().into_iter().skip(1).collect();
        assert_eq!(notes, asked);
    }
}

#[tokio::test]
async fn a_quorum_that_is_missed_says_by_how_many() {
    let verdict = decide(&engine(), &rules("2", ""), Arc::new(world(&["a"]))).await;
    let message = verdict.message();
    assert!(
        message.contains("1 of 3 were met, and 2 must be"),
        "{message}"
    );
}

#[tokio::test]
async fn only_an_outage_that_may_have_made_the_difference_softens_a_quorum() {
    let soft = rules("2", "onUnavailable: warn, ");
    for (world, decision) in [
        (
            world(&["a"]).fails(&note("b", &digest()), outage("gone")),
            Decision::Warn,
        ),
        // Whatever the one that is out would say, two others refuse.
        (
            world(&[]).fails(&note("b", &digest()), outage("gone")),
            Decision::Deny,
        ),
        (
            world(&["a"]).fails(&note("b", &digest()), unavailable()),
            Decision::Deny,
        ),
        (
            world(&[])
                .fails(&note("a", &digest()), FetchError::NotFound)
                .fails(&note("b", &digest()), outage("gone"))
                .fails(&note("c", &digest()), outage("gone")),
            Decision::Warn,
        ),
    ] {
        let verdict = decide(&engine(), &soft, Arc::new(world)).await;
        assert_eq!(verdict.decision(), decision, "{}", verdict.message());
    }
}
