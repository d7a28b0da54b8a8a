mod pinning;

use doorward_core::{Digest, Pinned, Reference};
use serde_json::{Value, json};

use super::*;
use crate::{ImageUse, ORIGINAL_IMAGES};

/// What the stand-in for a scheme refuses with.
mod toy {
    doorward_core::codes! {
        NO_SEAL = "toy-no-seal", Untrusted, 3, "the image has no seal";
        UNKNOWN_SEAL = "toy-unknown-seal", Untrusted, 4, "the seal is nobody's";
    }
}

fn review_of(object: &Value) -> Review {
    let body = json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "u", "namespace": "ns", "operation": "CREATE", "object": object,
            "resource": {"group": "", "version": "v1", "resource": "pods"},
        },
    });
    Review::parse(body.to_string().as_bytes()).unwrap()
}

fn pod(images: &[&str]) -> Review {
    let containers: Vec<_> = images
        .iter()
        .enumerate()
        .map(|(n, image)| json!({"name": format!("c{n}"), "image": image}))
        .collect();
    review_of(&json!({"metadata": {"name": "w"}, "spec": {"containers": containers}}))
}

fn pinned(name: &str, content: &[u8]) -> Pinned {
    let reference: Reference = name.parse().unwrap();
    Pinned::new(reference.into_repository(), Digest::sha256(content))
}

fn all<'a>(
    review: &'a Review,
    answer: impl Fn(&'a ImageUse) -> ImageAnswer<'a>,
) -> Vec<ImageAnswer<'a>> {
    review.undecided().map(answer).collect()
}

fn deny(image: &ImageUse) -> ImageAnswer<'_> {
    ImageAnswer::deny(
        image,
        Reason::new(Code::POLICY_NO_MATCH, "no entry matches"),
    )
}

fn body(response: &Response) -> Value {
    serde_json::from_str(&response.to_json()).unwrap()
}

#[test]
fn an_image_that_nobody_decided_about_is_refused() {
    let review = pod(&["a:1", "b:1"]);
    let first = review.undecided().next().unwrap();
    let response = Response::answer(&review, Phase::Mutate, vec![ImageAnswer::allow(first)]);
    assert!(!response.is_allowed());
    let message = response.message().unwrap();
    assert!(
        message.contains("container c1: b:1") && message.contains("internal-error"),
        "{message}"
    );
    assert!(!message.contains("c0"), "{message}");
}

#[test]
fn a_review_that_finds_no_room_is_put_off_and_not_called_untrusted() {
    let response = Response::busy(&pod(&["a:1"]));
    assert!(!response.is_allowed() && response.patch().is_empty());
    let answer = body(&response);
    assert_eq!(answer["response"]["uid"], "u");
    let status = &answer["response"]["status"];
    assert_eq!(status["code"], 429);
    assert_eq!(status["reason"], "TooManyRequests");
    assert_eq!(status["details"], json!({"retryAfterSeconds": 1}));
    assert_eq!(
        response.message().unwrap(),
        "as many reviews are under way as may be at a time, in all or for namespace ns, and nothing was decided about \
         this one; the same request may succeed in a moment (admission-busy)\n  see: \
         https://doorward.github.io/doorward/reference/codes.html#admission-busy"
    );
    // Any other refusal is final.
    let review = pod(&["a:1"]);
    let refused = Response::answer(&review, Phase::Mutate, all(&review, deny));
    let status = &body(&refused)["response"]["status"];
    assert_eq!(status["code"], 403);
    assert_eq!(status["details"], Value::Null);
}

#[test]
fn of_several_answers_for_an_image_the_strictest_counts() {
    let review = pod(&["a:1"]);
    let image = review.undecided().next().unwrap();
    for answers in [
        vec![ImageAnswer::allow(image), deny(image)],
        vec![deny(image), ImageAnswer::allow(image)],
    ] {
        assert!(!Response::answer(&review, Phase::Mutate, answers).is_allowed());
    }
}

#[test]
fn an_answer_about_another_review_admits_nothing() {
    let (review, other) = (pod(&["a:1"]), pod(&["b:1"]));
    assert!(
        !Response::answer(&review, Phase::Mutate, all(&other, ImageAnswer::allow)).is_allowed()
    );
}

#[test]
fn a_denial_without_a_reason_is_still_a_denial() {
    let review = pod(&["a:1"]);
    let answers = all(&review, |image| ImageAnswer {
        reasons: Vec::new(),
        ..deny(image)
    });
    assert!(
        Response::answer(&review, Phase::Mutate, answers)
            .message()
            .unwrap()
            .contains("internal-error")
    );
}

#[test]
fn every_denied_image_is_listed_in_order_with_all_its_reasons() {
    let review = pod(&["a:1", "b:1", "c:1"]);
    let answers = all(&review, |image| {
        if image.name == "c1" {
            return ImageAnswer::allow(image);
        }
        let mut answer = deny(image);
        answer.reasons.push(Reason::new(toy::NO_SEAL, ""));
        answer.under("ImagePolicy ns/p, entry *")
    });
    let see = "see:  https://docs.example/reference/codes.html#policy-no-match";
    let why =
        "why:  no entry matches (policy-no-match)\n    why:  the image has no seal (toy-no-seal)";
    assert_eq!(
        Response::answer_linking(&review, Phase::Mutate, answers, "https://docs.example/")
            .message()
            .unwrap(),
        format!(
            "2 of 3 images may not run in namespace ns\n  container c0: a:1\n    {why}\n    rule: ImagePolicy ns/p, entry *\n    {see}\n  \
             container c2: c:1\n    {why}\n    rule: ImagePolicy ns/p, entry *\n    {see}"
        )
    );
}

