//! What is kept between decisions.

use doorward::notary::codes as notary_codes;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use doorward::core::{Code, StateError, StateFuture, StateKey, StateQuota, StateStore, Stored};
use doorward::{Context, Decision, Engine, MemoryState};
use doorward_testkit::{Collection, Target};

use crate::world::{FIRST_USE, GUN, IMAGE, Trust, digest, image, now, outcome};

#[tokio::test]
async fn an_older_publication_is_refused_by_a_client_that_saw_the_newer_one() {
    let mut trust = Trust::new().await;
    let rules = trust.rules(&trust.pinned());
    let old = trust.collection.publish();
    trust.publish(|collection| {
        collection.add_target("1", Target::image(&image("two")));
    });
    assert_eq!(
        trust.decide(&rules, IMAGE).await.digest(),
        Some(&digest("two"))
    );
    trust.server.publish(&old);
    let verdict = trust.decide(&rules, IMAGE).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(notary_codes::ROLLBACK)),
        "{}",
        verdict.message()
    );
}

#[tokio::test]
async fn what_was_verified_is_remembered_also_if_the_image_is_refused() {
    let mut trust = Trust::new().await;
    let rules = trust.rules(&trust.pinned());
    let old = trust.collection.publish();
    trust.publish(|collection| {
        collection.remove_target("1");
    });
    assert_eq!(
        outcome(&trust.decide(&rules, IMAGE).await),
        (Decision::Deny, Some(notary_codes::NOT_RELEASED))
    );
    trust.server.publish(&old);
    assert_eq!(
        outcome(&trust.decide(&rules, IMAGE).await),
        (Decision::Deny, Some(notary_codes::ROLLBACK))
    );
}

/// A store that answers as the test says.
struct Broken(StateError);

impl StateStore for Broken {
    fn load<'a>(&'a self, _: &'a StateKey) -> StateFuture<'a, Stored> {
        Box::pin(std::future::ready(Err(self.0.clone())))
    }

    fn replace<'a>(
        &'a self,
        _: &'a StateKey,
        _: Option<&'a bytes::Bytes>,
        _: bytes::Bytes,
    ) -> StateFuture<'a, bool> {
        Box::pin(std::future::ready(Err(self.0.clone())))
    }
}

/// A store that was emptied behind our back, and cannot be written.
struct Emptied;

impl StateStore for Emptied {
    fn load<'a>(&'a self, _: &'a StateKey) -> StateFuture<'a, Stored> {
        Box::pin(std::future::ready(Ok(Stored::Lost)))
    }

    fn replace<'a>(
        &'a self,
        _: &'a StateKey,
        _: Option<&'a bytes::Bytes>,
        _: bytes::Bytes,
    ) -> StateFuture<'a, bool> {
        Box::pin(std::future::ready(Err(StateError::Unavailable {
            detail: "read-only".to_owned(),
        })))
    }
}

#[tokio::test]
async fn an_image_is_not_allowed_if_what_was_verified_cannot_be_remembered() {
    for (store, code) in [
        (
            Arc::new(Broken(StateError::Unavailable {
                detail: "no disk".to_owned(),
            })) as Arc<dyn StateStore>,
            Code::STATE_UNAVAILABLE,
        ),
        (
            Arc::new(Broken(StateError::Invalid {
                detail: "odd".to_owned(),
            })),
            Code::STATE_INVALID,
        ),
        (Arc::new(Emptied), Code::STATE_UNAVAILABLE),
    ] {
        let trust = Trust::with(Engine::builder().state(store)).await;
        let verdict = trust.decide(&trust.rules(&trust.pinned()), IMAGE).await;
        assert_eq!(
            outcome(&verdict),
            (Decision::Deny, Some(code)),
            "{}",
            verdict.message()
        );
    }
}

#[tokio::test]
async fn a_first_contact_whose_share_of_memory_is_full_is_refused_and_no_outage() {
    let full = StateQuota { bytes: 1, least: 1 };
    let state = Arc::new(MemoryState::with_quota(full));
    let trust = Trust::with(Engine::builder().state(state)).await;
    let verdict = trust.decide(&trust.rules(&trust.pinned()), IMAGE).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(Code::STATE_FULL)),
        "{}",
        verdict.message()
    );
    assert!(verdict.rejection().unwrap().outage().is_none());
}

#[tokio::test]
async fn memory_that_was_deleted_is_said_and_not_passed_over() {
    let trust = Trust::with(Engine::builder().state(Arc::new(Emptied))).await;
    let verdict = trust.decide(&trust.rules(&trust.pinned()), IMAGE).await;
    assert!(
        verdict.notes()[0].contains("deleted"),
        "{:?}",
        verdict.notes()
    );
}

