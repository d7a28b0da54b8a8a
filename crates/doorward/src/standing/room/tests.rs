use doorward_core::{Fetch, Fetched, Resource, Standing, Timestamp};
use proptest::prelude::*;

use super::super::{StandingAnswers, StandingView};
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

fn view(answers: &Arc<StandingAnswers>, namespace: &str) -> StandingView {
    StandingView {
        answers: Arc::clone(answers),
        now: NOW,
        namespace: namespace.into(),
        keeps: true,
    }
}

fn keep(view: &StandingView, name: &str, bytes: usize) {
    let standing = Standing::new(list(name), NOW.plus(10), NOW.plus(20));
    view.keep(
        standing,
        MAX_BYTES,
        Fetched::new(vec![0; bytes], None, "test"),
    );
}

fn is_consistent(answers: &StandingAnswers) -> bool {
    let held = answers.held();
    let bytes: usize = held.answers.values().map(Kept::bytes).sum();
    held.bytes == bytes && bytes <= MAX_BYTES && held.answers.len() <= MAX_ANSWERS
}

/// How a tenant adds: so many answers, of so many bytes.
fn flood() -> impl Strategy<Value = Vec<(usize, usize)>> {
    let small = (1_usize..1_200, 0_usize..64);
    let large = (1_usize..6, 0_usize..16 << 20);
    prop::collection::vec(prop_oneof![small, large], 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_tenant_who_keeps_adding_drives_out_nothing_that_another_needs(
        sizes in prop::collection::vec(0_usize..1 << 20, 1..15),
        floods in flood(),
        touches in any::<bool>(),
    ) {
        let answers = Arc::default();
        let (victim, tenant) = (view(&answers, "victim"), view(&answers, "tenant"));
        // The tenant may have been there first.
        if touches {
            keep(&tenant, "v0", sizes[0]);
        }
        for (number, size) in sizes.iter().enumerate() {
            keep(&victim, &format!("v{number}"), *size);
        }
        let _ = victim.find(&fetch("v0")).stands;
        for (round, (count, size)) in floods.iter().enumerate() {
            for number in 0..*count {
                keep(&tenant, &format!("t{round}-{number}"), *size);
                if touches {
                    // It needs what the other needs, too.
                    let _ = tenant.find(&fetch("v0")).stands;
                }
            }
            prop_assert!(is_consistent(&answers));
        }
        for number in 0..sizes.len() {
            prop_assert!(victim.find(&fetch(&format!("v{number}"))).stands.is_some(), "{number}");
        }
    }
}

#[test]
fn what_a_namespace_has_needed_longest_ago_gives_way_first() {
    let answers = Arc::default();
    let shop = view(&answers, "shop");
    for number in 0..MAX_ANSWERS {
        keep(&shop, &number.to_string(), 1);
    }
    assert!(shop.find(&fetch("0")).stands.is_some());
    keep(&shop, "more", 1);
    assert!(shop.find(&fetch("0")).stands.is_some() && shop.find(&fetch("more")).stands.is_some());
    assert!(shop.find(&fetch("1")).stands.is_none() && shop.find(&fetch("2")).stands.is_some());
}

#[test]
fn what_is_larger_than_all_that_others_leave_is_not_kept_and_takes_nothing_away() {
    let answers = Arc::default();
    let (one, other, third) = (
        view(&answers, "one"),
        view(&answers, "other"),
        view(&answers, "third"),
    );
    keep(&one, "a", 12 << 20);
    keep(&other, "b", 12 << 20);
    keep(&third, "c", 16 << 20);
    assert!(third.find(&fetch("c")).stands.is_none());
    assert!(one.find(&fetch("a")).stands.is_some() && other.find(&fetch("b")).stands.is_some());
    // Nor does it lose what it was to replace.
    keep(&third, "c", 4 << 20);
    let standing = Standing::new(list("c"), NOW.plus(10), NOW.plus(20));
    let before = Fetched::new(vec![0; 4 << 20], None, "test").bytes;
    let larger = Fetched::new(vec![0; 16 << 20], None, "test").beside(before);
    third.keep(standing, MAX_BYTES, larger);
    assert!(third.find(&fetch("c")).stands.is_some());
    assert!(is_consistent(&answers));
}
