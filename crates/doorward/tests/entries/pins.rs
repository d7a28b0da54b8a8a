//! Which entries ask for a pin, and how strongly.

use super::*;

#[tokio::test]
async fn only_an_entry_that_passed_asks_for_a_replacement() {
    let unpinned = |spec: Spec| Spec {
        mutate: MutateImage::Nowhere,
        ..spec
    };
    let passes = Spec::passes(Mode::Enforce);
    for (specs, replaced) in [
        (vec![passes.clone()], true),
        (vec![unpinned(passes.clone())], false),
        (vec![unpinned(passes.clone()), passes.clone()], true),
        (vec![unpinned(passes.clone()), Spec::unchecked()], false),
        (vec![unpinned(passes), Spec::fails(Mode::Warn)], false),
    ] {
        let verdict = judged(&specs).await;
        assert!(verdict.pinned().is_some(), "{specs:?}");
        assert_eq!(verdict.replacement().is_some(), replaced, "{specs:?}");
    }
}

/// What of an entry that passed becomes of an object that does not name what was verified.
#[tokio::test]
async fn the_strictest_entry_that_passed_and_pins_says_how_much_a_missing_pin_matters() {
    let entry = |mode, warns_on_outage| Spec {
        warn_on_unavailable: warns_on_outage,
        ..Spec::passes(mode)
    };
    let (enforce, warn, audit) = (
        entry(Mode::Enforce, false),
        entry(Mode::Warn, false),
        entry(Mode::Audit, false),
    );
    let lenient = entry(Mode::Enforce, true);
    let keeps = Spec {
        mutate: MutateImage::Nowhere,
        ..enforce.clone()
    };
    for (specs, insistence) in [
        (vec![enforce.clone()], Some(Mode::Enforce)),
        (vec![warn.clone()], Some(Mode::Warn)),
        (vec![audit.clone()], Some(Mode::Audit)),
        (vec![lenient.clone()], Some(Mode::Warn)),
        (vec![entry(Mode::Audit, true)], Some(Mode::Audit)),
        (vec![keeps.clone()], None),
        (vec![Spec::unchecked()], None),
        (vec![Spec::fails(Mode::Warn)], None),
        (vec![warn.clone(), enforce.clone()], Some(Mode::Enforce)),
        (vec![audit.clone(), warn.clone()], Some(Mode::Warn)),
        (vec![lenient, enforce.clone()], Some(Mode::Enforce)),
        (vec![keeps.clone(), warn], Some(Mode::Warn)),
        (vec![keeps, audit], Some(Mode::Audit)),
        (vec![enforce, Spec::fails(Mode::Audit)], Some(Mode::Enforce)),
    ] {
        assert_eq!(judged(&specs).await.insistence(), insistence, "{specs:?}");
    }
}

/// What several entries make of a pin in Pods, and in what these are made from.
#[tokio::test]
async fn of_several_entries_the_one_that_pins_most_counts_and_the_tag_stays_if_one_of_them_wants_it()
 {
    let entry = |mutate, keep_tag| Spec {
        mutate,
        keep_tag,
        ..Spec::passes(Mode::Enforce)
    };
    let nowhere = entry(MutateImage::Nowhere, true);
    let (pods, everywhere) = (MutateImage::PodsOnly, MutateImage::Everywhere);
    // Whether Pods and templates are pinned, and whether the tag stays in them.
    for (specs, pinned, tagged) in [
        (vec![nowhere.clone()], [false, false], [false, false]),
        (vec![entry(pods, false)], [true, false], [false, false]),
        (vec![entry(pods, true)], [true, false], [true, false]),
        (vec![entry(everywhere, true)], [true, true], [true, true]),
        (
            vec![entry(pods, true), entry(everywhere, false)],
            [true, true],
            [true, false],
        ),
        (
            vec![entry(everywhere, false), entry(pods, true)],
            [true, true],
            [true, false],
        ),
        // One that does not pin has no say about the form of the pin.
        (
            vec![nowhere, entry(everywhere, false)],
            [true, true],
            [false, false],
        ),
        (
            vec![entry(pods, false), Spec::unchecked()],
            [true, false],
            [false, false],
        ),
    ] {
        let verdict = judged(&specs).await;
        let holders = [Holder::Pod, Holder::Template];
        let found = holders.map(|holder| verdict.replacement_in(holder).is_some());
        assert_eq!(found, pinned, "{specs:?}");
        let found = holders.map(|holder| verdict.keeps_tag_in(holder));
        assert_eq!(found, tagged, "{specs:?}");
    }
}

#[tokio::test]
async fn the_rule_that_is_named_for_a_missing_pin_is_one_that_pins_there() {
    let pods = Spec {
        mutate: MutateImage::PodsOnly,
        ..Spec::passes(Mode::Enforce)
    };
    let verdict = judged(&[pods, Spec::passes(Mode::Warn)]).await;
    let named = |holder| {
        let rule = verdict.insisting_rule_in(holder).unwrap();
        (rule.to_string(), verdict.insistence_in(holder))
    };
    let (rule, mode) = named(Holder::Pod);
    assert!(rule.contains("rule 0"), "{rule}");
    assert_eq!(mode, Some(Mode::Enforce));
    let (rule, mode) = named(Holder::Template);
    assert!(rule.contains("rule 1"), "{rule}");
    assert_eq!(mode, Some(Mode::Warn));
}
