use std::sync::Arc;

use doorward::{Context, Engine, Rules, StaticSecrets};
use doorward_core::{Fetch, FetchError, FetchFuture, Fetcher};
use doorward_policy::{PolicyObject, PolicySet};

use super::*;
use crate::Slot;

const NOW: Timestamp = Timestamp::from_unix(1_767_225_600);

/// No server answers.
struct Silence;

impl Fetcher for Silence {
    fn fetch<'a>(&'a self, _: &'a Fetch) -> FetchFuture<'a> {
        let detail = "nobody answers".to_owned();
        Box::pin(std::future::ready(Err(FetchError::Unavailable { detail })))
    }
}

/// What a report says of an image under a policy of the namespace whose only entry has this body; without one, under none.
async fn result(body: Option<Value>, runs: Runs) -> Value {
    let objects = body.map(|body| {
        let object = json!({
            "apiVersion": "doorward.dev/v1", "kind": "ImagePolicy",
            "metadata": {"name": "releases", "namespace": "shop"},
            "spec": {"repositories": [{"name": "r.example/*", "policy": body}]},
        });
        PolicyObject::from_value("p", &object).0
    });
    let (set, _) = PolicySet::compile(objects.into_iter().collect());
    let rules = Rules::Policies(Arc::new(set));
    let secrets = StaticSecrets::default();
    let context = Context::new(&rules, &secrets, Arc::new(Silence), NOW).in_namespace("shop");
    let verdict = Engine::default().decide("r.example/app:1", &context).await;
    let regarding = Regarding {
        api_version: "v1".to_owned(),
        kind: "Pod".to_owned(),
        namespace: "shop".to_owned(),
        name: "web".to_owned(),
    };
    let image = ImageUse {
        slot: Slot::Main,
        name: "app".to_owned(),
        image: "r.example/app:1".to_owned(),
        pointer: String::new(),
        pod: String::new(),
        in_template: false,
        unchanged: false,
    };
    let reported = ReportedImage::judged(regarding, &image, &verdict, runs, NOW);
    let (_, result) = reported.results().next().expect("a result");
    result
}

fn rejecting(mode: &str) -> Value {
    json!({"mode": mode, "simple": {"requirements": [{"type": "reject"}]}})
}

fn words(result: &Value) -> (String, String) {
    let text = |pointer: &str| {
        let text = result.pointer(pointer).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    (text("/result"), text("/properties/code"))
}

fn are(outcome: &str, code: &str) -> (String, String) {
    (outcome.to_owned(), code.to_owned())
}

#[tokio::test]
async fn each_verdict_has_its_word_and_a_silent_server_is_never_a_failure_of_the_image() {
    let reject = "simple-rejected-by-policy";
    for (mode, outcome) in [("enforce", "fail"), ("warn", "warn"), ("audit", "warn")] {
        let found = result(Some(rejecting(mode)), Runs::IfAdmitted).await;
        assert_eq!(words(&found), are(outcome, reject), "{mode}: {found:#}");
        assert_eq!(found["properties"]["mode"], mode);
    }
    for mode in ["enforce", "warn"] {
        let any = json!({"requirements": [{"type": "insecureAcceptAnything"}]});
        let body = json!({"mode": mode, "simple": any});
        let found = result(Some(body), Runs::IfAdmitted).await;
        assert_eq!(words(&found).0, "error", "{mode}: {found:#}");
    }
    let unchecked = result(Some(json!({"unchecked": true})), Runs::IfAdmitted).await;
    assert_eq!(words(&unchecked), are("skip", ""));
    assert_eq!(unchecked["policy"], "shop/releases");
    assert_eq!(unchecked["rule"], "r.example/*");
}

#[tokio::test]
async fn a_refusal_under_no_policy_names_none() {
    let none = result(None, Runs::IfAdmitted).await;
    assert_eq!(words(&none), are("fail", "policy-none"));
    assert_eq!(none["policy"], "none");
    assert_eq!(none.get("rule"), None);
}

#[tokio::test]
async fn a_policy_with_a_mistake_judged_nothing() {
    let found = result(Some(json!({"modde": 1})), Runs::IfAdmitted).await;
    assert_eq!(words(&found), are("error", "policy-invalid"));
}

#[tokio::test]
async fn what_runs_whatever_is_answered_is_warned_of() {
    let mirror = result(Some(rejecting("enforce")), Runs::AsStaticPod).await;
    assert_eq!(words(&mirror).0, "warn");
    let message = mirror["message"].as_str().unwrap_or_default();
    assert!(message.starts_with("runs all the same"), "{message}");
}

#[tokio::test]
async fn what_runs_and_is_judged_again_has_failed_and_its_line_says_that_it_runs() {
    let again = result(Some(rejecting("enforce")), Runs::Already).await;
    assert_eq!(words(&again).0, "fail");
    let message = again["message"].as_str().unwrap_or_default();
    assert!(
        message.starts_with("runs, and would be refused now"),
        "{message}"
    );
}
