//! Breaking the glass, as the API server lets people.

use reqwest::Method;
use serde_json::{Value, json};

use crate::door::Door;
use crate::objects::pod;
use crate::server::eventually;
use crate::watched::{open, policy};

/// A Pod whose author asks for the glass to be broken.
fn asking(name: &str, image: &str, reason: &str) -> Value {
    let mut object = pod(name, image);
    object["metadata"]["annotations"] = json!({"doorward.dev/break-glass": reason});
    object
}

/// Lets a user do everything in the namespace, and use these verbs on it by a right on the cluster's objects.
async fn user(door: &Door, name: &str, verbs: &[&str]) {
    const GROUP: &str = "rbac.authorization.k8s.io";
    let anything = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]);
    let on_it = json!([
        {"apiGroups": [""], "resources": ["namespaces"], "resourceNames": [door.name], "verbs": verbs},
    ]);
    let subjects = json!([{"kind": "User", "name": name, "apiGroup": GROUP}]);
    let within = format!("namespaces/{}/", door.name);
    let full = format!("{}-{name}", door.name);
    for (place, kind, name, rules) in [
        (within.as_str(), "Role", name, &anything),
        ("", "ClusterRole", full.as_str(), &on_it),
    ] {
        let plural = kind.to_lowercase();
        let role = json!({"metadata": {"name": name}, "rules": rules});
        let binding = json!({
            "metadata": {"name": name}, "subjects": subjects,
            "roleRef": {"apiGroup": GROUP, "kind": kind, "name": name},
        });
        for (plural, object) in [
            (format!("{plural}s"), role),
            (format!("{plural}bindings"), binding),
        ] {
            let path = format!("/apis/{GROUP}/v1/{place}{plural}");
            door.server.post(&path, &object).await.succeeded();
        }
    }
}

/// What a person reads who is refused, once that has this in it.
async fn fails(door: &Door, words: &str, object: &Value, code: &str) -> String {
    eventually("the refusal says so", async || {
        let output = door.kubectl(words, Some(object));
        let said = String::from_utf8(output.stderr).unwrap();
        (!output.status.success() && said.contains(code)).then_some(said)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_glass_is_broken_for_one_who_may_and_for_nobody_else() {
    const NAME: &str = "glass";
    let Some(door) = open(NAME, &["--break-glass"]).await else {
        return;
    };
    let (unsigned, digest) = door.site.unsigned("app");
    door.server
        .post(&door.policies(), &policy(&door, ""))
        .await
        .succeeded();
    door.comes(&unsigned, 403).await;
    user(&door, "glass-jo", &["breakglass"]).await;
    user(&door, "glass-kim", &["get"]).await;
    let object = asking("rescue", &unsigned, "INC-77");

    let said = fails(
        &door,
        "create -f - --as=glass-kim",
        &object,
        "break-glass-forbidden",
    )
    .await;
    assert!(said.contains("simple-no-signature"), "{said}");
    let empty = asking("rescue", &unsigned, " ");
    fails(
        &door,
        "create -f - --as=glass-jo",
        &empty,
        "break-glass-forbidden",
    )
    .await;

    let (_, dry) = door.kubectl_does("create -f - --as=glass-jo --dry-run=server", Some(&object));
    assert!(dry.contains("break-glass-used"), "{dry}");
    let (_, warned) = door.kubectl_does("create -f - --as=glass-jo", Some(&object));
    assert!(warned.contains("break-glass-used"), "{warned}");
    let image = door
        .image(&door.pod("rescue"), "/spec/containers/0/image")
        .await;
    assert_eq!(image, door.pinned("app", &digest));
    let list = format!("/api/v1/namespaces/{NAME}/events");
    let event = eventually("the event is there", async || {
        let list = door.server.get(&list).await.succeeded();
        let items = list["items"].as_array().unwrap().clone();
        let used: Vec<Value> = items
            .into_iter()
            .filter(|event| event["reason"] == "break-glass-used")
            .collect();
        used.first().cloned()
    })
    .await;
    let message = event["message"].as_str().unwrap();
    assert!(
        message.contains("glass-jo") && message.contains("INC-77"),
        "{message}"
    );
    assert_eq!(event["count"], 1, "the dry run left none");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_tampered_with_stays_refused_behind_broken_glass() {
    let Some(door) = open("glass-tampered", &["--break-glass"]).await else {
        return;
    };
    let (image, _) = door.site.tampered("app");
    door.server
        .post(&door.policies(), &policy(&door, ""))
        .await
        .succeeded();
    let object = asking("rescue", &image, "INC-78");
    // The administrator may do everything.
    let refused = eventually("the refusal says so", async || {
        let media = "application/json";
        let answer = door
            .server
            .send(Method::POST, &door.pods(), media, Some(&object))
            .await;
        (answer.status == 403 && answer.refused().contains("break-glass-forbidden"))
            .then_some(answer)
    })
    .await;
    assert!(refused.refused().contains("not intact"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_annotation_counts_for_nothing_where_breaking_the_glass_is_not_offered() {
    let Some(door) = open("glass-off", &[]).await else {
        return;
    };
    let (unsigned, _) = door.site.unsigned("app");
    door.server
        .post(&door.policies(), &policy(&door, ""))
        .await
        .succeeded();
    door.comes(&unsigned, 403).await;
    let object = asking("rescue", &unsigned, "INC-79");
    let said = fails(&door, "create -f -", &object, "break-glass-forbidden").await;
    assert!(said.contains("counts for nothing here"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_annotation_that_somebody_left_in_an_object_is_not_the_word_of_the_next_one_who_may() {
    let Some(door) = open("glass-left", &["--break-glass"]).await else {
        return;
    };
    let (signed, _) = door.site.signed("app");
    let (unsigned, _) = door.site.unsigned("bad");
    door.server
        .post(&door.policies(), &policy(&door, ""))
        .await
        .succeeded();
    door.comes(&unsigned, 403).await;
    user(&door, "left-jo", &["breakglass"]).await;
    user(&door, "left-kim", &["get"]).await;
    // Nothing is refused, so nobody is asked about it.
    let left = asking("web", &signed, "INC-80");
    door.kubectl_does("create -f - --as=left-kim", Some(&left));
    let path = door.pod("web");
    let patch = json!({"spec": {"containers": [{"name": "web", "image": unsigned}]}});
    let name = door.image(&path, "/spec/containers/0/name").await;
    let patch = patch.to_string().replace("\"web\"", &name.to_string());
    let words = format!(
        "patch pod web --as=left-jo --patch={}",
        patch.replace(' ', "")
    );
    let said = eventually("it is refused as it stood there before", async || {
        let output = door.kubectl(&words, None);
        let said = String::from_utf8(output.stderr).unwrap();
        (!output.status.success() && said.contains("stood in the object before")).then_some(said)
    })
    .await;
    assert!(said.contains("break-glass-forbidden"), "{said}");
    // In words of one's own it counts.
    let own = patch.replacen(
        '{',
        r#"{"metadata":{"annotations":{"doorward.dev/break-glass":"INC-81"}},"#,
        1,
    );
    let words = format!(
        "patch pod web --as=left-jo --patch={}",
        own.replace(' ', "")
    );
    let (_, warned) = door.kubectl_does(&words, None);
    assert!(warned.contains("break-glass-used"), "{warned}");
}
