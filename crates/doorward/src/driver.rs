//! The one driver: runs any session against the one I/O port.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorward_core::{
    Answer, CheckedAnswer, Expiry, Fetch, FetchError, Fetcher, Meter, Proof, Rejection, Resource,
    Run, Session, Standing, Turn,
};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};

use crate::review_budget::Tab;
use crate::turns::Turns;

/// How a session ended, and how many sequential round trips it took.
#[derive(Debug)]
#[non_exhaustive]
pub struct Driven<T = Proof> {
    /// The proof, or what else the session is for; or why there is none.
    pub result: Result<T, Rejection>,
    /// Groups of fetches that went out one after another.
    pub flights: usize,
    /// What people should know although it decides nothing.
    pub notes: Vec<String>,
    /// When what the session relied on will stop to count.
    pub expiries: Vec<Expiry>,
}

/// Runs `session` to its end, fetching what it asks for.
///
/// The fetches of one step go out together. Every answer is checked against its bound and digest, whatever the fetcher
/// did, and counted by `meter`; several sessions of one decision may share it. Dropping the future cancels
/// the session. The caller sets the deadline.
pub async fn drive<T>(
    session: &mut dyn Session<T>,
    fetcher: &dyn Fetcher,
    meter: &Mutex<Meter>,
) -> Driven<T> {
    let live = Live(fetcher);
    drive_within(session, &live, meter, None).await
}

/// An answer as it arrived: checked, and how large it was.
#[derive(Clone)]
pub(crate) struct Arrived {
    pub(crate) answer: CheckedAnswer,
    /// How many bytes arrived, also if the check refused them.
    bytes: usize,
    /// Whether the review has counted them: those who share an answer share what it takes.
    is_counted: Arc<AtomicBool>,
}

impl Arrived {
    /// Checks what came of `fetch`. Those who share the answer need not hash it again.
    pub(crate) fn of(fetch: &Fetch, answer: Answer) -> Self {
        Self {
            bytes: answer.as_ref().map_or(0, |fetched| fetched.bytes.len()),
            answer: fetch.check(answer),
            is_counted: Arc::default(),
        }
    }

    pub(crate) fn failed(error: FetchError) -> Self {
        Self {
            answer: Err(error),
            bytes: 0,
            is_counted: Arc::default(),
        }
    }

    /// How many bytes the review has yet to count.
    fn uncounted(&self) -> usize {
        if self.is_counted.swap(true, Ordering::Relaxed) {
            return 0;
        }
        self.bytes
    }
}

/// Where a session's answers come from.
pub(crate) trait Source: Send + Sync {
    /// What came of one fetch.
    fn ask<'a>(&'a self, fetch: &'a Fetch) -> BoxFuture<'a, Arrived>;

    /// Takes note that an answer stays good.
    fn stands(&self, standing: Standing) {
        let _ = standing;
    }

    /// Takes note that an answer about revocation was asked for, and could not be relied on.
    fn doubts(&self, fetch: &Fetch) {
        let _ = fetch;
    }
}

/// A fetcher as a decision asks it that is no replay: an outage that was read from a transcript is none.
struct Live<'a>(&'a dyn Fetcher);

impl Source for Live<'_> {
    fn ask<'a>(&'a self, fetch: &'a Fetch) -> BoxFuture<'a, Arrived> {
        let answer = self.0.fetch(fetch);
        async move { Arrived::of(fetch, answer.await.map_err(FetchError::believed_live)) }.boxed()
    }
}

/// As [`drive`], within the bounds of a review.
pub(crate) async fn drive_within<T>(
    session: &mut dyn Session<T>,
    source: &dyn Source,
    meter: &Mutex<Meter>,
    tab: Option<&Tab>,
) -> Driven<T> {
    drive_in_turns(session, source, meter, tab, None).await
}

/// As [`drive_within`], for a session that computes for long: it goes on when it is the turn of its namespace.
pub(crate) async fn drive_in_turns<T>(
    session: &mut dyn Session<T>,
    source: &dyn Source,
    meter: &Mutex<Meter>,
    tab: Option<&Tab>,
    turns: Option<(&Turns, Option<&str>)>,
) -> Driven<T> {
    let scheme = session.scheme();
    let mut run = Run::new(session);
    let (mut answers, mut doubtful) = (Vec::new(), HashSet::new());
    let result = loop {
        let going_on = &mut run;
        let go_on = move || going_on.turn(answers, &mut lock(meter));
        let turn = match turns {
            None => go_on(),
            Some((turns, namespace)) => turns.take(namespace, go_on).await,
        };
        let wanted = match turn {
            Turn::Done(result) => break result,
            Turn::Fetch(wanted) => wanted,
        };
        let of_authorities = wanted
            .iter()
            .filter(|fetch| matches!(fetch.resource, Resource::Revocation { .. }));
        doubtful.extend(of_authorities.cloned());
        match fly(wanted, source, tab).await {
            Ok(arrived) => answers = arrived,
            Err(rejection) => break Err(rejection.in_scheme(scheme)),
        }
    };
    for standing in run.session().standing() {
        if !standing.was_known {
            doubtful.retain(|fetch| {
                (&fetch.resource, &fetch.authority) != (&standing.resource, &standing.authority)
            });
        }
        source.stands(standing);
    }
    for fetch in &doubtful {
        source.doubts(fetch);
    }
    Driven {
        result,
        flights: run.flights(),
        notes: run.session().notes(),
        expiries: run.session().expiries(),
    }
}

/// Fetches a group together, within what the review has left.
async fn fly(
    wanted: &[Fetch],
    source: &dyn Source,
    tab: Option<&Tab>,
) -> Result<Vec<CheckedAnswer>, Rejection> {
    if let Some(tab) = tab {
        tab.fetches(wanted.len())?;
    }
    let arrived = join_all(wanted.iter().map(|fetch| source.ask(fetch))).await;
    if let Some(tab) = tab {
        let bytes = arrived.iter().map(Arrived::uncounted).sum();
        tab.arrived(bytes)?;
        tab.hold(bytes)?;
    }
    Ok(arrived.into_iter().map(|one| one.answer).collect())
}

/// A panic elsewhere cannot leave the counters of a meter in a state that allows more than the budget.
pub(crate) fn lock(meter: &Mutex<Meter>) -> MutexGuard<'_, Meter> {
    meter.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
