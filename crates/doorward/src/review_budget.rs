//! What one review may cost, and all of them together.

mod bounds;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use doorward_core::{
    Authority, Code, Fetch, FetchError, FetchFuture, Fetcher, Rejection, Repository,
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, SemaphorePermit};

pub use self::bounds::ReviewBudget;

/// The unit in which bytes are handed out.
const UNIT: usize = 1 << 10;
/// Bytes that answers under way may have together, over all reviews of a process: room for 128 of the largest
/// manifests or signature lists at a time.
const IN_FLIGHT: usize = 512 << 20;
/// Bytes of answers that the reviews of a process may hold together. A usual image has some kilobytes.
const HELD: usize = 256 << 20;

/// What all reviews of a process share.
#[derive(Debug)]
pub(crate) struct Ledger {
    all: Pool,
    /// As long as reviews of the namespace are under way.
    shares: Mutex<HashMap<String, Weak<Pool>>>,
    in_flight: usize,
    held: usize,
}

/// Bytes that are handed out: under way, and held.
#[derive(Debug)]
struct Pool {
    /// All the bytes that may be under way.
    room: usize,
    in_flight: Semaphore,
    held: Arc<Semaphore>,
}

impl Pool {
    fn of(in_flight: usize, held: usize) -> Self {
        Self {
            room: in_flight,
            in_flight: Semaphore::new(in_flight / UNIT),
            held: Arc::new(Semaphore::new(held / UNIT)),
        }
    }
}

impl Default for Ledger {
    fn default() -> Self {
        Self::of(IN_FLIGHT, HELD)
    }
}

impl Ledger {
    fn of(in_flight: usize, held: usize) -> Self {
        Self {
            all: Pool::of(in_flight, held),
            shares: Mutex::default(),
            in_flight,
            held,
        }
    }

    /// The share of a namespace. Reviews without a namespace have one together.
    fn share(&self, namespace: Option<&str>, of: usize) -> Arc<Pool> {
        let (name, of) = (namespace.unwrap_or_default(), of.max(1));
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(share) = shares.get(name).and_then(Weak::upgrade) {
            return share;
        }
        // Namespaces without a review are forgotten before a new one is written down.
        shares.retain(|_, share| share.strong_count() > 0);
        let share = Arc::new(Pool::of(self.in_flight / of, self.held / of));
        shares.insert(name.to_owned(), Arc::downgrade(&share));
        share
    }
}

/// What one review has used.
#[derive(Debug)]
pub(crate) struct Tab {
    budget: ReviewBudget,
    fetches: AtomicUsize,
    bytes: AtomicUsize,
    materials: AtomicUsize,
    in_flight: Semaphore,
    held: Mutex<Vec<OwnedSemaphorePermit>>,
    share: Arc<Pool>,
    ledger: Arc<Ledger>,
}

/// Room for one answer under way. A review that waits for it holds no other room, so that all of them get some in the
/// end.
pub(crate) struct Room<'a> {
    _of_review: SemaphorePermit<'a>,
    _of_share: SemaphorePermit<'a>,
    _of_all: SemaphorePermit<'a>,
}

impl Tab {
    /// The tab of a review of a workload in `namespace`.
    pub(crate) fn new(budget: ReviewBudget, ledger: Arc<Ledger>, namespace: Option<&str>) -> Self {
        Self {
            budget,
            fetches: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            materials: AtomicUsize::new(0),
            in_flight: Semaphore::new(budget.in_flight.clamp(UNIT, IN_FLIGHT) / UNIT),
            held: Mutex::default(),
            share: ledger.share(namespace, budget.shares),
            ledger,
        }
    }

    /// Whether so many different images are too many.
    pub(crate) fn images(&self, count: usize) -> Result<(), Rejection> {
        let limit = self.budget.images;
        if count <= limit {
            return Ok(());
        }
        let detail = format!(
            "the object names {count} different images, and no more than {limit} are judged at a time"
        );
        Err(Rejection::new(Code::BUDGET_EXCEEDED, detail))
    }

    /// Counts images that builds used before they are judged.
    pub(crate) fn materials(&self, count: usize) -> Result<(), Rejection> {
        let before = self.materials.fetch_add(count, Ordering::Relaxed);
        let used = before.saturating_add(count);
        within(used, self.budget.materials, "images that builds used")
    }

