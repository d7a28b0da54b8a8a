//! The one driver against sessions that misbehave.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)]

mod support;

use std::sync::Mutex;

use doorward::core::{
    Budget, CheckedAnswer, Code, Digest, Fetch, FetchError, Meter, Resource, Scheme, Selector,
    Session, Step,
};
use doorward::drive;
use support::World;
use support::toy_codes;

/// Asks for the same fetches again and again, and keeps what it was given.
struct Asking {
    fetches: Vec<Fetch>,
    rounds: usize,
    given: Vec<Vec<CheckedAnswer>>,
}

impl Session for Asking {
    fn scheme(&self) -> Scheme {
        support::TOY
    }

    fn advance(&mut self, answers: Vec<CheckedAnswer>, _: &mut Meter) -> Step {
        self.given.push(answers);
        if self.given.len() > self.rounds {
            let rejection = doorward::core::Rejection::new(toy_codes::NO_NOTE, "enough");
            return Step::Done(Err(rejection));
        }
        Step::Fetch(self.fetches.clone())
    }
}

fn lookaside(url: &str, max_bytes: usize) -> Fetch {
    let url = url.to_owned();
    Fetch::new(Resource::Lookaside { url, access: None }, max_bytes)
}

async fn run(session: &mut Asking, world: &World, budget: Budget) -> Code {
    let meter = Mutex::new(Meter::new(budget));
    drive(session, world, &meter)
        .await
        .result
        .unwrap_err()
        .code()
}

#[tokio::test]
async fn a_session_that_asks_for_nothing_and_does_not_end_is_stopped() {
    let mut session = Asking {
        fetches: vec![],
        rounds: usize::MAX,
        given: vec![],
    };
    assert_eq!(
        run(&mut session, &World::default(), Budget::default()).await,
        Code::INTERNAL_ERROR
    );
}

#[tokio::test]
async fn a_session_that_never_ends_runs_out_of_budget() {
    let mut session = Asking {
        fetches: vec![lookaside("https://x/", 9)],
        rounds: usize::MAX,
        given: vec![],
    };
    assert_eq!(
        run(&mut session, &World::default(), Budget::default()).await,
        Code::BUDGET_EXCEEDED
    );
    assert_eq!(session.given.len(), Budget::default().fetches + 1);
}

#[tokio::test]
async fn bytes_over_the_budget_end_the_session() {
    let mut budget = Budget::default();
    budget.bytes = 5;
    let world = World::default().serves("lookaside https://x/", b"abc");
    let mut session = Asking {
        fetches: vec![lookaside("https://x/", 9)],
        rounds: 9,
        given: vec![],
    };
    assert_eq!(
        run(&mut session, &world, budget).await,
        Code::BUDGET_EXCEEDED
    );
}

#[tokio::test]
async fn answers_come_in_the_order_of_the_fetches() {
    let world = World::default()
        .serves("lookaside https://x/1", b"one")
        .serves("lookaside https://x/2", b"two");
    let fetches = vec![
        lookaside("https://x/2", 9),
        lookaside("https://x/0", 9),
        lookaside("https://x/1", 9),
    ];
    let mut session = Asking {
        fetches,
        rounds: 1,
        given: vec![],
    };
    let _ = run(&mut session, &world, Budget::default()).await;
    let given: Vec<_> = session
        .given
        .pop()
        .unwrap()
        .into_iter()
        .map(|a| a.map(|f| f.into_fetched().bytes))
        .collect();
    assert_eq!(
        given,
        [
            Ok("two".into()),
            Err(FetchError::NotFound),
            Ok("one".into())
        ]
    );
}

#[tokio::test]
async fn a_fetcher_that_ignores_bounds_and_digests_is_checked_by_the_driver() {
    let digest = Digest::sha256(b"right");
    let repository: doorward::core::Repository = "r.example/a".parse().unwrap();
    let world = World::default()
        .serves("lookaside https://x/", b"too long for this")
        .serves(&format!("manifest r.example/a@{digest}"), b"wrong");
    let selector = Selector::Digest(digest);
    let fetches = vec![
        lookaside("https://x/", 3),
        Fetch::new(
            Resource::Manifest {
                repository,
                selector,
            },
            99,
        ),
    ];
    let mut session = Asking {
        fetches,
        rounds: 1,
        given: vec![],
    };
    let _ = run(&mut session, &world, Budget::default()).await;
    let given = session.given.pop().unwrap();
    assert_eq!(given[0], Err(FetchError::TooLarge { limit: 3 }));
    assert!(matches!(given[1], Err(FetchError::DigestMismatch { .. })));
}
