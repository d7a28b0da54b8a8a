//! Requests of other admission tools, as they are on the wire, to the program that runs.
//!
//! Each file says whose request it is and after what it was written. What stands for a digest and for a token is filled in here.

use doorward_core::Digest;
use doorward_testkit::Image;
use doorward_webhook::Invocation;
use reqwest::Method;
use serde_json::json;

use super::*;

const DIGEST: &str = "DIGEST";
/// A token that nobody asked for, which Kyverno shows to every service.
const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJreXZlcm5vIn0.c2ln";

/// A request of a file.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Recorded {
    source: String,
    method: String,
    path: String,
    headers: std::collections::BTreeMap<String, String>,
    body: Value,
}

/// Images that the requests name: one that is signed, and one that is not.
struct World {
    site: Site,
    digest: Digest,
    files: Files,
}

impl World {
    async fn start() -> Self {
        let site = Site::start().await;
        let local = format!("'{}/*'", site.registry.address());
        let policy = site.policy("").replace(&local, "'registry.example/*'");
        let push = |name: &str| site.registry.push_image(name, "1.0", &Image::sample(name));
        let digest = push("shop/web");
        push("shop/bad");
        let signature = site.signer.sign("registry.example/shop/web:1.0", &digest);
        site.store.put("shop/web", &digest, signature);
        let files = Files::new(&format!("{policy}---\n{}", site.key()));
        Self {
            site,
            digest,
            files,
        }
    }

    fn options(&self) -> [String; 2] {
        let (registry, store) = (self.site.registry.address(), self.site.store.address());
        [
            format!("--mirror=registry.example={registry}"),
            format!("--plain-http={registry},{store}"),
        ]
    }

    async fn webhook(&self) -> Running {
        let options = self.options();
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        self.files.start(&options).await
    }

    /// The provider of Gatekeeper, and who is Gatekeeper there.
    async fn provider(&self) -> (Running, Identity) {
        let gatekeepers = TlsAuthority::new();
        let own = gatekeepers.issue_client("gatekeeper-webhook-service.gatekeeper-system.svc", &[]);
        let pem = format!("{}{}", own.certificate_pem, own.key_pem);
        self.files.write("gatekeeper.crt", gatekeepers.ca_pem());
        let path = |name: &str| self.files.path(name).display().to_string();
        let mut words = [
            "doorward-gatekeeper",
            "--listen",
            "127.0.0.1:0",
            "--admin-listen",
            "127.0.0.1:0",
        ]
        .map(str::to_owned)
        .to_vec();
        for (option, file) in [
            ("-f", "policy.yaml"),
            ("--tls-cert", "tls.crt"),
            ("--tls-key", "tls.key"),
            ("--client-ca", "gatekeeper.crt"),
        ] {
            words.extend([option.to_owned(), path(file)]);
        }
        words.extend(self.options());
        let args = Invocation::of_gatekeeper(words).unwrap();
        let running = Running::start(&args).await.unwrap();
        (running, Identity::from_pem(pem.as_bytes()).unwrap())
    }

    /// Posts the request of a file as it is written there. Returns the status and the answer.
    async fn post(
        &self,
        client: &Client,
        running: &Running,
        text: &str,
        end: &str,
    ) -> (u16, Value) {
        let text = text
            .replace(DIGEST, &self.digest.to_string())
            .replace("TOKEN", TOKEN);
        let recorded: Recorded = serde_json::from_str(&text).unwrap();
        assert!(!recorded.source.is_empty());
        let method: Method = recorded.method.parse().unwrap();
        let url = format!("https://{}{}", running.address, recorded.path);
        let mut request = client.request(method, url);
        for (name, value) in &recorded.headers {
            request = request.header(name, value);
        }
        let body = format!("{}{end}", recorded.body);
        let answer = request.body(body).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap())
    }
}

/// Go's client speaks HTTP/1.1 and HTTP/2 alike here.
fn clients(world: &World, identity: Option<&Identity>) -> [Client; 2] {
    let build = || {
        let builder = client(&world.files.authority);
        match identity {
            None => builder,
            Some(identity) => builder.identity(identity.clone()),
        }
    };
    [
        build().build().unwrap(),
        build().http1_only().build().unwrap(),
    ]
}

