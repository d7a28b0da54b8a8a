use doorward_core::Basic;
use doorward_plugin_exec::ProgramError;

use super::*;
use crate::ImagePattern;

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
    assert_eq!(failed(Fault::Busy(MINUTE)), [true, false]);
    assert_eq!(failed(Fault::Late(MINUTE)), [true, true]);
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
fn no_more_is_kept_than_the_bound_and_what_dies_first_makes_room() {
    let (mut memory, now) = (Memory::default(), Instant::now());
    for number in 0..=MOST {
        let kept = answer(
            CacheKeyType::Image,
            Some(MINUTE * u32::try_from(number + 1).expect("small")),
        );
        memory.keep(&place(&format!("r.example/a{number}")), &kept, MINUTE, now);
        let failed = Err(Fault::Here("x"));
        memory.keep(
            &place(&format!("r.example/b{number}")),
            &failed,
            MINUTE,
            now,
        );
    }
    assert_eq!((memory.answers.len(), memory.faults.len()), (MOST, MOST));
    assert!(memory.find(&place("r.example/a0"), now).is_none());
    assert!(memory.find(&place("r.example/a1"), now).is_some());
}
