//! Programs that ask about images by name, and whom the API server knows by a token.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use doorward_testkit::{Authentication, Registry};
use reqwest::{Certificate, Client};
use serde_json::{Value, json};

use crate::door::Door;
use crate::server::{eventually, server};
use crate::support::{Site, secret};
use crate::watched::{json_of, open, open_around, policy, within};

pub(crate) const AUDIENCE: &str = "doorward-checks";
/// One that nobody issued.
const MADE_UP: &str = "a.made-up-by-the-caller.c2lnbmVk";
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

async fn ask(door: &Door, path: &str, token: Option<&str>, body: &Value) -> (u16, Value) {
    let root = Certificate::from_pem(door.authority.ca_pem().as_bytes()).unwrap();
    let client = Client::builder().tls_certs_only([root]).no_proxy();
    let client = client.build().unwrap();
    let url = format!("https://{}{path}", door.program().address);
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
    let Some(door) = open(NAME, &[&option, "--log=trace"]).await else {
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
        ("no token at all", Some(&MADE_UP.to_owned()), &plain, 401),
    ] {
        let token = token.map(String::as_str);
        let (found, answer) = ask(&door, "/v1/check", token, body).await;
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
    logs_none_of(&door, &[&checker, &stranger, &elsewhere, MADE_UP]).await;
}

/// That the webhook logged what it was asked, and none of these tokens with it, whole or in part.
async fn logs_none_of(door: &Door, tokens: &[&str]) {
    // The log of what was asked may come after the answer.
    eventually("the questions are logged", async || {
        door.program().logged().contains("\"TRACE\"").then_some(())
    })
    .await;
    let logged = door.program().logged();
    for token in tokens {
        for part in token.split('.').skip(1) {
            assert!(!logged.contains(part), "{part} is logged");
        }
    }
}

/// A pull secret `pull` of a namespace, with this account.
fn pull_secret(door: &Door, namespace: &str, user: &str) -> Value {
    let login =
        json!({"auths": {door.site.registry.address(): {"username": user, "password": user}}});
    let login = login.to_string();
    let mut object = json_of(&secret(
        namespace,
        "pull",
        ".dockerconfigjson",
        login.as_bytes(),
    ));
    object["type"] = "kubernetes.io/dockerconfigjson".into();
    object
}

/// Which accounts the registry was shown since the last look.
fn shown(door: &Door) -> Vec<&'static str> {
    let requests = door.site.registry.take_requests();
    let used = |user: &str| {
        let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{user}")));
        let mut headers = requests
            .iter()
            .filter_map(|one| one.header("authorization"));
        headers.any(|header| header == basic)
    };
    ["robot", "canary"]
        .into_iter()
        .filter(|user| used(user))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_object_is_pulled_with_secrets_that_who_posts_it_may_read_and_with_no_others() {
    const NAME: &str = "posted";
    const VAULT: &str = "posted-vault";
    if server().is_none() {
        return;
    }
    // Two accounts, so that the registry tells whose secret was used.
    let registry = Registry::builder()
        .authentication(Authentication::Bearer)
        .account("robot", "robot")
        .account("canary", "canary");
    let site = Site::with(registry.start().await).await;
    let option = format!("--check-audience={AUDIENCE}");
    let Some(door) = open_around(NAME, site, &[&option, "--log=trace"]).await else {
        return;
    };
    door.server.namespace(VAULT, &[]).await;
    let (good, _) = door.site.signed("app");
    for (namespace, user) in [(NAME, "robot"), (VAULT, "canary")] {
        let secrets = format!("/api/v1/namespaces/{namespace}/secrets");
        let pull = pull_secret(&door, namespace, user);
        door.server.post(&secrets, &pull).await.succeeded();
        let path = door.policies().replace(NAME, namespace);
        let policy = within(policy(&door, ""), namespace);
        door.server.post(&path, &policy).await.succeeded();
    }
    let key = within(json_of(&door.site.key()), VAULT);
    let path = format!("/api/v1/namespaces/{VAULT}/secrets");
    door.server.post(&path, &key).await.succeeded();
    let_read(&door, "checker").await;
    let checker = token(&door, "checker", AUDIENCE).await;
    let stranger = token(&door, "stranger", AUDIENCE).await;
    let elsewhere = token(&door, "checker", "somebody-else").await;

    let of = |namespace: &str| {
        json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": namespace},
            "spec": {"imagePullSecrets": [{"name": "pull"}], "containers": [{"name": "app", "image": "IMAGE"}]},
        })
    };
    let named = |body: &Value, image: &str| -> Value {
        let text = body.to_string().replace("IMAGE", image);
        serde_json::from_str(&text).unwrap()
    };
    let review = |namespace: &str, of: Value| {
        json!({
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": {
                "uid": "1", "operation": "CREATE", "namespace": namespace, "name": "web", "object": of,
                "kind": {"group": "", "version": "v1", "kind": "Pod"},
                "resource": {"group": "", "version": "v1", "resource": "pods"},
                // What a review says of who asks is no token.
                "userInfo": {"username": "admin", "groups": ["system:masters"]},
            },
        })
    };
    eventually("the policies are in force", async || {
        let (_, answer) = ask(&door, "/v1/admit", Some(&checker), &named(&of(NAME), &good)).await;
        (answer["response"]["allowed"] == true).then_some(())
    })
    .await;
    eventually("those of the vault too", async || {
        let (_, answer) = ask(
            &door,
            "/v1/admit",
            Some(&checker),
            &named(&of(VAULT), &good),
        )
        .await;
        answer
            .to_string()
            .contains("registry-unauthorized")
            .then_some(())
    })
    .await;
    door.site.registry.take_requests();
    let (own, vault) = (of(NAME), of(VAULT));
    let both = review(NAME, of(VAULT));
    let of_vault = review(VAULT, of(NAME));
    let asked = [
        ("who may", Some(&checker), &own, 200, &["robot"][..]),
        ("who may, elsewhere", Some(&checker), &vault, 200, &[]),
        (
            "who may, and an object of elsewhere",
            Some(&checker),
            &both,
            200,
            &["robot"],
        ),
        (
            "who may, and a review of elsewhere",
            Some(&checker),
            &of_vault,
            200,
            &[],
        ),
        ("who may not", Some(&stranger), &own, 200, &[]),
        ("who may not, elsewhere", Some(&stranger), &vault, 200, &[]),
        ("nobody", None, &own, 200, &[]),
        ("nobody, elsewhere", None, &of_vault, 200, &[]),
        ("a token for others", Some(&elsewhere), &own, 401, &[]),
        (
            "no token at all",
            Some(&MADE_UP.to_owned()),
            &vault,
            401,
            &[],
        ),
    ];
    for (number, (who, token, body, status, used)) in asked.into_iter().enumerate() {
        let token = token.map(String::as_str);
        // One that nobody has asked about: the registry is asked, with what is to be used for it.
        let (image, _) = door.site.signed(&format!("app{number}"));
        let body = &named(body, &image);
        let (found, answer) = ask(&door, "/v1/admit", token, body).await;
        assert_eq!(found, status, "{who}: {answer}");
        assert_eq!(shown(&door), used, "{who}: {answer}");
        let allowed = answer["response"]["allowed"].as_bool();
        let expected = (status == 200).then_some(!used.is_empty());
        assert_eq!(allowed, expected, "{who}: {answer}");
        let said = answer.to_string();
        for hidden in [
            &checker,
            &stranger,
            &elsewhere,
            &BASE64_STANDARD.encode("canary:canary"),
        ] {
            assert!(!said.contains(hidden.as_str()), "{who}");
        }
    }
    logs_none_of(&door, &[&checker, &stranger, &elsewhere, MADE_UP]).await;
}
