//! What will become of images as time goes by: when one that may run will be refused, and why.
//!
//! Nothing is guessed. The image is judged as it would be at later times, by the answers that were given now. So what a
//! forecast says of a time is what [`Engine::decide`] says at that time, as long as nothing is renewed, signed or written
//! meanwhile.

use std::collections::BTreeSet;
use std::sync::Arc;

#[cfg(feature = "notation")]
use doorward_core::Rejection;
use doorward_core::{Class, Fetcher, Timestamp};

use crate::context::Context;
use crate::decision::Decision;
use crate::engine::Engine;
use crate::memo::Memo;
use crate::verdict::Verdict;

/// Times that are looked at beside those at which something is known to end, evenly spaced, the last one among them.
const REGULAR: i64 = 8;
/// Judgements of one image, the first one not counted. Each change takes about thirty.
const MOST_LOOKS: usize = 256;
/// Changes of one image that are told.
const MOST_CHANGES: usize = 4;

/// What is decided about an image, and how that changes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Forecast {
    now: Verdict,
    changes: Vec<Change>,
    is_whole: bool,
}

/// That something else is decided from a time on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The first second in which it is so.
    pub at: Timestamp,
    /// What is decided from then on.
    pub verdict: Verdict,
}

impl Forecast {
    /// What is decided now.
    pub const fn now(&self) -> &Verdict {
        &self.now
    }

    /// How that changes, in the order of time. Nothing is looked for after a refusal: one that is refused now has none.
    #[must_use]
    pub fn changes(&self) -> &[Change] {
        &self.changes
    }

    /// The change from which on the image is refused. `None` if it is refused now, and if it is not refused within the time
    /// that was looked at.
    #[must_use]
    pub fn refusal(&self) -> Option<&Change> {
        let last = self.changes.last();
        last.filter(|change| change.verdict.decision() == Decision::Deny)
    }

    /// Whether the whole time was looked at. It was not where more happens to an image than is looked at, and where what
    /// becomes of it in the end could not be asked.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.is_whole
    }
}

impl Engine {
    /// What becomes of images from the time of the context until `until`, in their order.
    ///
    /// Nothing is kept for later decisions. Everything is asked once, and counts as it was answered. What a later judgement
    /// could only ask again, as a revocation list that has ended, changes nothing: it is renewed as a rule, and is no end of
    /// the image.
    pub async fn forecast(
        &self,
        images: &[&str],
        context: &Context<'_>,
        until: Timestamp,
    ) -> Vec<Forecast> {
        let fetcher: Arc<dyn Fetcher> = Arc::new(Memo::new(Arc::clone(&context.fetcher)));
        let mut context = context.clone().keeping_nothing();
        context.fetcher = fetcher;
        context.cache_scope = None;
        context.tape = None;
        let verdicts = self.decide_all(images, &context).await;
        let mut forecasts: Vec<Forecast> = Vec::new();
        for (image, now) in images.iter().zip(verdicts) {
            let known = forecasts.iter().find(|known| known.now == now);
            let forecast = match known {
                Some(known) => known.clone(),
                None => {
                    let walk = Walk {
                        engine: self,
                        image,
                        context: &context,
                        until,
                        looks: 0,
                    };
                    walk.of(now).await
                }
            };
            forecasts.push(forecast);
        }
        forecasts
    }
}

/// The way of one image through time.
struct Walk<'a> {
    engine: &'a Engine,
    image: &'a str,
    context: &'a Context<'a>,
    until: Timestamp,
    looks: usize,
}

impl Walk<'_> {
    async fn of(mut self, now: Verdict) -> Forecast {
        let mut forecast = Forecast {
            is_whole: !is_unknown(&now),
            now: now.clone(),
            changes: Vec::new(),
        };
        if is_unknown(&now) || now.decision() == Decision::Deny {
            return forecast;
        }
        let (mut at, mut current) = (self.context.now, now);
        let mut times = self.regular();
        let mut is_open = false;
        times.extend(self.ends(&current, at));
        while let Some(next) = times.pop_first() {
            if self.looks >= MOST_LOOKS || forecast.changes.len() >= MOST_CHANGES {
                forecast.is_whole = false;
                break;
            }
            let seen = self.look(next).await;
            // What is renewed as a rule hides nothing; what nobody could be asked for leaves it open what comes.
            is_open = is_unknown(&seen);
            if is_open || is_renewed(&seen) {
                continue;
            }
            times.extend(self.ends(&seen, next));
            if is_alike(&seen, &current) {
                (at, current) = (next, seen);
                continue;
            }
            let change = self.first(at, &current, next, seen).await;
            // Between the change and what was looked at there may be another one.
            times.extend(self.ends(&change.verdict, change.at));
            times.extend(Some(next).filter(|next| *next > change.at));
            (at, current) = (change.at, change.verdict.clone());
            let is_over = current.decision() == Decision::Deny;
            forecast.changes.push(change);
            if is_over {
                break;
            }
        }
        forecast.is_whole &= !is_open;
        forecast
    }

    /// The first second after `low`, where it is as `before`, in which it is otherwise; at `high` it is as `seen`.
    async fn first(
        &mut self,
        low: Timestamp,
        before: &Verdict,
        high: Timestamp,
        seen: Verdict,
    ) -> Change {
        let (mut low, mut high, mut verdict) = (low, high, seen);
        while high.since(low) > 1 {
            let middle = low.plus(high.since(low) / 2);
            let seen = self.look(middle).await;
            // Of what cannot be known, the later time says more.
            if is_unknown(&seen) || is_renewed(&seen) || is_alike(&seen, before) {
                low = middle;
            } else {
                (high, verdict) = (middle, seen);
            }
        }
        Change { at: high, verdict }
    }

    async fn look(&mut self, at: Timestamp) -> Verdict {
        self.looks += 1;
        let mut context = self.context.clone();
        context.now = at;
        self.engine.decide(self.image, &context).await
    }

    fn regular(&self) -> BTreeSet<Timestamp> {
        let now = self.context.now;
        let span = self.until.since(now).max(0);
        let times = (1..=REGULAR).map(|number| now.plus(span / REGULAR * number));
        let times = times.chain([self.until]);
        times.filter(|time| *time > now).collect()
    }

    /// When a verdict may end that holds at `at`, as far as that is looked at.
    fn ends(&self, verdict: &Verdict, at: Timestamp) -> Vec<Timestamp> {
        verdict
            .ends()
            .filter(|end| *end > at && *end <= self.until)
            .collect()
    }
}

/// Whether what becomes of the image could not be asked.
fn is_unknown(verdict: &Verdict) -> bool {
    let rejection = verdict.rejection();
    rejection.is_some_and(|rejection| rejection.class() == Class::Unavailable)
}

/// Whether the image fails for the want of a new word on what was revoked, be it of one signature of several: those that there are
/// have ended, and issuers give new ones.
#[cfg(feature = "notation")]
fn is_renewed(verdict: &Verdict) -> bool {
    fn wants_word(rejection: &Rejection) -> bool {
        rejection.code() == doorward_notation::codes::REVOCATION_UNKNOWN
            || rejection.causes().iter().any(wants_word)
    }
    verdict.rejection().is_some_and(wants_word)
}

#[cfg(not(feature = "notation"))]
const fn is_renewed(_: &Verdict) -> bool {
    false
}

fn is_alike(one: &Verdict, other: &Verdict) -> bool {
    (one.decision(), one.code()) == (other.decision(), other.code())
}