#[tokio::test]
async fn damaged_memory_is_invalid_and_never_a_first_contact() {
    let state = Arc::new(MemoryState::default());
    let trust = Trust::with(Engine::builder().state(state.clone())).await;
    let key = StateKey::new(
        "cluster",
        doorward::core::Scheme::NOTARY,
        vec![trust.server.url()],
        GUN,
    );
    assert!(state.replace(&key, None, "{}".into()).await.unwrap());
    let verdict = trust.decide(&trust.rules(FIRST_USE), IMAGE).await;
    assert_eq!(
        outcome(&verdict),
        (Decision::Deny, Some(Code::STATE_INVALID))
    );
    assert!(trust.server.requests().is_empty());
}

#[tokio::test]
async fn decisions_at_the_same_time_forget_nothing_of_each_other() {
    let mut trust = Trust::new().await;
    let rules = trust.rules(&trust.pinned());
    trust.publish(|collection| {
        collection.add_target("2", Target::image(&image("two")));
    });
    let images: Vec<String> = (0..16).map(|n| format!("{GUN}:{}", n % 2 + 1)).collect();
    let verdicts =
        futures::future::join_all(images.iter().map(|image| trust.decide(&rules, image))).await;
    for verdict in verdicts {
        assert_eq!(
            outcome(&verdict),
            (Decision::Allow, None),
            "{}",
            verdict.message()
        );
    }
    let after = trust.decide(&rules, IMAGE).await;
    assert_eq!(after.cost().fetches, 1);
}

#[tokio::test]
async fn a_decision_that_keeps_nothing_uses_what_was_kept_and_leaves_it_as_it_was() {
    let mut trust = Trust::new().await;
    let rules = trust.rules(&trust.pinned());
    let old = trust.collection.publish();
    trust.publish(|collection| {
        collection.add_target("1", Target::image(&image("two")));
    });
    let fetcher = Arc::new(trust.client.anonymous());
    let context = Context::new(&rules, &trust.secrets, fetcher, now()).in_namespace("tenant");
    let dry = context.clone().keeping_nothing();
    let newer = trust.engine.decide(IMAGE, &dry).await;
    assert_eq!(newer.digest(), Some(&digest("two")));
    // Nothing is known of the newer one, and so the older one is not older than anything.
    trust.server.publish(&old);
    let older = trust.engine.decide(IMAGE, &context).await;
    assert_eq!(
        outcome(&older),
        (Decision::Allow, None),
        "{}",
        older.message()
    );
    trust.server.publish(&trust.collection.publish());
    assert_eq!(
        trust.engine.decide(IMAGE, &context).await.digest(),
        Some(&digest("two"))
    );
    trust.server.publish(&old);
    let back = trust.engine.decide(IMAGE, &dry).await;
    assert_eq!(
        outcome(&back),
        (Decision::Deny, Some(notary_codes::ROLLBACK))
    );
}

/// A store in which another decision puts what it met first while this one is under way.
struct Raced {
    state: MemoryState,
    loads: AtomicUsize,
}

impl StateStore for Raced {
    fn load<'a>(&'a self, key: &'a StateKey) -> StateFuture<'a, Stored> {
        if self.loads.fetch_add(1, Ordering::SeqCst) == 0 {
            return Box::pin(std::future::ready(Ok(Stored::Nothing)));
        }
        self.state.load(key)
    }

    fn replace<'a>(
        &'a self,
        key: &'a StateKey,
        expected: Option<&'a bytes::Bytes>,
        new: bytes::Bytes,
    ) -> StateFuture<'a, bool> {
        self.state.replace(key, expected, new)
    }
}

#[tokio::test]
async fn of_two_first_answers_at_the_same_time_the_later_one_is_held_against_the_earlier_one() {
    for (stranger, expected) in [
        (false, (Decision::Allow, None)),
        (true, (Decision::Deny, Some(notary_codes::ROOT_ROTATION))),
    ] {
        let raced = Raced {
            state: MemoryState::default(),
            loads: AtomicUsize::new(1),
        };
        let raced = Arc::new(raced);
        let mut trust = Trust::with(Engine::builder().state(raced.clone())).await;
        let rules = trust.rules(FIRST_USE);
        assert_eq!(
            outcome(&trust.decide(&rules, IMAGE).await),
            (Decision::Allow, None)
        );
        // The same is met for the first time by one that looked before that was kept.
        raced.loads.store(0, Ordering::SeqCst);
        trust.publish(|collection| {
            collection.add_target("2", Target::image(&image("two")));
        });
        if stranger {
            let mut other = Collection::builder(GUN, now()).seed(99).build();
            other.set_version("root", 4).touch("root");
            other.add_target("1", Target::image(&image("evil")));
            trust.server.publish(&other.publish());
        }
        let verdict = trust.decide(&rules, IMAGE).await;
        assert_eq!(outcome(&verdict), expected, "{}", verdict.message());
    }
}
