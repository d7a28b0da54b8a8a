//! What is known stays known.

use doorward_core::{Digest, Made};

use super::*;

const YEAR: i64 = 366 * 24 * HOUR;

fn made(number: u8) -> Made {
    let mut bytes = [0; 21];
    bytes[20] = number;
    Made::new(Some(bytes), NOW, NOW)
}

/// An answer with this number, which counts for so many hours, told by its length.
fn keep(answers: &Arc<StandingAnswers>, after: i64, number: u8, hours: i64, revokes: &[&str]) {
    let now = NOW.plus(after);
    let standing = Standing::new(list("a"), now.plus(HOUR), now.plus(hours * HOUR))
        .made(made(number))
        .revoking(revokes.iter().map(|name| list(name)).collect());
    view(answers, now).keep(standing, 77, fetched(number.into()));
}

fn held(answers: &Arc<StandingAnswers>) -> usize {
    let held = answers.held();
    held.answers[&Question::of(&fetch("a"))].fetched.bytes.len()
}

#[test]
fn a_review_whose_clock_is_behind_displaces_nothing_that_was_made_later() {
    for after in [-YEAR, -1, 0, 1, 3 * HOUR] {
        let answers = Arc::default();
        keep(&answers, 0, 2, 4, &[]);
        keep(&answers, after, 1, 4, &[]);
        assert_eq!(held(&answers), 2, "{after}");
        // What was made later displaces it, by whatever clock.
        keep(&answers, after, 3, 4, &[]);
        assert_eq!(held(&answers), 3, "{after}");
    }
}

#[test]
fn an_answer_that_has_ended_is_known_for_a_year_and_gives_way_to_nothing_older() {
    let answers = Arc::default();
    keep(&answers, 0, 2, 4, &[]);
    for (after, is_known) in [(4 * HOUR, false), (4 * HOUR + 1, true), (YEAR, true)] {
        let found = view(&answers, NOW.plus(after)).find(&fetch("a"));
        assert_eq!(found.stands.is_none(), is_known, "{after}");
        assert_eq!(found.known.len(), usize::from(is_known), "{after}");
        if is_known {
            keep(&answers, after, 1, 4, &[]);
            assert_eq!(held(&answers), 2, "{after}");
        }
    }
    let after = 4 * HOUR + YEAR + 1;
    let found = view(&answers, NOW.plus(after)).find(&fetch("a"));
    assert!(found.stands.is_none() && found.known.is_empty());
    keep(&answers, after, 1, 4, &[]);
    assert_eq!(held(&answers), 1);
}

#[test]
fn what_revokes_for_good_is_known_wherever_the_same_is_asked_about() {
    let answers = Arc::default();
    keep(&answers, 0, 2, 4, &["a", "b"]);
    for after in [0, 3 * HOUR, 5 * HOUR] {
        let known = |fetch: &Fetch| view(&answers, NOW.plus(after)).find(fetch).known.len();
        assert_eq!((known(&fetch("b")), known(&fetch("c"))), (1, 0), "{after}");
        // Another authority's word is another matter.
        let other = fetch("b").by(Digest::sha256(b"other"));
        assert_eq!(known(&other), 0, "{after}");
    }
    // A newer one bears on the same.
    keep(&answers, HOUR, 3, 4, &["c"]);
    for name in ["b", "c"] {
        let found = view(&answers, NOW.plus(HOUR)).find(&fetch(name));
        assert_eq!(found.known, [fetched(3).bytes], "{name}");
    }
}

#[test]
fn an_answer_that_bears_on_more_than_is_counted_bears_on_all_of_its_authority() {
    let answers = Arc::default();
    let names: Vec<String> = (0..65).map(|number| number.to_string()).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    keep(&answers, 0, 1, 4, &names[..64]);
    let known = || view(&answers, NOW).find(&fetch("x")).known.len();
    assert_eq!(known(), 0);
    keep(&answers, 0, 2, 4, &names[1..]);
    assert_eq!(known(), 1);
}

#[test]
fn what_had_ended_when_it_came_is_kept_only_for_what_it_revokes() {
    let over = |revokes| {
        let answers = Arc::default();
        let standing = Standing::new(list("a"), NOW, NOW.plus(-1)).revoking(revokes);
        view(&answers, NOW).keep(standing, 77, fetched(1));
        view(&answers, NOW).find(&fetch("a")).known.len()
    };
    assert_eq!((over(vec![]), over(vec![list("a")])), (0, 1));
}

#[test]
fn a_revocation_that_was_seen_in_what_was_kept_before_is_known_elsewhere_too() {
    let answers = Arc::default();
    keep(&answers, 0, 2, 4, &[]);
    // Something older came beside it.
    let older = fetched(1).beside(fetched(2).bytes);
    let standing = || {
        let standing = Standing::new(list("a"), NOW.plus(HOUR), NOW.plus(4 * HOUR));
        standing.made(made(2)).revoking(vec![list("b")]).known(true)
    };
    view(&answers, NOW).keep(standing(), 77, older);
    assert_eq!(held(&answers), 2);
    assert_eq!(view(&answers, NOW).find(&fetch("b")).known.len(), 1);
    // One that is not there any more is not taken for what came.
    let gone = fetched(1).beside(fetched(9).bytes);
    view(&answers, NOW).keep(standing(), 77, gone);
    assert_eq!(held(&answers), 2);
}
