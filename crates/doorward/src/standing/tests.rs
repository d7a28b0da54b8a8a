mod known;
mod shares;

use doorward_core::Resource;

use super::round::NEEDED;
use super::*;

const NOW: Timestamp = Timestamp::from_unix(1_000);

fn list(name: &str) -> Resource {
    Resource::Revocation {
        url: format!("http://ca.example/{name}"),
        request: None,
    }
}

fn fetch(name: &str) -> Fetch {
    Fetch::new(list(name), 77)
}

fn fetched(bytes: usize) -> Fetched {
    Fetched::new(vec![0; bytes], None, "test")
}

fn view(answers: &Arc<StandingAnswers>, now: Timestamp) -> StandingView {
    StandingView {
        answers: Arc::clone(answers),
        now,
        namespace: "shop".into(),
        keeps: true,
    }
}

fn until(name: &str) -> Standing {
    Standing::new(list(name), NOW.plus(10), NOW.plus(20))
}

#[test]
fn an_answer_is_fresh_then_old_and_then_gone() {
    let answers = Arc::default();
    view(&answers, NOW).keep(until("a"), 1 << 20, fetched(1));
    for (after, expected) in [(0, "fresh"), (9, "fresh"), (10, "old"), (20, "old")] {
        let found = match view(&answers, NOW.plus(after)).find(&fetch("a")).stands {
            Some(Stands::Fresh(_)) => "fresh",
            Some(Stands::Old { .. }) => "old",
            None => "gone",
        };
        assert_eq!(found, expected, "{after}");
    }
    assert!(
        view(&answers, NOW.plus(21))
            .find(&fetch("a"))
            .stands
            .is_none()
    );
    // A clock that went back prolongs nothing, and does not pass over what is known.
    let earlier = view(&answers, NOW.plus(-1)).find(&fetch("a")).stands;
    assert!(matches!(earlier, Some(Stands::Old { .. })));
    assert!(view(&answers, NOW).find(&fetch("b")).stands.is_none());
}

const HOUR: i64 = 60 * 60;

/// An eighth of three hours.
const PAUSE: i64 = 1_350;

/// An answer that counts for four hours, and is worth asking for again after one.
fn four_hours() -> Arc<StandingAnswers> {
    let answers = Arc::default();
    let standing = Standing::new(list("a"), NOW.plus(HOUR), NOW.plus(4 * HOUR));
    view(&answers, NOW).keep(standing, 77, fetched(1));
    answers
}

#[test]
fn an_answer_is_asked_for_ahead_of_its_end_and_not_before_it_is_worth_it() {
    let answers = four_hours();
    for (after, times) in [(-1, 0), (0, 0), (HOUR - 1, 0), (HOUR, 1), (4 * HOUR, 1)] {
        assert_eq!(answers.due(NOW.plus(after)).len(), times, "{after}");
    }
    assert!(answers.due(NOW.plus(4 * HOUR + 1)).is_empty());
    let asked = answers.due(NOW.plus(HOUR));
    assert_eq!(asked, [Fetch::new(list("a"), 77)]);
}

#[test]
fn reviews_that_come_all_the_time_do_not_put_off_asking_again() {
    let answers = four_hours();
    for after in 1..HOUR {
        let standing = Standing::new(list("a"), NOW.plus(after + HOUR), NOW.plus(4 * HOUR));
        view(&answers, NOW.plus(after)).keep(standing, 77, fetched(1));
    }
    assert_eq!(answers.due(NOW.plus(HOUR)).len(), 1);
    let found = view(&answers, NOW.plus(HOUR)).find(&fetch("a")).stands;
    assert!(matches!(found, Some(Stands::Old { .. })));
}

#[test]
fn what_no_review_has_needed_for_a_week_is_not_asked_for() {
    let answers = Arc::default();
    let standing = Standing::new(list("a"), NOW.plus(HOUR), NOW.plus(1_000 * HOUR));
    view(&answers, NOW).keep(standing, 77, fetched(1));
    assert_eq!(answers.due(NOW.plus(NEEDED)).len(), 1);
    assert!(answers.due(NOW.plus(NEEDED + 1)).is_empty());
    // A review that needs it makes it worth asking for again.
    assert!(
        view(&answers, NOW.plus(NEEDED))
            .find(&fetch("a"))
            .stands
            .is_some()
    );
    assert_eq!(answers.due(NOW.plus(2 * NEEDED)).len(), 1);
}