#[test]
fn a_denial_is_bounded_and_says_how_many_images_are_left_out() {
    let names: Vec<_> = (0..400)
        .map(|n| format!("r.example/{}:{n}", "x".repeat(200)))
        .collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let review = pod(&names);
    let response = Response::answer(&review, Phase::Mutate, all(&review, deny));
    let message = response.message().unwrap();
    assert!(message.len() <= 4096);
    let shown = message.matches("container c").count();
    assert!(
        message.ends_with(&format!("\n  … and {} more, left out here", 400 - shown)),
        "{message}"
    );
    assert_eq!(response.audit_annotations()["images-omitted"], "368");
    assert_eq!(response.audit_annotations().len(), 33);
}

#[test]
fn one_image_with_endless_reasons_stays_within_bounds() {
    let review = pod(&[&"ü".repeat(10_000)]);
    let answers = all(&review, |image| {
        let mut answer = deny(image);
        answer.reasons = vec![Reason::new(toy::UNKNOWN_SEAL, "ü".repeat(10_000)); 100];
        answer.under("ü".repeat(10_000))
    });
    let response = Response::answer(&review, Phase::Mutate, answers);
    let message = response.message().unwrap();
    assert!(
        message.chars().count() <= 4096 && message.contains("and 96 more reasons"),
        "{}",
        message.len()
    );
}

#[test]
fn names_and_messages_cannot_forge_lines_or_drive_a_terminal() {
    let review = review_of(
        &json!({"spec": {"containers": [{"name": "c\n  rule: none", "image": "a\u{1b}[2J"}]}}),
    );
    let answers = all(&review, |image| {
        ImageAnswer::deny(image, Reason::new(toy::UNKNOWN_SEAL, "x\r\ny\u{202e}z"))
    });
    let response = Response::answer(&review, Phase::Mutate, answers);
    let message = response.message().unwrap();
    assert_eq!(message.lines().count(), 4, "{message}");
    assert!(
        !message.chars().any(|c| c != '\n' && c.is_control()) && !message.contains('\u{202e}'),
        "{message}"
    );
}

#[test]
fn a_warning_lets_the_image_through_and_says_why() {
    let review = pod(&["a:1"]);
    let answers = all(&review, |image| {
        let mut answer = ImageAnswer::warn(
            image,
            Reason::new(toy::NO_SEAL, "the image has no signature"),
        );
        answer.warnings.push("the policy is old".to_owned());
        answer
    });
    let response = Response::answer(&review, Phase::Mutate, answers);
    assert!(response.is_allowed());
    assert_eq!(
        body(&response)["response"]["warnings"],
        json!([
            "container c0: a:1: toy-no-seal: the image has no signature",
            "the policy is old"
        ])
    );
}

#[test]
fn the_audit_log_gets_one_valid_key_per_image() {
    let review = pod(&["nginx:1", "b:1"]);
    let answers = all(&review, |image| {
        if image.name == "c0" {
            ImageAnswer::pin(image, pinned("nginx", b"x")).under("ImagePolicy p")
        } else {
            deny(image)
        }
    });
    let response = Response::answer(&review, Phase::Mutate, answers);
    let annotations = body(&response)["response"]["auditAnnotations"].clone();
    let first: Value = serde_json::from_str(annotations["image-0"].as_str().unwrap()).unwrap();
    assert_eq!(
        first,
        json!({
            "container": "c0", "list": "containers", "image": "nginx:1", "verdict": "allow",
            "pinned": pinned("nginx", b"x").to_string(), "rule": "ImagePolicy p",
        })
    );
    let second: Value = serde_json::from_str(annotations["image-1"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&second["verdict"], &second["code"]),
        (&json!("deny"), &json!("policy-no-match"))
    );
    for key in response.audit_annotations().keys() {
        assert!(
            key.len() <= 63 && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'),
            "{key}"
        );
    }
}

#[test]
fn a_refused_review_is_answered_in_kind() {
    let refused = Review::parse(br#"{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview","request":{"uid":"u-1","resource":{"group":"apps","version":"v2","resource":"deployments"}}}"#).unwrap_err();
    let body = body(&Response::refuse(&refused));
    assert_eq!(body["apiVersion"], "admission.k8s.io/v1beta1");
    assert_eq!(body["response"]["uid"], "u-1");
    assert_eq!(body["response"]["allowed"], false);
    assert_eq!(
        body["response"]["status"]["message"],
        "apps/v2/deployments is not a resource whose images are known (admission-unsupported-resource)\n  \
         see: https://doorward.github.io/doorward/reference/codes.html#admission-unsupported-resource"
    );
}

#[test]
fn what_the_review_did_not_say_is_not_made_up() {
    let body = body(&Response::refuse(&Review::parse(b"lol").unwrap_err()));
    assert_eq!(
        body.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["response"]
    );
    assert_eq!(body["response"]["uid"], "");
    assert_eq!(body["response"]["allowed"], false);
}
