//! Mirrors of static Pods, made by a node.

use serde_json::{Value, json};

use crate::door::Door;
use crate::objects::pod;
use crate::server::eventually;

/// The identity of a node, for kubectl.
const NODE: &str = "--as=system:node:n1 --as-group=system:nodes --as-group=system:authenticated";

/// A Pod of a node as its kubelet mirrors it.
fn mirror(name: &str, image: &str, node: &str) -> Value {
    let mut object = pod(name, image);
    object["metadata"]["annotations"] = json!({
        "kubernetes.io/config.hash": "19e8dd55", "kubernetes.io/config.mirror": "19e8dd55",
        "kubernetes.io/config.source": "file",
    });
    object["spec"]["nodeName"] = node.into();
    object
}

/// Lets nodes write Pods in the namespace, as the authorizer of nodes does.
async fn let_nodes_write(door: &Door) {
    let roles = "/apis/rbac.authorization.k8s.io/v1";
    let namespaced = format!("{roles}/namespaces/{}", door.name);
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "nodes"},
        "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["create", "get", "update", "patch"]}],
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "nodes"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "nodes"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:nodes"}],
    });
    door.server
        .post(&format!("{namespaced}/roles"), &role)
        .await
        .succeeded();
    door.server
        .post(&format!("{namespaced}/rolebindings"), &binding)
        .await
        .succeeded();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_makes_the_mirror_of_a_static_pod_whose_image_is_unsigned_and_it_is_reported() {
    let Some(door) = Door::open("mirrors", "").await else {
        return;
    };
    let_nodes_write(&door).await;
    let (bad, _) = door.site.unsigned("bad");
    let (good, _) = door.site.signed("app");
    let create = format!("create {NODE} -f -");
    eventually("nodes may write Pods", async || {
        let probe = format!("auth can-i create pods {NODE}");
        door.kubectl(&probe, None).status.success().then_some(())
    })
    .await;

    let (_, warnings) = door.kubectl_does(&create, Some(&mirror("etcd-n1", &bad, "n1")));
    assert!(
        warnings.contains(&format!("container main: {bad}: simple-no-signature: ")),
        "{warnings}"
    );
    let image = "/spec/containers/0/image";
    assert_eq!(door.image(&door.pod("etcd-n1"), image).await, bad);
    let metrics = door.program().ask("/metrics").await.unwrap().1;
    let reported = metrics.lines().any(|line| {
        line.starts_with("doorward_admission_requests_total{")
            && line.contains("verdict=\"reported\"")
    });
    assert!(reported, "{metrics}");
    // A verified one is not pinned: the mirror says what the kubelet runs.
    let (_, warnings) = door.kubectl_does(&create, Some(&mirror("proxy-n1", &good, "n1")));
    assert_eq!(warnings, "");
    assert_eq!(door.image(&door.pod("proxy-n1"), image).await, good);

    // The mirror of another node's Pod, or one that somebody else makes, is judged as any Pod is.
    let said = door.kubectl_fails(&create, Some(&mirror("etcd-n2", &bad, "n2")));
    assert!(said.contains("1 of 1 image may not run"), "{said}");
    let said = door.kubectl_fails("create -f -", Some(&mirror("etcd-n1-2", &bad, "n1")));
    assert!(said.contains("1 of 1 image may not run"), "{said}");
    // And so is a change of a mirror that is there.
    let patch = format!("set image pod/proxy-n1 main={bad} {NODE}");
    let said = door.kubectl_fails(&patch, None);
    assert!(said.contains("1 of 1 image may not run"), "{said}");
}
