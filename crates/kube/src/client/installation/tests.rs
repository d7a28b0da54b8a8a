use super::*;
use crate::client::stand_in::StandIn;

const HOME: &str = "/api/v1/namespaces/doorward";

fn list(items: Value) -> Value {
    json!({"metadata": {}, "items": items})
}

#[tokio::test]
async fn what_the_deployment_names_is_read_and_no_key_is_kept() {
    let stand_in = StandIn::start().await;
    let deployment = json!({"metadata": {"name": "door"}, "spec": {"template": {"spec": {"containers": [
        {"name": "webhook", "args": ["--service=gate:8443", "--tls-secret=gate-tls", "--arm"]},
    ]}}}});
    let path = "/apis/apps/v1/namespaces/doorward/deployments/door";
    stand_in.tells(path, 200, deployment.clone());
    let service = json!({"metadata": {"name": "gate"}});
    stand_in.tells(&format!("{HOME}/services/gate"), 200, service.clone());
    let secret = json!({"metadata": {"name": "gate-tls"}, "data": {"tls.crt": "Y2VydA==", "tls.key": "a2V5"}});
    stand_in.tells(&format!("{HOME}/secrets/gate-tls"), 200, secret);
    // As on a server that knows no newer version.
    let slices = "/apis/discovery.k8s.io/v1beta1/namespaces/doorward/endpointslices";
    let labelled = format!("{slices}?limit=50&labelSelector=kubernetes.io%2Fservice-name%3Dgate");
    stand_in.tells(&labelled, 200, list(json!([{"endpoints": []}])));
    let policy = json!({
        "metadata": {"name": "base", "generation": 2, "annotations": {"long": "x"}},
        "spec": {"repositories": []}, "status": {"conditions": []},
    });
    let policies = "/apis/doorward.dev/v1/clusterimagepolicies";
    stand_in.tells(policies, 200, list(json!([policy])));

    let server = stand_in.server().await;
    let read = server.installation("doorward", "door").await;
    assert_eq!(read.deployment, Answer::Known(Some(deployment)));
    assert_eq!(read.service, Answer::Known(Some(service)));
    assert_eq!(read.slices, Answer::Known(vec![json!({"endpoints": []})]));
    let certificate = json!({"metadata": {"name": "gate-tls"}, "data": {"tls.crt": "Y2VydA=="}});
    assert_eq!(read.secret, Answer::Known(Some(certificate)));
    let said = json!({"metadata": {"name": "base", "generation": 2}, "status": {"conditions": []}});
    assert_eq!(read.policies[0].found, Answer::Known(vec![said]));
    // Of a kind that the server does not know there are none, and a definition that is not there is an answer.
    assert_eq!(read.policies[1].found, Answer::Known(Vec::new()));
    assert_eq!(read.definitions[0].found, Answer::Known(None));
    assert_eq!((read.definitions.len(), read.policies.len()), (8, 8));
}

#[tokio::test]
async fn what_is_forbidden_is_told_from_what_is_out_and_both_name_the_right() {
    let stand_in = StandIn::start().await;
    let roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
    stand_in.tells(
        roles,
        403,
        json!({"message": "jo cannot list clusterroles"}),
    );
    stand_in.tells("/api/v1/namespaces", 503, json!({"message": "starting"}));
    let read = stand_in
        .server()
        .await
        .installation("doorward", "doorward")
        .await;
    let Answer::Unanswered(roles) = read.roles else {
        panic!("forbidden")
    };
    assert!(roles.is_forbidden);
    assert_eq!(roles.right, "list clusterroles.rbac.authorization.k8s.io");
    assert!(roles.why.contains("jo cannot list"), "{}", roles.why);
    let Answer::Unanswered(namespaces) = read.namespaces else {
        panic!("out")
    };
    assert!(!namespaces.is_forbidden);
    assert_eq!(namespaces.right, "list namespaces");
    assert_eq!(read.deployment, Answer::Known(None));
}

#[tokio::test]
async fn a_namespace_that_can_be_none_is_not_asked_for() {
    let stand_in = StandIn::start().await;
    let read = stand_in
        .server()
        .await
        .installation("../x", "doorward")
        .await;
    let Answer::Unanswered(why) = &read.deployment else {
        panic!("no name")
    };
    assert!(why.why.contains("no name of an object"), "{}", why.why);
    for asked in stand_in.asked() {
        assert!(!asked.contains(".."), "{asked}");
    }
}
