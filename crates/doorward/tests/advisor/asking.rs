//! What the advisor is asked, in whose name, and where it is.

use std::sync::Arc;

use doorward::core::{Code, Fetch, FetchError, FetchFuture, Fetcher};
use doorward::{Decision, RequirementOutcome};
use doorward_testkit::{Advisor, Endpoint, Image};

use crate::site::{ADVISOR, PATH, SIGNED, Site, TAG, api_key, user};

#[tokio::test]
async fn it_is_asked_for_the_digest_with_the_account_and_a_token_for_the_key() {
    let site = Site::under("vulnerability: {ICCRVA: {enabled: true, account: '7'}}").await;
    site.advisor.say(&site.scanned(), "OK");
    let _ = site.admitted().await;
    let requests = site.advisor.requests();
    let lines: Vec<_> = requests
        .iter()
        .map(|it| (it.endpoint, it.line(), it.authorization_scheme()))
        .collect();
    let asked = format!("GET {}", Advisor::path(&site.scanned()));
    assert_eq!(
        lines,
        [
            (Endpoint::Token, "POST /identity/token".to_owned(), None),
            (Endpoint::Main, asked, Some("bearer".to_owned())),
        ]
    );
    assert_eq!(requests[1].header("account"), Some("7"));
    assert_eq!(requests[0].header("account"), None);
    // The registry that the image is fetched from is shown nothing.
    let shown = site
        .registry
        .requests()
        .iter()
        .any(|it| it.has_authorization());
    assert!(!shown);
}

#[tokio::test]
async fn an_empty_account_is_none_and_one_that_no_header_can_have_is_a_mistake() {
    let site = Site::under("vulnerability: {ICCRVA: {enabled: true, account: ''}}").await;
    site.advisor.say(&site.scanned(), "OK");
    let _ = site.admitted().await;
    assert_eq!(site.advisor.requests()[1].header("account"), None);
    for account in ["a\\nb", "a\\u00e4", "\\u0000"] {
        let body = format!("vulnerability: {{ICCRVA: {{enabled: true, account: \"{account}\"}}}}");
        let site = Site::under(&body).await;
        site.advisor.say(&site.scanned(), "OK");
        assert_eq!(site.refused().await, "policy-invalid", "{account}");
        assert!(site.advisor.requests().is_empty());
    }
}

#[tokio::test]
async fn credentials_are_tried_in_order_and_none_means_that_nobody_is_asked() {
    let mut site = Site::under(ADVISOR).await;
    site.advisor.say(&site.scanned(), "OK");
    site.credentials = vec![user("bob", "hunter2"), user("alice", "hunter2"), api_key()];
    let _ = site.admitted().await;
    let schemes: Vec<_> = site.advisor.take_requests();
    assert_eq!(schemes.len(), 2, "{schemes:?}");
    site.credentials = vec![user("bob", "hunter2"), user("iamapikey", "hunter2-other")];
    assert_eq!(site.refused().await, "registry-unauthorized");
    site.advisor.take_requests();
    site.credentials = Vec::new();
    let verdict = site.decide().await;
    assert_eq!(verdict.code(), Some(Code::REGISTRY_UNAUTHORIZED));
    assert!(
        verdict
            .message()
            .contains("there is none for us.icr.io/shop/web"),
        "{}",
        verdict.message()
    );
    assert!(site.advisor.requests().is_empty());
}

#[tokio::test]
async fn one_token_serves_the_decisions_that_follow_and_each_asks_for_the_present_status() {
    let mut site = Site::under(&format!("{SIGNED}, {ADVISOR}")).await;
    site.sign();
    site.advisor.say(&site.scanned(), "OK");
    site.fetcher = Some(site.asks());
    let decide = async || site.decide_unrecorded().await;
    for _ in 0..2 {
        let verdict = decide().await;
        assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    }
    // The proof of the signature is remembered, and the status is not.
    site.advisor.say(&site.scanned(), "FAIL");
    let verdict = decide().await;
    let code = verdict.code().unwrap();
    assert_eq!(code.as_str(), "vulnerability-status-failed");
    let requests = site.advisor.requests();
    let of = |endpoint| requests.iter().filter(|it| it.endpoint == endpoint).count();
    assert_eq!((of(Endpoint::Token), of(Endpoint::Main)), (1, 3));
}

