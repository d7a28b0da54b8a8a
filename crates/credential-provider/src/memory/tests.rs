use std::ops::Range;

use doorward_core::Basic;
use doorward_plugin_exec::ProgramError;

use super::*;
use crate::ImagePattern;
use crate::shelf::MOST;

const MINUTE: Duration = Duration::from_secs(60);

fn place(image: &str) -> Place {
    Place::of(&image.parse().expect("a repository"))
}

fn answer(kind: CacheKeyType, span: Option<Duration>) -> Outcome {
    let pattern = ImagePattern::parse("r.example").expect("a pattern");
    Ok(Arc::new(Answer {
        cache_key_type: kind,
        cache_duration: span,
        auth: vec![(pattern, Basic::new("u", "p"))],
    }))
}

/// For which images an answer to the first counts, a moment later.
fn counts_for(kind: CacheKeyType) -> Vec<&'static str> {
    let (mut memory, now) = (Memory::default(), Instant::now());
    memory.keep(
        &place("r.example/a"),
        &answer(kind, Some(MINUTE)),
        MINUTE,
        now,
    );
    [
        "r.example/a",
        "r.example/b",
        "r.example:5000/a",
        "other.example/a",
    ]
    .into_iter()
    .filter(|image| memory.find(&place(image), now).is_some())
    .collect()
}

#[test]
fn an_answer_counts_for_as_much_as_it_says() {
    assert_eq!(counts_for(CacheKeyType::Image), ["r.example/a"]);
    assert_eq!(
        counts_for(CacheKeyType::Registry),
        ["r.example/a", "r.example/b"]
    );
    assert_eq!(
        counts_for(CacheKeyType::Global),
        [
            "r.example/a",
            "r.example/b",
            "r.example:5000/a",
            "other.example/a"
        ]
    );
}

/// Whether an answer is there after a time.
fn is_kept(span: Option<Duration>, default: Duration, after: Duration) -> bool {
    let (mut memory, now) = (Memory::default(), Instant::now());
    let place = place("r.example/a");
    memory.keep(&place, &answer(CacheKeyType::Image, span), default, now);
    memory.find(&place, now + after).is_some()
}

#[test]
fn an_answer_is_kept_as_long_as_it_says_or_else_as_the_configuration_says() {
    assert!(is_kept(Some(MINUTE), Duration::ZERO, MINUTE / 2));
    assert!(!is_kept(Some(MINUTE), MINUTE * 9, MINUTE));
    assert!(is_kept(None, MINUTE, MINUTE / 2));
    assert!(!is_kept(None, MINUTE, MINUTE));
    assert!(!is_kept(None, Duration::ZERO, Duration::ZERO));
    assert!(!is_kept(Some(Duration::ZERO), MINUTE, Duration::ZERO));
}

#[test]
fn no_answer_is_kept_for_ever() {
    let years = Duration::MAX;
    assert!(is_kept(Some(years), MINUTE, LONGEST - MINUTE));
    assert!(!is_kept(Some(years), MINUTE, LONGEST));
    assert!(!is_kept(None, years, LONGEST));
}

#[test]
fn a_failure_is_of_its_image_alone_unless_the_program_itself_is_the_cause() {
    let now = Instant::now();
    let failed = |fault: Fault| {
        let mut memory = Memory::default();
        memory.keep(&place("r.example/a"), &Err(fault), MINUTE, now);
        ["r.example/a", "r.example/b"].map(|image| memory.find(&place(image), now).is_some())
    };
    assert_eq!(failed(Fault::Here("x")), [true, false]);
    assert_eq!(failed(Fault::Late(MINUTE)), [true, false]);
    assert_eq!(
        failed(Fault::Program(ProgramError::NotInstalled)),
        [true, true]
    );
}

#[test]
fn a_failure_is_forgotten_soon_and_by_the_next_answer_at_once() {
    let (mut memory, now) = (Memory::default(), Instant::now());
    let place = place("r.example/a");
    memory.keep(&place, &Err(Fault::Late(MINUTE)), MINUTE, now);
    assert!(matches!(memory.find(&place, now), Some(Err(_))));
    assert!(memory.find(&place, now + SPARED).is_none());
    memory.keep(
        &place,
        &answer(CacheKeyType::Image, Some(Duration::ZERO)),
        MINUTE,
        now,
    );
    assert!(memory.find(&place, now).is_none());
}

#[test]
fn a_failure_takes_no_answer_away_that_is_still_good() {
    let (mut memory, now) = (Memory::default(), Instant::now());
    memory.keep(
        &place("r.example/a"),
        &answer(CacheKeyType::Registry, None),
        MINUTE,
        now,
    );
    memory.keep(
        &place("r.example/b"),
        &Err(Fault::Late(MINUTE)),
        MINUTE,
        now,
    );
    assert!(matches!(
        memory.find(&place("r.example/a"), now),
        Some(Ok(_))
    ));
}

