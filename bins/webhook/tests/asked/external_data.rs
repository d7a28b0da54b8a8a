//! Gatekeeper's external data.

use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::{Request, StatusCode};
use doorward_registry::RegistryClient;
use doorward_testkit::{Fault, Image, Registry};
use doorward_webhook::{Limits, Webhook, provider};
use futures::{StreamExt, stream};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::post;
use crate::support::{LIMITS, Site, UNCHECKED, offline, snapshot, webhook};

fn request(keys: &[&str]) -> Value {
    json!({
        "apiVersion": "externaldata.gatekeeper.sh/v1beta1",
        "kind": "ProviderRequest",
        "request": {"keys": keys},
    })
}

#[tokio::test]
async fn each_key_has_a_report_or_an_error_in_the_order_of_the_keys() {
    let site = Site::start().await;
    let (tag, digest) = site.signed("good");
    let good = format!("{}@{digest}", tag.rsplit_once(':').unwrap().0);
    let (bad, _) = site.unsigned("bad");
    let router = provider(site.webhook());
    let in_shop = format!("[shop]{good}");
    let keys = [bad.as_str(), &in_shop, "[Shop]a", &good, &good];
    let (status, answer) = post(&router, "/validate", &request(&keys)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["kind"], "ProviderResponse");
    assert_eq!(answer["response"]["systemError"], "");
    let items = answer["response"]["items"].as_array().unwrap();
    let found: Vec<_> = items
        .iter()
        .map(|item| item["key"].as_str().unwrap())
        .collect();
    assert_eq!(found, [bad.as_str(), &in_shop, "[Shop]a", &good]);
    let error = items[0]["error"].as_str().unwrap();
    let code = items[0]["value"]["code"].as_str().unwrap();
    assert!(error.ends_with(&format!("[{code}]")), "{error}");
    assert_eq!(items[0]["value"]["isSuccess"], false);
    for item in [&items[1], &items[3]] {
        assert_eq!(item["error"], "");
        assert_eq!(item["value"]["isSuccess"], true);
        assert_eq!(item["value"]["digest"], digest.to_string());
    }
    let error = items[2]["error"].as_str().unwrap();
    assert!(error.contains("not the name of a namespace"), "{error}");
}

#[tokio::test]
async fn mutation_puts_the_verified_digest_in_place_and_nothing_where_an_image_is_refused() {
    let site = Site::start().await;
    let (good, digest) = site.signed("good");
    let (bad, _) = site.unsigned("bad");
    let router = provider(site.webhook());
    for path in [
        "/mutate",
        "/ratify/gatekeeper/v1/mutate",
        "/ratify/gatekeeper/v2/mutate",
    ] {
        let (_, answer) = post(&router, path, &request(&[&good, &bad])).await;
        assert_eq!(answer["response"]["idempotent"], true);
        let items = answer["response"]["items"].as_array().unwrap();
        let repository = good.rsplit_once(':').unwrap().0;
        assert_eq!(items[0]["value"], format!("{repository}@{digest}"));
        assert_eq!(items[1]["value"], Value::Null);
        assert_ne!(items[1]["error"], "");
        // What was put in place stays as it is.
        let pinned = items[0]["value"].as_str().unwrap();
        let (_, again) = post(&router, path, &request(&[pinned])).await;
        assert_eq!(again["response"]["items"][0]["value"], pinned);
    }
}

#[tokio::test]
async fn what_is_not_to_be_pinned_is_put_in_place_as_it_was_written() {
    let (_, answer) = post(
        &provider(offline(&[UNCHECKED])),
        "/mutate",
        &request(&["nginx"]),
    )
    .await;
    let item = &answer["response"]["items"][0];
    assert_eq!(
        *item,
        json!({"key": "nginx", "value": "nginx", "error": ""})
    );
    let site = Site::start().await;
    let (good, _) = site.signed("good");
    let webhook = site.webhook_with(&site.policy("      mutateImage: false\n"), LIMITS);
    let (_, answer) = post(&provider(webhook), "/mutate", &request(&[&good])).await;
    assert_eq!(answer["response"]["items"][0]["value"], good);
}

