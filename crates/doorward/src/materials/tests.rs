use std::collections::BTreeMap;
use std::sync::Mutex;

use doorward_core::{Digest, FetchError};
use doorward_testkit::outage;
use futures::FutureExt;
use proptest::prelude::*;

use super::*;
use crate::outcome::is_outage;

const SCHEME: Scheme = Scheme::custom("attestations");

fn image(name: &str) -> Pinned {
    let repository = format!("r.example/{name}").parse().unwrap();
    Pinned::new(repository, Digest::sha256(name.as_bytes()))
}

fn used(names: &[&str]) -> UsedImages {
    UsedImages::told(Ok(names.iter().map(|name| image(name)).collect()))
}

/// Knows some images: what came of each, and what their builds used. It refuses all others.
#[derive(Default)]
struct Known {
    images: BTreeMap<Pinned, Result<Option<UsedImages>, Rejection>>,
    asked: Mutex<Vec<Pinned>>,
    room: Option<usize>,
}

impl Known {
    fn of(images: &[(&str, &[&str])]) -> Self {
        let each = images.iter();
        Self {
            images: each
                .map(|(name, more)| (image(name), Ok(Some(used(more)))))
                .collect(),
            ..Self::default()
        }
    }

    fn with(mut self, name: &str, result: Result<Option<UsedImages>, Rejection>) -> Self {
        self.images.insert(image(name), result);
        self
    }

    fn asked(&self) -> Vec<Pinned> {
        self.asked.lock().unwrap().clone()
    }
}

impl JudgesImages for Known {
    fn judge<'a>(&'a self, image: &'a Pinned) -> BoxFuture<'a, JudgedImage> {
        self.asked.lock().unwrap().push(image.clone());
        let mut judged = JudgedImage::refused(Rejection::new(Code::POLICY_NO_MATCH, "none"));
        if let Some(known) = self.images.get(image) {
            judged.result = known.clone();
        }
        judged.cost.flights = 2;
        judged.cost.signatures = 1;
        Box::pin(std::future::ready(judged))
    }

    fn count(&self, images: usize) -> Result<(), Rejection> {
        match self.room {
            Some(room) if images > room => Err(Rejection::new(Code::BUDGET_EXCEEDED, "no room")),
            _ => Ok(()),
        }
    }
}

/// What comes of the images that the build of `app` used.
fn app(names: &[&str], levels: u8, judge: &Known) -> Followed {
    followed(&used(names).to_be_admitted(levels), judge)
}

fn followed(demanded: &UsedImages, judge: &dyn JudgesImages) -> Followed {
    let following = async { follow(SCHEME, &image("app"), demanded, judge).await };
    // Nothing here waits.
    following.now_or_never().unwrap()
}

fn code(followed: &Followed) -> &'static str {
    let rejection = followed.result.as_ref().err();
    rejection.map_or("admitted", |rejection| rejection.code().as_str())
}

fn message(followed: &Followed) -> String {
    let rejection = followed.result.as_ref().err();
    rejection.map(ToString::to_string).unwrap_or_default()
}

#[test]
fn what_is_admitted_is_what_was_demanded_and_nothing_else() {
    let judge = Known::of(&[("base", &[]), ("tool", &[])]);
    let demanded = used(&["base", "tool"]).to_be_admitted(1);
    let followed = app(&["base", "tool"], 1, &judge);
    assert_eq!(followed.result.unwrap().demanded(), &demanded);
    assert_eq!(judge.asked().len(), 2);
    assert_eq!((followed.cost.flights, followed.cost.signatures), (2, 2));
    let said: Vec<&str> = followed.notes.iter().map(|note| &**note).collect();
    let first = format!(
        "base image {}, used by the build of {}, is admitted by",
        image("base"),
        image("app")
    );
    assert!(said[0].starts_with(&first), "{said:?}");
}

#[test]
fn each_reason_for_which_an_image_is_not_admitted_has_its_own_code_and_names_the_chain() {
    let refusal = |code| Err(Rejection::new(code, "said so"));
    for (result, expected) in [
        (refusal(Code::POLICY_NO_MATCH), "material-no-policy"),
        (refusal(Code::ADMISSION_NOT_PINNED), "material-refused"),
        (refusal(Code::CONFLICTING_DIGESTS), "material-refused"),
        // Nobody knows, or something is wrong here: it is not untrusted.
        (refusal(Code::REGISTRY_UNAVAILABLE), "registry-unavailable"),
        (refusal(Code::DEADLINE_EXCEEDED), "deadline-exceeded"),
        (refusal(Code::POLICY_INVALID), "policy-invalid"),
        (refusal(Code::BUDGET_EXCEEDED), "budget-exceeded"),
        (refusal(Code::INTERNAL_ERROR), "internal-error"),
    ] {
        let own = result.as_ref().map(|_| ()).expect_err("a refusal").code();
        let judge = Known::of(&[("tool", &[])]).with("base", result);
        let followed = app(&["base", "tool"], 1, &judge);
        assert_eq!(code(&followed), expected);
        let chain = format!(
            "base image {}, used by the build of {}, is not admitted: said so ({own})",
            image("base"),
            image("app")
        );
        assert_eq!(message(&followed), chain);
    }
}

