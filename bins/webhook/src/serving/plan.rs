//! What to do about the Secret with the serving certificate. Pure: what stands in it and the time in, one step out.

use std::time::Duration;

use doorward_core::Timestamp;
/// When a certificate, and the authority over it, are valid.
pub(crate) use doorward_kube::serving::Span;

/// How long certificates last, and how long a new authority is known before a certificate under it is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Times {
    /// From when it is made to its end.
    pub(crate) valid: Duration,
    /// How long before that its validity begins, for clocks that are behind.
    pub(crate) backdate: Duration,
    /// How long the authority of a certificate must be in place before it is served.
    pub(crate) settle: Duration,
}

/// What stands in the Secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Held {
    /// It is somebody else's.
    Foreign,
    /// There is none, or it has no content.
    Nothing,
    /// It is ours.
    Content {
        /// The certificate that is served, if it can be used at any time.
        current: Option<Span>,
        /// The one that comes after it, once one was made; `Some(None)` if that cannot be used.
        next: Option<Option<Span>>,
        /// When the first of the authorities ends.
        first_end: Option<Timestamp>,
    },
}

/// What the leader does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing.
    Keep,
    /// Make a certificate and serve it at once: there is none that could be served.
    Issue,
    /// Make the one that comes next, and have its authority trusted beside the others.
    Stage,
    /// Wait until the authority of the next one is in place for long enough.
    Wait,
    /// Serve the next one.
    Promote,
    /// Take out authorities that have ended.
    Tidy,
    /// Leave it alone, and say so.
    Refuse,
}

/// The next step. `trusted` is for how long all authorities in the Secret have been where clients look.
pub(crate) fn plan(held: Held, now: Timestamp, trusted: Option<Duration>, times: &Times) -> Step {
    let (current, next, first_end) = match held {
        Held::Foreign => return Step::Refuse,
        Held::Nothing => return Step::Issue,
        Held::Content {
            current,
            next,
            first_end,
        } => (current, next, first_end),
    };
    let usable = |span: Option<Span>| span.filter(|span| span.has(now));
    let next = next.map(usable);
    let Some(current) = usable(current) else {
        // Nothing that is served now is accepted: there is nothing to wait for.
        return match next {
            Some(Some(_)) => Step::Promote,
            _ => Step::Issue,
        };
    };
    match next {
        Some(Some(_)) if trusted.is_some_and(|trusted| trusted >= times.settle) => Step::Promote,
        Some(Some(_)) => Step::Wait,
        Some(None) => Step::Stage,
        None if now >= due(current, times) => Step::Stage,
        None if first_end.is_some_and(|end| end <= now) => Step::Tidy,
        None => Step::Keep,
    }
}

/// When the next certificate is made: two thirds into this one's validity, and no later than that of one that would be made
/// today, should somebody have put one in that is valid for a century.
fn due(current: Span, times: &Times) -> Timestamp {
    let whole = seconds(times.valid).saturating_add(seconds(times.backdate));
    let is_valid = current.until.unix().saturating_sub(current.from.unix());
    let two_thirds = is_valid.min(whole) / 3 * 2;
    Timestamp::from_unix(current.from.unix().saturating_add(two_thirds))
}

