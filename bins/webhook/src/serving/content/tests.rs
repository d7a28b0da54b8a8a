use std::time::Duration;

use super::*;
use crate::serving::pair::issue;
use crate::serving::plan::{Step, Times, plan};

const TIMES: Times = Times {
    valid: Duration::from_secs(900),
    backdate: Duration::from_secs(60),
    settle: Duration::from_secs(30),
};

fn names() -> Vec<String> {
    vec!["doorward.home.svc".to_owned()]
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix(1_800_000_000 + seconds)
}

fn made(seconds: i64) -> Issued {
    issue(&names(), at(seconds), &TIMES).unwrap()
}

fn read(items: &Items) -> Content {
    let items = items
        .iter()
        .map(|(name, bytes)| ((*name).to_owned(), bytes.clone()))
        .collect();
    Content::read(&items, &names())
}

fn step(content: &Content, seconds: i64, trusted: u64) -> Step {
    let trusted = Some(Duration::from_secs(trusted));
    plan(content.held(), at(seconds), trusted, &TIMES)
}

#[test]
fn through_a_renewal_what_is_served_is_always_vouched_for_by_the_bundle() {
    let first = read(&Content::issued(made(0)));
    assert_eq!(first.problem(), None);
    assert_eq!(step(&first, 0, 0), Step::Keep);
    let before = first.current(at(0)).unwrap().clone();

    let staged = read(&first.staged(made(600), at(600)).unwrap());
    assert_eq!(staged.problem(), None);
    assert_eq!(
        staged.current(at(600)),
        Some(&before),
        "nothing else is served yet"
    );
    assert_eq!(step(&staged, 600, 29), Step::Wait);
    assert_eq!(step(&staged, 600, 30), Step::Promote);
    let bundle = authorities(&staged.bundle(at(600))).unwrap();
    assert_eq!(bundle.len(), 2);

    let promoted = read(&staged.promoted(at(630)).unwrap());
    let now = promoted.current(at(630)).unwrap();
    assert_ne!(now, &before);
    // A replica that has not read it yet is believed until its certificate ends.
    assert_eq!(promoted.bundle(at(630)), staged.bundle(at(600)));
    assert!(check(&before, &bundle, &names()).is_ok() && check(now, &bundle, &names()).is_ok());
    assert_eq!(step(&promoted, 899, 0), Step::Keep);
    // The first authority has ended, by this clock.
    assert_eq!(step(&promoted, 900, 0), Step::Keep);
    let later = at(900 + GRACE);
    let tidy = read(&promoted.without_next(later).unwrap());
    assert_eq!(authorities(&tidy.bundle(later)).unwrap().len(), 1);
    assert_eq!(tidy.current(at(900)), Some(now));
    assert_eq!(step(&tidy, 900, 0), Step::Keep);
}

#[test]
fn a_leader_whose_clock_is_ahead_takes_no_authority_from_those_who_have_the_right_time() {
    let first = read(&Content::issued(made(0)));
    let before = first.current(at(0)).unwrap().clone();
    assert_eq!(step(&first, 5000, 0), Step::Issue);
    let ahead = read(&first.reissued(made(5000), at(5000)));
    let bundle = authorities(&ahead.bundle(at(5000))).unwrap();
    assert!(check(&before, &bundle, &names()).is_ok());
    // Once somebody leads who has the right time, there is one again that everybody accepts, and still nothing is taken away.
    assert_eq!(step(&ahead, 10, 0), Step::Issue);
    let right = read(&ahead.reissued(made(10), at(10)));
    let bundle = authorities(&right.bundle(at(10))).unwrap();
    assert!(check(&before, &bundle, &names()).is_ok());
    assert!(right.current(at(10)).is_some());
    for _ in 0..10 {
        let again = read(&ahead.reissued(made(5000), at(5000)));
        assert!(authorities(&again.bundle(at(5000))).unwrap().len() <= MOST_KEPT + 1);
    }
}

#[test]
fn what_cannot_be_used_is_said_and_replaced() {
    let good = Content::issued(made(0));
    let with = |name: &'static str, bytes: &[u8]| {
        let mut items = good.clone();
        items.insert(name, bytes.to_vec());
        items
    };
    let other = made(0);
    for (items, said) in [
        (with(CERTIFICATE, b""), "tls.crt: it holds no certificate"),
        (
            with(CERTIFICATE, &other.pair.certificate),
            "do not belong together",
        ),
        (with(KEY, b"x"), "the serving key"),
        (with(KEY, &other.pair.key), "do not belong together"),
        (with(BUNDLE, b"x"), "ca.crt: it holds no certificate"),
        (with(BUNDLE, &other.authority), "no authority in the bundle"),
    ] {
        let content = read(&items);
        let problem = content.problem().expect("a problem").to_owned();
        assert!(problem.contains(said), "{problem}");
        assert_eq!(step(&content, 1, 0), Step::Issue, "{said}");
        assert_eq!(content.current(at(1)), None);
    }
}

#[test]
fn a_next_one_that_is_half_there_is_made_again() {
    let mut items = Content::issued(made(0));
    items.insert(NEXT_KEY, made(0).pair.key);
    let content = read(&items);
    assert!(content.problem().unwrap().starts_with("next.crt"));
    assert_eq!(step(&content, 1, 1_000), Step::Stage);
    assert!(content.promoted(at(1)).is_err());
    let again = read(&content.staged(made(1), at(1)).unwrap());
    assert_eq!((again.problem(), step(&again, 1, 0)), (None, Step::Wait));
}

#[test]
fn an_empty_secret_is_no_problem_and_gets_its_first_certificate() {
    let content = Content::read(&BTreeMap::new(), &names());
    assert_eq!(content.problem(), None);
    assert_eq!(step(&content, 0, 0), Step::Issue);
}

#[test]
fn a_renewal_that_is_begun_over_and_over_fills_no_bundle_and_loses_no_served_authority() {
    let mut content = read(&Content::issued(made(0)));
    let served = content.current(at(1)).unwrap().clone();
    for _ in 0..20 {
        content = read(&content.staged(made(1), at(1)).unwrap());
        assert_eq!(content.problem(), None);
        assert_eq!(content.current(at(1)), Some(&served));
    }
    let authorities = authorities(&content.bundle(at(1))).unwrap();
    assert!(authorities.len() <= 6, "{}", authorities.len());
}