#[test]
fn an_outage_of_a_registry_that_the_build_chose_is_none_that_a_policy_forgives() {
    let out = Rejection::new(Code::REGISTRY_UNAVAILABLE, "gone").because_of(&outage("gone"));
    assert!(is_outage(&out));
    let judge = Known::default().with("base", Err(out));
    let followed = app(&["base"], 1, &judge);
    let rejection = followed.result.err().unwrap();
    assert_eq!(rejection.class(), Class::Unavailable);
    assert!(!is_outage(&rejection));
}

#[test]
fn of_several_refusals_an_answer_speaks_and_all_are_told() {
    let not_asked = Rejection::from_fetch(
        &doorward_core::Resource::Lookaside {
            url: "https://s.example/x".to_owned(),
            access: None,
        },
        &FetchError::Unavailable {
            detail: "gone".to_owned(),
        },
    );
    let no = Rejection::new(Code::ADMISSION_NOT_PINNED, "no");
    let judge = Known::default()
        .with("a", Err(not_asked))
        .with("b", Err(no));
    let followed = app(&["a", "b"], 1, &judge);
    assert_eq!(code(&followed), "material-refused");
    assert_eq!(followed.result.err().unwrap().causes().len(), 2);
}

#[test]
fn images_are_followed_as_deep_as_is_demanded_and_no_deeper() {
    let chain = Known::of(&[("one", &["two"]), ("two", &["three"]), ("three", &["four"])]);
    for levels in 1..=3 {
        let judge = Known {
            images: chain.images.clone(),
            ..Known::default()
        };
        let followed = app(&["one"], levels, &judge);
        assert_eq!(code(&followed), "admitted", "{levels}");
        assert_eq!(judge.asked().len(), usize::from(levels));
        assert_eq!(followed.cost.flights, 2 * usize::from(levels));
    }
    let judge = Known::of(&[("one", &["two"]), ("two", &["four"])]);
    let followed = app(&["one"], 3, &judge);
    assert_eq!(code(&followed), "material-no-policy");
    let chain = format!("used by the build of {}", image("two"));
    assert!(message(&followed).contains(&chain));
}

#[test]
fn between_the_levels_somebody_must_say_which_images_were_used() {
    let judge = Known::default().with("one", Ok(None));
    assert_eq!(code(&app(&["one"], 1, &judge)), "admitted");
    assert_eq!(code(&app(&["one"], 2, &judge)), "material-unlisted");
    let unknown = Rejection::new(codes::DIGEST_MISSING, "without a digest");
    let judge = Known::default().with("one", Ok(Some(UsedImages::told(Err(unknown)))));
    assert_eq!(code(&app(&["one"], 1, &judge)), "admitted");
    let followed = app(&["one"], 2, &judge);
    assert_eq!(code(&followed), "material-refused");
    assert!(message(&followed).contains("without a digest"));
}

#[test]
fn why_an_image_of_a_lower_level_is_not_admitted_is_named_by_the_code_of_the_last_reason() {
    let deep =
        Rejection::new(Code::POLICY_INVALID, "none of 2 alternatives was met").with_causes(vec![
            Rejection::new(Code::ADMISSION_NOT_PINNED, "no").with_causes(vec![Rejection::new(
                Code::CONFLICTING_DIGESTS,
                "two digests",
            )]),
        ]);
    let unknown = |code| Ok(Some(UsedImages::told(Err(Rejection::new(code, "which")))));
    for (result, named) in [
        (
            Err(Rejection::new(Code::ADMISSION_NOT_PINNED, "no")),
            "admission-not-pinned",
        ),
        (Err(deep), "conflicting-digests"),
        (unknown(codes::DIGEST_MISSING), "material-digest-missing"),
        (unknown(codes::UNIDENTIFIED), "material-unidentified"),
    ] {
        let judge = Known::of(&[("one", &["two"])]).with("two", result);
        let followed = app(&["one"], 3, &judge);
        let named = format!(" ({named})");
        assert!(
            message(&followed).ends_with(&named),
            "{}",
            message(&followed)
        );
    }
}

#[test]
fn a_build_of_which_it_is_not_known_what_it_used_is_not_followed() {
    let unknown = Rejection::new(codes::UNIDENTIFIED, "which");
    let demanded = UsedImages::told(Err(unknown)).to_be_admitted(1);
    let judge = Known::default();
    let followed = followed(&demanded, &judge);
    assert_eq!(code(&followed), "material-unidentified");
    assert_eq!(judge.asked(), []);
}