#[test]
fn a_newer_answer_is_given_beside_the_one_that_was_verified_until_it_is_verified_itself() {
    let (answers, at) = (four_hours(), NOW.plus(HOUR));
    answers.offer(&fetch("a"), Offered::Answer(fetched(2)), at);
    let Some(Stands::Fresh(given)) = view(&answers, at).find(&fetch("a")).stands else {
        unreachable!("it is there, and was asked for");
    };
    assert_eq!(given.bytes.len(), 2);
    assert_eq!(given.verified_before.as_ref().map(|old| old.len()), Some(1));
    assert_eq!(answers.held().bytes, 3);
    // Once it counts, what it replaced is gone.
    let standing = Standing::new(list("a"), at.plus(HOUR), at.plus(4 * HOUR));
    view(&answers, at).keep(standing, 77, given);
    let Some(Stands::Fresh(given)) = view(&answers, at).find(&fetch("a")).stands else {
        unreachable!("it is there");
    };
    assert_eq!((given.bytes.len(), given.verified_before), (2, None));
    assert_eq!(answers.held().bytes, 2);
}

#[test]
fn an_answer_that_turns_out_to_be_none_takes_nothing_away_and_is_asked_for_again() {
    let (answers, at) = (four_hours(), NOW.plus(HOUR));
    for (number, bytes) in (0..).zip([2, 3, 4]) {
        let at = at.plus(number * PAUSE);
        assert_eq!(answers.due(at).len(), 1, "{number}");
        answers.offer(&fetch("a"), Offered::Answer(fetched(bytes)), at);
        assert!(answers.due(at).is_empty());
        // Only the last one is held beside it.
        assert_eq!(answers.held().bytes, 1 + bytes);
    }
    // It ends when it ends.
    assert!(
        view(&answers, NOW.plus(4 * HOUR))
            .find(&fetch("a"))
            .stands
            .is_some()
    );
    assert!(
        view(&answers, NOW.plus(4 * HOUR + 1))
            .find(&fetch("a"))
            .stands
            .is_none()
    );
}

#[test]
fn reviews_do_not_ask_for_what_was_asked_for_in_vain_a_moment_ago() {
    for answer in [Offered::Silence, Offered::Answer(fetched(1))] {
        let (answers, at) = (four_hours(), NOW.plus(2 * HOUR));
        let is_fresh = |after: i64| {
            let found = view(&answers, at.plus(after)).find(&fetch("a")).stands;
            matches!(found, Some(Stands::Fresh(_)))
        };
        assert!(!is_fresh(0));
        answers.offer(&fetch("a"), answer, at);
        assert!(is_fresh(0) && is_fresh(2 * PAUSE - 1));
        assert!(!is_fresh(2 * PAUSE));
        // Nor does a clock that went back prolong it.
        assert!(!is_fresh(-1));
    }
}

#[test]
fn however_long_an_answer_counts_there_are_some_minutes_and_no_more_than_hours_between_questions() {
    for (counts_for, pause) in [(600, 600), (8 * HOUR, HOUR), (9_000 * HOUR, 6 * HOUR)] {
        let answers: Arc<StandingAnswers> = Arc::default();
        let start = NOW.plus(1);
        let standing = Standing::new(list("a"), start, start.plus(counts_for));
        view(&answers, NOW).keep(standing, 77, fetched(1));
        answers.offer(&fetch("a"), Offered::Silence, start);
        assert!(
            answers.due(start.plus(pause - 1)).is_empty(),
            "{counts_for}"
        );
        assert_eq!(answers.due(start.plus(pause)).len(), 1, "{counts_for}");
    }
}

#[test]
fn what_nobody_keeps_is_not_offered_and_what_is_too_much_is_left_out() {
    let (answers, at) = (four_hours(), NOW.plus(HOUR));
    answers.offer(&fetch("b"), Offered::Answer(fetched(2)), at);
    assert!(view(&answers, at).find(&fetch("b")).stands.is_none());
    answers.offer(&fetch("a"), Offered::Answer(fetched(MAX_BYTES)), at);
    assert_eq!(answers.held().bytes, 1);
}

#[test]
fn a_review_that_keeps_nothing_leaves_nothing() {
    let answers = Arc::default();
    let mut dry = view(&answers, NOW);
    dry.keeps = false;
    dry.keep(until("a"), 1 << 20, fetched(1));
    assert!(view(&answers, NOW).find(&fetch("a")).stands.is_none());
}

#[test]
fn what_is_kept_is_bounded_in_number_and_in_bytes() {
    let answers: Arc<StandingAnswers> = Arc::default();
    for number in 0..3 * MAX_ANSWERS {
        view(&answers, NOW).keep(until(&number.to_string()), 1 << 20, fetched(1 << 16));
        let held = answers.held();
        assert!(held.answers.len() <= MAX_ANSWERS && held.bytes <= MAX_BYTES);
        assert_eq!(held.bytes, held.answers.len() << 16);
    }
    view(&answers, NOW).keep(until("large"), 1 << 20, fetched(MAX_BYTES + 1));
    assert!(view(&answers, NOW).find(&fetch("large")).stands.is_none());
    let before = answers.held().bytes;
    for _ in 0..10 {
        view(&answers, NOW).keep(until("same"), 1 << 20, fetched(1));
    }
    assert!(answers.held().bytes <= before + 1);
}

