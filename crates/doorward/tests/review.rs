//! What one review may cost, and what it keeps.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs
)]

#[path = "review/manifests.rs"]
mod manifests;
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use doorward::core::{
    Authority, Class, Code, Digest, Fetch, FetchError, FetchFuture, Fetched, Fetcher, MediaType,
    Repository, Resource,
};
use doorward::{
    Context, Decision, Engine, Governed, Memo, Mode, Node, Plan, ReviewBudget, StaticSecrets,
    Verdict,
};
use support::{MANIFEST, NOW, Toy, World, fixed, governed, note, toy_codes};

const TAGGED: &str = "r.example/app:1";
const TAG: &str = "manifest r.example/app:1";
const IMAGES: [&str; 4] = [
    "r.example/app:0",
    "r.example/app:1",
    "r.example/app:2",
    "r.example/app:3",
];

fn signed() -> Vec<Governed> {
    vec![governed(vec![Toy::demand("a")])]
}

async fn decide_all(
    engine: &Engine,
    entries: Vec<Governed>,
    fetcher: impl Fetcher + 'static,
    images: &[&str],
) -> Vec<Verdict> {
    let (rules, secrets) = (fixed(entries), StaticSecrets::default());
    let context = Context::new(&rules, &secrets, Arc::new(fetcher), NOW);
    engine.decide_all(images, &context).await
}

async fn decide(fetcher: impl Fetcher + 'static, image: &str) -> Verdict {
    decide_all(&Engine::default(), signed(), fetcher, &[image])
        .await
        .remove(0)
}

#[tokio::test]
async fn more_different_images_than_a_review_may_have_are_all_refused_and_none_is_asked_about() {
    let limit = ReviewBudget::default().images;
    let images: Vec<String> = (0..=limit).map(|n| format!("r.example/app:{n}")).collect();
    let images: Vec<&str> = images.iter().map(String::as_str).collect();
    for mode in [Mode::Enforce, Mode::Warn] {
        let mut entries = signed();
        entries[0].mode = mode;
        entries[0].warn_on_unavailable = true;
        let asked = Arc::new(World::default());
        let verdicts = decide_all(&Engine::default(), entries, Arc::clone(&asked), &images).await;
        assert_eq!(verdicts.len(), images.len());
        for verdict in &verdicts {
            assert_eq!(
                (verdict.decision(), verdict.code()),
                (Decision::Deny, Some(Code::BUDGET_EXCEEDED))
            );
        }
        assert!(asked.asked().is_empty());
    }
    // The same image many times is one.
    let many = vec![TAGGED; 4 * limit];
    let world = World::default()
        .serves(TAG, MANIFEST)
        .serves(&note("a", &Digest::sha256(MANIFEST)), b"a");
    let verdicts = decide_all(&Engine::default(), signed(), world, &many).await;
    assert!(verdicts.iter().all(|v| v.decision() == Decision::Allow));
}

#[tokio::test]
async fn what_all_images_of_a_review_need_together_is_bounded_and_no_outage() {
    let mut budgets = [ReviewBudget::default(); 2];
    budgets[0].fetches = 5;
    budgets[1].bytes = 3 * MANIFEST.len();
    for budget in budgets {
        let engine = Engine::builder().review_budget(budget).build();
        let mut world = World::default().serves(&note("a", &Digest::sha256(MANIFEST)), b"a");
        for image in IMAGES {
            world = world.serves(&format!("manifest {image}"), MANIFEST);
        }
        let mut entries = signed();
        entries[0].warn_on_unavailable = true;
        let verdicts = decide_all(&engine, entries, world, &IMAGES).await;
        let refused: Vec<_> = verdicts.iter().filter_map(Verdict::rejection).collect();
        assert!(!refused.is_empty());
        assert!(verdicts.iter().all(|v| v.decision() != Decision::Warn));
        for rejection in refused {
            assert_eq!(rejection.code(), Code::BUDGET_EXCEEDED);
            assert_eq!(rejection.class(), Class::Integrity);
        }
    }
}

#[tokio::test]
async fn what_several_images_share_is_counted_once() {
    let shared = vec![b'a'; 1000];
    let enough = IMAGES.len() * MANIFEST.len() + shared.len();
    for (bytes, is_enough) in [(enough, true), (enough - 1, false)] {
        let mut budget = ReviewBudget::default();
        budget.bytes = bytes;
        let engine = Engine::builder().review_budget(budget).build();
        // One note about the digest that all of them have.
        let mut world = World::default().serves(&note("a", &Digest::sha256(MANIFEST)), &shared);
        for image in IMAGES {
            world = world.serves(&format!("manifest {image}"), MANIFEST);
        }
        let verdicts = decide_all(&engine, signed(), world, &IMAGES).await;
        let exceeded = |verdict: &Verdict| verdict.code() == Some(Code::BUDGET_EXCEEDED);
        assert_eq!(!verdicts.iter().any(exceeded), is_enough);
    }
}

