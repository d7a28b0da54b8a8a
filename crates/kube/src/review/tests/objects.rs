//! Objects that can be read, and those that cannot.

use super::*;

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
