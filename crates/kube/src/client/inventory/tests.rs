use serde_json::json;

use super::*;
use crate::client::stand_in::StandIn;

/// An API server that has all collections that are asked for, with nothing in them.
async fn empty() -> StandIn {
    let stand_in = StandIn::start().await;
    for path in [
        "/api/v1/pods",
        "/api/v1/podtemplates",
        "/api/v1/replicationcontrollers",
        "/api/v1/serviceaccounts",
        "/api/v1/namespaces",
        "/apis/apps/v1/daemonsets",
        "/apis/apps/v1/deployments",
        "/apis/apps/v1/replicasets",
        "/apis/apps/v1/statefulsets",
        "/apis/batch/v1/cronjobs",
        "/apis/batch/v1/jobs",
    ] {
        stand_in.tells(path, 200, json!({"items": []}));
    }
    stand_in
}

fn pod(name: &str, more: &Value) -> Value {
    let mut pod = json!({
        "metadata": {"name": name, "namespace": "shop"}, "status": {"phase": "Running"},
        "spec": {"containers": [{"name": "c", "image": format!("r.example/{name}:1")}]},
    });
    for (pointer, value) in more.as_object().into_iter().flatten() {
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        let parent = pod.pointer_mut(parent).unwrap().as_object_mut().unwrap();
        parent.insert(member.to_owned(), value.clone());
    }
    pod
}

fn owned(name: &str, kind: &str, image: &str) -> Value {
    json!({
        "metadata": {"name": name, "namespace": "shop", "ownerReferences": [{"kind": kind, "name": "x", "controller": true}]},
        "spec": {"template": {"spec": {"containers": [{"name": "c", "image": image}]}}},
    })
}

async fn read(
    stand_in: &StandIn,
    custom: CustomWorkloads,
) -> Result<(ClusterView, Inventoried), ApiError> {
    let mut view = ClusterView::new("default");
    let inventory = Inventory::new(stand_in.server().await, custom);
    let found = inventory.read(&mut view, true).await?;
    Ok((view, found))
}

fn images(view: &ClusterView) -> Vec<String> {
    let objects = view.objects();
    assert!(objects.findings.is_empty(), "{:?}", objects.findings);
    let workloads = objects.cluster.workloads().iter();
    let images = workloads.flat_map(|workload| workload.images().to_vec());
    let mut images: Vec<String> = images.map(|image| image.image).collect();
    images.sort();
    images
}

#[tokio::test]
async fn what_runs_is_there_whoever_owns_it_and_what_has_ended_is_not() {
    let stand_in = empty().await;
    let owner = json!([{"kind": "ReplicaSet", "name": "x", "controller": true}]);
    let pods = [
        pod("runs", &json!({})),
        pod("owned", &json!({"/metadata/ownerReferences": owner})),
        pod("starts", &json!({"/status/phase": "Pending"})),
        pod("new", &json!({"/status": null})),
        pod("done", &json!({"/status/phase": "Succeeded"})),
        pod("failed", &json!({"/status/phase": "Failed"})),
        pod(
            "going",
            &json!({"/metadata/deletionTimestamp": "2026-01-01T00:00:00Z"}),
        ),
    ];
    stand_in.tells("/api/v1/pods", 200, json!({"items": pods}));
    let (view, found) = read(&stand_in, CustomWorkloads::none()).await.unwrap();
    assert_eq!(
        images(&view),
        [
            "r.example/going:1",
            "r.example/new:1",
            "r.example/owned:1",
            "r.example/runs:1",
            "r.example/starts:1"
        ]
    );
    assert_eq!(found, Inventoried::default());
}

#[tokio::test]
async fn what_a_controller_made_that_is_there_itself_is_not_told_twice() {
    let stand_in = empty().await;
    let finished = json!({
        "metadata": {"name": "old", "namespace": "shop"},
        "status": {"conditions": [{"type": "Complete", "status": "True"}]},
        "spec": {"template": {"spec": {"containers": [{"name": "c", "image": "r.example/old:1"}]}}},
    });
    let sets = [
        owned("a", "Deployment", "r.example/of-deployment:1"),
        owned("b", "Rollout", "r.example/of-rollout:1"),
    ];
    stand_in.tells("/apis/apps/v1/replicasets", 200, json!({"items": sets}));
    let jobs = [
        owned("a", "CronJob", "r.example/of-cron:1"),
        owned("b", "Workflow", "r.example/of-workflow:1"),
        finished,
    ];
    stand_in.tells("/apis/batch/v1/jobs", 200, json!({"items": jobs}));
    let (view, _) = read(&stand_in, CustomWorkloads::none()).await.unwrap();
    assert_eq!(
        images(&view),
        ["r.example/of-rollout:1", "r.example/of-workflow:1"]
    );
}

