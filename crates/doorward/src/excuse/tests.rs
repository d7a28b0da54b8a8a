use std::time::Duration;

use doorward_core::{Code, Digest, Reference, Rejection, Timestamp};
use doorward_policy::{
    Document, Environment, ExceptionObject, ExceptionsAllowed, Holder, Mode, PolicySet,
    read_documents,
};
use proptest::prelude::*;

use super::{Excused, Excuses, Reasons};
use crate::decision::Decision;
use crate::judge::Judged;
use crate::outcome::Outcome;
use crate::plan::{Governed, Plan};
use crate::rule::Rule;

doorward_core::codes! {
    NO_SIGNATURE = "simple-no-signature", Untrusted, 3, "no signature";
    UNKNOWN_KEY = "simple-unknown-key", Untrusted, 5, "unknown key";
    BAD_SIGNATURE = "simple-bad-signature", Integrity, 6, "bad signature";
    IMPOSTOR = "simple-no-signature", Integrity, 6, "a name of another project";
}

/// What an entry may fail for. The first two an exception may name.
const CODES: [Code; 8] = [
    NO_SIGNATURE,
    UNKNOWN_KEY,
    BAD_SIGNATURE,
    IMPOSTOR,
    Code::CONFLICTING_DIGESTS,
    Code::REGISTRY_UNAVAILABLE,
    Code::SECRET_INVALID,
    Code::BUDGET_EXCEEDED,
];
const OVERRIDABLE: usize = 2;
const NOW: i64 = 1_800_000_000;
const DAY: i64 = 24 * 60 * 60;

/// An entry that failed: softly or not, what it allows, and for what.
#[derive(Clone, Debug)]
struct Failed {
    is_soft: bool,
    allows: ExceptionsAllowed,
    codes: Vec<usize>,
}

fn exception(kind: &str, codes: &[&str], until: i64) -> ExceptionObject {
    let namespace = if kind == "ImageException" {
        ", namespace: shop"
    } else {
        ""
    };
    let text = format!(
        "apiVersion: doorward.dev/v1\nkind: {kind}\nmetadata: {{name: x{namespace}}}\nspec:\n  images: ['r.example/*']\n  \
         codes: [{}]\n  until: \"{}\"\n  reason: because\n",
        codes.join(", "),
        Timestamp::from_unix(until)
    );
    let (documents, mistakes) = read_documents("x", text.as_bytes());
    assert_eq!(mistakes, []);
    match documents.into_iter().next() {
        Some(Document::Exception(exception)) => exception,
        other => panic!("{other:?}"),
    }
}

fn set(exceptions: Vec<ExceptionObject>) -> PolicySet {
    let (set, _) = PolicySet::compile(Vec::new());
    let (set, mistakes) = set.with_exceptions(exceptions, Duration::from_secs(14 * 86_400));
    assert_eq!(mistakes, []);
    set
}

fn rejection(codes: &[usize]) -> Rejection {
    let (first, causes) = codes.split_first().expect("a reason");
    let one = |at: &usize| Rejection::new(CODES[*at], "no");
    one(first).with_causes(causes.iter().map(one).collect())
}

/// The outcome of entries with these exceptions.
fn ruled(entries: &[Failed], set: &PolicySet, digest: Option<Digest>, now: i64) -> Excused {
    let image: Reference = "r.example/app:1".parse().unwrap();
    let environment = Environment::new().in_namespace("shop");
    let now = Timestamp::from_unix(now);
    let exceptions = set.exceptions(&image, digest.as_ref(), &environment, now);
    let excuses = Excuses { exceptions, digest };
    let rule = |number: usize| Rule {
        kind: "Test".to_owned(),
        namespace: None,
        name: number.to_string(),
        entry: "*".to_owned(),
    };
    let governed: Vec<Governed> = entries
        .iter()
        .enumerate()
        .map(|(number, failed)| {
            let mut entry = Governed::enforced(rule(number), Plan::new(Vec::new()));
            entry.exceptions = failed.allows;
            if failed.is_soft {
                entry.mode = Mode::Warn;
            }
            entry
        })
        .collect();
    let judged: Vec<Judged> = entries
        .iter()
        .map(|failed| Judged::failed(rejection(&failed.codes)))
        .collect();
    let reasons: Vec<Reasons> = judged.iter().map(Reasons::of).collect();
    let outcomes = governed.iter().zip(judged);
    let outcomes = outcomes.map(|(entry, judged)| (entry, Outcome::of(entry, judged.result)));
    excuses.rule(image.repository(), outcomes.collect(), &reasons)
}

fn decision(entries: &[Failed], exceptions: &[ExceptionObject], now: i64) -> Decision {
    let set = set(exceptions.to_vec());
    ruled(entries, &set, Some(Digest::sha256(b"image")), now)
        .ruling
        .decision()
}

