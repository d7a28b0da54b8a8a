use super::*;
use crate::client::turns::{WAITING, WAITING_OF_ONE};

const QUIET: Duration = Duration::from_secs(60);

fn notices() -> Notices<()> {
    Notices::new(QUIET)
}

fn put(notices: &mut Notices<()>, namespace: &str, name: &str, now: Instant) -> bool {
    notices.put(namespace, name.to_owned(), (), now)
}

/// The namespaces, names and counts of what is to be told, in that order.
fn all(notices: &mut Notices<()>, now: Instant) -> Vec<(String, String, u64)> {
    std::iter::from_fn(|| notices.take(now))
        .map(|due| (due.namespace, due.name, due.count))
        .collect()
}

#[test]
fn what_repeats_is_counted_and_said_once_a_minute() {
    let mut notices = notices();
    let start = Instant::now();
    for _ in 0..3 {
        assert!(put(&mut notices, "shop", "a", start));
    }
    put(&mut notices, "shop", "b", start);
    let said = |name: &str, count| ("shop".to_owned(), name.to_owned(), count);
    assert_eq!(all(&mut notices, start), [said("a", 3), said("b", 1)]);
    put(&mut notices, "shop", "a", start + QUIET / 2);
    assert_eq!(all(&mut notices, start + QUIET / 2), []);
    put(&mut notices, "shop", "a", start + QUIET);
    assert_eq!(all(&mut notices, start + QUIET), [said("a", 2)]);
}

#[test]
fn what_could_not_be_written_is_counted_with_the_next() {
    let board = Board::new(QUIET);
    let start = Instant::now();
    board.put("shop", "a".to_owned(), (), start);
    assert_eq!(board.locked().take(start).map(|due| due.count), Some(1));
    board.failed("shop", "a", 1);
    board.failed("never", "a", 1);
    board.put("shop", "a".to_owned(), (), start + QUIET);
    assert_eq!(
        board.locked().take(start + QUIET).map(|due| due.count),
        Some(2)
    );
}

#[test]
fn a_namespace_in_which_much_is_refused_takes_no_room_and_no_turn_from_another() {
    let mut notices = notices();
    let now = Instant::now();
    for number in 0..10 * WAITING {
        let had_room = put(&mut notices, "loud", &number.to_string(), now);
        assert_eq!(had_room, number < WAITING_OF_ONE, "{number}");
    }
    assert!(put(&mut notices, "calm", "a", now));
    let written = all(&mut notices, now);
    assert_eq!(written.len(), WAITING_OF_ONE + 1);
    assert_eq!(written[1].0, "calm");
}

#[test]
fn when_all_room_is_taken_the_namespace_with_most_makes_some() {
    let mut notices = notices();
    let now = Instant::now();
    for namespace in 0..WAITING / WAITING_OF_ONE {
        for number in 0..WAITING_OF_ONE {
            assert!(put(
                &mut notices,
                &format!("loud{namespace}"),
                &number.to_string(),
                now
            ));
        }
    }
    // There is room for it, and something else went.
    assert!(!put(&mut notices, "calm", "a", now));
    assert_eq!(notices.waiting.len(), WAITING);
    assert!(!put(&mut notices, "loud0", "more", now));
    let written = all(&mut notices, now);
    assert!(written.iter().any(|(namespace, ..)| namespace == "calm"));
    assert_eq!(written.len(), WAITING);
}

#[test]
fn no_more_is_remembered_than_there_is_room_for() {
    let mut notices = notices();
    let now = Instant::now();
    for number in 0..3 * KNOWN_OF_ONE {
        put(&mut notices, "loud", &number.to_string(), now);
        assert!(all(&mut notices, now).len() <= 1);
        assert!(notices.corners["loud"].known.len() <= KNOWN_OF_ONE);
    }
    for number in 0..3 * NAMESPACES {
        put(&mut notices, &format!("n{number}"), "a", now);
        all(&mut notices, now);
        assert!(notices.corners.len() <= NAMESPACES);
    }
}

#[test]
fn nothing_that_waits_is_forgotten_for_what_is_only_remembered() {
    let mut notices = notices();
    let now = Instant::now();
    put(&mut notices, "waits", "a", now);
    for number in 0..2 * NAMESPACES {
        put(&mut notices, &format!("n{number}"), "a", now);
        notices.waiting.put_last("waits");
        notices.take(now);
    }
    let left = all(&mut notices, now);
    assert!(
        left.iter().any(|(namespace, ..)| namespace == "waits"),
        "{left:?}"
    );
}
