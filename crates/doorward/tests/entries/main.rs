//! What several entries make of one image: each counts for itself, and the verdict is a fold over all of them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

mod pins;
mod properties;
#[path = "../support/mod.rs"]
mod support;

use std::sync::Arc;
use std::time::Duration;

use doorward::core::{Code, Digest, FetchError, Rejection};
use doorward::policy::{Holder, MutateImage};
use doorward::{
    Context, Decision, Engine, Governed, Mode, Node, Plan, Report, Rules, StaticSecrets, Verdict,
};
use doorward_testkit::outage;
use support::{MANIFEST, NOW, TOY, Toy, ToyLookup, World, fixed, note, rule, toy_codes};

const TAGGED: &str = "r.example/app:1";

fn digest() -> Digest {
    Digest::sha256(MANIFEST)
}

fn other() -> Digest {
    Digest::sha256(b"another image")
}

/// `a` and `b` signed the image, the store of `away` is out, and that of `refuses` wants another password.
fn world() -> World {
    let refused = FetchError::Unauthorized {
        detail: "403".to_owned(),
    };
    World::default()
        .serves("manifest r.example/app:1", MANIFEST)
        .serves(&format!("manifest r.example/app@{}", digest()), MANIFEST)
        .serves(&note("a", &digest()), b"a")
        .serves(&note("b", &digest()), b"b")
        .serves(&note("spoilt", &digest()), b"?")
        .fails(&note("away", &digest()), outage("connection refused"))
        .fails(&note("refuses", &digest()), refused)
}

/// One node of a plan, as data, so that it can be made several times.
#[derive(Clone, Debug)]
enum Part {
    Toy(&'static str),
    Claims,
    Looks(bool),
    Refused,
    Any(Vec<Vec<Self>>),
}

impl Part {
    fn node(&self) -> Node {
        match self {
            Self::Toy(name) => Toy::demand(name),
            Self::Claims => Node::Demand(Box::new(Toy {
                name: "a".to_owned(),
                claims: Some(other()),
            })),
            Self::Looks(right) => {
                Node::Lookup(Box::new(ToyLookup(if *right { digest() } else { other() })))
            }
            Self::Refused => Node::Refused(
                TOY,
                Rejection::new(Code::SECRET_NOT_FOUND, "no such secret"),
            ),
            Self::Any(plans) => Node::Any(plans.iter().map(|parts| plan(parts)).collect()),
        }
    }
}

fn plan(parts: &[Part]) -> Plan {
    Plan::new(parts.iter().map(Part::node).collect())
}

/// An entry, as data.
#[derive(Clone, Debug)]
struct Spec {
    mode: Mode,
    mutate: MutateImage,
    keep_tag: bool,
    warn_on_unavailable: bool,
    /// None says that nothing is checked.
    parts: Option<Vec<Part>>,
}

impl Spec {
    fn of(mode: Mode, part: Part) -> Self {
        Self {
            mode,
            mutate: MutateImage::Everywhere,
            keep_tag: false,
            warn_on_unavailable: false,
            parts: Some(vec![part]),
        }
    }

    fn passes(mode: Mode) -> Self {
        Self::of(mode, Part::Toy("a"))
    }

    fn fails(mode: Mode) -> Self {
        Self::of(mode, Part::Toy("missing"))
    }

    fn unchecked() -> Self {
        Self {
            parts: None,
            ..Self::passes(Mode::Enforce)
        }
    }

