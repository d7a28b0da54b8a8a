//! When images that may run now will be refused, with a toy scheme whose signatures count in some spans of time.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod support;

use std::sync::Arc;

use doorward::core::{
    Check, CheckedAnswer, Class, Code, Digest, Evidence, Meter, Pinned, Proof, Rejection, Scheme,
    Session, Step, Timestamp, Witness,
};
use doorward::{
    Context, Decision, Demand, Engine, Forecast, Inputs, Mode, Node, NotRemembered, Opening, Plan,
    Rules, StaticSecrets,
};
use proptest::prelude::*;
use support::{MANIFEST, NOW, TOY, World, fixed, governed, toy_codes};

const IMAGE: &str = "r.example/app:1";

/// What a signature is good for in a span of time.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Then {
    Counts,
    /// Whether it counts could not be asked.
    Unasked,
}

/// A signature that counts in these spans, from a second up to another one, both counted from now.
#[derive(Clone, Debug)]
struct Timed {
    spans: Vec<(i64, i64, Then)>,
    /// Whether its proof says when it ends.
    tells: bool,
}

impl Timed {
    fn until(end: i64) -> Self {
        Self::within(&[(0, end, Then::Counts)])
    }

    fn within(spans: &[(i64, i64, Then)]) -> Self {
        Self {
            spans: spans.to_vec(),
            tells: true,
        }
    }

    fn silent(mut self) -> Self {
        self.tells = false;
        self
    }

    fn demand(self) -> Node {
        Node::Demand(Box::new(self))
    }

    fn at(&self, now: Timestamp) -> Option<(Then, Timestamp)> {
        let second = now.since(NOW);
        let span = self.spans.iter();
        let mut span = span.filter(|(start, end, _)| (*start..*end).contains(&second));
        span.next().map(|(_, end, then)| (*then, NOW.plus(end - 1)))
    }
}

impl Demand for Timed {
    fn scheme(&self) -> Scheme {
        TOY
    }

    fn inputs(&self, opening: &Opening<'_>) -> Box<dyn Inputs> {
        Box::new(TimedInputs(self.clone(), opening.pinned.clone()))
    }
}

struct TimedInputs(Timed, Pinned);

impl Inputs for TimedInputs {
    fn encode(&self, _: &mut doorward::core::Fingerprint) -> Result<(), NotRemembered> {
        Err(NotRemembered)
    }

    fn open(self: Box<Self>, now: Timestamp) -> Box<dyn Session> {
        let Self(timed, pinned) = *self;
        Box::new(TimedSession(timed, pinned, now))
    }
}

struct TimedSession(Timed, Pinned, Timestamp);

impl Session for TimedSession {
    fn scheme(&self) -> Scheme {
        TOY
    }

    fn advance(&mut self, _: Vec<CheckedAnswer>, _: &mut Meter) -> Step {
        let Self(timed, pinned, now) = self;
        Step::Done(match timed.at(*now) {
            Some((Then::Counts, last)) => Ok(Proof::of(&Counted {
                digest: pinned.digest().clone(),
                last: Some(last).filter(|_| timed.tells),
            })),
            Some((Then::Unasked, _)) => Err(Rejection::new(
                Code::REGISTRY_UNAVAILABLE,
                "nobody could be asked",
            )),
            None => Err(Rejection::new(toy_codes::OLD_NOTE, "it no longer counts")),
        })
    }
}

struct Counted {
    digest: Digest,
    last: Option<Timestamp>,
}

impl Witness for Counted {
    fn scheme(&self) -> Scheme {
        TOY
    }

    fn digest(&self) -> &Digest {
        &self.digest
    }

    fn evidence(&self) -> Vec<Evidence> {
        Vec::new()
    }

    fn checks(&self) -> Vec<Check> {
        Vec::new()
    }

    fn valid_until(&self) -> Option<Timestamp> {
        self.last
    }
}

fn world() -> Arc<World> {
    Arc::new(World::default().serves("manifest r.example/app:1", MANIFEST))
}

async fn forecast_by(rules: &Rules, world: &Arc<World>, seconds: i64) -> Forecast {
    let secrets = StaticSecrets::default();
    let context = Context::new(rules, &secrets, Arc::clone(world) as _, NOW);
    let engine = Engine::default();
    let mut forecasts = engine.forecast(&[IMAGE], &context, NOW.plus(seconds)).await;
    assert_eq!(forecasts.len(), 1);
    forecasts.pop().unwrap()
}

async fn forecast(demands: Vec<Node>, seconds: i64) -> Forecast {
    forecast_by(&fixed(vec![governed(demands)]), &world(), seconds).await
}

/// Any of these alternatives.
fn any(of: &[Timed]) -> Node {
    let plans = of.iter().cloned();
    let of = plans.map(|one| Plan::new(vec![one.demand()])).collect();
    Node::AtLeast { needed: 1, of }
}

fn refused_at(forecast: &Forecast) -> Option<i64> {
    forecast.refusal().map(|change| change.at.since(NOW))
}

#[tokio::test]
async fn an_image_is_refused_from_the_first_second_after_its_proof_ends() {
    let seen = forecast(vec![Timed::until(86_400).demand()], 30 * 86_400).await;
    assert_eq!(seen.now().decision(), Decision::Allow);
    assert_eq!(refused_at(&seen), Some(86_400));
    let change = seen.refusal().unwrap();
    assert_eq!(change.verdict.code(), Some(toy_codes::OLD_NOTE));
    assert!(seen.is_whole());
}

#[tokio::test]
async fn an_end_that_no_proof_tells_of_is_found_to_the_second() {
    for end in [1, 2, 777_777, 30 * 86_400 - 1, 30 * 86_400] {
        let seen = forecast(vec![Timed::until(end).silent().demand()], 30 * 86_400).await;
        assert_eq!(refused_at(&seen), Some(end));
    }
}