pub(crate) fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: Times = Times {
        valid: Duration::from_secs(900),
        backdate: Duration::from_secs(0),
        settle: Duration::from_secs(30),
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_unix(seconds)
    }

    const fn span(from: i64, until: i64) -> Option<Span> {
        Some(Span {
            from: Timestamp::from_unix(from),
            until: Timestamp::from_unix(until),
        })
    }

    fn content(current: Option<Span>, next: Option<Option<Span>>) -> Held {
        Held::Content {
            current,
            next,
            first_end: None,
        }
    }

    fn step(held: Held, now: i64) -> Step {
        plan(held, at(now), None, &TIMES)
    }

    #[test]
    fn a_secret_of_somebody_else_is_never_written_whatever_the_time() {
        for now in [0, i64::MAX, i64::MIN] {
            let trusted = Some(Duration::MAX);
            assert_eq!(plan(Held::Foreign, at(now), trusted, &TIMES), Step::Refuse);
        }
    }

    #[test]
    fn where_there_is_nothing_to_serve_a_certificate_is_made_and_served_at_once() {
        assert_eq!(step(Held::Nothing, 5), Step::Issue);
        assert_eq!(step(content(None, None), 5), Step::Issue);
        assert_eq!(step(content(None, Some(None)), 5), Step::Issue);
    }

    #[test]
    fn the_next_one_is_made_two_thirds_into_the_validity_to_the_second() {
        let held = content(span(1_000, 1_900), None);
        assert_eq!(step(held, 1_000), Step::Keep);
        assert_eq!(step(held, 1_599), Step::Keep);
        assert_eq!(step(held, 1_600), Step::Stage);
        assert_eq!(step(held, 1_899), Step::Stage);
    }

    #[test]
    fn a_certificate_ends_at_its_last_second_and_does_not_begin_before_its_first() {
        let held = content(span(1_000, 1_900), None);
        assert_eq!(step(held, 999), Step::Issue, "clocks went back");
        assert_eq!(step(held, 1_900), Step::Issue);
    }

    #[test]
    fn one_that_is_valid_for_a_century_is_replaced_as_soon_as_one_of_ours_would_be() {
        let held = content(span(1_000, 1_000 + 100 * 365 * 86_400), None);
        assert_eq!(step(held, 1_599), Step::Keep);
        assert_eq!(step(held, 1_600), Step::Stage);
        let beyond = content(span(i64::MIN, i64::MAX), None);
        assert_eq!(step(beyond, 0), Step::Stage);
    }

    #[test]
    fn a_next_one_is_served_once_its_authority_is_in_place_for_long_enough_and_not_before() {
        let held = content(span(1_000, 1_900), Some(span(1_600, 2_500)));
        let trusted = |seconds| plan(held, at(1_700), seconds, &TIMES);
        assert_eq!(trusted(None), Step::Wait);
        assert_eq!(trusted(Some(Duration::ZERO)), Step::Wait);
        assert_eq!(trusted(Some(Duration::from_millis(29_999))), Step::Wait);
        assert_eq!(trusted(Some(Duration::from_secs(30))), Step::Promote);
    }

    #[test]
    fn a_next_one_is_served_without_a_wait_once_nothing_else_is_valid() {
        for current in [None, span(1_000, 1_700)] {
            let held = content(current, Some(span(1_600, 2_500)));
            assert_eq!(step(held, 1_700), Step::Promote);
        }
    }

    #[test]
    fn a_next_one_that_cannot_be_used_is_made_again_and_what_is_served_stays() {
        let current = span(1_000, 1_900);
        for next in [None, span(1_701, 2_500), span(1_000, 1_700)] {
            let held = content(current, Some(next));
            let trusted = Some(Duration::MAX);
            assert_eq!(plan(held, at(1_700), trusted, &TIMES), Step::Stage);
        }
    }

    #[test]
    fn an_authority_that_has_ended_is_taken_out_when_there_is_nothing_else_to_do() {
        let held = |next| Held::Content {
            current: span(1_000, 1_900),
            next,
            first_end: Some(at(1_100)),
        };
        assert_eq!(step(held(None), 1_099), Step::Keep);
        assert_eq!(step(held(None), 1_100), Step::Tidy);
        assert_eq!(step(held(None), 1_600), Step::Stage);
        assert_eq!(step(held(Some(span(1_000, 1_900))), 1_100), Step::Wait);
    }

    #[test]
    fn the_backdated_part_counts_as_validity() {
        let times = Times {
            backdate: Duration::from_secs(300),
            ..TIMES
        };
        let held = content(span(700, 1_900), None);
        let step = |now| plan(held, at(now), None, &times);
        assert_eq!(step(1_499), Step::Keep);
        assert_eq!(step(1_500), Step::Stage);
    }
}