#[test]
fn one_call_at_a_time_is_made_for_what_the_answer_before_was_kept_for() {
    let (mut memory, now) = (Memory::default(), Instant::now());
    let place = place("r.example/a");
    assert_eq!(memory.flight(&place), Key::All);
    memory.keep(&place, &answer(CacheKeyType::Registry, None), MINUTE, now);
    assert_eq!(memory.flight(&place), Key::Registry("r.example".to_owned()));
    memory.keep(&place, &answer(CacheKeyType::Image, None), MINUTE, now);
    assert_eq!(memory.flight(&place), Key::Image("r.example/a".to_owned()));
}

#[test]
fn that_there_was_no_time_for_a_call_is_not_kept_as_a_failure_of_the_provider() {
    let (mut memory, now) = (Memory::default(), Instant::now());
    let place = place("r.example/a");
    memory.keep(&place, &Err(Fault::Busy(MINUTE)), MINUTE, now);
    assert!(memory.find(&place, now).is_none());
}

#[test]
fn what_nobody_had_credentials_for_is_new() {
    let (mut memory, now) = (Memory::default(), Instant::now());
    let (a, b) = (place("r.example/a"), place("r.example/b"));
    assert!(!memory.has_served(&a, now));
    memory.keep(&a, &Err(Fault::Here("x")), MINUTE, now);
    assert!(!memory.has_served(&a, now));
    let empty = Answer {
        cache_key_type: CacheKeyType::Global,
        cache_duration: None,
        auth: Vec::new(),
    };
    memory.keep(&a, &Ok(Arc::new(empty)), MINUTE, now);
    assert!(!memory.has_served(&a, now));
    let nothing = Some(Duration::ZERO);
    memory.keep(&a, &answer(CacheKeyType::Image, nothing), MINUTE, now);
    assert!(memory.has_served(&a, now) && !memory.has_served(&b, now));
    memory.keep(&a, &answer(CacheKeyType::Registry, nothing), MINUTE, now);
    assert!(memory.has_served(&b, now));
    assert!(!memory.has_served(&b, now + REMEMBERED));
}

/// Fills a memory with answers and failures for images that nobody wants again.
fn flood(memory: &mut Memory, numbers: Range<usize>, span: Duration, now: Instant) {
    let kept = answer(CacheKeyType::Image, Some(span));
    for number in numbers {
        let answered = place(&format!("r.example/a{number}"));
        memory.keep(&answered, &kept, MINUTE, now);
        let failed = place(&format!("r.example/b{number}"));
        memory.keep(&failed, &Err(Fault::Here("x")), MINUTE, now);
    }
}

#[test]
fn names_that_are_made_up_do_not_push_out_an_answer_in_use_that_dies_before_theirs() {
    let (mut memory, now) = (Memory::default(), Instant::now());
    let (used, unused) = (place("r.example/used"), place("r.example/unused"));
    for (place, span) in [(&used, MINUTE), (&unused, 2 * MINUTE)] {
        let brief = answer(CacheKeyType::Image, Some(span));
        memory.keep(place, &brief, MINUTE, now);
    }
    for round in 0..4 {
        assert!(memory.find(&used, now).is_some());
        let numbers = round * (MOST - 1)..(round + 1) * (MOST - 1);
        flood(&mut memory, numbers, MINUTE * 9, now);
    }
    assert!(memory.find(&used, now).is_some());
    assert!(memory.find(&unused, now).is_none());
}

#[test]
fn no_more_is_kept_than_the_bound_and_the_dead_make_room_first() {
    let (mut memory, now) = (Memory::default(), Instant::now());
    let dying = place("r.example/dying");
    memory.keep(
        &place("r.example/first"),
        &answer(CacheKeyType::Image, Some(MINUTE * 9)),
        MINUTE,
        now,
    );
    memory.keep(
        &dying,
        &answer(CacheKeyType::Image, Some(MINUTE)),
        MINUTE,
        now,
    );
    flood(&mut memory, 0..MOST - 2, MINUTE * 9, now);
    assert_eq!(memory.answers.len(), MOST);
    let later = now + MINUTE;
    let more = answer(CacheKeyType::Image, Some(MINUTE));
    memory.keep(&place("r.example/more"), &more, MINUTE, later);
    assert!(memory.find(&place("r.example/first"), later).is_some());
    flood(&mut memory, 0..2 * MOST, MINUTE, later);
    assert_eq!(
        (
            memory.answers.len(),
            memory.faults.len(),
            memory.served.len()
        ),
        (MOST, MOST, MOST)
    );
}
