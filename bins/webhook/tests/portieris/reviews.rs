//! Whole admission reviews.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::Answered;
use crate::world::World;
use crate::{document, id, word};

/// Cases that are decided otherwise: whether the review is let in, a word of the answer, and why.
const DIFFERENCES: &[(&str, bool, &str, &str)] = &[
    ("ho006", false, "policy-invalid", ABSENT),
    ("ho015", false, "policy-invalid", ABSENT),
    ("ho024", false, "policy-invalid", ABSENT),
    ("ho025", false, "policy-invalid", ABSENT),
    (
        "ho088",
        false,
        "simple-no-signature",
        "the advisor is not asked about an image that a signature does not vouch for",
    ),
    (
        "ho090",
        false,
        "vulnerability-no-advisor",
        "an advisor is asked about the images of its own registries alone",
    ),
];
const ABSENT: &str =
    "only an explicit empty body admits unchecked: what is absent may have been cut off";

/// What is answered where Portieris is wrong: whether the review is let in, and what its refusal says.
const SAFE: &[(&str, bool, &[&str])] = &[
    ("ho001", false, &["admission-"]),
    ("ho002", false, &["admission-"]),
    ("ho007", false, &["admission-"]),
    ("ho009", true, &[]),
    ("ho031", false, &["Bad&1", "Bad&2", "reference-invalid"]),
    ("ho035", false, &["evil.test/x:1"]),
    ("ho036", false, &["evil.test/x:1"]),
    ("ho037", false, &["evil.test/vol:1"]),
    ("ho040", false, &["r.example/team/app:1", "e2.test/x:1"]),
    ("ho054", false, &["evil.test/x:1", "policy-no-match"]),
    ("ho057", false, &["evil.test/x:1", "policy-no-match"]),
    ("ho059", false, &["evil.test/x:1", "policy-no-match"]),
    ("ho062", false, &["evil.test/x:1", "policy-no-match"]),
    ("ho063", false, &["evil.test/x:1", "policy-no-match"]),
    ("ho066", false, &["admission-"]),
    ("ho073", false, &["r.example/a:1@sha256:"]),
    ("ho080", false, &["r.example/a:1@sha512:"]),
    ("ho091", false, &["r.example/app"]),
    ("ho094", false, &["simple-rejected-by-policy"]),
    ("ho098", false, &["r.example/a@sha256:"]),
    ("ho100", true, &[]),
];

/// The code here for a reason there.
fn ours(theirs: &str) -> &'static str {
    match theirs {
        "bad-request-no-request" | "bad-request-undecodable" | "object-undecodable" => "admission-",
        "unsupported-resource" => "admission-unsupported-resource",
        "invalid-image-name" => "reference-invalid",
        "no-policy-anywhere" => "policy-none",
        "no-cluster-match" | "no-namespace-match" => "policy-no-match",
        "simple-denied" => "simple-no-signature",
        "simple-error" => "registry-unavailable",
        "trust-error" => "notary-server-unavailable",
        "trust-denied" => "notary-not-released",
        "digest-conflict" => "conflicting-digests",
        "vulnerability-denied" => "vulnerability-",
        other => panic!("{other} is no reason that is known"),
    }
}

/// The images that an answer puts in, by their pointers.
pub(crate) fn pinned(answer: &Answered) -> BTreeMap<String, String> {
    let operations = answer.patch().into_iter();
    let images = operations.filter_map(|operation| {
        let path = operation["path"].as_str()?.to_owned();
        let is_image = path.ends_with("/image") || path.ends_with("/reference");
        Some((path, operation["value"].as_str()?.to_owned())).filter(|_| is_image)
    });
    images.collect()
}