#[test]
fn builds_that_used_each_other_are_refused_however_far_apart() {
    for (images, levels) in [
        (vec![("app", &[][..])], 1),
        (vec![("one", &["app"][..])], 2),
        (vec![("one", &["one"][..])], 2),
        (vec![("one", &["two"][..]), ("two", &["one"])], 3),
        (vec![("one", &["two"][..]), ("two", &["app"])], 3),
    ] {
        let first = images[0].0;
        let followed = app(&[first], levels, &Known::of(&images));
        assert_eq!(code(&followed), "material-cycle", "{images:?}");
    }
    // Also where both were met before on other ways.
    let crossed = Known::of(&[("one", &["two"]), ("two", &["one"])]);
    assert_eq!(code(&app(&["one", "two"], 2, &crossed)), "material-cycle");
    // The same image under another name is the same.
    let other = Pinned::new(
        "r.example/x".parse().unwrap(),
        image("app").digest().clone(),
    );
    let demanded = UsedImages::told(Ok([other].into())).to_be_admitted(1);
    let judge = Known::default();
    assert_eq!(code(&followed(&demanded, &judge)), "material-cycle");
}

#[test]
fn an_image_that_several_builds_used_is_judged_once() {
    let judge = Known::of(&[("one", &["base"]), ("two", &["base", "one"]), ("base", &[])]);
    let followed = app(&["one", "two"], 3, &judge);
    assert_eq!(code(&followed), "admitted");
    assert_eq!(judge.asked(), [image("one"), image("two"), image("base")]);
}

#[test]
fn more_images_than_are_judged_are_refused_before_any_of_them_is_asked_about() {
    let names: Vec<String> = (0..=MOST).map(|n| format!("n{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let all = Known::of(
        &names
            .iter()
            .map(|name| (*name, &[][..]))
            .collect::<Vec<_>>(),
    );
    assert_eq!(code(&app(&names[..MOST], 1, &all)), "admitted");
    let judge = Known::default();
    assert_eq!(code(&app(&names, 1, &judge)), "material-too-many");
    assert_eq!(judge.asked(), []);
    // Those of all levels are counted together.
    let judge = Known::of(&[(names[0], &names[1..])]);
    assert_eq!(code(&app(&names[..1], 2, &judge)), "material-too-many");
    let narrow = Known {
        room: Some(1),
        ..Known::of(&[("one", &[]), ("two", &[])])
    };
    assert_eq!(code(&app(&["one", "two"], 1, &narrow)), "budget-exceeded");
    assert_eq!(narrow.asked(), []);
}

#[test]
fn what_is_wrong_for_an_entry_that_refuses_nothing_is_told() {
    struct Lenient;
    impl JudgesImages for Lenient {
        fn judge<'a>(&'a self, _: &'a Pinned) -> BoxFuture<'a, JudgedImage> {
            let rejection = Rejection::new(Code::ADMISSION_NOT_PINNED, "no");
            let mut judged = JudgedImage::refused(rejection.clone());
            judged.result = Ok(None);
            judged.tolerated.push(rejection);
            Box::pin(std::future::ready(judged))
        }

        fn count(&self, _: usize) -> Result<(), Rejection> {
            Ok(())
        }
    }
    let demanded = used(&["base"]).to_be_admitted(1);
    let followed = followed(&demanded, &Lenient);
    assert_eq!(code(&followed), "admitted");
    assert_eq!(followed.notes[0].kind, crate::NoteKind::Finding);
    assert!(followed.notes[0].ends_with("would be refused: no (admission-not-pinned)"));
}

proptest! {
    /// Any eight images that say anything of each other.
    #[test]
    fn following_ends_and_one_use_more_or_one_image_less_never_admits(
        edges in prop::collection::vec((0usize..8, 0usize..8), 0..24),
        refused in prop::collection::btree_set(0usize..8, 0..3),
        roots in prop::collection::btree_set(0usize..8, 1..4),
        levels in 1u8..=3,
        added in (0usize..8, 0usize..8),
    ) {
        let judged = |edges: &[(usize, usize)], levels| {
            let mut images: Vec<Vec<String>> = vec![Vec::new(); 8];
            for (by, image) in edges {
                images[*by].push(image.to_string());
            }
            let mut known = Known::default();
            for (number, more) in images.iter().enumerate().filter(|(number, _)| !refused.contains(number)) {
                let more: Vec<&str> = more.iter().map(String::as_str).collect();
                known = known.with(&number.to_string(), Ok(Some(used(&more))));
            }
            let roots: Vec<String> = roots.iter().map(ToString::to_string).collect();
            let roots: Vec<&str> = roots.iter().map(String::as_str).collect();
            app(&roots, levels, &known).result.is_ok()
        };
        let before = judged(&edges, levels);
        let mut more = edges.clone();
        more.push(added);
        prop_assert!(before || !judged(&more, levels));
        prop_assert!(before || levels == 3 || !judged(&edges, levels + 1));
        if roots.iter().any(|root| refused.contains(root)) {
            prop_assert!(!before);
        }
    }
}
