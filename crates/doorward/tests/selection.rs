//! Policies that take long to select among.

use std::sync::Arc;
use std::time::Duration;

use doorward::core::{Code, Fetch, FetchError, FetchFuture, Fetcher, Timestamp};
use doorward::policy::{Document, PolicySet, read_documents};
use doorward::{Context, Decision, Engine, Rules, StaticSecrets};
use serde_json::json;

struct Nothing;

impl Fetcher for Nothing {
    fn fetch<'a>(&'a self, _: &'a Fetch) -> FetchFuture<'a> {
        Box::pin(std::future::ready(Err(FetchError::NotFound)))
    }
}

/// Patterns of `shop` that cost much to compare and match nothing, and a policy for all others.
fn rules(entries: usize) -> Rules {
    let stars = "*a".repeat(9);
    let entries: Vec<_> = (0..entries)
        .map(|number| json!({"name": format!("r.example/{stars}{number}x"), "policy": {"unchecked": true}}))
        .collect();
    let own = json!({
        "apiVersion": "doorward.dev/v1", "kind": "ImagePolicy",
        "metadata": {"name": "p", "namespace": "shop"},
        "spec": {"repositories": entries},
    });
    let base = json!({
        "apiVersion": "doorward.dev/v1", "kind": "ClusterImagePolicy",
        "metadata": {"name": "base"},
        "spec": {"repositories": [{"name": "*", "policy": {"unchecked": true}}]},
    });
    let (documents, problems) = read_documents("p.json", format!("{own}{base}").as_bytes());
    assert!(problems.is_empty(), "{problems:?}");
    let policies = documents.into_iter().filter_map(|document| match document {
        Document::Policy(policy) => Some(policy),
        Document::Exception(_) | Document::NotAnObject { .. } | Document::Other { .. } => None,
    });
    Rules::Policies(Arc::new(PolicySet::compile(policies.collect()).0))
}

#[tokio::test]
async fn a_review_that_takes_long_to_select_for_ends_in_time_and_holds_up_no_other() {
    let rules = rules(4000);
    let secrets = StaticSecrets::default();
    let now = Timestamp::from_unix(1_767_225_600);
    let context =
        |namespace| Context::new(&rules, &secrets, Arc::new(Nothing), now).in_namespace(namespace);
    let images: Vec<String> = (0..128)
        .map(|number| format!("r.example/{}{number}", "a".repeat(200)))
        .collect();
    let images: Vec<&str> = images.iter().map(String::as_str).collect();
    let engine = Engine::builder()
        .deadline(Duration::from_millis(50))
        .build();
    let (shop, bank) = (context("shop"), context("bank"));
    let heavy = engine.decide_all(&images, &shop);
    let light = engine.decide("r.example/app:1", &bank);
    tokio::pin!(heavy, light);
    let first = tokio::select! {
        biased;
        _ = &mut heavy => "shop",
        verdict = &mut light => {
            assert_eq!(verdict.decision(), Decision::Allow);
            "bank"
        }
    };
    assert_eq!(first, "bank");
    let verdicts = heavy.await;
    assert!(
        verdicts
            .iter()
            .all(|verdict| verdict.decision() == Decision::Deny)
    );
    let late = |code| {
        verdicts
            .iter()
            .filter(move |verdict| verdict.code() == Some(code))
            .count()
    };
    assert!(
        late(Code::DEADLINE_EXCEEDED) > 0,
        "{}",
        verdicts[127].message()
    );
    assert_eq!(
        late(Code::DEADLINE_EXCEEDED) + late(Code::POLICY_NO_MATCH),
        128
    );
}
