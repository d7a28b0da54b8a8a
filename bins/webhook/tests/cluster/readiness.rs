//! The condition `Ready` of policies.

use serde_json::{Value, json};

use crate::door::Door;
use crate::server::eventually;
use crate::watched::{json_of, open, policy, within};

/// The condition of a policy, once it has this status and reason.
async fn condition(door: &Door, name: &str, wanted: (&str, &str)) -> Value {
    let path = format!("{}/{name}", door.policies());
    eventually("the condition is there", async || {
        let object = door.server.get(&path).await.succeeded();
        let conditions = object["status"]["conditions"].as_array()?.clone();
        let accepted = conditions.iter().find(|one| one["type"] == "Accepted")?;
        assert_eq!(accepted["status"], "True", "{object:#}");
        let ready = conditions.iter().find(|one| one["type"] == "Ready")?;
        let is_so = ready["status"] == wanted.0 && ready["reason"] == wanted.1;
        (is_so && ready["observedGeneration"] == object["metadata"]["generation"])
            .then(|| ready.clone())
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_is_ready_when_its_keys_are_there_and_says_what_is_missing_until_then() {
    let Some(door) = open("readiness", &[]).await else {
        return;
    };
    let usable = policy(&door, "");
    door.server
        .post(&door.policies(), &usable)
        .await
        .succeeded();
    let ready = condition(&door, "releases", ("True", "Usable")).await;
    assert_eq!(ready["message"], "what it names is there and can be used");

    let key = "/spec/repositories/0/policy/simple/requirements/0/keySecret";
    let mut lacking = usable.clone();
    lacking["metadata"]["name"] = "lacking".into();
    *lacking.pointer_mut(key).unwrap() = "nobody-wrote-it".into();
    door.server
        .post(&door.policies(), &lacking)
        .await
        .succeeded();
    let missing = condition(&door, "lacking", ("False", "SecretNotFound")).await;
    let message = missing["message"].as_str().unwrap();
    assert!(
        message.starts_with("secret-not-found: entry ")
            && message.contains("readiness/nobody-wrote-it"),
        "{message}"
    );
    let (table, _) = door.kubectl_does("get imagepolicies.doorward.dev", None);
    assert!(
        table.contains("READY") && table.contains("ACCEPTED"),
        "{table}"
    );

    // It is looked at again by itself, and says the same of what did not change.
    let mut secret = within(json_of(&door.site.key()), door.name);
    secret["metadata"]["name"] = "nobody-wrote-it".into();
    let secrets = "/api/v1/namespaces/readiness/secrets";
    door.server.post(secrets, &secret).await.succeeded();
    condition(&door, "lacking", ("True", "Usable")).await;
    let again = condition(&door, "releases", ("True", "Usable")).await;
    assert_eq!(again["lastTransitionTime"], ready["lastTransitionTime"]);

    // What changes is looked at at once.
    let path = format!("{}/releases", door.policies());
    door.merge(
        &path,
        &json!({"spec": {"repositories": [{"name": "*", "policy": {"unchecked": true}}]}}),
    )
    .await;
    condition(&door, "releases", ("True", "Usable")).await;
}