/// What is wrong with an answer to a case that is stated.
fn unlike_stated(world: &World, status: u16, answer: &Answered) -> Vec<String> {
    let expect = &world.case["expect"];
    let mut wrong = Vec::new();
    let mut same = |what: &str, stated: Value, is: Value| {
        if stated != is {
            wrong.push(format!("{what} is {is}, not {stated}"));
        }
    };
    same("the status", expect["http_status"].clone(), status.into());
    same(
        "allowed",
        expect["allowed"].clone(),
        answer.allowed().into(),
    );
    let uid = &answer.0["response"]["uid"];
    same("the uid", expect["uid"].clone(), uid.clone());
    let patch = expect["patch"].as_array().unwrap().iter();
    let stated: BTreeMap<_, _> = patch
        .map(|operation| {
            (
                word(operation, "path").to_owned(),
                word(operation, "value").to_owned(),
            )
        })
        .collect();
    same(
        "the patch",
        format!("{stated:?}").into(),
        format!("{:?}", pinned(answer)).into(),
    );
    let reasons = expect["reasons"].as_array().into_iter().flatten();
    for reason in reasons {
        for part in [
            ours(word(reason, "code")),
            word(reason, "image"),
            word(reason, "resource"),
        ] {
            let is_told = answer.message().contains(part);
            same(&format!("{part} told"), true.into(), is_told.into());
        }
    }
    let (allowed, denied) = world.counted();
    // Portieris counts what it looked for images in; here everything that was answered counts.
    let looked =
        expect["allow_counter"].as_u64().unwrap() + expect["deny_counter"].as_u64().unwrap();
    let counters = if looked == 1 {
        [
            expect["allow_counter"].clone(),
            expect["deny_counter"].clone(),
        ]
    } else {
        [
            u64::from(answer.allowed()).into(),
            u64::from(!answer.allowed()).into(),
        ]
    };
    same(
        "what is counted",
        counters.to_vec().into(),
        vec![allowed, denied].into(),
    );
    wrong
}

fn unlike(let_in: bool, words: &[&str], answer: &Answered) -> Vec<String> {
    let mut wrong = Vec::new();
    if answer.allowed() != let_in {
        wrong.push(format!("allowed is {}", answer.allowed()));
    }
    if !answer.allowed() && !answer.patch().is_empty() {
        wrong.push("it is refused with a patch".to_owned());
    }
    let missing = words
        .iter()
        .filter(|word| !answer.message().contains(**word));
    wrong.extend(missing.map(|word| format!("nothing of {word}")));
    wrong
}

#[tokio::test]
async fn the_webhook_answers_every_review_that_was_observed_as_stated_or_otherwise_as_we_say() {
    let document = document("webhook.yaml");
    let cases = document["observed_cases"].as_array().unwrap();
    let mut wrong = Vec::new();
    for case in cases {
        let world = World::of(case).await;
        let body = match world.case["raw_body"].as_str() {
            Some(body) => body.to_owned(),
            None => world.case["admission_review"].to_string(),
        };
        let (status, answer) = world.post(&body).await;
        let id = id(case);
        let difference = DIFFERENCES.iter().find(|(other, ..)| *other == id);
        let safe = SAFE.iter().find(|(other, ..)| *other == id);
        // What Portieris does where it is at fault may be no answer at all.
        let stated = match word(case, "class") {
            "contract" => unlike_stated(&world, status.as_u16(), &answer),
            _ => Vec::new(),
        };
        let found = match (difference, safe, word(case, "class")) {
            (Some(_), None, "contract") if stated.is_empty() => {
                vec!["it comes out as stated, so it is no difference".to_owned()]
            }
            (Some((_, let_in, says, _)), None, "contract") => unlike(*let_in, &[says], &answer),
            (None, Some((_, let_in, says)), "defect") => unlike(*let_in, says, &answer),
            (None, None, "contract") => stated,
            (_, _, class) => vec![format!("nobody knows what to do with this {class}")],
        };
        let said = answer.message();
        wrong.extend(found.iter().map(|what| format!("{id}: {what}\n    {said}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let known = |id: &str| cases.iter().any(|case| crate::id(case) == id);
    let tables = DIFFERENCES.iter().map(|(id, ..)| id);
    for id in tables.chain(SAFE.iter().map(|(id, ..)| id)) {
        assert!(known(id), "{id} is no case");
    }
}