    /// Counts fetches before they are made.
    pub(crate) fn fetches(&self, count: usize) -> Result<(), Rejection> {
        let before = self.fetches.fetch_add(count, Ordering::Relaxed);
        within(before.saturating_add(count), self.budget.fetches, "fetches")
    }

    /// Counts the bytes of answers that have arrived.
    pub(crate) fn arrived(&self, bytes: usize) -> Result<(), Rejection> {
        let before = self.bytes.fetch_add(bytes, Ordering::Relaxed);
        within(before.saturating_add(bytes), self.budget.bytes, "bytes")
    }

    /// Counts bytes that stay in memory as long as the review lasts.
    ///
    /// Nobody waits for room here: a review that held some while it waits for more could wait for itself.
    pub(crate) fn hold(&self, bytes: usize) -> Result<(), Rejection> {
        let full = || {
            Rejection::new(
                Code::BUDGET_EXCEEDED,
                "the signatures of all images that are judged now take more memory than they may",
            )
        };
        let units = units(bytes);
        let take = |pool: &Pool| {
            let held = Arc::clone(&pool.held);
            held.try_acquire_many_owned(units).map_err(|_| full())
        };
        let more = [take(&self.share)?, take(&self.ledger.all)?];
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.extend(more);
        Ok(())
    }

    /// Room for an answer of at most `bytes`, as soon as there is some.
    pub(crate) async fn room(&self, bytes: usize) -> Result<Room<'_>, FetchError> {
        let closed = |_| FetchError::Internal {
            detail: "the room for answers was closed".to_owned(),
        };
        // An answer that is larger than all there is takes all there is.
        let most = self.budget.in_flight.min(self.share.room);
        let units = units(bytes.min(most.clamp(UNIT, IN_FLIGHT)));
        let of_review = self.in_flight.acquire_many(units).await.map_err(closed)?;
        let of_share = self.share.in_flight.acquire_many(units).await;
        let of_share = of_share.map_err(closed)?;
        let of_all = self.ledger.all.in_flight.acquire_many(units).await;
        Ok(Room {
            _of_review: of_review,
            _of_share: of_share,
            _of_all: of_all.map_err(closed)?,
        })
    }
}

/// A fetcher that waits for room before it asks, and believes no outage that was read from a transcript unless all of
/// the decision is.
pub(crate) struct Gate {
    inner: Arc<dyn Fetcher>,
    tab: Arc<Tab>,
    is_replay: bool,
}

impl Gate {
    pub(crate) const fn new(inner: Arc<dyn Fetcher>, tab: Arc<Tab>, is_replay: bool) -> Self {
        Self {
            inner,
            tab,
            is_replay,
        }
    }
}

impl Fetcher for Gate {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        Box::pin(async move {
            let _room = self.tab.room(fetch.max_bytes).await?;
            let answer = self.inner.fetch(fetch).await;
            if self.is_replay {
                return answer;
            }
            answer.map_err(FetchError::believed_live)
        })
    }

    fn locate(&self, repository: &Repository) -> Repository {
        self.inner.locate(repository)
    }

    fn other_name(&self, repository: &Repository) -> Option<Authority> {
        self.inner.other_name(repository)
    }
}

fn within(used: usize, limit: usize, unit: &str) -> Result<(), Rejection> {
    if used <= limit {
        return Ok(());
    }
    let detail = format!("the images of the object need more than {limit} {unit} together");
    Err(Rejection::new(Code::BUDGET_EXCEEDED, detail))
}