    fn entry(&self, number: usize) -> Governed {
        let plan = self.parts.as_deref().map_or_else(Plan::unchecked, plan);
        let mut entry = Governed::enforced(rule(&format!("rule {number}")), plan);
        entry.mode = self.mode;
        entry.mutate = self.mutate;
        entry.keep_tag = self.keep_tag;
        entry.warn_on_unavailable = self.warn_on_unavailable;
        entry
    }
}

fn rules(specs: &[Spec]) -> Rules {
    let entries = specs.iter().enumerate();
    fixed(entries.map(|(number, spec)| spec.entry(number)).collect())
}

async fn decide(engine: &Engine, specs: &[Spec], world: World, image: &str) -> Verdict {
    let (rules, secrets) = (rules(specs), StaticSecrets::default());
    let context =
        Context::new(&rules, &secrets, Arc::new(world) as _, NOW).remembering_in("tenant");
    engine.decide(image, &context).await
}

async fn judged(specs: &[Spec]) -> Verdict {
    decide(&Engine::default(), specs, world(), TAGGED).await
}

/// The name of the rule that a verdict puts first.
fn deciding(verdict: &Verdict) -> &str {
    &verdict.rules()[0].name
}

#[tokio::test]
async fn a_floor_that_passed_pins_although_another_entry_warns_or_audits_and_fails() {
    for mode in [Mode::Warn, Mode::Audit] {
        let floor = Spec::passes(Mode::Enforce);
        for specs in [
            [floor.clone(), Spec::fails(mode)],
            [Spec::fails(mode), floor],
        ] {
            let verdict = judged(&specs).await;
            assert_eq!(verdict.decision(), Decision::Warn);
            assert_eq!(verdict.mode(), mode);
            assert_eq!(verdict.code(), Some(toy_codes::NO_NOTE));
            assert_eq!(verdict.replacement().unwrap().digest(), &digest());
            assert_eq!(verdict.insistence(), Some(Mode::Enforce));
        }
    }
}

#[tokio::test]
async fn a_floor_that_passed_pins_although_the_store_of_another_entry_is_out() {
    let mut away = Spec::of(Mode::Enforce, Part::Toy("away"));
    away.warn_on_unavailable = true;
    let verdict = judged(&[Spec::passes(Mode::Enforce), away]).await;
    assert_eq!(verdict.decision(), Decision::Warn);
    assert_eq!(verdict.replacement().unwrap().digest(), &digest());
    assert_eq!(verdict.insistence(), Some(Mode::Enforce));
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_stalls_takes_nothing_from_one_that_has_ended() {
    let mut stalls = World::default();
    stalls.delay = Duration::from_secs(60);
    // The store of one entry is silent; everything else answers at once.
    struct Half(World, World);
    impl doorward::core::Fetcher for Half {
        fn fetch<'a>(
            &'a self,
            fetch: &'a doorward::core::Fetch,
        ) -> doorward::core::FetchFuture<'a> {
            let silent = fetch.resource.to_string().contains("/silent/");
            if silent { &self.1 } else { &self.0 }.fetch(fetch)
        }
    }
    let specs = [
        Spec::passes(Mode::Enforce),
        Spec::of(Mode::Warn, Part::Toy("silent")),
    ];
    let (rules, secrets) = (rules(&specs), StaticSecrets::default());
    let context = Context::new(&rules, &secrets, Arc::new(Half(world(), stalls)) as _, NOW);
    let verdict = Engine::default().decide(TAGGED, &context).await;
    assert_eq!(
        (verdict.decision(), verdict.code()),
        (Decision::Warn, Some(Code::DEADLINE_EXCEEDED))
    );
    assert_eq!(verdict.pinned().unwrap().digest(), &digest());
}

#[tokio::test]
async fn the_rule_that_decided_is_named_first() {
    for (specs, number) in [
        (vec![Spec::unchecked(), Spec::fails(Mode::Enforce)], 1),
        (
            vec![Spec::passes(Mode::Enforce), Spec::fails(Mode::Audit)],
            1,
        ),
        (vec![Spec::fails(Mode::Warn), Spec::fails(Mode::Enforce)], 1),
        (vec![Spec::unchecked(), Spec::passes(Mode::Enforce)], 1),
        (
            vec![Spec::passes(Mode::Warn), Spec::passes(Mode::Enforce)],
            1,
        ),
        (
            vec![Spec::passes(Mode::Enforce), Spec::passes(Mode::Enforce)],
            0,
        ),
        (vec![Spec::unchecked(), Spec::unchecked()], 0),
    ] {
        let verdict = judged(&specs).await;
        assert_eq!(deciding(&verdict), format!("rule {number}"), "{specs:?}");
        let report = Report::new(NOW, std::slice::from_ref(&verdict));
        assert_eq!(report.images[0].rule.as_ref(), verdict.rules().first());
        assert_eq!(report.images[0].additional_rules.len(), specs.len() - 1);
    }
}

