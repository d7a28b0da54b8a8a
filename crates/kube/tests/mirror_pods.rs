//! Mirrors of static Pods: judged and reported, and neither changed nor refused.
#![allow(
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

use doorward_core::{Code, Pinned, Reference};
use doorward_kube::{ImageAnswer, Phase, Reason, Response, Review};
use serde_json::{Value, json};

const IMAGE: &str = "r.example/etcd:1";
const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// The request of a kubelet that makes the mirror of a static Pod.
fn request() -> Value {
    json!({
        "uid": "u", "operation": "CREATE", "namespace": "kube-system",
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "userInfo": {"username": "system:node:n1", "groups": ["system:nodes", "system:authenticated"]},
        "object": {
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {
                "name": "etcd-n1",
                "annotations": {
                    "kubernetes.io/config.hash": "19e8dd55", "kubernetes.io/config.mirror": "19e8dd55",
                    "kubernetes.io/config.source": "file",
                },
                "ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": "n1", "uid": "x", "controller": true}],
            },
            "spec": {"nodeName": "n1", "containers": [{"name": "etcd", "image": IMAGE}]},
        },
    })
}

fn read(request: &Value) -> Review {
    let body =
        json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request});
    Review::parse(body.to_string().as_bytes()).unwrap()
}

/// The answer to a review whose images all fail.
fn denied(review: &Review, phase: Phase) -> Response {
    let images = review.undecided().map(|image| {
        ImageAnswer::deny(
            image,
            Reason::new(Code::POLICY_NO_MATCH, "nothing governs it"),
        )
    });
    Response::answer(review, phase, images.collect())
}

#[test]
fn the_mirror_of_a_static_pod_is_reported_and_not_refused() {
    let review = read(&request());
    assert_eq!(review.mirrors(), Some("n1"));
    for phase in [Phase::Mutate, Phase::Validate] {
        let response = denied(&review, phase);
        assert!(response.is_allowed() && response.is_reported_only());
        assert_eq!(response.patch(), []);
        let warning = response.warnings().join("\n");
        assert_eq!(
            warning,
            format!("container etcd: {IMAGE}: policy-no-match: nothing governs it")
        );
        let annotations = response.audit_annotations();
        assert_eq!(annotations["static-pod-of"], "n1");
        let image: Value = serde_json::from_str(&annotations["image-0"]).unwrap();
        assert_eq!(
            (&image["verdict"], &image["code"]),
            (&json!("warn"), &json!("policy-no-match"))
        );
    }
}

#[test]
fn a_mirror_whose_images_are_verified_is_not_changed_and_needs_no_digest() {
    let review = read(&request());
    let repository = IMAGE.parse::<Reference>().unwrap().into_repository();
    let pinned = Pinned::new(repository, DIGEST.parse().unwrap());
    for phase in [Phase::Mutate, Phase::Validate] {
        let images = review
            .undecided()
            .map(|image| ImageAnswer::pin(image, pinned.clone()));
        let response = Response::answer(&review, phase, images.collect());
        assert!(response.is_allowed() && !response.is_reported_only());
        assert_eq!((response.patch(), response.warnings()), (&[][..], &[][..]));
    }
}

#[test]
fn an_image_of_a_mirror_about_which_nothing_was_decided_is_reported_as_well() {
    let response = Response::answer(&read(&request()), Phase::Mutate, Vec::new());
    assert!(response.is_allowed() && response.is_reported_only());
    assert!(response.warnings()[0].contains("internal-error"));
}