#[tokio::test]
async fn only_the_secrets_that_are_pulled_with_are_asked_for_each_once() {
    let stand_in = empty().await;
    let with = |name: &str, secret: &str| {
        pod(name, &json!({"/spec/imagePullSecrets": [{"name": secret}]}))
    };
    let pods = [
        with("a", "pull"),
        with("b", "pull"),
        with("c", "hidden"),
        with("d", "none"),
        with("e", "../../x"),
    ];
    stand_in.tells("/api/v1/pods", 200, json!({"items": pods}));
    let account = json!({"metadata": {"name": "default", "namespace": "lab"}, "imagePullSecrets": [{"name": "lab"}]});
    stand_in.tells("/api/v1/serviceaccounts", 200, json!({"items": [account]}));
    let deployment = json!({
        "metadata": {"name": "web", "namespace": "lab"},
        "spec": {"template": {"spec": {"containers": [{"name": "c", "image": "r.example/web:1"}]}}},
    });
    stand_in.tells(
        "/apis/apps/v1/deployments",
        200,
        json!({"items": [deployment]}),
    );
    let secret = |namespace: &str, name: &str| json!({"metadata": {"name": name, "namespace": namespace}, "data": {".dockerconfigjson": "e30="}});
    stand_in.tells(
        "/api/v1/namespaces/shop/secrets/pull",
        200,
        secret("shop", "pull"),
    );
    stand_in.tells(
        "/api/v1/namespaces/lab/secrets/lab",
        200,
        secret("lab", "lab"),
    );
    stand_in.tells(
        "/api/v1/namespaces/shop/secrets/hidden",
        403,
        json!({"message": "no"}),
    );
    let (view, found) = read(&stand_in, CustomWorkloads::none()).await.unwrap();
    let cluster = view.objects().cluster;
    assert!(cluster.secret("shop", "pull").is_some() && cluster.secret("lab", "lab").is_some());
    assert_eq!(
        found.missing,
        ["the pull secret shop/hidden may not be read here"]
    );
    let asked = stand_in.asked();
    let asked = asked.iter().filter(|path| path.contains("secrets"));
    assert_eq!(
        asked.collect::<Vec<_>>(),
        [
            "/api/v1/namespaces/lab/secrets/lab",
            "/api/v1/namespaces/shop/secrets/hidden",
            "/api/v1/namespaces/shop/secrets/none",
            "/api/v1/namespaces/shop/secrets/pull",
        ]
    );
}

#[tokio::test]
async fn a_list_that_cannot_be_had_is_no_empty_one() {
    for path in [
        "/api/v1/pods",
        "/apis/batch/v1/jobs",
        "/api/v1/serviceaccounts",
        "/api/v1/namespaces",
    ] {
        let stand_in = empty().await;
        stand_in.tells(path, 403, json!({"message": "may not list"}));
        let error = read(&stand_in, CustomWorkloads::none()).await.unwrap_err();
        assert!(
            matches!(error, ApiError::Forbidden { .. }),
            "{path}: {error}"
        );
    }
    // Every API server has Pods: what has none is no API server.
    let stand_in = empty().await;
    stand_in.tells("/api/v1/pods", 404, json!({"message": "no such path"}));
    let error = read(&stand_in, CustomWorkloads::none()).await.unwrap_err();
    assert!(matches!(error, ApiError::NotFound { .. }), "{error}");
}