#[tokio::test]
async fn a_tag_that_moves_is_judged_by_what_it_points_to_and_never_by_its_name() {
    let site = Site::under(ADVISOR).await;
    site.advisor.say(&site.scanned(), "OK");
    site.advisor.say(TAG, "OK");
    let _ = site.admitted().await;
    let other = Image::sample("other");
    site.registry.push_image(PATH, "1", &other);
    site.advisor
        .say(&format!("us.icr.io/shop/web@{}", other.digest()), "FAIL");
    assert_eq!(site.refused().await, "vulnerability-status-failed");
    let asked = site.advisor.requests();
    assert!(!asked.iter().any(|it| it.path.ends_with(":1")), "{asked:?}");
    // By its digest the scanned one may still run.
    let verdict = site.decide_about(&site.scanned()).await;
    assert_eq!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    assert_eq!(verdict.pinned().unwrap().digest(), site.digest());
}

#[tokio::test]
async fn an_image_on_a_registry_without_an_advisor_is_refused_and_nobody_is_asked() {
    let site = Site::under(ADVISOR).await;
    for image in [
        "docker.io/library/nginx:1".to_owned(),
        "nginx".to_owned(),
        "evilicr.io/shop/web:1".to_owned(),
        "us.icr.io.evil.example/shop/web:1".to_owned(),
        "us.icr.io:5000/shop/web:1".to_owned(),
        // The mirror itself.
        site.registry.reference(PATH, "1"),
    ] {
        let verdict = site.decide_about(&image).await;
        assert_eq!(verdict.decision(), Decision::Deny, "{image}");
        let code = verdict.code().unwrap();
        assert_eq!(code.as_str(), "vulnerability-no-advisor", "{image}");
        assert!(
            verdict.message().contains("vulnerability.report"),
            "{}",
            verdict.message()
        );
    }
    assert!(site.advisor.requests().is_empty());
    assert!(site.registry.requests().is_empty());
}

#[tokio::test]
async fn an_advisor_at_which_nothing_listens_is_an_outage_that_the_policy_may_forgive() {
    let mut site = Site::under(ADVISOR).await;
    site.credentials = vec![user("alice", "hunter2")];
    site.advisor.say(&site.scanned(), "OK");
    site.advisor.stop();
    assert_eq!(site.refused().await, "registry-unavailable");
    // Nothing listens there for anybody, and the policy says what follows then.
    site.govern(&format!("onUnavailable: warn, {ADVISOR}"));
    let verdict = site.decide().await;
    assert_eq!(verdict.decision(), Decision::Warn, "{}", verdict.message());
    // That a key cannot be exchanged is no outage of the advisor.
    site.credentials = vec![api_key()];
    let verdict = site.decide().await;
    assert_ne!(verdict.decision(), Decision::Allow, "{}", verdict.message());
    assert_eq!(
        verdict.requirements()[0].outcome,
        RequirementOutcome::Unavailable
    );
}

/// Lets nothing through to the advisor.
struct Offline(Arc<dyn Fetcher>);

impl Fetcher for Offline {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        if fetch.resource.kind() != "vulnerability-status" {
            return self.0.fetch(fetch);
        }
        let detail = "because this run is offline".to_owned();
        Box::pin(std::future::ready(Err(FetchError::NotAsked { detail })))
    }
}

#[tokio::test]
async fn without_a_network_nothing_is_known_and_the_image_is_not_condemned() {
    let mut site = Site::under(ADVISOR).await;
    site.advisor.say(&site.scanned(), "OK");
    site.fetcher = Some(Arc::new(Offline(site.asks())));
    let verdict = site.decide().await;
    assert_eq!(verdict.code(), Some(Code::REGISTRY_UNAVAILABLE));
    assert!(verdict.rejection().unwrap().was_not_asked());
    assert_eq!(
        verdict.requirements()[0].outcome,
        RequirementOutcome::Unavailable
    );
    assert!(site.advisor.requests().is_empty());
}
