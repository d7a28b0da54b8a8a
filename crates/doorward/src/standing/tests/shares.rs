//! What one namespace or authority does to others.

use doorward_core::Digest;

use super::*;

fn of(answers: &Arc<StandingAnswers>, namespace: &str) -> StandingView {
    let mut view = view(answers, NOW);
    view.namespace = namespace.into();
    view
}

fn due_later(name: &str) -> Standing {
    Standing::new(list(name), NOW.plus(HOUR), NOW.plus(90 * HOUR))
}

#[test]
fn an_answer_that_is_none_for_one_authority_is_not_doubted_for_another() {
    let answers: Arc<StandingAnswers> = Arc::default();
    let (own, other) = (Digest::sha256(b"own"), Digest::sha256(b"other"));
    view(&answers, NOW).keep(until("a").by(own.clone()), 77, fetched(1));
    let fresh = |fetch: &Fetch| {
        let found = view(&answers, NOW).find(fetch);
        matches!(found.stands, Some(Stands::Fresh(_)))
    };
    let (own, other) = (fetch("a").by(own), fetch("a").by(other));
    assert!(fresh(&own) && !fresh(&other));
    view(&answers, NOW).doubt(&other);
    assert!(fresh(&own));
    // Its own doubt counts.
    view(&answers, NOW).doubt(&own);
    assert!(!fresh(&own));
}

#[test]
fn a_session_that_relies_on_the_same_again_takes_the_doubt_off() {
    let answers: Arc<StandingAnswers> = Arc::default();
    let keep = |standing, fetched| view(&answers, NOW).keep(standing, 77, fetched);
    let is_fresh = || {
        let found = view(&answers, NOW).find(&fetch("a"));
        matches!(found.stands, Some(Stands::Fresh(_)))
    };
    keep(until("a"), fetched(1));
    view(&answers, NOW).doubt(&fetch("a"));
    assert!(!is_fresh());
    // Something else came, and what was kept counted: it is asked for again.
    keep(until("a").known(true), fetched(2).beside(fetched(1).bytes));
    assert!(!is_fresh());
    keep(until("a"), fetched(1));
    assert!(is_fresh());
}

#[test]
fn one_with_many_namespaces_drives_out_nothing_that_another_needs_who_holds_less() {
    for many in [1, 17, 200] {
        let answers = Arc::default();
        of(&answers, "shop").keep(until("small"), 77, fetched(1));
        let names: Vec<String> = (0..many).map(|number| format!("t{number}")).collect();
        for name in &names {
            let _ = of(&answers, name).find(&fetch("small"));
        }
        for number in 0..3 {
            let large = format!("large {number}");
            of(&answers, "t0").keep(until(&large), 15 << 20, fetched(15 << 20));
            for name in &names {
                let _ = of(&answers, name).find(&fetch(&large));
            }
        }
        let found = of(&answers, "shop").find(&fetch("small"));
        assert!(found.stands.is_some(), "{many}");
    }
}

#[test]
fn who_needs_what_is_bounded_and_the_one_that_needs_most_gives_way() {
    let answers = Arc::default();
    of(&answers, "shop").keep(until("small"), 77, fetched(1));
    for number in 0..99 {
        let name = number.to_string();
        of(&answers, "t0").keep(until(&name), 77, fetched(1));
        for tenant in 0..99 {
            let _ = of(&answers, &format!("t{tenant}")).find(&fetch(&name));
        }
    }
    let held = answers.held();
    let needs = held
        .answers
        .values()
        .map(|kept| kept.needers.names().count());
    assert_eq!(needs.sum::<usize>(), 8192);
    let small = &held.answers[&Question::of(&fetch("small"))];
    assert!(small.needers.names().any(|name| &**name == "shop"));
}

#[test]
fn one_with_many_answers_leaves_room_for_others_in_each_round() {
    for (count, bytes) in [(300, 1), (7, 4 << 20)] {
        let answers: Arc<StandingAnswers> = Arc::default();
        // Of the other it was needed longest ago.
        of(&answers, "shop").keep(due_later("small"), 77, fetched(1));
        for number in 0..count {
            let mut tenant = of(&answers, "tenant");
            tenant.now = NOW.plus(number);
            tenant.keep(due_later(&number.to_string()), 16 << 20, fetched(bytes));
        }
        let due = answers.due(NOW.plus(HOUR));
        assert!(due.iter().any(|fetch| fetch.resource == list("small")));
        assert!(due.len() <= 256);
    }
}

#[test]
fn what_several_need_is_asked_for_once_a_round() {
    let answers: Arc<StandingAnswers> = Arc::default();
    for namespace in ["one", "two", "three"] {
        of(&answers, namespace).keep(due_later("a"), 77, fetched(1));
        let _ = of(&answers, namespace).find(&fetch("a"));
    }
    assert_eq!(answers.due(NOW.plus(HOUR)).len(), 1);
}
