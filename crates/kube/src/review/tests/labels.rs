//! What policies select workloads by.

use super::*;

fn template(labels: Value) -> Value {
    json!({
        "metadata": {"labels": labels},
        "spec": {"serviceAccountName": "builder", "containers": [{"name": "a", "image": "x:1"}]},
    })
}

/// The labels and the service account of the object of a review.
fn facts(
    resource: (&str, &str),
    sub: Option<&str>,
    object: Value,
) -> (Option<Value>, Option<String>) {
    let (group, resource) = resource;
    let version = "v1";
    let review = review(json!({
        "resource": {"group": group, "version": version, "resource": resource},
        "subResource": sub,
        "object": object,
    }))
    .unwrap();
    let workload = review.workload().unwrap();
    (
        workload.labels().map(|labels| json!(labels)),
        workload.pull_secrets().service_account().map(str::to_owned),
    )
}

#[test]
fn a_deployment_its_replica_set_and_its_pods_have_the_labels_of_the_template() {
    let wanted = json!({"app": "web"});
    let own = json!({"app": "another"});
    let template = template(wanted.clone());
    let mut pod = template.clone();
    pod["kind"] = json!("Pod");
    let of_template = |kind: &str| json!({"kind": kind, "metadata": {"labels": own}, "spec": {"template": template}});
    let cron = json!({"kind": "CronJob", "metadata": {"labels": own}, "spec": {"jobTemplate": {"metadata": {"labels": own}, "spec": {"template": template}}}});
    let stored = json!({"kind": "PodTemplate", "metadata": {"labels": own}, "template": template});
    for (resource, object) in [
        (("", "pods"), pod),
        (("apps", "deployments"), of_template("Deployment")),
        (("apps", "replicasets"), of_template("ReplicaSet")),
        (("batch", "jobs"), of_template("Job")),
        (("batch", "cronjobs"), cron),
        (("", "podtemplates"), stored),
    ] {
        assert_eq!(
            facts(resource, None, object),
            (Some(wanted.clone()), Some("builder".to_owned())),
            "{resource:?}"
        );
    }
}

#[test]
fn an_object_without_labels_has_none_and_one_that_does_not_show_its_pod_has_unknown_ones() {
    let bare = json!({"spec": {"containers": [{"name": "a", "image": "x:1"}]}});
    assert_eq!(
        facts(("", "pods"), None, bare),
        (Some(json!({})), Some("default".to_owned()))
    );
    let old = json!({"kind": "EphemeralContainers", "metadata": {"labels": {"a": "b"}}, "ephemeralContainers": [{"name": "a", "image": "x:1"}]});
    assert_eq!(
        facts(("", "pods"), Some("ephemeralcontainers"), old),
        (None, None)
    );
}

#[test]
fn labels_that_stand_twice_or_are_no_texts_refuse_the_object() {
    for labels in [
        r#"{"a": "x", "a": "y"}"#,
        r#"{"a": 1}"#,
        r#"["a"]"#,
        r#""a""#,
    ] {
        let body = format!(
            r#"{{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {{"uid": "u", "operation": "CREATE",
               "resource": {{"group": "", "version": "v1", "resource": "pods"}},
               "object": {{"metadata": {{"labels": {labels}}}, "spec": {{"containers": [{{"name": "a", "image": "x"}}]}}}}}}}}"#
        );
        let refused = Review::parse(body.as_bytes()).unwrap_err();
        assert!(
            matches!(
                refused.error,
                ReviewError::Workload(WorkloadError::Malformed { .. })
            ),
            "{labels}: {:?}",
            refused.error
        );
    }
}
