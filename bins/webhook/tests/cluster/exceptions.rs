//! Exceptions that come from the cluster itself.

use doorward_testkit::ApiAnswer;
use serde_json::{Value, json};

use crate::configuration::LABEL;
use crate::door::Door;
use crate::objects::pod;
use crate::server::eventually;
use crate::watched::{json_of, open, policy};

const NO_SIGNATURE: &str = "simple-no-signature";

/// The usual policy of the namespace, which allows these exceptions.
fn allowing(door: &Door, exceptions: &str) -> Value {
    let mut object = policy(door, "");
    object["spec"]["repositories"][0]["exceptions"] = exceptions.into();
    object
}

/// So many seconds from now, as the API takes it.
fn after(seconds: i64) -> String {
    doorward_webhook::now().plus(seconds).to_string()
}

fn exception(door: &Door, images: &str, code: &str, until: &str) -> Value {
    json!({
        "apiVersion": "doorward.dev/v1", "kind": "ImageException",
        "metadata": {"name": "for-now", "namespace": door.name},
        "spec": {
            "images": [images], "codes": [code], "until": until, "reason": "the fix comes on Friday", "ticket": "T-1",
        },
    })
}

/// What an image is called without its tag.
fn repository(image: &str) -> &str {
    image.rsplit_once(':').unwrap().0
}

impl Door {
    fn exceptions(&self) -> String {
        format!(
            "/apis/doorward.dev/v1/namespaces/{}/imageexceptions",
            self.name
        )
    }

    async fn writes(&self, path: &str, object: &Value) {
        self.server.post(path, object).await.succeeded();
    }

