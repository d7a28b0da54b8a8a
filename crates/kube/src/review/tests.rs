mod bare;
mod break_glass;
mod labels;
mod objects;
mod updates;

use serde_json::{Value, json};

use doorward_core::Code;

use super::*;
use crate::{ImageUse, WorkloadError};

fn review(request: Value) -> Result<Review, ReviewError> {
    let mut request = request;
    for (name, default) in [
        ("uid", json!("u")),
        ("namespace", json!("ns")),
        ("operation", json!("CREATE")),
        (
            "resource",
            json!({"group": "", "version": "v1", "resource": "pods"}),
        ),
    ] {
        if request.get(name).is_none() {
            request[name] = default;
        }
    }
    let body =
        json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request});
    Review::parse(body.to_string().as_bytes()).map_err(|refused| refused.error)
}

fn pod(containers: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "w"}, "spec": {"containers": containers}})
}

fn undecided(review: &Review) -> Vec<&str> {
    review
        .undecided()
        .map(|image: &ImageUse| image.image.as_str())
        .collect()
}

fn update(old: Value, new: Value) -> Vec<String> {
    let review =
        review(json!({"operation": "UPDATE", "object": pod(new), "oldObject": pod(old)})).unwrap();
    undecided(&review).into_iter().map(str::to_owned).collect()
}

fn refused(body: &[u8]) -> RefusedReview {
    *Review::parse(body).unwrap_err()
}

#[test]
fn bodies_that_are_no_review_are_told_apart() {
    for body in [
        "",
        " \n",
        "null",
        "{}",
        r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}"#,
    ] {
        assert_eq!(
            refused(body.as_bytes()).error,
            ReviewError::MissingRequest,
            "{body:?}"
        );
    }
    for body in [
        "lol",
        "{",
        "[]",
        "1",
        "\"x\"",
        "{\"request\":1}",
        "\u{feff}{}",
        "{} {}",
        "{\"request\":{},\"request\":{}}",
    ] {
        assert!(
            matches!(
                refused(body.as_bytes()).error,
                ReviewError::NotReview { .. }
            ),
            "{body:?}"
        );
    }
    assert!(matches!(
        refused(b"\xff\xfe").error,
        ReviewError::NotReview { .. }
    ));
}