#[test]
fn a_review_that_saw_something_else_displaces_nothing_that_another_has_kept_meanwhile() {
    let (answers, at) = (four_hours(), NOW.plus(HOUR));
    let standing = || Standing::new(list("a"), at.plus(HOUR), at.plus(4 * HOUR));
    let held = || {
        answers.held().answers[&Question::of(&fetch("a"))]
            .fetched
            .bytes
            .len()
    };
    // Two reviews compare what came with what is there. The first one keeps what came.
    let compared = |bytes| fetched(bytes).beside(fetched(1).bytes);
    view(&answers, at).keep(standing(), 77, compared(2));
    assert_eq!(held(), 2);
    for other in [compared(3), fetched(3), fetched(1)] {
        view(&answers, at).keep(standing(), 77, other);
        assert_eq!(held(), 2);
    }
    // One that saw it displaces it.
    view(&answers, at).keep(standing(), 77, fetched(3).beside(fetched(2).bytes));
    assert_eq!(held(), 3);
}

#[test]
fn what_is_asked_for_each_time_is_given_to_be_compared_and_never_as_new() {
    let answers = Arc::default();
    let standing = Standing::new(list("a"), NOW, NOW.plus(40 * HOUR));
    view(&answers, NOW).keep(standing, 77, fetched(1));
    assert!(answers.due(NOW.plus(HOUR)).is_empty());
    for asked in [false, true] {
        if asked {
            answers.offer(&fetch("a"), Offered::Silence, NOW);
        }
        let found = view(&answers, NOW.plus(1)).find(&fetch("a")).stands;
        assert!(matches!(found, Some(Stands::Old { .. })));
    }
}

#[test]
fn a_round_ahead_of_time_is_bounded_in_number_and_bytes_and_leaves_what_was_needed_longest_ago() {
    let answers: Arc<StandingAnswers> = Arc::default();
    let keep = |name: &str, bytes, at: Timestamp| {
        let standing = Standing::new(list(name), NOW.plus(HOUR), NOW.plus(90 * HOUR));
        view(&answers, at).keep(standing, 16 << 20, fetched(bytes));
    };
    for number in 0..300 {
        keep(&number.to_string(), 1, NOW.plus(number));
    }
    let due = answers.due(NOW.plus(HOUR));
    assert_eq!(due.len(), 256);
    // No more is taken than twice of what there is, and a little.
    assert!(due.iter().all(|fetch| fetch.max_bytes == 2 + (64 << 10)));
    assert!(due.iter().all(|fetch| fetch.resource != list("43")));
    for number in 0..7 {
        keep(&format!("large {number}"), 4 << 20, NOW.plus(400));
    }
    let due = answers.due(NOW.plus(HOUR));
    let bytes: usize = due.iter().map(|fetch| fetch.max_bytes).sum();
    assert!(bytes <= 64 << 20 && bytes > 56 << 20);
}

#[test]
fn only_silence_or_the_same_again_spares_reviews_from_asking() {
    for (offered, spares) in [
        (Offered::Silence, true),
        (Offered::Answer(fetched(1)), true),
        (Offered::Answer(fetched(MAX_BYTES)), false),
        (Offered::Unusable, false),
    ] {
        let (answers, at) = (four_hours(), NOW.plus(2 * HOUR));
        answers.offer(&fetch("a"), offered, at);
        let found = view(&answers, at).find(&fetch("a")).stands;
        assert_eq!(matches!(found, Some(Stands::Fresh(_))), spares);
        assert!(answers.due(at).is_empty());
    }
}

#[test]
fn what_came_ahead_is_given_once_as_if_a_review_had_asked() {
    let (answers, at) = (four_hours(), NOW.plus(2 * HOUR));
    let is_fresh =
        |view: &StandingView| matches!(view.find(&fetch("a")).stands, Some(Stands::Fresh(_)));
    let mut dry = view(&answers, at);
    dry.keeps = false;
    let offer = |bytes| answers.offer(&fetch("a"), Offered::Answer(fetched(bytes)), at);
    offer(2);
    // One that keeps nothing takes it from nobody.
    assert!(is_fresh(&dry) && is_fresh(&view(&answers, at)));
    assert!(!is_fresh(&view(&answers, at)));
    // It is still there where nothing newer can be had, beside what was verified.
    let Some(Stands::Old { fetched, verified }) = view(&answers, at).find(&fetch("a")).stands
    else {
        unreachable!("it counts");
    };
    assert_eq!((fetched.bytes.len(), verified.len()), (2, 1));
    assert_eq!(fetched.verified_before, Some(verified));
    offer(2);
    assert!(!is_fresh(&view(&answers, at)));
    offer(3);
    assert!(is_fresh(&view(&answers, at)));
}