#[tokio::test]
async fn a_version_that_the_server_has_no_more_or_not_yet_is_looked_for_in_the_others() {
    let stand_in = empty().await;
    stand_in.tells("/apis/batch/v1/cronjobs", 404, json!({}));
    let cron = json!({
        "metadata": {"name": "nightly", "namespace": "shop"},
        "spec": {"jobTemplate": {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": "r.example/n:1"}]}}}}},
    });
    stand_in.tells(
        "/apis/batch/v1beta1/cronjobs",
        200,
        json!({"items": [cron]}),
    );
    let (view, _) = read(&stand_in, CustomWorkloads::none()).await.unwrap();
    assert_eq!(images(&view), ["r.example/n:1"]);
}

#[tokio::test]
async fn custom_resources_are_listed_in_the_version_that_the_server_prefers() {
    let rollouts =
        || CustomWorkloads::parse(["argoproj.io/rollouts=/spec/template/spec"], []).unwrap();
    let stand_in = empty().await;
    let (view, _) = read(&stand_in, rollouts()).await.unwrap();
    assert_eq!(images(&view), [""; 0]);
    stand_in.tells(
        "/apis/argoproj.io",
        200,
        json!({"preferredVersion": {"groupVersion": "argoproj.io/v1alpha1"}}),
    );
    let kinds = |kind: &str| json!({"resources": [{"name": "rollouts", "kind": kind}, {"name": "rollouts/status", "kind": "x"}]});
    stand_in.tells("/apis/argoproj.io/v1alpha1", 200, kinds("Rollout"));
    let rollout = owned("web", "Nobody", "r.example/web:1");
    stand_in.tells(
        "/apis/argoproj.io/v1alpha1/rollouts",
        200,
        json!({"items": [rollout]}),
    );
    let (view, _) = read(&stand_in, rollouts()).await.unwrap();
    assert_eq!(images(&view), ["r.example/web:1"]);
    // A kind that would not be known again.
    stand_in.tells("/apis/argoproj.io/v1alpha1", 200, kinds("Thing"));
    let error = read(&stand_in, rollouts()).await.unwrap_err();
    assert!(error.to_string().contains("not the usual one"), "{error}");
}

#[tokio::test]
async fn what_a_node_says_that_a_container_runs_is_its_digest_and_nothing_else() {
    let digest = format!("sha256:{}", "ab".repeat(32));
    let status = |name: &str, image: &str| json!({"name": name, "imageID": image});
    let statuses = json!([
        status("a", &format!("r.example/app@{digest}")),
        status("b", &format!("docker-pullable://r.example/app@{digest}")),
        // The digest of a configuration, as of an image that was loaded.
        status("c", &digest),
        status("d", ""),
        status("e", "r.example/app@sha256:short"),
        json!({"name": 7}),
    ]);
    let stand_in = empty().await;
    let pod = pod("web", &json!({"/status/containerStatuses": statuses}));
    stand_in.tells("/api/v1/pods", 200, json!({"items": [pod]}));
    let (_, found) = read(&stand_in, CustomWorkloads::none()).await.unwrap();
    let seen = found.running.iter();
    let seen: Vec<_> = seen
        .map(|(place, digest)| (place.container.as_str(), digest.as_str()))
        .collect();
    assert_eq!(seen, [("a", digest.as_str()), ("b", digest.as_str())]);
}

#[tokio::test]
async fn a_namespace_that_pulls_with_very_many_secrets_keeps_nobody_else_from_being_read() {
    let stand_in = empty().await;
    let with = |number: usize| {
        let secrets: Vec<_> = (0..20)
            .map(|one| json!({"name": format!("s{number}-{one}")}))
            .collect();
        pod(
            &format!("p{number}"),
            &json!({"/spec/imagePullSecrets": secrets}),
        )
    };
    let mut pods: Vec<_> = (0..20).map(with).collect();
    let mut quiet = pod(
        "quiet",
        &json!({"/spec/imagePullSecrets": [{"name": "pull"}]}),
    );
    quiet["metadata"]["namespace"] = "zoo".into();
    pods.push(quiet);
    stand_in.tells("/api/v1/pods", 200, json!({"items": pods}));
    let secret = json!({"metadata": {"name": "pull", "namespace": "zoo"}, "data": {}});
    stand_in.tells("/api/v1/namespaces/zoo/secrets/pull", 200, secret);
    let (view, found) = read(&stand_in, CustomWorkloads::none()).await.unwrap();
    assert!(view.objects().cluster.secret("zoo", "pull").is_some());
    assert_eq!(found.missing.len(), 1, "{:?}", found.missing);
    assert!(
        found.missing[0].contains("shop pull with more than 256"),
        "{:?}",
        found.missing
    );
    let asked = stand_in.asked();
    assert_eq!(
        asked
            .iter()
            .filter(|path| path.contains("/shop/secrets/"))
            .count(),
        MOST_SECRETS
    );
}
