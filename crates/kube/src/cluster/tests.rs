use serde_json::json;

use super::*;

fn cluster(objects: &[Value]) -> Result<Cluster, ManifestError> {
    let mut cluster = Cluster::new("team");
    for object in objects {
        cluster.add(object)?;
    }
    Ok(cluster)
}

fn error(object: Value) -> String {
    cluster(&[object]).unwrap_err().to_string()
}

fn deployment(spec: Value) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}, "spec": {"template": {"spec": spec}}})
}

#[test]
fn secrets_service_accounts_and_workloads_are_taken_in() {
    let cluster = cluster(&[
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "k"}, "stringData": {"key": "x"}}),
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "k", "namespace": "other"}}),
        json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "sa"}, "imagePullSecrets": [{"name": "p"}]}),
        deployment(json!({"containers": [{"name": "a", "image": "x:1"}]})),
    ])
    .unwrap();
    assert_eq!(cluster.secret("team", "k").unwrap().items()["key"], b"x");
    assert!(cluster.secret("other", "k").unwrap().items().is_empty());
    assert_eq!(cluster.secret("default", "k"), None);
    assert_eq!(
        cluster.service_account("team", "sa"),
        Ok(Some(&["p".to_owned()][..]))
    );
    assert_eq!(cluster.workloads()[0].images()[0].image, "x:1");
    assert_eq!(cluster.namespace_of(&cluster.workloads()[0]), "team");
}

fn namespace(labels: Value) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop", "labels": labels}})
}

#[test]
fn the_labels_of_a_namespace_are_those_of_its_object_and_none_without_one() {
    let known = cluster(&[namespace(json!({"env": "prod", "empty": null}))]).unwrap();
    let labels = known.namespace_labels("shop").unwrap();
    assert_eq!(labels["env"], "prod");
    assert_eq!(labels["empty"], "");
    assert_eq!(known.namespace_labels("other"), None);
    let bare = cluster(&[namespace(Value::Null)]).unwrap();
    assert!(bare.namespace_labels("shop").unwrap().is_empty());
}

#[test]
fn the_labels_of_a_namespace_that_is_said_to_be_two_things_are_not_known() {
    let (prod, dev) = (
        namespace(json!({"env": "prod"})),
        namespace(json!({"env": "dev"})),
    );
    let mut cluster = Cluster::new("team");
    cluster.add(&prod).unwrap();
    cluster.add(&prod).unwrap();
    assert!(cluster.namespace_labels("shop").is_some());
    let error = cluster.add(&dev).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Namespace shop: already defined with other content"
    );
    assert_eq!(error.identity, None);
    assert_eq!(cluster.namespace_labels("shop"), None);
    // Whatever comes after it.
    assert!(cluster.add(&prod).is_err());
    assert_eq!(cluster.namespace_labels("shop"), None);
}

#[test]
fn labels_of_a_namespace_that_are_no_texts_are_named_and_not_known() {
    let mut cluster = Cluster::new("team");
    let error = cluster.add(&namespace(json!({"env": true}))).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Namespace shop: /metadata/labels/env is not a string"
    );
    assert_eq!(cluster.namespace_labels("shop"), None);
    let error = cluster
        .add(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {}}))
        .unwrap_err();
    assert_eq!(error.fault, ManifestFault::NoName);
}

#[test]
fn other_kinds_are_left_alone() {
    let mut cluster = Cluster::new("team");
    for (api_version, kind) in [
        ("v1", "ConfigMap"),
        ("batch.volcano.sh/v1alpha1", "Job"),
        ("example.com/v1", "Secret"),
        ("", ""),
    ] {
        assert_eq!(
            cluster.add(&json!({"apiVersion": api_version, "kind": kind, "spec": 7})),
            Ok(0),
            "{kind}"
        );
    }
    assert_eq!(cluster.add(&json!("text")), Ok(0));
    assert_eq!(cluster, Cluster::new("team"));
}

#[test]
fn lists_are_unfolded_and_their_items_may_leave_out_their_kind() {
    let pod =
        json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "a", "image": "x:1"}]}});
    let mut cluster = Cluster::new("team");
    assert_eq!(
        cluster.add(&json!({"apiVersion": "v1", "kind": "PodList", "items": [pod, pod]})),
        Ok(2)
    );
    let list = json!({"apiVersion": "v1", "kind": "List", "items": [deployment(json!({})), {"kind": "ConfigMap"}]});
    assert_eq!(cluster.add(&list), Ok(1));
    let mut nested = list;
    for _ in 0..4 {
        nested = json!({"apiVersion": "v1", "kind": "List", "items": [nested]});
    }
    assert_eq!(
        cluster.add(&nested).unwrap_err().fault,
        ManifestFault::TooDeep { limit: 4 }
    );
}