#[tokio::test]
async fn one_key_that_cannot_be_asked_about_leaves_the_others_answered() {
    let site = Site::start().await;
    let (tag, digest) = site.signed("good");
    let good = format!("{}@{digest}", tag.rsplit_once(':').unwrap().0);
    let router = provider(site.webhook());
    let (_, answer) = post(&router, "/validate", &request(&["[open", &good])).await;
    let items = answer["response"]["items"].as_array().unwrap();
    assert_ne!(items[0]["error"], "");
    assert_eq!(items[1]["error"], "");
}

#[tokio::test]
async fn a_request_that_is_none_has_a_system_error_on_which_nothing_is_admitted() {
    let router = provider(offline(&[UNCHECKED]));
    let mut other = request(&["a"]);
    other["kind"] = "AdmissionReview".into();
    for body in [json!({}), json!([]), request(&[]), other] {
        let (status, answer) = post(&router, "/validate", &body).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert_ne!(answer["response"]["systemError"], "");
        assert_eq!(answer["response"]["items"], json!([]));
    }
}

#[tokio::test]
async fn gatekeepers_door_answers_no_reviews() {
    let router = provider(offline(&[UNCHECKED]));
    for path in ["/admit", "/policies", "/v1/check", "/image-review", "/"] {
        let body = serde_json::to_vec(&request(&["a"])).unwrap();
        let (status, _) = crate::support::post(&router, path, "application/json", body).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_verified_tag_that_no_mutation_pinned_is_refused_as_far_as_its_policy_pins() {
    let site = Site::start().await;
    let (tag, _) = site.signed("good");
    for (more, refused) in [
        ("", true),
        // No Pod is stored here that may date from an outage.
        ("      onUnavailable: warn\n", true),
        ("      mode: warn\n", false),
        ("      mutateImage: false\n", false),
    ] {
        let router = provider(site.webhook_with(&site.policy(more), LIMITS));
        let (_, answer) = post(&router, "/validate", &request(&[&tag])).await;
        let item = &answer["response"]["items"][0];
        let error = item["error"].as_str().unwrap();
        assert_eq!(
            error.ends_with("[admission-not-pinned]"),
            refused,
            "{more}: {error}"
        );
        assert_eq!(item["value"]["isSuccess"], !refused, "{more}");
    }
}

/// A site, and another registry beside its own that its policy and its client know as well.
struct TwoRegistries {
    site: Site,
    other: Registry,
}

impl TwoRegistries {
    async fn start() -> Self {
        Self {
            site: Site::start().await,
            other: Registry::builder().start().await,
        }
    }

    fn webhook(&self, limits: Limits) -> Webhook {
        let (site, other) = (&self.site, self.other.address());
        let policy = site.policy("");
        let of_other = policy
            .replace(
                &format!("'{}/*'", site.registry.address()),
                &format!("'{other}/*'"),
            )
            .replace("name: release}", "name: other}");
        assert!(of_other.contains(&other));
        let client = RegistryClient::builder()
            .plain_http(site.registry.address())
            .plain_http(site.store.address())
            .plain_http(other)
            .build()
            .unwrap();
        webhook(snapshot(&[&policy, &of_other, &site.key()]), client, limits)
    }

    /// Pushes an image to the other registry, signed. Returns its reference by digest.
    fn signed_in_other(&self, name: &str) -> String {
        let digest = self.other.push_image(name, "1", &Image::sample(name));
        let reference = self.other.reference(name, "1");
        let signature = self.site.signer.sign(&reference, &digest);
        self.site.store.put(name, &digest, signature);
        by_digest(&reference, &digest.to_string())
    }
}

fn by_digest(tag: &str, digest: &str) -> String {
    format!("{}@{digest}", tag.rsplit_once(':').unwrap().0)
}

fn items(answer: &Value) -> &Vec<Value> {
    answer["response"]["items"].as_array().unwrap()
}

#[tokio::test]
async fn a_key_whose_registry_never_answers_has_an_error_in_time_and_a_good_one_beside_it_has_its_report()
 {
    let two = TwoRegistries::start().await;
    let (tag, digest) = two.site.signed("good");
    let good = by_digest(&tag, &digest.to_string());
    let silent = two.signed_in_other("silent");
    two.other.fault(Fault::StallBeforeHeaders);
    let limits = Limits {
        deadline: Duration::from_secs(2),
        ..LIMITS
    };
    let router = provider(two.webhook(limits));
    let keys = [silent.as_str(), &good];
    let request = request(&keys);
    let asked = post(&router, "/validate", &request);
    // The provider's own time is what is left to Gatekeeper's; beyond it nobody reads the answer.
    let in_time = tokio::time::timeout(limits.deadline + Duration::from_secs(1), asked);
    let (status, answer) = in_time.await.expect("an answer in time");
    assert_eq!(status, StatusCode::OK);
    assert_eq!(answer["response"]["systemError"], "");
    let items = items(&answer);
    let error = items[0]["error"].as_str().unwrap();
    assert!(error.ends_with("[deadline-exceeded]"), "{error}");
    assert_eq!(items[1]["error"], "");
    assert_eq!(items[1]["value"]["digest"], digest.to_string());
}

/// A request whose last byte comes `late` after its first.
async fn post_slowly(router: &Router, path: &str, body: &Value, late: Duration) -> Value {
    let body = Bytes::from(serde_json::to_vec(body).unwrap());
    let (first, rest) = (body.slice(..10), body.slice(10..));
    let first = stream::once(async move { Ok::<_, std::io::Error>(first) });
    let rest = stream::once(async move {
        tokio::time::sleep(late).await;
        Ok(rest)
    });
    let request = Request::post(path)
        .header("content-type", "application/json")
        .body(Body::from_stream(first.chain(rest)))
        .unwrap();
    let answer = router.clone().oneshot(request).await.unwrap();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn a_request_that_arrived_slowly_still_has_an_error_for_the_silent_key_alone() {
    let two = TwoRegistries::start().await;
    let (tag, digest) = two.site.signed("good");
    let good = by_digest(&tag, &digest.to_string());
    let silent = two.signed_in_other("silent");
    two.other.fault(Fault::StallBeforeHeaders);
    let limits = Limits {
        deadline: Duration::from_secs(3),
        ..LIMITS
    };
    let router = provider(two.webhook(limits));
    let body = request(&[&silent, &good]);
    // Longer than what a decision leaves of a review's time.
    let answer = post_slowly(&router, "/validate", &body, Duration::from_millis(700)).await;
    let items = items(&answer);
    let error = items[0]["error"].as_str().unwrap();
    assert!(error.ends_with("[deadline-exceeded]"), "{error}");
    assert_eq!(items[1]["error"], "", "{answer:#}");
    assert_eq!(items[1]["value"]["digest"], digest.to_string());
}

#[tokio::test]
async fn many_keys_of_a_slow_registry_are_answered_within_a_time_that_one_after_the_other_would_miss()
 {
    let two = TwoRegistries::start().await;
    let latency = Duration::from_millis(400);
    let keys: Vec<String> = (0..16)
        .map(|number| (number, two.signed_in_other(&format!("app{number}"))))
        // For several namespaces, of which each is a question of its own.
        .map(|(number, image)| match number % 3 {
            0 => image,
            other => format!("[n{other}]{image}"),
        })
        .collect();
    let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
    two.other.set_latency(latency);
    // One round trip for each key would be longer, and each takes more than one.
    assert!(latency * u32::try_from(keys.len()).unwrap() > LIMITS.deadline);
    let router = provider(two.webhook(LIMITS));
    let (_, answer) = post(&router, "/validate", &request(&keys)).await;
    let items = items(&answer);
    assert_eq!(items.len(), keys.len());
    for item in items {
        assert_eq!(item["error"], "", "{item:#}");
    }
}