#[tokio::test]
async fn proofs_that_conflict_refuse_if_any_of_their_entries_enforces() {
    for right in [true, false] {
        for modes in [
            [Mode::Enforce, Mode::Enforce],
            [Mode::Enforce, Mode::Warn],
            [Mode::Audit, Mode::Enforce],
        ] {
            let specs = [
                Spec::of(modes[0], Part::Looks(right)),
                Spec::of(modes[1], Part::Looks(!right)),
            ];
            let verdict = judged(&specs).await;
            assert_eq!(
                (verdict.decision(), verdict.code(), verdict.pinned()),
                (Decision::Deny, Some(Code::CONFLICTING_DIGESTS), None),
                "{modes:?}"
            );
        }
    }
}

#[tokio::test]
async fn proofs_that_conflict_under_entries_that_only_warn_leave_what_the_first_verified() {
    let specs = [
        Spec::of(Mode::Warn, Part::Looks(true)),
        Spec::of(Mode::Warn, Part::Looks(false)),
    ];
    let verdict = judged(&specs).await;
    assert_eq!(
        (verdict.decision(), verdict.code()),
        (Decision::Warn, Some(Code::CONFLICTING_DIGESTS))
    );
    assert_eq!(verdict.pinned().unwrap().digest(), &digest());
}

#[tokio::test]
async fn proofs_that_conflict_within_an_entry_are_no_proofs() {
    let specs = [Spec {
        parts: Some(vec![Part::Looks(true), Part::Looks(false)]),
        ..Spec::passes(Mode::Warn)
    }];
    let verdict = judged(&specs).await;
    assert_eq!(
        (verdict.decision(), verdict.code(), verdict.pinned()),
        (Decision::Warn, Some(Code::CONFLICTING_DIGESTS), None)
    );
}

#[tokio::test]
async fn alternatives_are_out_only_if_one_that_could_not_be_asked_might_have_been_met() {
    let any = |names: &[&'static str]| {
        let plans = names.iter().map(|name| vec![Part::Toy(name)]).collect();
        Spec {
            warn_on_unavailable: true,
            ..Spec::of(Mode::Enforce, Part::Any(plans))
        }
    };
    for (names, decision) in [
        (&["missing", "away"][..], Decision::Warn),
        (&["away", "spoilt"], Decision::Warn),
        (&["refuses", "away"], Decision::Warn),
        (&["missing", "refuses"], Decision::Deny),
        (&["missing", "spoilt"], Decision::Deny),
    ] {
        assert_eq!(
            judged(&[any(names)]).await.decision(),
            decision,
            "{names:?}"
        );
    }
    // All of a plan must be met, so that one answer of "no" settles it.
    for second in ["missing", "spoilt", "refuses"] {
        let specs = [Spec {
            warn_on_unavailable: true,
            parts: Some(vec![Part::Toy("away"), Part::Toy(second)]),
            ..Spec::passes(Mode::Enforce)
        }];
        assert_eq!(judged(&specs).await.decision(), Decision::Deny, "{second}");
    }
}

#[tokio::test]
async fn an_alternative_that_is_remembered_is_not_preceded_by_one_that_was_not_met() {
    let any = Part::Any(vec![
        vec![Part::Toy("missing")],
        vec![Part::Toy("a")],
        vec![Part::Toy("b")],
    ]);
    let specs = [Spec::of(Mode::Enforce, any)];
    let engine = Engine::default();
    let fresh = decide(&engine, &specs, world(), TAGGED).await;
    assert!(!fresh.cost().cached);
    let silent = World::default().serves("manifest r.example/app:1", MANIFEST);
    let again = decide(&engine, &specs, silent, TAGGED).await;
    assert_eq!(again.decision(), Decision::Allow);
    assert!(again.cost().cached);
    assert_eq!(again.pinned(), fresh.pinned());
    assert_eq!(again.requirements().len(), 3);
}