#[tokio::test]
async fn an_end_after_the_time_that_is_looked_at_is_none() {
    for timed in [Timed::until(101), Timed::until(101).silent()] {
        let seen = forecast(vec![timed.demand()], 100).await;
        assert_eq!((seen.changes(), seen.is_whole()), (&[][..], true));
    }
}

#[tokio::test]
async fn of_several_demands_the_first_that_ends_refuses() {
    let demands = [500, 300, 400].map(|end| Timed::until(end).demand());
    assert_eq!(refused_at(&forecast(demands.into(), 1000).await), Some(300));
}

#[tokio::test]
async fn another_alternative_takes_over_unless_there_is_a_gap() {
    let one = Timed::until(300);
    let later = |start| Timed::within(&[(start, 1 << 20, Then::Counts)]);
    let seen = forecast(vec![any(&[one.clone(), later(300)])], 1000).await;
    assert_eq!(refused_at(&seen), None);
    // A gap of one second, which no regular look would find.
    let seen = forecast(vec![any(&[one, later(301)])], 1000).await;
    assert_eq!(refused_at(&seen), Some(300));
}

#[tokio::test]
async fn what_could_only_be_asked_again_is_no_end_and_hides_none() {
    let renewed = Timed::within(&[(0, 100, Then::Counts), (100, 600, Then::Unasked)]);
    let seen = forecast(vec![renewed.clone().demand()], 500).await;
    assert_eq!((refused_at(&seen), seen.is_whole()), (None, false));
    // It ends for good at 600.
    let seen = forecast(vec![renewed.demand()], 1000).await;
    assert_eq!((refused_at(&seen), seen.is_whole()), (Some(600), true));
}

#[tokio::test]
async fn an_alternative_that_could_not_be_asked_makes_no_image_hold() {
    let silent = Timed::within(&[(0, 1 << 20, Then::Unasked)]);
    let seen = forecast(vec![any(&[Timed::until(300), silent])], 1000).await;
    assert_eq!(seen.now().decision(), Decision::Allow);
    assert_eq!((refused_at(&seen), seen.is_whole()), (None, false));
}

#[tokio::test]
async fn what_is_refused_or_cannot_be_asked_now_has_no_changes() {
    let refused = forecast(vec![Timed::within(&[]).demand()], 1000).await;
    assert_eq!(refused.now().decision(), Decision::Deny);
    assert_eq!((refused.changes().len(), refused.is_whole()), (0, true));
    let unasked = Timed::within(&[(0, 500, Then::Unasked)]);
    let unasked = forecast(vec![unasked.demand()], 1000).await;
    let class = unasked.now().rejection().map(Rejection::class);
    assert_eq!(class, Some(Class::Unavailable));
    assert_eq!((unasked.changes().len(), unasked.is_whole()), (0, false));
}

#[tokio::test]
async fn under_an_entry_that_warns_an_image_comes_to_be_warned_of_and_not_refused() {
    let mut entry = governed(vec![Timed::until(300).demand()]);
    entry.mode = Mode::Warn;
    let seen = forecast_by(&fixed(vec![entry]), &world(), 1000).await;
    assert_eq!(refused_at(&seen), None);
    let [change] = seen.changes() else {
        unreachable!("{seen:?}");
    };
    assert_eq!(change.at, NOW.plus(300));
    assert_eq!(change.verdict.decision(), Decision::Warn);
}

#[tokio::test]
async fn everything_is_asked_once_for_all_times_and_images() {
    let world = world();
    let rules = fixed(vec![governed(vec![Timed::until(300).silent().demand()])]);
    let secrets = StaticSecrets::default();
    let context = Context::new(&rules, &secrets, Arc::clone(&world) as _, NOW);
    let engine = Engine::default();
    let seen = engine
        .forecast(&[IMAGE, IMAGE], &context, NOW.plus(1000))
        .await;
    assert_eq!(seen[0], seen[1]);
    assert_eq!(refused_at(&seen[0]), Some(300));
    assert_eq!(world.asked(), ["manifest r.example/app:1"]);
}

#[tokio::test]
async fn more_changes_than_are_told_are_no_whole_forecast() {
    // Two entries that only warn, of which each fails in turn, with another code each time.
    let spans: Vec<_> = (0..40)
        .map(|n| (n * 20, n * 20 + 10, Then::Counts))
        .collect();
    let mut entry = governed(vec![Timed::within(&spans).demand()]);
    entry.mode = Mode::Warn;
    let seen = forecast_by(&fixed(vec![entry]), &world(), 800).await;
    assert!(!seen.is_whole());
    assert!(seen.changes().len() <= 4, "{}", seen.changes().len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_forecast_names_the_first_second_in_which_the_engine_refuses(
        ends in prop::collection::vec((0_i64..120, 1_i64..120), 1..4), seconds in 1_i64..150,
    ) {
        let timed: Vec<Timed> = ends
            .iter()
            .map(|(start, long)| Timed::within(&[(*start, start + long, Then::Counts)]))
            .collect();
        let rules = fixed(vec![governed(vec![any(&timed)])]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let seen = forecast_by(&rules, &world(), seconds).await;
            let secrets = StaticSecrets::default();
            let engine = Engine::default();
            let mut expected = None;
            for second in 0..=seconds {
                let context = Context::new(&rules, &secrets, world() as _, NOW.plus(second));
                if engine.decide(IMAGE, &context).await.decision() == Decision::Deny {
                    expected = Some(second);
                    break;
                }
            }
            match expected {
                Some(0) => prop_assert_eq!(seen.now().decision(), Decision::Deny),
                _ => prop_assert_eq!(refused_at(&seen), expected),
            }
            Ok(())
        })?;
    }
}
