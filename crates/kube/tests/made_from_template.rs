//! Objects that a controller makes from the template of another object: judged, and left as they are.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use doorward_core::{Code, Digest, Pinned, Reference};
use doorward_kube::{ImageAnswer, Phase, Reason, Response, Review, WorkloadKind};
use proptest::prelude::*;
use serde_json::{Value, json};

/// What the stand-in for a scheme refuses with.
mod toy {
    doorward_core::codes! {
        NO_SEAL = "toy-no-seal", Untrusted, 3, "the image has no seal";
        UNKNOWN_SEAL = "toy-unknown-seal", Untrusted, 4, "the seal is nobody's";
    }
}

const TAG: &str = "r.example/app:1";

fn object(kind: WorkloadKind, image: &str) -> Value {
    let template = json!({"spec": {"containers": [{"name": "app", "image": image}]}});
    match kind.template_pointer() {
        "" => template,
        "/template" => json!({"template": template}),
        "/spec/template" => json!({"spec": {"template": template}}),
        _ => json!({"spec": {"jobTemplate": {"spec": {"template": template}}}}),
    }
}

fn owner(api_version: &str, kind: &str, controller: Value) -> Value {
    json!({"apiVersion": api_version, "kind": kind, "name": "parent", "uid": "u", "controller": controller})
}

fn owned(kind: WorkloadKind, image: &str, owners: Value) -> Value {
    let mut object = object(kind, image);
    object["metadata"]["name"] = json!("child");
    object["metadata"]["ownerReferences"] = owners;
    object
}

fn review(kind: WorkloadKind, operation: &str, object: &Value, old: Option<&Value>) -> Review {
    let &(group, version) = kind.versions().first().unwrap();
    let body = json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "u", "operation": operation, "namespace": "ns", "object": object, "oldObject": old,
            "resource": {"group": group, "version": version, "resource": kind.resource()},
        },
    });
    Review::parse(body.to_string().as_bytes()).unwrap()
}

/// The answer to a review whose images all were verified and are to be pinned.
fn verified(review: &Review, mode: Phase) -> Response {
    let pinned = || {
        let reference: Reference = TAG.parse().unwrap();
        Pinned::new(reference.into_repository(), Digest::sha256(b"good"))
    };
    let answers = review
        .undecided()
        .map(|image| ImageAnswer::pin(image, pinned()));
    Response::answer(review, mode, answers.collect())
}

fn by_digest() -> String {
    format!("r.example/app@{}", Digest::sha256(b"good"))
}

/// What makes copies of templates in clusters, and of what kind.
fn copies() -> Vec<(WorkloadKind, Value)> {
    vec![
        (
            WorkloadKind::ReplicaSet,
            owner("apps/v1", "Deployment", json!(true)),
        ),
        (
            WorkloadKind::ReplicaSet,
            owner("extensions/v1beta1", "Deployment", json!(true)),
        ),
        (
            WorkloadKind::ReplicaSet,
            owner("argoproj.io/v1alpha1", "Rollout", json!(true)),
        ),
        (
            WorkloadKind::ReplicationController,
            owner("apps.openshift.io/v1", "DeploymentConfig", json!(true)),
        ),
        (WorkloadKind::Job, owner("batch/v1", "CronJob", json!(true))),
        (
            WorkloadKind::StatefulSet,
            owner("monitoring.coreos.com/v1", "Prometheus", json!(true)),
        ),
        (
            WorkloadKind::DaemonSet,
            owner("operator.example/v1", "Agent", json!(true)),
        ),
        (
            WorkloadKind::Deployment,
            owner("operator.example/v1", "App", json!(true)),
        ),
    ]
}

#[test]
fn the_replica_set_of_a_deployment_that_holds_a_tag_is_left_as_its_template_is() {
    for (kind, parent) in copies() {
        let child = owned(kind, TAG, json!([parent]));
        let review = review(kind, "CREATE", &child, None);
        assert_eq!(
            review.undecided().count(),
            1,
            "{kind}: its image is judged all the same"
        );
        let response = verified(&review, Phase::Mutate);
        assert!(
            response.is_allowed() && response.patch().is_empty(),
            "{kind}"
        );
    }
}

#[test]
fn validation_does_not_want_a_digest_where_the_template_has_none() {
    for (kind, parent) in copies() {
        let child = owned(kind, TAG, json!([parent]));
        let response = verified(&review(kind, "CREATE", &child, None), Phase::Validate);
        assert!(response.is_allowed(), "{kind}: {:?}", response.message());
    }
}

#[test]
fn the_pods_made_by_what_is_left_are_pinned_no_matter_who_owns_them() {
    for (api_version, kind) in [
        ("apps/v1", "ReplicaSet"),
        ("apps/v1", "StatefulSet"),
        ("apps/v1", "DaemonSet"),
        ("batch/v1", "Job"),
        ("v1", "ReplicationController"),
        ("v1", "Node"),
        ("v1", "Pod"),
        ("operator.example/v1", "PodSet"),
    ] {
        let owners = json!([owner(api_version, kind, json!(true))]);
        let review = review(
            WorkloadKind::Pod,
            "CREATE",
            &owned(WorkloadKind::Pod, TAG, owners),
            None,
        );
        let response = verified(&review, Phase::Mutate);
        assert_eq!(response.patch()[0].value(), &json!(by_digest()), "{kind}");
        assert!(
            verified(&review, Phase::Validate)
                .message()
                .is_some_and(|message| message.contains("admission-not-pinned")),
            "{kind}"
        );
    }
}

