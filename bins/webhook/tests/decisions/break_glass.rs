//! Breaking the glass where nobody can be asked.

use doorward_kube::client::ApiServer;
use serde_json::{Value, json};

use crate::support::{Site, ask, pod};

/// A way to an API server that is out.
async fn out() -> ApiServer {
    let _ = rustls::crypto::ring::default_provider().install_default();
    // Nothing listens there any more.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let kubeconfig = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "c", "user": {}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
    });
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("kubeconfig");
    std::fs::write(&path, kubeconfig.to_string()).unwrap();
    ApiServer::connect(Some(&path)).await.unwrap()
}

fn asking(image: &str, user: Value) -> Value {
    let mut review = pod(&[image]);
    review["request"]["object"]["metadata"]["annotations"] =
        json!({"doorward.dev/break-glass": "INC-1"});
    review["request"]["userInfo"] = user;
    review
}

#[tokio::test]
async fn nobody_breaks_the_glass_while_it_cannot_be_asked_who_may() {
    let site = Site::start().await;
    let webhook = site.webhook();
    webhook.let_break_glass(out().await);
    let (unsigned, _) = site.unsigned("app");
    let user = json!({"username": "jo", "groups": ["system:masters"]});
    let answered = ask(&webhook, "/mutate", &asking(&unsigned, user)).await;
    assert!(!answered.allowed());
    let message = answered.message();
    assert!(
        message.contains("(break-glass-unavailable)") && message.contains("(simple-no-signature)"),
        "{message}"
    );
}

#[tokio::test]
async fn what_is_admitted_anyway_asks_nobody_and_says_nothing_of_glass() {
    let site = Site::start().await;
    let webhook = site.webhook();
    webhook.let_break_glass(out().await);
    let (signed, _) = site.signed("app");
    let user = json!({"username": "jo"});
    let answered = ask(&webhook, "/mutate", &asking(&signed, user)).await;
    assert!(answered.allowed(), "{}", answered.message());
    assert_eq!(answered.warnings(), Vec::<&str>::new());
}

#[tokio::test]
async fn who_asks_must_be_known_before_anybody_is_asked_about_them() {
    let site = Site::start().await;
    let webhook = site.webhook();
    webhook.let_break_glass(out().await);
    let (unsigned, _) = site.unsigned("app");
    for user in [
        json!(null),
        json!({}),
        json!({"username": ""}),
        json!({"username": 1}),
    ] {
        let answered = ask(&webhook, "/mutate", &asking(&unsigned, user)).await;
        assert!(!answered.allowed());
        let message = answered.message();
        assert!(message.contains("(break-glass-forbidden)"), "{message}");
    }
}