fn entries() -> impl Strategy<Value = Vec<Failed>> {
    let allows = prop_oneof![
        Just(ExceptionsAllowed::Denied),
        Just(ExceptionsAllowed::Cluster),
        Just(ExceptionsAllowed::Allowed),
        Just(ExceptionsAllowed::Allowed),
    ];
    // Mostly what may be excepted, or hardly anything would be admitted.
    let code = prop_oneof![4 => 0..OVERRIDABLE, 1 => 0..CODES.len()];
    let codes = prop::collection::vec(code, 1..4);
    let failed = (prop::bool::weighted(0.2), allows, codes);
    let failed = failed.prop_map(|(is_soft, allows, codes)| Failed {
        is_soft,
        allows,
        codes,
    });
    prop::collection::vec(failed, 1..4)
}

fn exceptions() -> impl Strategy<Value = Vec<ExceptionObject>> {
    let kind = prop_oneof![Just("ImageException"), Just("ClusterImageException")];
    let codes = prop_oneof![
        Just(vec!["simple-no-signature"]),
        Just(vec!["simple-no-signature", "simple-unknown-key"]),
        Just(vec!["simple-unknown-key"]),
    ];
    let one = (kind, codes, -DAY..20 * DAY);
    let one = one.prop_map(|(kind, codes, until)| exception(kind, &codes, NOW + until));
    prop::collection::vec(one, 0..3)
}

proptest! {
    #[test]
    fn exceptions_change_nothing_that_is_admitted_without_them(
        entries in entries(), exceptions in exceptions(),
    ) {
        let without = decision(&entries, &[], NOW);
        let with = decision(&entries, &exceptions, NOW);
        prop_assert!(without == Decision::Deny || with == without);
    }

    #[test]
    fn more_exceptions_never_refuse_what_fewer_admit(
        entries in entries(), exceptions in exceptions(), more in exceptions(),
    ) {
        let fewer = decision(&entries, &exceptions, NOW);
        let all: Vec<_> = exceptions.into_iter().chain(more).collect();
        prop_assert!(fewer == Decision::Deny || decision(&entries, &all, NOW) == fewer);
    }

    #[test]
    fn nothing_that_no_exception_may_name_is_ever_excepted(
        entries in entries(), exceptions in exceptions(),
    ) {
        let never = entries.iter().any(|failed| {
            !failed.is_soft && failed.codes.iter().any(|at| *at >= OVERRIDABLE)
        });
        if never {
            prop_assert_eq!(decision(&entries, &exceptions, NOW), Decision::Deny);
        }
    }

    #[test]
    fn every_entry_that_refuses_has_to_allow_it(
        entries in entries(), exceptions in exceptions(), which in any::<prop::sample::Index>(),
    ) {
        let mut entries = entries;
        let at = which.index(entries.len());
        entries[at].allows = ExceptionsAllowed::Denied;
        entries[at].is_soft = false;
        prop_assert_eq!(decision(&entries, &exceptions, NOW), Decision::Deny);
    }

    #[test]
    fn what_an_exception_admits_a_longer_one_within_the_bound_admits_too(
        entries in entries(), until in -DAY..14 * DAY, longer in 0..14 * DAY,
    ) {
        let codes = ["simple-no-signature", "simple-unknown-key"];
        let of = |until| vec![exception("ClusterImageException", &codes, NOW + until)];
        let admits = |until| decision(&entries, &of(until), NOW) != Decision::Deny;
        let later = (until + longer).min(14 * DAY);
        prop_assert!(!admits(until) || admits(later));
    }
}

fn failed(codes: &[usize]) -> Vec<Failed> {
    vec![Failed {
        is_soft: false,
        allows: ExceptionsAllowed::Allowed,
        codes: codes.to_vec(),
    }]
}

fn note_codes(excused: &Excused) -> Vec<&'static str> {
    let codes = excused.notes.iter().filter_map(|note| note.code);
    codes.map(Code::as_str).collect()
}

#[test]
fn an_exception_admits_with_a_warning_that_names_what_would_have_refused_and_pins_what_was_looked_at()
 {
    let set = set(vec![exception(
        "ImageException",
        &["simple-no-signature"],
        NOW + DAY,
    )]);
    let digest = Digest::sha256(b"image");
    let excused = ruled(&failed(&[0]), &set, Some(digest.clone()), NOW);
    assert_eq!(excused.ruling.decision(), Decision::Warn);
    assert_eq!(excused.ruling.mode(), Mode::Enforce);
    let rejection = excused.ruling.rejection().unwrap();
    assert_eq!(rejection.code(), Code::EXCEPTION_USED);
    assert_eq!(rejection.causes()[0].code(), NO_SIGNATURE);
    assert!(
        rejection.to_string().contains("ImageException shop/x"),
        "{rejection}"
    );
    assert_eq!(excused.ruling.pinned().unwrap().digest(), &digest);
    let wanted = excused.ruling.insistence(Holder::Template);
    assert_eq!(
        wanted.map(|one| (one.mode, one.entry)),
        Some((Mode::Enforce, 0))
    );
    let [used] = excused.used.as_slice() else {
        panic!("{:?}", excused.used);
    };
    assert_eq!(
        (used.name.as_str(), used.codes.as_slice()),
        ("x", &["simple-no-signature"][..])
    );
}