#[test]
fn an_object_that_no_controller_made_is_pinned() {
    let kind = WorkloadKind::ReplicaSet;
    let plain = owner("apps/v1", "Deployment", json!(true));
    let not_controller = |controller| owner("apps/v1", "Deployment", controller);
    for owners in [
        Value::Null,
        json!([]),
        json!([not_controller(json!(false))]),
        json!([not_controller(Value::Null)]),
        json!([{"apiVersion": "apps/v1", "kind": "Deployment", "name": "d", "uid": "u"}]),
        json!([{}]),
    ] {
        let child = owned(kind, TAG, owners.clone());
        let review = review(kind, "CREATE", &child, None);
        assert_eq!(
            verified(&review, Phase::Mutate).patch().len(),
            2,
            "{owners}"
        );
        assert!(!verified(&review, Phase::Validate).is_allowed(), "{owners}");
    }
    // What the template says about owners is no statement about the object.
    let mut inside = object(kind, TAG);
    inside["spec"]["template"]["metadata"]["ownerReferences"] = json!([plain]);
    let review = review(kind, "CREATE", &inside, None);
    assert_eq!(verified(&review, Phase::Mutate).patch().len(), 2);
}

#[test]
fn owners_of_another_form_are_refused() {
    for owners in [
        json!("Deployment"),
        json!({"controller": true}),
        json!([{"controller": "true"}]),
        json!([{"controller": 1}]),
        json!([null]),
    ] {
        let child = owned(WorkloadKind::ReplicaSet, TAG, owners.clone());
        let body = json!({
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": {
                "uid": "u", "operation": "CREATE", "namespace": "ns", "object": child,
                "resource": {"group": "apps", "version": "v1", "resource": "replicasets"},
            },
        });
        let refused = Review::parse(body.to_string().as_bytes()).expect_err("refused");
        assert_eq!(refused.error.code(), Code::ADMISSION_INVALID, "{owners}");
    }
}

#[test]
fn a_copy_of_a_template_that_is_pinned_already_is_as_good_as_any() {
    let kind = WorkloadKind::ReplicaSet;
    let parent = json!([owner("apps/v1", "Deployment", json!(true))]);
    let child = owned(kind, &by_digest(), parent.clone());
    for mode in [Phase::Mutate, Phase::Validate] {
        let response = verified(&review(kind, "CREATE", &child, None), mode);
        assert!(response.is_allowed() && response.patch().is_empty());
    }
    // Left as it is does not mean that another digest than the verified one may be in it.
    let other = format!("r.example/app@{}", Digest::sha256(b"evil"));
    let child = owned(kind, &other, parent);
    for mode in [Phase::Mutate, Phase::Validate] {
        let response = verified(&review(kind, "CREATE", &child, None), mode);
        assert!(
            response
                .message()
                .is_some_and(|message| message.contains("conflicting-digests"))
        );
    }
}

#[test]
fn a_rollout_restart_of_a_deployment_by_tag_leaves_parent_and_child_alike() {
    let kind = WorkloadKind::Deployment;
    let before = object(kind, TAG);
    let mut after = before.clone();
    after["spec"]["template"]["metadata"]["annotations"] =
        json!({"kubectl.kubernetes.io/restartedAt": "2026-01-01T00:00:00Z"});
    let parent = verified(
        &review(kind, "UPDATE", &after, Some(&before)),
        Phase::Mutate,
    );
    assert!(parent.is_allowed() && parent.patch().is_empty());
    let mut child = after;
    child["metadata"]["ownerReferences"] = json!([owner("apps/v1", "Deployment", json!(true))]);
    let child = verified(
        &review(WorkloadKind::ReplicaSet, "CREATE", &child, None),
        Phase::Mutate,
    );
    assert!(child.is_allowed() && child.patch().is_empty());
}

fn any_copy() -> impl Strategy<Value = (WorkloadKind, Value)> {
    prop::sample::select(copies())
}

proptest! {
    #[test]
    fn an_owner_never_exempts_an_image_from_judgement(
        (kind, parent) in any_copy(), image in "[a-z]{1,8}(:[a-z0-9]{1,4})?", update in any::<bool>(),
    ) {
        let child = owned(kind, &image, json!([parent]));
        let old = object(kind, "r.example/other:1");
        let review = if update {
            review(kind, "UPDATE", &child, Some(&old))
        } else {
            review(kind, "CREATE", &child, None)
        };
        for mode in [Phase::Mutate, Phase::Validate] {
            let denied = review.undecided().map(|image| {
                ImageAnswer::deny(image, Reason::new(toy::NO_SEAL, "no signature"))
            });
            prop_assert!(!Response::answer(&review, mode, denied.collect()).is_allowed());
            prop_assert!(!Response::answer(&review, mode, Vec::new()).is_allowed(), "nobody decided");
        }
    }

    #[test]
    fn a_controller_finds_its_own_object_as_it_made_it(
        (kind, parent) in any_copy(), tag in "[a-z0-9]{1,6}", more in 0_usize..3,
    ) {
        let mut owners = vec![json!({"apiVersion": "v1", "kind": "ConfigMap", "name": "c", "uid": "c"}); more];
        owners.push(parent);
        let child = owned(kind, &format!("r.example/app:{tag}"), json!(owners));
        let response = verified(&review(kind, "CREATE", &child, None), Phase::Mutate);
        prop_assert!(response.is_allowed());
        prop_assert!(response.patch().is_empty());
    }
}
