//! What holds of any entries, plans and images.

use proptest::prelude::*;

use super::*;

fn any_mode() -> impl Strategy<Value = Mode> {
    prop::sample::select(vec![Mode::Audit, Mode::Warn, Mode::Enforce])
}

fn any_pinning() -> impl Strategy<Value = (MutateImage, bool)> {
    let mutate = vec![
        MutateImage::Nowhere,
        MutateImage::PodsOnly,
        MutateImage::Everywhere,
    ];
    (prop::sample::select(mutate), any::<bool>())
}

fn any_part() -> impl Strategy<Value = Part> {
    let toy = prop::sample::select(vec!["a", "b", "missing", "spoilt", "away", "refuses"])
        .prop_map(Part::Toy);
    let simple = prop_oneof![
        8 => toy,
        1 => Just(Part::Claims),
        2 => any::<bool>().prop_map(Part::Looks),
        1 => Just(Part::Refused),
    ];
    prop_oneof![
        4 => simple.clone(),
        1 => prop::collection::vec(prop::collection::vec(simple, 0..3), 0..3).prop_map(Part::Any),
    ]
}

fn any_spec() -> impl Strategy<Value = Spec> {
    let parts = prop_oneof![
        1 => Just(None),
        6 => prop::collection::vec(any_part(), 0..3).prop_map(Some),
    ];
    (any_mode(), any_pinning(), any::<bool>(), parts).prop_map(
        |(mode, (mutate, keep_tag), warn_on_unavailable, parts)| Spec {
            mode,
            mutate,
            keep_tag,
            warn_on_unavailable,
            parts,
        },
    )
}

fn any_image() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        TAGGED.to_owned(),
        format!("r.example/app@{}", digest()),
        "r.example/gone:1".to_owned(),
    ])
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    runtime.unwrap().block_on(future)
}

/// Plans in which nothing is demanded, however they are put together.
fn hollow() -> impl Strategy<Value = Vec<Hollow>> {
    let node = prop_oneof![
        Just(Hollow::Any(Vec::new())),
        (0..3_usize).prop_map(|needed| Hollow::AtLeast(needed, Vec::new())),
    ];
    let node = node.prop_recursive(4, 24, 3, |inner| {
        let plans = || prop::collection::vec(prop::collection::vec(inner.clone(), 0..3), 0..3);
        prop_oneof![
            plans().prop_map(Hollow::Any),
            (0..4_usize, plans()).prop_map(|(needed, of)| Hollow::AtLeast(needed, of)),
        ]
    });
    prop::collection::vec(node, 0..3)
}

#[derive(Clone, Debug)]
enum Hollow {
    Any(Vec<Vec<Self>>),
    AtLeast(usize, Vec<Vec<Self>>),
}

impl Hollow {
    fn plan(nodes: &[Self]) -> Plan {
        let node = |node: &Self| match node {
            Self::Any(plans) => Node::Any(plans.iter().map(|nodes| Self::plan(nodes)).collect()),
            Self::AtLeast(needed, plans) => Node::AtLeast {
                needed: *needed,
                of: plans.iter().map(|nodes| Self::plan(nodes)).collect(),
            },
        };
        Plan::new(nodes.iter().map(node).collect())
    }
}

proptest! {
    #[test]
    fn a_plan_that_demands_nothing_never_admits_however_it_is_put_together(
        nodes in hollow(),
        image in any_image(),
        warns in any::<bool>(),
    ) {
        let mut entry = Governed::enforced(rule("hollow"), Hollow::plan(&nodes));
        entry.warn_on_unavailable = warns;
        let (rules, secrets) = (fixed(vec![entry]), StaticSecrets::default());
        let context = Context::new(&rules, &secrets, Arc::new(world()) as _, NOW);
        let verdict = run(Engine::default().decide(&image, &context));
        prop_assert_eq!(verdict.decision(), Decision::Deny);
        prop_assert_eq!(verdict.pinned(), None);
    }

    #[test]
    fn adding_an_entry_never_admits_what_was_refused_and_never_takes_a_pin_away(
        specs in prop::collection::vec(any_spec(), 1..4),
        added in any_spec(),
        place in any::<prop::sample::Index>(),
        image in any_image(),
    ) {
        let mut more = specs.clone();
        more.insert(place.index(specs.len() + 1), added);
        let engine = Engine::default();
        let before = run(decide(&engine, &specs, world(), &image));
        let after = run(decide(&engine, &more, world(), &image));
        if before.decision() == Decision::Deny {
            prop_assert_eq!(after.decision(), Decision::Deny);
        }
        if after.decision() != Decision::Deny {
            prop_assert!(after.decision() >= before.decision());
            prop_assert!(after.pinned().is_some() >= before.pinned().is_some());
            prop_assert!(after.replacement().is_some() >= before.replacement().is_some());
            prop_assert!(after.insistence() >= before.insistence());
            for holder in [Holder::Pod, Holder::Template] {
                prop_assert!(after.insistence_in(holder) >= before.insistence_in(holder));
                prop_assert!(after.keeps_tag_in(holder) >= before.keeps_tag_in(holder));
            }
            prop_assert!(after.insistence_in(Holder::Pod) >= after.insistence_in(Holder::Template));
        }
    }

    #[test]
    fn an_admission_is_what_its_entries_give_each_for_itself(
        specs in prop::collection::vec(any_spec(), 1..4),
        image in any_image(),
    ) {
        let verdict = run(decide(&Engine::default(), &specs, world(), &image));
        let alone: Vec<Verdict> = specs
            .iter()
            .map(|spec| run(decide(&Engine::default(), std::slice::from_ref(spec), world(), &image)))
            .collect();
        if verdict.decision() == Decision::Deny {
            prop_assert_eq!(verdict.pinned(), None);
            prop_assert!(
                alone.iter().any(|one| one.decision() == Decision::Deny)
                    || verdict.code() == Some(Code::CONFLICTING_DIGESTS)
            );
        } else {
            prop_assert!(alone.iter().all(|one| one.decision() != Decision::Deny));
            let pins: Vec<_> = alone.iter().filter_map(Verdict::pinned).collect();
            prop_assert_eq!(verdict.pinned().is_some(), !pins.is_empty());
            prop_assert!(verdict.pinned().is_none_or(|pin| pins.contains(&pin)));
        }
    }

    #[test]
    fn a_remembered_proof_gives_what_a_fresh_one_gave(
        specs in prop::collection::vec(any_spec(), 1..4),
        image in any_image(),
    ) {
        let engine = Engine::default();
        let fresh = run(decide(&engine, &specs, world(), &image));
        let again = run(decide(&engine, &specs, world(), &image));
        prop_assert_eq!(again.decision(), fresh.decision());
        prop_assert_eq!(again.mode(), fresh.mode());
        prop_assert_eq!(again.code(), fresh.code());
        prop_assert_eq!(again.pinned(), fresh.pinned());
        prop_assert_eq!(again.insistence(), fresh.insistence());
        prop_assert_eq!(again.rules(), fresh.rules());
    }
}