#[test]
fn an_exception_is_in_force_up_to_the_second_before_it_ends() {
    let until = NOW + DAY;
    let set = set(vec![exception(
        "ImageException",
        &["simple-no-signature"],
        until,
    )]);
    let at = |now| ruled(&failed(&[0]), &set, Some(Digest::sha256(b"image")), now);
    assert_eq!(at(until - 1).ruling.decision(), Decision::Warn);
    for now in [until, until + 1] {
        let excused = at(now);
        assert_eq!(excused.ruling.decision(), Decision::Deny);
        assert_eq!(note_codes(&excused), ["exception-ended"]);
    }
}

#[test]
fn an_exception_that_lasts_too_long_counts_at_no_time() {
    let longest = 14 * DAY;
    for (until, expected) in [(longest, Decision::Warn), (longest + 1, Decision::Deny)] {
        let set = set(vec![exception(
            "ImageException",
            &["simple-no-signature"],
            NOW + until,
        )]);
        let excused = ruled(&failed(&[0]), &set, Some(Digest::sha256(b"image")), NOW);
        assert_eq!(excused.ruling.decision(), expected);
        let told = note_codes(&excused);
        assert_eq!(
            told.contains(&"exception-too-long"),
            expected == Decision::Deny
        );
    }
    // Counted from when it was made, it stays too long however near its end is.
    let mut made = exception("ImageException", &["simple-no-signature"], NOW + longest);
    made.created = Some(Timestamp::from_unix(NOW - 1));
    let set = set(vec![made]);
    let excused = ruled(
        &failed(&[0]),
        &set,
        Some(Digest::sha256(b"image")),
        NOW + longest - 1,
    );
    assert_eq!(note_codes(&excused), ["exception-too-long"]);
}

#[test]
fn an_exception_made_in_the_future_lasts_no_longer_for_that() {
    let mut made = exception("ImageException", &["simple-no-signature"], NOW + 15 * DAY);
    made.created = Some(Timestamp::from_unix(NOW + 2 * DAY));
    let set = set(vec![made]);
    let excused = ruled(&failed(&[0]), &set, Some(Digest::sha256(b"image")), NOW);
    assert_eq!(note_codes(&excused), ["exception-too-long"]);
}

#[test]
fn a_code_that_is_left_over_keeps_the_refusal_and_is_named() {
    let set = set(vec![exception(
        "ImageException",
        &["simple-no-signature"],
        NOW + DAY,
    )]);
    let excused = ruled(&failed(&[0, 1]), &set, Some(Digest::sha256(b"image")), NOW);
    assert_eq!(excused.ruling.decision(), Decision::Deny);
    assert_eq!(note_codes(&excused), ["exception-incomplete"]);
    assert!(excused.notes[0].contains("simple-unknown-key"));
}

#[test]
fn an_entry_that_allows_those_of_the_cluster_allows_none_of_the_namespace() {
    let mut entries = failed(&[0]);
    entries[0].allows = ExceptionsAllowed::Cluster;
    let of = |kind| set(vec![exception(kind, &["simple-no-signature"], NOW + DAY)]);
    let digest = || Some(Digest::sha256(b"image"));
    let own = ruled(&entries, &of("ImageException"), digest(), NOW);
    assert_eq!(own.ruling.decision(), Decision::Deny);
    assert_eq!(note_codes(&own), ["exception-not-allowed"]);
    let cluster = ruled(&entries, &of("ClusterImageException"), digest(), NOW);
    assert_eq!(cluster.ruling.decision(), Decision::Warn);
}

#[test]
fn without_a_digest_nothing_is_excepted() {
    let set = set(vec![exception(
        "ImageException",
        &["simple-no-signature"],
        NOW + DAY,
    )]);
    let excused = ruled(&failed(&[0]), &set, None, NOW);
    assert_eq!(excused.ruling.decision(), Decision::Deny);
    assert_eq!(note_codes(&excused), ["exception-unknown"]);
}

#[test]
fn what_a_part_of_the_entry_verified_as_another_image_is_not_excepted() {
    let set = set(vec![exception(
        "ImageException",
        &["simple-no-signature"],
        NOW + DAY,
    )]);
    let image: Reference = "r.example/app:1".parse().unwrap();
    let digest = Some(Digest::sha256(b"image"));
    let environment = Environment::new().in_namespace("shop");
    let now = Timestamp::from_unix(NOW);
    let exceptions = set.exceptions(&image, digest.as_ref(), &environment, now);
    let excuses = Excuses { exceptions, digest };
    let rule = Rule {
        kind: "Test".to_owned(),
        namespace: None,
        name: "p".to_owned(),
        entry: "*".to_owned(),
    };
    let mut entry = Governed::enforced(rule, Plan::new(Vec::new()));
    entry.exceptions = ExceptionsAllowed::Allowed;
    let mut judged = Judged::failed(rejection(&[0]));
    judged.also_proved.push(Digest::sha256(b"another"));
    let reasons = [Reasons::of(&judged)];
    let outcomes = vec![(&entry, Outcome::of(&entry, judged.result))];
    let excused = excuses.rule(image.repository(), outcomes, &reasons);
    assert_eq!(excused.ruling.decision(), Decision::Deny);
    assert_eq!(note_codes(&excused), ["exception-incomplete"]);
}