#[test]
fn a_faulty_object_is_named_with_its_kind_namespace_and_name() {
    assert_eq!(
        error(deployment(json!({"containers": [{"image": 1}]}))),
        "Deployment team/web: /spec/template/spec/containers/0/image is not a string"
    );
    assert_eq!(
        error(
            json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "k"}, "data": {"key": "hunter2!"}})
        ),
        "Secret team/k: item \"key\" of data is not base64"
    );
    assert_eq!(
        error(json!({"apiVersion": "v1", "kind": "Secret"})),
        "Secret team/without a name: metadata.name is missing"
    );
    assert_eq!(
        error(
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "s"}, "imagePullSecrets": "p"})
        ),
        "ServiceAccount team/s: /imagePullSecrets is not a sequence"
    );
    assert_eq!(
        error(json!({"apiVersion": "apps/v2", "kind": "Deployment", "metadata": {"name": "web"}})),
        "Deployment team/web: apps/v2 is not a version of Deployment whose images are known"
    );
}

#[test]
fn two_secrets_of_one_name_must_say_the_same() {
    let secret = |key: &str| json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "k"}, "stringData": {"key": key}});
    assert!(cluster(&[secret("x"), secret("x")]).is_ok());
    assert_eq!(
        cluster(&[secret("x"), secret("y")]).unwrap_err().fault,
        ManifestFault::Duplicate
    );
}

#[test]
fn a_workload_without_pull_secrets_has_those_of_its_service_account() {
    let account = |name: &str, secret: &str| json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}, "imagePullSecrets": [{"name": secret}]});
    let pod = |spec: Value| json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": spec});
    let secrets = |objects: &[Value]| {
        let cluster = cluster(objects).unwrap();
        cluster.pull_secrets(cluster.workloads().last().unwrap())
    };
    let names = |names: &[&str]| {
        let names = names.iter().map(|&name| name.to_owned());
        Ok(PullSecretSources::Secrets(names.collect()))
    };
    assert_eq!(
        secrets(&[account("default", "d"), pod(json!({}))]),
        names(&["d"])
    );
    assert_eq!(
        secrets(&[
            account("default", "d"),
            pod(json!({"imagePullSecrets": [{"name": "own"}]}))
        ]),
        names(&["own"])
    );
    assert_eq!(
        secrets(&[
            account("sa", "s"),
            deployment(json!({"serviceAccountName": "sa"}))
        ]),
        names(&["s"])
    );
    assert_eq!(
        secrets(&[deployment(json!({}))]),
        Ok(PullSecretSources::EmptyAccount("default".to_owned()))
    );
    assert_eq!(
        secrets(&[deployment(json!({"serviceAccountName": "gone"}))]),
        Ok(PullSecretSources::NoAccount("gone".to_owned()))
    );
}

#[test]
fn a_service_account_has_each_pull_secret_once_and_no_more_than_a_pod_may_name() {
    let account = |names: Vec<String>| {
        let secrets: Vec<_> = names.iter().map(|name| json!({"name": name})).collect();
        let account = json!({
            "apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": "sa"}, "imagePullSecrets": secrets,
        });
        let cluster = cluster(&[account, deployment(json!({"serviceAccountName": "sa"}))]).unwrap();
        let direct = cluster
            .service_account("team", "sa")
            .map(|found| found.unwrap().len());
        let sources = cluster.pull_secrets(&cluster.workloads()[0]);
        assert_eq!(direct.clone().err(), sources.err());
        direct
    };
    let numbered = |count: usize| (0..count).map(|number| number.to_string());
    assert_eq!(account(vec!["pull".to_owned(); 20_000]), Ok(1));
    assert_eq!(account(numbered(32).chain(numbered(32)).collect()), Ok(32));
    let refused = account(numbered(33).collect()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        r#"service account "sa" names more than 32 image pull secrets"#
    );
    assert_eq!(account(numbered(20_000).collect()), Err(refused));
}
