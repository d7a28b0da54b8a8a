//! Programs that ask about images by name, and whom the API server knows by a token.

use reqwest::{Certificate, Client};
use serde_json::{Value, json};

use crate::door::Door;
use crate::watched::{open, policy};

pub(crate) const AUDIENCE: &str = "doorward-checks";
const GROUP: &str = "rbac.authorization.k8s.io";

/// A token of a service account that is made for this, issued for an audience.
pub(crate) async fn token(door: &Door, account: &str, audience: &str) -> String {
    let accounts = format!("/api/v1/namespaces/{}/serviceaccounts", door.name);
    let object = json!({"metadata": {"name": account}});
    // It may be there from a token before.
    door.server.post(&accounts, &object).await;
    let wanted = json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"audiences": [audience]},
    });
    let path = format!("{accounts}/{account}/token");
    let made = door.server.post(&path, &wanted).await.succeeded();
    made["status"]["token"].as_str().unwrap().to_owned()
}

/// Lets a service account of the door's namespace read the Secrets there.
async fn let_read(door: &Door, account: &str) {
    let rules = json!([{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]);
    let role = json!({"metadata": {"name": account}, "rules": rules});
    let binding = json!({
        "metadata": {"name": account},
        "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": door.name}],
        "roleRef": {"apiGroup": GROUP, "kind": "Role", "name": account},
    });
    for (plural, object) in [("roles", role), ("rolebindings", binding)] {
        let path = format!("/apis/{GROUP}/v1/namespaces/{}/{plural}", door.name);
        door.server.post(&path, &object).await.succeeded();
    }
}

async fn ask(door: &Door, token: Option<&str>, body: &Value) -> (u16, Value) {
    let root = Certificate::from_pem(door.authority.ca_pem().as_bytes()).unwrap();
    let client = Client::builder().tls_certs_only([root]).no_proxy();
    let client = client.build().unwrap();
    let url = format!("https://{}/v1/check", door.program().address);
    let mut request = client.post(url).json(body);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_who_may_read_the_secrets_of_a_namespace_has_them_used() {
    const NAME: &str = "checks";
    let option = format!("--check-audience={AUDIENCE}");
    let Some(door) = open(NAME, &[&option]).await else {
        return;
    };
    let (good, _) = door.site.signed("app");
    door.server
        .post(&door.policies(), &policy(&door, ""))
        .await
        .succeeded();
    door.comes(&good, 201).await;
    let_read(&door, "checker").await;
    let checker = token(&door, "checker", AUDIENCE).await;
    let stranger = token(&door, "stranger", AUDIENCE).await;
    let elsewhere = token(&door, "checker", "somebody-else").await;

    let plain = json!({"image": good, "namespace": NAME});
    let named = json!({"image": good, "namespace": NAME, "serviceAccountName": "default"});
    let other = json!({"image": good, "namespace": "kube-system", "serviceAccountName": "default"});
    for (who, token, body, status) in [
        ("who may", Some(&checker), &named, 200),
        ("who may, elsewhere", Some(&checker), &other, 403),
        ("who may not", Some(&stranger), &named, 403),
        ("who may not, and names none", Some(&stranger), &plain, 200),
        ("nobody", None, &named, 403),
        ("nobody, and names none", None, &plain, 200),
        ("a token for others", Some(&elsewhere), &plain, 401),
        ("no token at all", Some(&"a.b.c".to_owned()), &plain, 401),
    ] {
        let (found, answer) = ask(&door, token.map(String::as_str), body).await;
        assert_eq!(found, status, "{who}: {answer}");
        let is_allowed = answer.get("allowed").and_then(Value::as_bool);
        assert_eq!(
            is_allowed,
            (status == 200).then_some(true),
            "{who}: {answer}"
        );
        for token in [&checker, &stranger, &elsewhere] {
            assert!(!answer.to_string().contains(token.as_str()), "{who}");
        }
    }
}
