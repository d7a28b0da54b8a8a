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
fn an_object_of_another_kind_than_its_resource_is_refused() {
    let deployment =
        json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"template": {"spec": {}}}});
    assert_eq!(
        review(json!({"object": deployment}))
            .unwrap_err()
            .to_string(),
        "the object in the request cannot be checked: the object says that it is apps/v1 Deployment, not Pod"
    );
    let mut old_version = pod(json!([]));
    old_version["apiVersion"] = json!("v2");
    assert!(matches!(
        review(json!({"object": old_version})),
        Err(ReviewError::Workload(WorkloadError::KindMismatch { .. }))
    ));
}

#[test]
fn objects_that_cannot_be_read_are_refused_by_place() {
    let message = |object: Value| match review(json!({"object": object})) {
        Err(error) => {
            assert_eq!(error.code(), Code::ADMISSION_INVALID);
            error
                .to_string()
                .replace("the object in the request cannot be checked: ", "")
        }
        Ok(review) => panic!("{review:?}"),
    };
    assert_eq!(message(json!("lol")), "the object is not an object");
    assert_eq!(message(json!(7)), "the object is not an object");
    assert_eq!(message(json!({})), "/spec is missing");
    assert_eq!(message(json!({"spec": null})), "/spec is missing");
    assert_eq!(
        message(json!({"spec": {"containers": {}}})),
        "/spec/containers is not a sequence"
    );
    assert_eq!(
        message(json!({"spec": {"initContainers": [{"image": 1}]}})),
        "/spec/initContainers/0/image is not a string"
    );
    assert_eq!(
        message(json!({"spec": {"volumes": [{"image": "x"}]}})),
        "/spec/volumes/0/image is not an object"
    );
    assert_eq!(
        message(json!({"metadata": {"annotations": []}, "spec": {}})),
        "/metadata/annotations is not an object"
    );
}

#[test]
fn templates_without_a_pod_are_refused_cleanly() {
    let message = |resource: Value, object: Value| {
        review(json!({"resource": resource, "object": object}))
            .unwrap_err()
            .to_string()
    };
    let controller = json!({"group": "", "version": "v1", "resource": "replicationcontrollers"});
    assert!(
        message(controller.clone(), json!({"spec": {}})).ends_with("/spec/template is missing")
    );
    assert!(
        message(controller, json!({"spec": {"template": {}}}))
            .ends_with("/spec/template/spec is missing")
    );
    let cron_job = json!({"group": "batch", "version": "v1", "resource": "cronjobs"});
    assert!(
        message(cron_job, json!({"spec": {"jobTemplate": {}}}))
            .ends_with("/spec/jobTemplate/spec/template is missing")
    );
}

#[test]
fn images_come_in_the_order_init_main_ephemeral_volumes_and_blanks_are_left_out() {
    let object = json!({"spec": {
        "volumes": [{"name": "v", "image": {"reference": "vol:1"}}, {"name": "w", "emptyDir": {}}, {"name": "x", "image": {}}],
        "ephemeralContainers": [{"name": "e", "image": "dbg:1"}],
        "containers": [{"name": "a", "image": ""}, {"name": "b", "image": " \t\u{a0}"}, {"name": "c"}, {"name": "d", "image": "app:1"}],
        "initContainers": [{"image": "init:1"}],
    }});
    let review = review(json!({"object": object})).unwrap();
    let images: Vec<_> = review
        .workload()
        .unwrap()
        .images()
        .iter()
        .map(|i| (i.pointer.as_str(), i.image.as_str()))
        .collect();
    assert_eq!(
        images,
        [
            ("/spec/initContainers/0/image", "init:1"),
            ("/spec/containers/3/image", "app:1"),
            ("/spec/ephemeralContainers/0/image", "dbg:1"),
            ("/spec/volumes/0/image/reference", "vol:1"),
        ]
    );
}

#[test]
fn more_containers_or_pull_secrets_than_the_bound_are_refused() {
    let many: Vec<_> = (0..513)
        .map(|n| json!({"name": n.to_string(), "image": ""}))
        .collect();
    assert!(review(json!({"object": pod(json!(many[1..]))})).is_ok());
    assert_eq!(
        review(json!({"object": pod(json!(many))})).unwrap_err(),
        ReviewError::Workload(WorkloadError::TooManyContainers { limit: 512 })
    );
    let secrets: Vec<_> = (0..33).map(|n| json!({"name": n.to_string()})).collect();
    let object = json!({"spec": {"imagePullSecrets": secrets}});
    assert_eq!(
        review(json!({"object": object})).unwrap_err(),
        ReviewError::Workload(WorkloadError::TooManyPullSecrets { limit: 32 })
    );
}

#[test]
fn more_pull_secrets_than_the_bound_refuse_only_an_update_that_changes_an_image() {
    let secrets: Vec<_> = (0..33).map(|n| json!({"name": n.to_string()})).collect();
    let object = |image: &str, label: &str| {
        json!({
            "metadata": {"labels": {"l": label}},
            "spec": {"containers": [{"name": "a", "image": image}], "imagePullSecrets": secrets},
        })
    };
    let asked = |image: &str| {
        review(
            json!({"operation": "UPDATE", "oldObject": object("x:1", "a"), "object": object(image, "b")}),
        )
    };
    let unchanged = asked("x:1").unwrap();
    assert_eq!(unchanged.undecided().count(), 0);
    assert_eq!(
        asked("x:2").unwrap_err(),
        ReviewError::Workload(WorkloadError::TooManyPullSecrets { limit: 32 })
    );
}