/// A change of the request, and what it is called.
type NearMiss = (&'static str, fn(&mut Value));

#[test]
fn what_only_looks_like_the_mirror_of_a_static_pod_is_judged_as_usual() {
    let near_misses: [NearMiss; 21] = [
        ("the group is missing", |request| {
            request["userInfo"]["groups"] = json!(["system:authenticated"]);
        }),
        ("there are no groups", |request| {
            request["userInfo"]
                .as_object_mut()
                .unwrap()
                .remove("groups");
        }),
        ("the group is only alike", |request| {
            request["userInfo"]["groups"] = json!(["system:nodes:", "system:node", "System:Nodes"]);
        }),
        ("the user is none of a node", |request| {
            request["userInfo"]["username"] = json!("n1");
        }),
        (
            "the user is an account that has the name in it",
            |request| {
                request["userInfo"]["username"] = json!("x:system:node:n1");
            },
        ),
        ("the user has no name behind the prefix", |request| {
            request["userInfo"]["username"] = json!("system:node:");
        }),
        ("user and Pod have no name", |request| {
            request["userInfo"]["username"] = json!("system:node:");
            request["object"]["spec"]["nodeName"] = json!("");
        }),
        ("there is no user", |request| {
            request.as_object_mut().unwrap().remove("userInfo");
        }),
        ("the Pod is on another node", |request| {
            request["object"]["spec"]["nodeName"] = json!("n2");
        }),
        ("the Pod is on no node", |request| {
            request["object"]["spec"]
                .as_object_mut()
                .unwrap()
                .remove("nodeName");
        }),
        ("the Pod's node begins alike", |request| {
            request["object"]["spec"]["nodeName"] = json!("n1.example");
        }),
        ("it is an update", |request| {
            request["operation"] = json!("UPDATE");
        }),
        ("the operation is not known", |request| {
            request["operation"] = json!("PATCH");
        }),
        ("it is a subresource", |request| {
            request["subResource"] = json!("ephemeralcontainers");
        }),
        ("it is another kind", |request| {
            request["resource"] =
                json!({"group": "apps", "version": "v1", "resource": "replicasets"});
            let spec = request["object"]["spec"].take();
            let metadata = request["object"]["metadata"].clone();
            request["object"] = json!({"metadata": metadata, "spec": {"template": {"metadata": metadata, "spec": spec}}});
        }),
        ("the annotation is missing", |request| {
            request["object"]["metadata"]["annotations"] = json!({"kubernetes.io/config.hash": "19e8dd55", "kubernetes.io/config.source": "file"});
        }),
        ("the annotation is empty", |request| {
            request["object"]["metadata"]["annotations"]["kubernetes.io/config.mirror"] = json!("");
        }),
        ("the annotation is null", |request| {
            request["object"]["metadata"]["annotations"]["kubernetes.io/config.mirror"] =
                json!(null);
        }),
        ("the annotation is a label", |request| {
            let metadata = &mut request["object"]["metadata"];
            metadata["labels"] = metadata["annotations"].take();
        }),
        ("only the stored object is a mirror", |request| {
            request["oldObject"] = request["object"].clone();
            request["object"]["metadata"]["annotations"] = json!({});
        }),
        ("an administrator writes the annotation", |request| {
            request["userInfo"] =
                json!({"username": "admin", "groups": ["system:masters", "system:nodes"]});
        }),
    ];
    for (what, change) in near_misses {
        let mut request = request();
        change(&mut request);
        let review = read(&request);
        assert_eq!(review.mirrors(), None, "{what}");
        let response = denied(&review, Phase::Mutate);
        assert!(
            !response.is_allowed() && !response.is_reported_only(),
            "{what}"
        );
        let annotations = response.audit_annotations();
        assert!(!annotations.contains_key("static-pod-of"), "{what}");
    }
}

#[test]
fn a_name_of_a_node_cannot_forge_a_line_or_fill_the_audit_log() {
    let mut request = request();
    let name = format!("n1\n{}", "x".repeat(5000));
    request["userInfo"]["username"] = json!(format!("system:node:{name}"));
    request["object"]["spec"]["nodeName"] = json!(name);
    let review = read(&request);
    assert!(review.mirrors().is_some());
    let response = denied(&review, Phase::Mutate);
    let said = &response.audit_annotations()["static-pod-of"];
    assert!(said.len() < 300 && !said.contains('\n'), "{said}");
}
