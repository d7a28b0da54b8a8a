use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use doorward_core::{Budget, Code, Fetch, FetchFuture, Fetcher, Meter, Scheme, Step};

use super::*;

/// How many compute at a time, and the most that did.
#[derive(Debug, Default)]
struct Busy {
    now: AtomicUsize,
    most: AtomicUsize,
}

/// Computes for some milliseconds in each of its steps.
struct Computing(Arc<Busy>, usize);

impl Session for Computing {
    fn scheme(&self) -> Scheme {
        Scheme::custom("toy")
    }

    fn advance(&mut self, _: Vec<CheckedAnswer>, _: &mut Meter) -> Step {
        let now = self.0.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.most.fetch_max(now, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(3));
        self.0.now.fetch_sub(1, Ordering::SeqCst);
        self.1 -= 1;
        match self.1 {
            0 => Step::Done(Err(Rejection::new(Code::POLICY_NO_MATCH, "enough"))),
            _ => Step::Fetch(vec![Fetch::new(nothing(), 1)]),
        }
    }
}

fn nothing() -> Resource {
    let url = "https://s.example/a".to_owned();
    Resource::Lookaside { url, access: None }
}

struct Nothing;

impl Fetcher for Nothing {
    fn fetch<'a>(&'a self, _: &'a Fetch) -> FetchFuture<'a> {
        Box::pin(std::future::ready(Err(FetchError::NotFound)))
    }
}

async fn most_at_a_time(namespaces: &[&'static str]) -> usize {
    let (turns, busy) = (Arc::new(Turns::default()), Arc::new(Busy::default()));
    let sessions = namespaces.iter().map(|&namespace| {
        let (turns, busy) = (Arc::clone(&turns), Arc::clone(&busy));
        tokio::spawn(async move {
            let meter = Mutex::new(Meter::new(Budget::default()));
            let mut session = Computing(busy, 5);
            let shared = Some((&*turns, Some(namespace)));
            drive_in_turns(&mut session, &Live(&Nothing), &meter, None, shared).await
        })
    });
    for driven in join_all(sessions).await {
        assert_eq!(driven.unwrap().flights, 4);
    }
    busy.most.load(Ordering::SeqCst)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sessions_of_one_namespace_that_compute_take_turns() {
    assert_eq!(most_at_a_time(&["shop"; 12]).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sessions_of_other_namespaces_do_not_wait_for_them() {
    let each = most_at_a_time(&["shop", "bank", "shop", "bank", "post"]).await;
    assert!((2..=3).contains(&each), "{each}");
}
