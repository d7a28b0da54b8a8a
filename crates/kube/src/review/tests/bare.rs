//! Objects that nobody has sent to an API server.

use super::*;
use crate::{CustomWorkloads, Limits, Phase, Response};

fn read(body: &Value) -> Result<Review, ReviewError> {
    let custom = CustomWorkloads::parse(["argo-rollouts"], []).unwrap();
    let body = body.to_string();
    let read = Review::parse_or_create(body.as_bytes(), &Limits::default(), &custom);
    read.map_err(|refused| refused.error)
}

#[test]
fn an_object_is_reviewed_as_if_it_were_created_in_the_namespace_that_it_names() {
    let template = json!({"spec": {"containers": [{"image": "r.example/a:1"}]}});
    for (version, kind, spec) in [
        ("v1", "Pod", template["spec"].clone()),
        ("apps/v1", "Deployment", json!({"template": template})),
        (
            "argoproj.io/v1alpha1",
            "Rollout",
            json!({"template": template}),
        ),
    ] {
        let object = json!({
            "apiVersion": version, "kind": kind, "metadata": {"name": "w", "namespace": "shop"}, "spec": spec,
        });
        let review = read(&object).unwrap();
        assert_eq!(undecided(&review), ["r.example/a:1"], "{kind}");
        assert_eq!(review.namespace(), Some("shop"));
        assert!(review.is_dry_run());
        let silent = Response::answer(&review, Phase::Mutate, Vec::new());
        assert!(!silent.is_allowed());
    }
}

#[test]
fn a_review_is_read_as_a_review() {
    let review = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"});
    assert_eq!(read(&review), Err(ReviewError::MissingRequest));
    for nothing in [json!(null), json!([]), json!("Pod"), json!({"kind": "Pod"})] {
        assert!(read(&nothing).is_err(), "{nothing}");
    }
}

#[test]
fn an_object_whose_images_are_not_known_or_that_says_that_it_ends_is_not_passed() {
    for (version, kind) in [
        ("v1", "ConfigMap"),
        ("apps/v7", "Deployment"),
        ("a.example/v1", "Deployment"),
        ("v1", "PodList"),
    ] {
        let object = json!({"apiVersion": version, "kind": kind, "metadata": {}});
        let error = read(&object).unwrap_err();
        assert!(
            matches!(error, ReviewError::UnsupportedResource { .. }),
            "{error:?}"
        );
    }
    let mut ending = pod(json!([{"image": "a"}]));
    ending["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    assert_eq!(undecided(&read(&ending).unwrap()), ["a"]);
    for (pointer, value) in [
        ("items", json!([])),
        ("metadata", json!({"namespace": "Shop"})),
    ] {
        let mut object = pod(json!([{"image": "a"}]));
        object[pointer] = value;
        assert!(
            matches!(read(&object), Err(ReviewError::Workload(_))),
            "{object}"
        );
    }
    let mut twice = pod(json!([{"image": "a"}])).to_string();
    twice.insert_str(1, "\"spec\": {\"containers\": []}, ");
    let refused = Review::parse_or_create(
        twice.as_bytes(),
        &Limits::default(),
        &CustomWorkloads::none(),
    );
    assert!(refused.is_err());
}
