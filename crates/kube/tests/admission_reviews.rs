//! Requests that real API servers sent: what is found in them, and what the answers look like.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use doorward_core::{Code, Digest, Pinned, Reference};
use doorward_kube::{
    ImageAnswer, ImageUse, ORIGINAL_IMAGES, Phase, Reason, Response, Review, Subject, Workload,
    WorkloadKind,
};
use serde_json::Value;

/// What the stand-in for a scheme refuses with.
mod toy {
    doorward_core::codes! {
        NO_SEAL = "toy-no-seal", Untrusted, 3, "the image has no seal";
        UNKNOWN_SEAL = "toy-unknown-seal", Untrusted, 4, "the seal is nobody's";
    }
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/admission-reviews")
}

/// Every recorded request, by its path under the folder.
fn recorded() -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for version in ["v1.20.2", "v1.36.2"] {
        for entry in std::fs::read_dir(folder().join(version)).unwrap() {
            let entry = entry.unwrap();
            let name = format!("{version}/{}", entry.file_name().to_str().unwrap());
            found.insert(name, std::fs::read(entry.path()).unwrap());
        }
    }
    assert_eq!(found.len(), 66);
    found
}

fn one(name: &str) -> Vec<u8> {
    std::fs::read(folder().join(name)).unwrap()
}

fn pin(image: &ImageUse) -> Pinned {
    let reference: Reference = image.image.parse().unwrap();
    let digest = reference
        .digest()
        .cloned()
        .unwrap_or_else(|| Digest::sha256(image.image.as_bytes()));
    Pinned::new(reference.into_repository(), digest)
}

fn pin_all(review: &Review) -> Vec<ImageAnswer<'_>> {
    review
        .undecided()
        .map(|image| ImageAnswer::pin(image, pin(image)))
        .collect()
}

/// What is found in a request, in the form of `expected.txt`.
fn describe(name: &str, body: &[u8]) -> String {
    let review = match Review::parse(body) {
        Ok(review) => review,
        Err(refused) => {
            assert_eq!(refused.error.code(), Code::ADMISSION_UNSUPPORTED_RESOURCE);
            return format!("{name}: unsupported\n");
        }
    };
    let workload = match review.subject() {
        Subject::Exempt(exemption) => return format!("{name}: exempt {exemption:?}\n"),
        Subject::Workload(workload) => workload,
        other => panic!("{other:?}"),
    };
    let dry_run = if review.is_dry_run() { " dry run" } else { "" };
    let mut text = format!(
        "{name}: {} in {}{dry_run}\n",
        review.operation(),
        review.namespace().unwrap()
    );
    text.push_str(&format!("  pulls with {}\n", secrets(workload)));
    for image in workload.images() {
        let unchanged = if image.unchanged { " unchanged" } else { "" };
        text.push_str(&format!(
            "  {} {} {}{unchanged}\n",
            image.pointer, image.name, image.image
        ));
    }
    text
}

fn secrets(workload: &Workload) -> String {
    let secrets = workload.pull_secrets();
    match (secrets.names(), secrets.inherits()) {
        ([], true) => format!(
            "those of service account {}",
            secrets.service_account().unwrap()
        ),
        ([], false) => "nothing".to_owned(),
        (names, _) => names.join(","),
    }
}

#[test]
fn every_image_of_every_recorded_request_is_found() {
    let expected = std::fs::read_to_string(folder().join("expected.txt")).unwrap();
    let got: String = recorded()
        .iter()
        .map(|(name, body)| describe(name, body))
        .collect();
    for (expected, got) in expected.lines().zip(got.lines()) {
        assert_eq!(got, expected);
    }
    assert_eq!(got, expected);
}

#[test]
fn every_answer_repeats_the_uid_and_version_of_its_request_and_nothing_else_of_it() {
    for (name, body) in recorded() {
        let request: Value = serde_json::from_slice(&body).unwrap();
        let response = match Review::parse(&body) {
            Ok(review) => Response::answer(&review, Phase::Mutate, pin_all(&review)),
            Err(refused) => Response::refuse(&refused),
        };
        let answer = common::wire(&response.to_json());
        assert_eq!(answer.review["apiVersion"], request["apiVersion"], "{name}");
        assert_eq!(answer.review["kind"], "AdmissionReview", "{name}");
        assert_eq!(
            answer.review["response"]["uid"], request["request"]["uid"],
            "{name}"
        );
        assert_eq!(answer.review.as_object().unwrap().len(), 3, "{name}");
        assert_eq!(
            answer.allowed,
            !name.ends_with("imagepolicy-create.json"),
            "{name}"
        );
    }
}

