//! Objects of custom resources, whose definitions are those of projects in short.

use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::configuration::of_the_guide;
use crate::door::Door;
use crate::server::eventually;

const GUIDE: &str = include_str!("../../../../docs/guides/custom-resources.md");

/// A definition without a schema of its own.
fn definition(group: &str, version: &str, kind: &str) -> Value {
    let plural = format!("{}s", kind.to_lowercase());
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group, "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.to_lowercase()},
            "versions": [{
                "name": version, "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
            }],
        },
    })
}

/// The rules that the guide gives for custom resources.
fn rules() -> Vec<Value> {
    let text = GUIDE
        .split("```yaml\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    serde_yaml::from_str(text).unwrap()
}

/// The objects that the guide shows, with this image in place of each.
fn example(kind: &str, image: &str) -> Value {
    let blocks = GUIDE.split("```yaml\n").skip(2);
    let texts = blocks.filter_map(|block| block.split("```").next());
    let mut documents = texts.flat_map(|text| {
        let each = serde_yaml::Deserializer::from_str(text);
        each.map(|document| Value::deserialize(document).unwrap())
            .collect::<Vec<_>>()
    });
    let mut object = documents.find(|object| object["kind"] == kind).unwrap();
    replace(&mut object, image);
    object["metadata"]
        .as_object_mut()
        .unwrap()
        .remove("namespace");
    object["metadata"]
        .as_object_mut()
        .unwrap()
        .remove("ownerReferences");
    object
}

fn replace(value: &mut Value, image: &str) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, image)),
        Value::Object(members) => {
            for (name, member) in members {
                match (name.as_str(), &member) {
                    ("image", Value::String(_)) => *member = image.into(),
                    _ => replace(member, image),
                }
            }
        }
        _ => {}
    }
}

/// Serves the resources, and has the API server ask about them too.
async fn guard(door: &Door) {
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    for (group, version, kind, plural) in [
        ("argoproj.io", "v1alpha1", "Rollout", "rollouts"),
        ("serving.knative.dev", "v1", "Service", "services"),
        ("serving.knative.dev", "v1", "Revision", "revisions"),
    ] {
        let made = door
            .server
            .post(definitions, &definition(group, version, kind))
            .await;
        assert!(made.status == 201 || made.status == 409, "{}", made.body);
        let path = format!("/apis/{group}/{version}/namespaces/{}/{plural}", door.name);
        eventually("the resource is served", async || {
            (door.server.get(&path).await.status == 200).then_some(())
        })
        .await;
    }
    let url = format!("https://{}", door.program().address);
    for (path, mut object) in of_the_guide(door.name, &url, door.authority.ca_pem()) {
        let own = object["webhooks"][0]["rules"].as_array_mut().unwrap();
        own.extend(rules());
        door.server.post(&path, &object).await.succeeded();
    }
    door.is_asked().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rollouts_and_services_of_knative_are_pinned_or_refused_and_revisions_are_left_alone() {
    let options = ["--workload", "argo-rollouts,knative"];
    let Some(door) = Door::build_with("custom", &options).await else {
        return;
    };
    guard(&door).await;
    let (good, digest) = door.site.signed("app");
    let (bad, _) = door.site.unsigned("bad");
    let pinned = door.pinned("app", &digest);
    let apis = |resource: &str| format!("/apis/{resource}");
    for (kind, resource, name, pointer) in [
        (
            "Rollout",
            format!("argoproj.io/v1alpha1/namespaces/{}/rollouts", door.name),
            "checkout",
            "/spec/template/spec/containers/0/image",
        ),
        (
            "Service",
            format!("serving.knative.dev/v1/namespaces/{}/services", door.name),
            "hello",
            "/spec/template/spec/containers/0/image",
        ),
        (
            "Revision",
            format!("serving.knative.dev/v1/namespaces/{}/revisions", door.name),
            "hello-00001",
            "/spec/containers/0/image",
        ),
    ] {
        let path = apis(&resource);
        let refused = door.server.post(&path, &example(kind, &bad)).await;
        assert_eq!(refused.status, 403, "{kind}: {}", refused.body);
        let said = refused.body["message"].as_str().unwrap();
        assert!(said.contains("may not run in namespace custom"), "{said}");
        assert!(said.contains("(simple-no-signature)"), "{said}");
        let object = format!("{path}/{name}");
        assert_eq!(door.server.get(&object).await.status, 404, "{kind}");

        let stored = door
            .server
            .post(&path, &example(kind, &good))
            .await
            .succeeded();
        assert_eq!(
            stored.pointer(pointer),
            Some(&json!(pinned)),
            "{kind}: {stored:#}"
        );
        let record = &stored["metadata"]["annotations"]["doorward.dev/original-images"];
        assert!(record.as_str().unwrap().contains(&good), "{kind}: {record}");
        // What is stored is taken as it is, and a change to another image is judged.
        let again = door.server.put(&object, &stored).await.succeeded();
        assert_eq!(again.pointer(pointer), Some(&json!(pinned)), "{kind}");
        let mut changed = again;
        replace(&mut changed, &bad);
        assert_eq!(
            door.server.put(&object, &changed).await.status,
            403,
            "{kind}"
        );
    }

    // The copy that a controller makes is judged and stays as it is.
    let revisions = apis(&format!(
        "serving.knative.dev/v1/namespaces/{}/revisions",
        door.name
    ));
    let owned = |name: &str, image: &str| {
        let mut revision = example("Revision", image);
        revision["metadata"]["name"] = name.into();
        revision["metadata"]["ownerReferences"] = json!([{
            "apiVersion": "serving.knative.dev/v1", "kind": "Configuration", "name": "hello",
            "uid": "6f1c2c1e-0000-4000-8000-000000000001", "controller": true,
        }]);
        revision
    };
    let stored = door
        .server
        .post(&revisions, &owned("copy", &good))
        .await
        .succeeded();
    assert_eq!(
        stored.pointer("/spec/containers/0/image"),
        Some(&json!(good))
    );
    let refused = door.server.post(&revisions, &owned("bad-copy", &bad)).await;
    assert_eq!(refused.status, 403, "{}", refused.body);

    // A Rollout that goes by a Deployment has no template; a Service without one is no Service of Knative.
    let rollouts = apis(&format!(
        "argoproj.io/v1alpha1/namespaces/{}/rollouts",
        door.name
    ));
    let by_reference = json!({
        "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "metadata": {"name": "catalogue"},
        "spec": {"workloadRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "catalogue"}},
    });
    door.server.post(&rollouts, &by_reference).await.succeeded();
    let services = apis(&format!(
        "serving.knative.dev/v1/namespaces/{}/services",
        door.name
    ));
    let hollow = json!({
        "apiVersion": "serving.knative.dev/v1", "kind": "Service", "metadata": {"name": "hollow"},
        "spec": {"podTemplate": {"spec": {"containers": [{"image": bad}]}}},
    });
    let refused = door.server.post(&services, &hollow).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    let said = refused.body["message"].as_str().unwrap();
    assert!(said.contains("(admission-nothing-found)"), "{said}");
}