fn units(bytes: usize) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tab(ledger: &Arc<Ledger>) -> Tab {
        let budget = ReviewBudget {
            images: 2,
            materials: 4,
            fetches: 3,
            bytes: 10,
            in_flight: 8 << 20,
            shares: 1,
            ..ReviewBudget::default()
        };
        Tab::new(budget, Arc::clone(ledger), None)
    }

    fn tab_of(namespace: &str, ledger: &Arc<Ledger>) -> Tab {
        Tab::new(ReviewBudget::default(), Arc::clone(ledger), Some(namespace))
    }

    #[test]
    fn the_last_unit_of_a_review_can_be_spent_and_no_more() {
        let tab = tab(&Arc::default());
        assert!(tab.images(2).is_ok() && tab.images(3).is_err());
        assert!(tab.materials(4).is_ok() && tab.materials(1).is_err());
        assert!(tab.fetches(3).is_ok() && tab.fetches(1).is_err());
        assert!(tab.arrived(10).is_ok() && tab.arrived(1).is_err());
        assert!(tab.arrived(usize::MAX).is_err());
    }

    #[test]
    fn what_is_too_much_for_a_review_is_never_an_outage() {
        let tab = tab(&Arc::default());
        for refused in [
            tab.images(9),
            tab.materials(9),
            tab.fetches(9),
            tab.arrived(99),
            tab.hold(HELD + 1),
        ] {
            let rejection = refused.unwrap_err();
            assert_eq!(rejection.code(), Code::BUDGET_EXCEEDED);
            assert_eq!(rejection.class(), doorward_core::Class::Integrity);
        }
    }

    #[test]
    fn what_a_review_holds_is_free_again_when_it_is_over() {
        let ledger = Arc::new(Ledger::of(4 << 20, 8 << 10));
        let first = tab(&ledger);
        assert!(first.hold(4 << 10).is_ok() && first.hold(4 << 10).is_ok());
        let second = tab(&ledger);
        assert!(second.hold(1).is_err());
        drop(first);
        assert!(second.hold(8 << 10).is_ok());
    }

    #[test]
    fn the_reviews_of_one_namespace_hold_no_more_than_their_share() {
        let ledger = Arc::new(Ledger::of(0, 64 << 10));
        let greedy: Vec<Tab> = (0..3).map(|_| tab_of("greedy", &ledger)).collect();
        let held: usize = greedy
            .iter()
            .filter(|tab| tab.hold(8 << 10).is_ok())
            .count();
        assert_eq!(held, 2, "16 of 64 KiB");
        assert!(tab_of("greedy", &ledger).hold(1).is_err());
        assert!(tab_of("other", &ledger).hold(16 << 10).is_ok());
    }

    #[tokio::test]
    async fn answers_of_one_namespace_that_never_come_leave_room_for_those_of_others() {
        let ledger = Arc::new(Ledger::of(16 << 20, 0));
        let silent: Vec<Tab> = (0..8).map(|_| tab_of("silent", &ledger)).collect();
        let waiting = futures::future::join_all(silent.iter().map(|tab| tab.room(4 << 20)));
        let mut waiting = std::pin::pin!(waiting);
        assert!(futures::poll!(&mut waiting).is_pending());
        let other = tab_of("other", &ledger);
        let room = std::pin::pin!(other.room(4 << 20));
        assert!(futures::poll!(room).is_ready());
    }

    #[test]
    fn a_namespace_without_reviews_is_forgotten() {
        let ledger = Arc::new(Ledger::of(0, 64 << 10));
        for number in 0..100 {
            assert!(tab_of(&number.to_string(), &ledger).hold(16 << 10).is_ok());
        }
        assert!(ledger.shares.lock().unwrap().len() <= 1);
    }

    #[tokio::test]
    async fn answers_under_way_take_no_more_room_than_there_is() {
        #[derive(Default)]
        struct Slow(AtomicUsize, AtomicUsize);
        impl Fetcher for Slow {
            fn fetch<'a>(&'a self, _: &'a Fetch) -> FetchFuture<'a> {
                Box::pin(async move {
                    let now = self.0.fetch_add(1, Ordering::SeqCst) + 1;
                    self.1.fetch_max(now, Ordering::SeqCst);
                    tokio::task::yield_now().await;
                    self.0.fetch_sub(1, Ordering::SeqCst);
                    Err(FetchError::NotFound)
                })
            }
        }
        let ledger = Arc::new(Ledger::of(8 << 20, 0));
        let slow = Arc::new(Slow::default());
        let gates = [tab(&ledger), tab(&ledger)].map(|tab| {
            let slow: Arc<dyn Fetcher> = Arc::clone(&slow) as _;
            Gate::new(slow, Arc::new(tab), false)
        });
        let resource = doorward_core::Resource::Lookaside {
            url: "https://s.example/x".to_owned(),
            access: None,
        };
        let fetch = Fetch::new(resource, 4 << 20);
        let all = gates.iter().cycle().take(20).map(|gate| gate.fetch(&fetch));
        futures::future::join_all(all).await;
        assert_eq!(slow.1.load(Ordering::SeqCst), 2);
    }
}