#[test]
fn the_patch_of_every_request_gives_exactly_the_pinned_images_and_their_origins() {
    for (name, body) in recorded() {
        let Ok(review) = Review::parse(&body) else {
            continue;
        };
        let Some(workload) = review.workload() else {
            continue;
        };
        let response = Response::answer(&review, Phase::Mutate, pin_all(&review));
        let object = serde_json::from_slice::<Value>(&body).unwrap()["request"]["object"].take();
        let after = common::patched(&object, &common::wire(&response.to_json()).patch);
        for image in workload.images() {
            let expected = if image.unchanged || workload.is_made_from_template() {
                image.image.clone()
            } else {
                pin(image).to_string()
            };
            assert_eq!(
                after.pointer(&image.pointer).unwrap(),
                &Value::from(expected),
                "{name}"
            );
        }
        let template = workload.kind().unwrap().template_pointer();
        let annotations = after.pointer(&format!("{template}/metadata/annotations"));
        let record = annotations
            .and_then(|annotations| annotations.get(ORIGINAL_IMAGES))
            .and_then(Value::as_str);
        let replaced: BTreeMap<String, String> = review
            .undecided()
            .filter(|image| {
                !workload.is_made_from_template() && image.image != pin(image).to_string()
            })
            .map(|image| {
                (
                    format!("{}/{}", image.slot.list(), image.name),
                    image.image.clone(),
                )
            })
            .collect();
        if replaced.is_empty() || review.sub_resource().is_some() {
            assert_eq!(record, None, "{name}");
        } else {
            let record: BTreeMap<String, String> = serde_json::from_str(record.unwrap()).unwrap();
            assert_eq!(record, replaced, "{name}");
        }
    }
}

#[test]
fn an_object_that_was_patched_is_not_patched_again() {
    for (name, body) in recorded() {
        let Ok(review) = Review::parse(&body) else {
            continue;
        };
        let first = Response::answer(&review, Phase::Mutate, pin_all(&review));
        let mut request: Value = serde_json::from_slice(&body).unwrap();
        let object = request["request"]["object"].take();
        request["request"]["object"] =
            common::patched(&object, &common::wire(&first.to_json()).patch);
        let again = Review::parse(request.to_string().as_bytes()).unwrap();
        let second = Response::answer(&again, Phase::Mutate, pin_all(&again));
        assert_eq!(second.patch(), [], "{name}");
        let validated = Response::answer(&again, Phase::Validate, pin_all(&again));
        assert!(
            validated.is_allowed() && validated.patch().is_empty(),
            "{name}"
        );
    }
}

#[test]
fn a_denied_request_has_no_patch_and_says_which_container_and_why() {
    let body = one("v1.36.2/pod-create-denied.json");
    let review = Review::parse(&body).unwrap();
    let answers = review
        .undecided()
        .map(|image| {
            let reason = Reason::new(
                toy::UNKNOWN_SEAL,
                "signed by key 6F2A…91C3, which is not among the 2 keys of secret release-keys",
            );
            ImageAnswer::deny(image, reason)
                .under("ClusterImagePolicy base, entry registry.example/*")
        })
        .collect();
    let response = Response::answer(&review, Phase::Mutate, answers);
    let answer = common::wire(&response.to_json());
    assert!(!answer.allowed);
    assert_eq!(answer.patch, Value::Array(Vec::new()));
    assert_eq!(answer.review["response"]["status"]["code"], 403);
    assert_eq!(answer.review["response"]["status"]["reason"], "Forbidden");
    assert_eq!(
        answer.review["response"]["status"]["message"],
        "1 of 1 image may not run in namespace lab\n  \
         container c: registry.example/denied:1\n    \
         why:  signed by key 6F2A…91C3, which is not among the 2 keys of secret release-keys (toy-unknown-seal)\n    \
         rule: ClusterImagePolicy base, entry registry.example/*\n    \
         see:  https://doorward.github.io/doorward/reference/codes.html#toy-unknown-seal"
    );
}

#[test]
fn the_old_and_the_new_form_of_ephemeral_containers_are_both_read() {
    for version in ["v1.20.2", "v1.36.2"] {
        let body = one(&format!("{version}/pod-ephemeralcontainers-update.json"));
        let review = Review::parse(&body).unwrap();
        assert_eq!(review.workload().unwrap().kind(), Some(WorkloadKind::Pod));
        let undecided: Vec<_> = review
            .undecided()
            .map(|image| image.image.as_str())
            .collect();
        assert_eq!(undecided, ["busybox:dbg"], "{version}");
        let response = Response::answer(&review, Phase::Mutate, pin_all(&review));
        assert_eq!(
            response.patch().len(),
            1,
            "{version}: no annotation through the subresource"
        );
    }
}