#[test]
fn what_is_being_deleted_passes_whatever_else_is_wrong_with_it() {
    let secrets: Vec<_> = (0..33).map(|n| json!({"name": n.to_string()})).collect();
    let many: Vec<_> = (0..600).map(|n| json!({"name": n.to_string()})).collect();
    for spec in [
        json!({"imagePullSecrets": secrets}),
        json!({"volumes": many}),
        json!({"containers": "none"}),
        json!(null),
    ] {
        let stored =
            json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}, "spec": spec});
        let new = json!({"metadata": {}, "spec": spec});
        let asked = |old: &Value, new: &Value| {
            review(json!({"operation": "UPDATE", "oldObject": old, "object": new}))
        };
        let passed = asked(&stored, &new).unwrap();
        assert_eq!(
            passed.subject(),
            &Subject::Exempt(Exemption::Deleting),
            "{spec}"
        );
        // What the new object says of itself does not count.
        let claimed = asked(&new, &stored);
        assert!(
            claimed.is_err() || claimed.unwrap().workload().is_some(),
            "{spec}"
        );
    }
}

#[test]
fn an_update_decides_only_what_changed() {
    let old = json!([{"name": "a", "image": "x:1"}, {"name": "b", "image": "y:1"}]);
    assert!(update(old.clone(), old.clone()).is_empty());
    assert_eq!(
        update(
            old.clone(),
            json!([{"name": "b", "image": "y:1"}, {"name": "a", "image": "x:2"}])
        ),
        ["x:2"]
    );
}

#[test]
fn renamed_swapped_and_unnamed_containers_are_decided_anew() {
    let old = json!([{"name": "a", "image": "x:1"}, {"name": "b", "image": "y:1"}]);
    assert_eq!(
        update(old.clone(), json!([{"name": "c", "image": "x:1"}])),
        ["x:1"]
    );
    assert_eq!(
        update(
            old.clone(),
            json!([{"name": "a", "image": "y:1"}, {"name": "b", "image": "x:1"}])
        ),
        ["y:1", "x:1"]
    );
    assert_eq!(
        update(old, json!([{"name": "a", "image": "x:1 "}])),
        ["x:1 "]
    );
    assert_eq!(
        update(json!([{"image": "x:1"}]), json!([{"image": "x:1"}])),
        ["x:1"]
    );
}

#[test]
fn a_name_that_stands_twice_identifies_nothing() {
    let twice = json!([{"name": "a", "image": "x:1"}, {"name": "a", "image": "evil:1"}]);
    let once = json!([{"name": "a", "image": "x:1"}]);
    assert_eq!(update(once.clone(), twice.clone()), ["x:1", "evil:1"]);
    assert_eq!(update(twice, once), ["x:1"]);
}

#[test]
fn a_container_moved_to_another_list_is_decided_anew() {
    let old = json!({"spec": {"containers": [{"name": "a", "image": "x:1"}]}});
    let new = json!({"spec": {"initContainers": [{"name": "a", "image": "x:1"}]}});
    let review = review(json!({"operation": "UPDATE", "object": new, "oldObject": old})).unwrap();
    assert_eq!(undecided(&review), ["x:1"]);
}

#[test]
fn an_old_object_on_create_or_one_that_cannot_be_read_vouches_for_nothing() {
    let object = pod(json!([{"name": "a", "image": "x:1"}]));
    let create = review(json!({"object": object, "oldObject": object})).unwrap();
    assert_eq!(undecided(&create), ["x:1"]);
    for old in [json!("lol"), json!({}), Value::Null] {
        let update =
            review(json!({"operation": "UPDATE", "object": object, "oldObject": old})).unwrap();
        assert_eq!(undecided(&update), ["x:1"]);
    }
}

#[test]
fn only_the_stored_object_says_that_it_is_being_deleted() {
    let plain = pod(json!([{"name": "a", "image": "x:2"}]));
    let mut deleting = plain.clone();
    deleting["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    let passes = |operation: &str, object: &Value, old: &Value| {
        let review =
            review(json!({"operation": operation, "object": object, "oldObject": old})).unwrap();
        *review.subject() == Subject::Exempt(Exemption::Deleting)
    };
    let mut stored = pod(json!([{"name": "a", "image": "x:1"}]));
    stored["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    assert!(passes("UPDATE", &deleting, &stored));
    assert!(!passes("CREATE", &deleting, &stored));
    assert!(!passes("UPDATE", &deleting, &pod(json!([]))));
    assert!(!passes("UPDATE", &deleting, &Value::Null));
    assert!(!passes("CREATE", &deleting, &Value::Null));
}

#[test]
fn owners_and_annotations_exempt_nothing() {
    let mut object = pod(json!([{"name": "a", "image": "evil:1"}]));
    object["metadata"]["ownerReferences"] = json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "uid": "u", "controller": true}]);
    object["metadata"]["annotations"] =
        json!({"doorward.dev/original-images": "{\"containers/a\":\"evil:1\"}"});
    assert_eq!(
        undecided(&review(json!({"object": object})).unwrap()),
        ["evil:1"]
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