    /// The refusal of an image, once it says so.
    pub(crate) async fn refused_saying(&self, image: &str, code: &str) -> ApiAnswer {
        eventually("the refusal says so", async || {
            let answer = self.comes(image, 403).await;
            answer.refused().contains(code).then_some(answer)
        })
        .await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exception_admits_with_a_warning_and_an_event_and_pins_and_a_dry_run_leaves_none() {
    let Some(door) = open("excepted", &[]).await else {
        return;
    };
    let (unsigned, digest) = door.site.unsigned("app");
    door.writes(&door.policies(), &allowing(&door, "allowed"))
        .await;
    door.refused_saying(&unsigned, NO_SIGNATURE).await;
    let by_digest = format!("{}@{digest}", repository(&unsigned));
    let object = exception(&door, &by_digest, NO_SIGNATURE, &after(3600));
    door.writes(&door.exceptions(), &object).await;

    // Dry runs, of which nothing is to be seen.
    let dry = door.comes(&unsigned, 201).await;
    assert!(dry.warnings[0].contains("exception-used"), "{dry:?}");
    let created = door
        .server
        .post(&door.pods(), &pod("created", &unsigned))
        .await;
    assert_eq!(created.status, 201, "{created:?}");
    let image = &created.body["spec"]["containers"][0]["image"];
    assert_eq!(*image, door.pinned("app", &digest));
    let warning = &created.warnings[0];
    assert!(
        warning.contains("ImageException excepted/for-now") && warning.contains(NO_SIGNATURE),
        "{warning}"
    );
    let list = "/api/v1/namespaces/excepted/events";
    let events = eventually("the event is there", async || {
        let list = door.server.get(list).await.succeeded();
        let items = list["items"].as_array().unwrap().clone();
        let of_it = items
            .iter()
            .any(|event| event["reason"] == "exception-used");
        of_it.then_some(items)
    })
    .await;
    let used = events
        .iter()
        .filter(|event| event["reason"] == "exception-used");
    let about: Vec<&Value> = used.map(|event| &event["involvedObject"]["name"]).collect();
    assert_eq!(about, ["created"], "{events:?}");
    // By both hooks, and by no dry run.
    let counted = door
        .program()
        .count("doorward_image_verdicts_total{code=\"exception-used\"")
        .await;
    assert!((counted - 2.0).abs() < 0.5, "{counted}");

    // As people look at it.
    let (table, _) = door.kubectl_does("get imageexceptions.doorward.dev", None);
    assert!(
        table.contains("the fix comes on Friday") && table.contains(NO_SIGNATURE),
        "{table}"
    );
    let path = format!("{}/for-now", door.exceptions());
    eventually("the status is there", async || {
        let object = door.server.get(&path).await.succeeded();
        (object["status"]["conditions"][0]["status"] == "True").then_some(())
    })
    .await;
    door.server.delete(&path).await.succeeded();
    door.comes(&unsigned, 403).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exception_that_is_withdrawn_admits_nothing_although_a_finalizer_holds_it() {
    let Some(door) = open("excepted-held", &[]).await else {
        return;
    };
    let (unsigned, _) = door.site.unsigned("app");
    door.writes(&door.policies(), &allowing(&door, "allowed"))
        .await;
    let mut object = exception(&door, repository(&unsigned), NO_SIGNATURE, &after(3600));
    object["metadata"]["finalizers"] = json!(["doorward.example/hold"]);
    door.writes(&door.exceptions(), &object).await;
    door.comes(&unsigned, 201).await;
    let path = format!("{}/for-now", door.exceptions());
    door.server.delete(&path).await.succeeded();
    door.refused_saying(&unsigned, NO_SIGNATURE).await;
    let held = door.server.get(&path).await.succeeded();
    assert!(held["metadata"]["deletionTimestamp"].is_string(), "{held}");
    let free = json!({"metadata": {"finalizers": null}});
    door.merge(&path, &free).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exception_ends_and_the_refusal_says_so() {
    let Some(door) = open("excepted-ends", &[]).await else {
        return;
    };
    let (unsigned, _) = door.site.unsigned("app");
    door.writes(&door.policies(), &allowing(&door, "allowed"))
        .await;
    let object = exception(&door, repository(&unsigned), NO_SIGNATURE, &after(20));
    door.writes(&door.exceptions(), &object).await;
    door.comes(&unsigned, 201).await;
    let ended = door.refused_saying(&unsigned, "exception-ended").await;
    assert!(ended.refused().contains(NO_SIGNATURE), "{ended:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exception_that_lasts_longer_than_the_option_allows_counts_for_nothing() {
    let Some(door) = open("excepted-short", &["--max-exception=1h"]).await else {
        return;
    };
    let (unsigned, _) = door.site.unsigned("app");
    door.writes(&door.policies(), &allowing(&door, "allowed"))
        .await;
    let object = exception(&door, repository(&unsigned), NO_SIGNATURE, &after(2 * 3600));
    door.writes(&door.exceptions(), &object).await;
    door.refused_saying(&unsigned, "exception-too-long").await;
}

/// Without an option: the webhooks of all tests here write into this status, and those must agree.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exception_that_lasts_too_long_counts_for_nothing_and_its_status_says_so() {
    let Some(door) = open("excepted-long", &[]).await else {
        return;
    };
    let (unsigned, _) = door.site.unsigned("app");
    door.writes(&door.policies(), &allowing(&door, "allowed"))
        .await;
    let until = after(15 * 24 * 3600);
    let object = exception(&door, repository(&unsigned), NO_SIGNATURE, &until);
    door.writes(&door.exceptions(), &object).await;
    door.refused_saying(&unsigned, "exception-too-long").await;
    let path = format!("{}/for-now", door.exceptions());
    let object = eventually("the status is there", async || {
        let object = door.server.get(&path).await.succeeded();
        (object["status"]["conditions"][0]["status"] == "False").then_some(object)
    })
    .await;
    assert_eq!(
        object["status"]["findings"][0]["code"],
        "exception-too-long"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_entry_that_does_not_allow_it_or_allows_those_of_the_cluster_refuses() {
    let Some(door) = open("excepted-denied", &[]).await else {
        return;
    };
    let (unsigned, _) = door.site.unsigned("app");
    door.writes(&door.policies(), &allowing(&door, "cluster"))
        .await;
    let object = exception(&door, repository(&unsigned), NO_SIGNATURE, &after(3600));
    door.writes(&door.exceptions(), &object).await;
    door.refused_saying(&unsigned, "exception-not-allowed")
        .await;
    let path = format!("{}/releases", door.policies());
    door.merge(&path, &json!({"spec": policy(&door, "")["spec"]}))
        .await;
    door.refused_saying(&unsigned, "exception-not-allowed")
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_floor_that_says_nothing_of_exceptions_refuses_what_one_covers() {
    const NAME: &str = "excepted-floor";
    let Some(door) = open(NAME, &["--home-namespace=excepted-floor"]).await else {
        return;
    };
    let (unsigned, _) = door.site.unsigned("app");
    door.writes(&door.policies(), &allowing(&door, "allowed"))
        .await;
    let object = exception(&door, repository(&unsigned), NO_SIGNATURE, &after(3600));
    door.writes(&door.exceptions(), &object).await;
    door.comes(&unsigned, 201).await;
    // Cluster policies are for all tests here, so this one is for this namespace alone.
    let mut floor = json_of(&door.site.policy(""));
    floor["metadata"] = json!({"name": NAME});
    floor["spec"]["floor"] = true.into();
    floor["spec"]["namespaceSelector"] = json!({"matchLabels": {LABEL: NAME}});
    let floors = "/apis/doorward.dev/v1/clusterimagepolicies";
    door.writes(floors, &floor).await;
    let refused = door
        .refused_saying(&unsigned, "exception-not-allowed")
        .await;
    let rule = format!("ClusterImagePolicy {NAME}");
    assert!(refused.refused().contains(&rule), "{refused:?}");
    door.server
        .delete(&format!("{floors}/{NAME}"))
        .await
        .succeeded();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signature_that_was_tampered_with_is_refused_whatever_is_excepted() {
    let Some(door) = open("excepted-tampered", &[]).await else {
        return;
    };
    let (image, _) = door.site.tampered("app");
    door.writes(&door.policies(), &allowing(&door, "allowed"))
        .await;
    let mut object = exception(&door, repository(&image), NO_SIGNATURE, &after(3600));
    object["spec"]["codes"] = json!([
        "simple-no-accepted-signature",
        "simple-no-signature",
        "simple-unknown-key",
        "simple-identity-mismatch"
    ]);
    door.writes(&door.exceptions(), &object).await;
    let refused = door.refused_saying(&image, "exception-incomplete").await;
    assert!(
        refused.refused().contains("simple-digest-mismatch"),
        "{refused:?}"
    );

    // One that names the code itself is not even taken by the API server.
    object["metadata"]["name"] = "forged".into();
    object["spec"]["codes"] = json!(["simple-digest-mismatch"]);
    let said = door.server.post(&door.exceptions(), &object).await;
    assert_eq!(said.status, 422, "{said:?}");
    let message = said.body["message"].as_str().unwrap();
    assert!(message.contains("spec.codes"), "{message}");
    door.comes(&image, 403).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_exception_of_the_cluster_counts_where_those_of_the_cluster_are_allowed_and_nowhere_else()
 {
    const NAME: &str = "excepted-cluster";
    let Some(door) = open(NAME, &[]).await else {
        return;
    };
    let (unsigned, _) = door.site.unsigned("app");
    door.writes(&door.policies(), &allowing(&door, "cluster"))
        .await;
    door.refused_saying(&unsigned, NO_SIGNATURE).await;
    // The image is of the registry of this test, so that it is nobody else's.
    let mut object = exception(&door, repository(&unsigned), NO_SIGNATURE, &after(3600));
    object["kind"] = "ClusterImageException".into();
    object["metadata"] = json!({"name": NAME});
    let exceptions = "/apis/doorward.dev/v1/clusterimageexceptions";
    door.writes(exceptions, &object).await;
    let admitted = door.comes(&unsigned, 201).await;
    let warning = &admitted.warnings[0];
    let named = format!("ClusterImageException {NAME}");
    assert!(warning.contains(&named), "{warning}");

    let path = format!("{}/releases", door.policies());
    door.merge(&path, &json!({"spec": policy(&door, "")["spec"]}))
        .await;
    door.refused_saying(&unsigned, "exception-not-allowed")
        .await;
    door.merge(&path, &json!({"spec": allowing(&door, "cluster")["spec"]}))
        .await;
    door.comes(&unsigned, 201).await;
    door.server
        .delete(&format!("{exceptions}/{NAME}"))
        .await
        .succeeded();
    door.refused_saying(&unsigned, NO_SIGNATURE).await;
}