#[test]
fn what_is_wrong_with_a_body_is_said_without_repeating_it() {
    let error = refused(br#"{"request": "hunter2"}"#).error;
    assert_eq!(
        error.to_string(),
        "the body is not an AdmissionReview: wrong type or repeated member at line 1 column 21"
    );
}

#[test]
fn a_document_of_another_kind_is_refused_and_its_version_repeated() {
    let body =
        br#"{"apiVersion":"admission.k8s.io/v2","kind":"AdmissionReview","request":{"uid":"u"}}"#;
    let answer = refused(body);
    assert_eq!(
        answer.error,
        ReviewError::WrongKind {
            found: "admission.k8s.io/v2 AdmissionReview".into()
        }
    );
    assert_eq!(answer.envelope.uid, "u");
    let body =
        br#"{"apiVersion":"admission.k8s.io/v1","kind":"ImageReview","request":{"uid":"u"}}"#;
    assert!(matches!(refused(body).error, ReviewError::WrongKind { .. }));
    assert!(matches!(
        refused(br#"{"request":{"uid":"u"}}"#).error,
        ReviewError::WrongKind { .. }
    ));
}

#[test]
fn a_request_without_uid_is_refused() {
    assert_eq!(
        review(json!({"uid": "", "object": pod(json!([]))})),
        Err(ReviewError::MissingUid)
    );
    assert_eq!(
        review(json!({"uid": null, "object": pod(json!([]))})),
        Err(ReviewError::MissingUid)
    );
}

#[test]
fn a_body_over_the_bound_is_refused_unread() {
    let limits = Limits {
        bytes: 10,
        ..Limits::default()
    };
    let refused = Review::parse_within(b"not json at all", &limits).unwrap_err();
    assert_eq!(refused.error, ReviewError::TooLarge { limit: 10 });
}

#[test]
fn a_create_or_update_without_an_object_is_refused() {
    for operation in ["CREATE", "UPDATE", "PATCH", ""] {
        for object in [Value::Null, json!({"x": 1})] {
            let request = if object.is_null() {
                json!({"operation": operation, "object": null})
            } else {
                json!({"operation": operation})
            };
            assert!(
                matches!(review(request), Err(ReviewError::MissingObject { .. })),
                "{operation}"
            );
        }
    }
}

#[test]
fn connections_and_deletions_pass_whatever_they_carry() {
    for operation in ["CONNECT", "DELETE"] {
        for object in [Value::Null, json!("lol"), pod(json!([{"image": "evil"}]))] {
            let review = review(json!({"operation": operation, "object": object})).unwrap();
            assert_eq!(review.subject(), &Subject::Exempt(Exemption::Operation));
        }
    }
}

#[test]
fn an_unknown_operation_is_checked_and_vouches_for_nothing_old() {
    for operation in [json!("create"), json!("UPSERT"), Value::Null] {
        let object = pod(json!([{"name": "a", "image": "x:1"}]));
        let review =
            review(json!({"operation": operation, "object": object, "oldObject": object})).unwrap();
        assert_eq!(
            (review.operation(), undecided(&review)),
            (Operation::Other, vec!["x:1"])
        );
    }
}

#[test]
fn the_namespace_of_the_request_counts_and_not_that_of_the_object() {
    let mut object = pod(json!([]));
    object["metadata"]["namespace"] = json!("elsewhere");
    assert_eq!(
        review(json!({"object": object})).unwrap().namespace(),
        Some("ns")
    );
    assert_eq!(
        review(json!({"object": object, "namespace": ""}))
            .unwrap()
            .namespace(),
        None
    );
    assert_eq!(
        review(json!({"object": object, "namespace": null}))
            .unwrap()
            .namespace(),
        None
    );
}

#[test]
fn foreign_resources_pass_only_under_the_plural_of_a_workload() {
    let of = |group: &str, version: &str, resource: &str| {
        let resource = json!({"group": group, "version": version, "resource": resource});
        review(json!({"resource": resource, "object": {"spec": {}}}))
    };
    let foreign = Subject::Exempt(Exemption::ForeignGroup);
    assert_eq!(
        of("batch.volcano.sh", "v1alpha1", "jobs")
            .unwrap()
            .subject(),
        &foreign
    );
    for (group, version, resource) in [
        ("apps", "v2", "deployments"),
        ("", "v1", "services"),
        ("wibble", "bibble", "tibble"),
        ("", "", ""),
    ] {
        let error = of(group, version, resource).unwrap_err();
        assert_eq!(
            error.code(),
            Code::ADMISSION_UNSUPPORTED_RESOURCE,
            "{error}"
        );
    }
    assert_eq!(
        of("apps", "v2", "deployments").unwrap_err().to_string(),
        "apps/v2/deployments is not a resource whose images are known"
    );
}

#[test]
fn subresources_with_a_pod_are_checked_and_unknown_ones_refused() {
    let of = |sub_resource: &str| {
        review(
            json!({"operation": "UPDATE", "subResource": sub_resource, "object": pod(json!([{"name": "a", "image": "x:1"}]))}),
        )
    };
    for name in ["", "resize", "status", "ephemeralcontainers"] {
        assert_eq!(undecided(&of(name).unwrap()), ["x:1"], "{name}");
    }
    for name in ["binding", "eviction", "exec", "scale"] {
        assert_eq!(
            of(name).unwrap().subject(),
            &Subject::Exempt(Exemption::SubResource),
            "{name}"
        );
    }
    assert_eq!(
        of("teleport").unwrap_err().to_string(),
        "v1/pods/teleport is not a resource whose images are known"
    );
}

#[test]
fn a_pod_that_calls_itself_ephemeral_containers_is_no_way_round() {
    let object = json!({"kind": "EphemeralContainers", "spec": {"containers": [{"name": "a", "image": "evil:1"}]}});
    assert!(review(json!({"object": object})).is_err());
    let deployments = json!({"group": "apps", "version": "v1", "resource": "deployments"});
    let request =
        json!({"resource": deployments, "subResource": "ephemeralcontainers", "object": object});
    assert!(matches!(
        review(request),
        Err(ReviewError::UnsupportedResource { .. })
    ));
}

#[test]
fn a_generated_name_stands_in_for_a_name() {
    let named = |object: Value, name: Value| {
        review(json!({"object": object, "name": name}))
            .unwrap()
            .name()
            .map(str::to_owned)
    };
    let generated = json!({"metadata": {"generateName": "job-"}, "spec": {}});
    assert_eq!(
        named(generated.clone(), Value::Null).as_deref(),
        Some("job-")
    );
    assert_eq!(named(generated, json!("n")).as_deref(), Some("n"));
    assert_eq!(named(json!({"spec": {}}), Value::Null), None);
}