/// Serves large manifests whose bytes count themselves.
#[derive(Clone, Default)]
struct Large {
    alive: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

const LARGE: usize = 4 << 20;

struct Counted(Vec<u8>, Arc<AtomicUsize>);

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.1.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Fetcher for Large {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        Box::pin(async move {
            if !matches!(fetch.resource, Resource::Manifest { .. }) {
                return Err(FetchError::NotFound);
            }
            let alive = self.alive.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(alive, Ordering::SeqCst);
            let mut bytes = vec![b' '; LARGE];
            bytes[..MANIFEST.len()].copy_from_slice(MANIFEST);
            tokio::task::yield_now().await;
            let bytes = bytes::Bytes::from_owner(Counted(bytes, Arc::clone(&self.alive)));
            Ok(Fetched::new(bytes, None, "large"))
        })
    }
}

#[tokio::test]
async fn a_review_of_many_large_manifests_keeps_none_of_them() {
    let mut budget = ReviewBudget::default();
    budget.bytes = usize::MAX;
    let engine = Engine::builder().review_budget(budget).build();
    let large = Large::default();
    let images: Vec<String> = (0..32).map(|n| format!("r.example/app:{n}")).collect();
    let images: Vec<&str> = images.iter().map(String::as_str).collect();
    let verdicts = decide_all(&engine, signed(), large.clone(), &images).await;
    assert!(
        verdicts
            .iter()
            .all(|v| v.code() == Some(toy_codes::NO_NOTE))
    );
    assert_eq!(large.alive.load(Ordering::SeqCst), 0);
    let most = large.most.load(Ordering::SeqCst);
    assert!(
        most * LARGE <= ReviewBudget::default().in_flight,
        "{most} at a time"
    );
}

/// Panics when it is asked for some resources, and answers `world` otherwise.
struct Panics(&'static str, World);

impl Fetcher for Panics {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        if !fetch.resource.to_string().contains(self.0) {
            return self.1.fetch(fetch);
        }
        Box::pin(async {
            tokio::task::yield_now().await;
            panic!("inside a shared fetch")
        })
    }
}

#[tokio::test]
async fn a_panic_inside_a_shared_fetch_is_one_internal_error_for_all_who_waited() {
    let world = || {
        World::default()
            .serves(TAG, MANIFEST)
            .serves("manifest r.example/other:1", MANIFEST)
    };
    for place in ["manifest", "toys.example"] {
        // Both images and both entries wait for the same answer.
        let mut entries = signed();
        entries.extend(signed());
        for entry in &mut entries {
            entry.warn_on_unavailable = true;
        }
        let images = [TAGGED, "r.example/other:1", "r.example/app:1"];
        let fetcher = Panics(place, world());
        let verdicts = decide_all(&Engine::default(), entries, fetcher, &images).await;
        for verdict in verdicts {
            assert_eq!(
                (verdict.decision(), verdict.code()),
                (Decision::Deny, Some(Code::INTERNAL_ERROR)),
                "{place}"
            );
        }
    }
}

#[tokio::test]
async fn one_who_leaves_while_a_shared_fetch_panics_ends_nothing_else() {
    let memo = Memo::new(Arc::new(Panics("toys.example", World::default())));
    let resource = Resource::Lookaside {
        url: "https://toys.example/x".to_owned(),
        access: None,
    };
    let fetch = Fetch::new(resource, 10);
    let mut leaves = memo.fetch(&fetch);
    assert!(futures::poll!(&mut leaves).is_pending());
    for _ in 0..2 {
        assert!(matches!(
            memo.fetch(&fetch).await,
            Err(FetchError::Internal { .. })
        ));
    }
    drop(leaves);
}

#[tokio::test]
async fn an_alternative_that_fails_asks_nothing_more_than_to_be_judged() {
    let child = Digest::sha256(b"amd64");
    let document = format!(
        r#"{{"schemaVersion":2,"manifests":[
            {{"digest":"{child}","platform":{{"os":"linux","architecture":"amd64"}}}}]}}"#
    );
    let index = Digest::sha256(document.as_bytes());
    let world = World::default()
        .serves(TAG, document.as_bytes())
        .serves(&note("a", &child), b"a")
        .serves(&note("b", &index), b"b");
    let plans = ["a", "b"].map(|name| Plan::new(vec![Toy::demand(name)]));
    let entries = vec![governed(vec![Node::Any(plans.into())])];
    let world = Arc::new(world);
    let verdicts = decide_all(&Engine::default(), entries, Arc::clone(&world), &[TAGGED]).await;
    assert_eq!(verdicts[0].decision(), Decision::Allow);
    let asked = world.asked();
    assert!(!asked.contains(&note("a", &child)), "{asked:?}");
}