#[tokio::test]
async fn what_gatekeeper_sends_for_validation_is_answered_key_by_key() {
    let world = World::start().await;
    let (running, identity) = world.provider().await;
    for client in clients(&world, Some(&identity)) {
        let sent = include_str!("../recorded/gatekeeper/validate.json");
        let (status, answer) = world.post(&client, &running, sent, "").await;
        assert_eq!(status, 200);
        assert_eq!(answer["apiVersion"], "externaldata.gatekeeper.sh/v1beta1");
        assert_eq!(answer["kind"], "ProviderResponse");
        assert_eq!(answer["response"]["systemError"], "");
        let items = answer["response"]["items"].as_array().unwrap();
        let by_digest = format!("registry.example/shop/web@{}", world.digest);
        let keys: Vec<_> = items
            .iter()
            .map(|item| item["key"].as_str().unwrap())
            .collect();
        let in_shop = format!("[shop]{by_digest}");
        assert_eq!(
            keys,
            [
                in_shop.as_str(),
                "[shop]registry.example/shop/bad:1.0",
                &by_digest
            ]
        );
        for good in [&items[0], &items[2]] {
            assert_eq!(good["error"], "", "{good:#}");
            assert_eq!(good["value"]["isSuccess"], true);
            assert_eq!(good["value"]["digest"], world.digest.to_string());
        }
        let error = items[1]["error"].as_str().unwrap();
        assert!(error.ends_with("[simple-no-signature]"), "{error}");
        assert_eq!(items[1]["value"]["code"], "simple-no-signature");
    }
}

#[tokio::test]
async fn what_gatekeeper_sends_for_mutation_is_answered_with_the_pinned_image() {
    let world = World::start().await;
    let (running, identity) = world.provider().await;
    for client in clients(&world, Some(&identity)) {
        let sent = include_str!("../recorded/gatekeeper/mutate.json");
        let (status, answer) = world.post(&client, &running, sent, "").await;
        assert_eq!(status, 200);
        assert_eq!(answer["response"]["idempotent"], true);
        let items = answer["response"]["items"].as_array().unwrap();
        let pinned = format!("registry.example/shop/web@{}", world.digest);
        assert_eq!(
            items[0],
            json!({"key": "registry.example/shop/web:1.0", "value": pinned, "error": ""})
        );
        assert_eq!(items[1]["value"], Value::Null);
        let error = items[1]["error"].as_str().unwrap();
        assert!(error.ends_with("[simple-no-signature]"), "{error}");
    }
}

#[tokio::test]
async fn what_kyverno_and_open_policy_agent_send_is_answered_with_a_report_of_each_image() {
    let world = World::start().await;
    let running = world.webhook().await;
    for client in clients(&world, None) {
        for (whose, sent, end) in [
            // Go's encoder ends what it writes with a line break.
            (
                "kyverno",
                include_str!("../recorded/kyverno/service-call.json"),
                "\n",
            ),
            (
                "kyverno",
                include_str!("../recorded/kyverno/http-post.json"),
                "\n",
            ),
            ("opa", include_str!("../recorded/opa/http-send.json"), ""),
        ] {
            let (status, answer) = world.post(&client, &running, sent, end).await;
            assert_eq!(status, 200, "{whose}: {answer}");
            assert_eq!(answer["allowed"], false, "{whose}");
            let images = answer["images"].as_array().unwrap();
            assert_eq!(images.len(), 2, "{whose}");
            assert_eq!(images[0]["image"], "registry.example/shop/web:1.0");
            assert_eq!(images[0]["verdict"], "allow", "{whose}: {}", images[0]);
            assert_eq!(images[0]["digest"], world.digest.to_string());
            assert_eq!(images[1]["image"], "registry.example/shop/bad:1.0");
            assert_eq!(images[1]["verdict"], "deny");
            assert_eq!(images[1]["code"], "simple-no-signature");
            assert!(!answer.to_string().contains(TOKEN), "{whose}");
        }
    }
}
