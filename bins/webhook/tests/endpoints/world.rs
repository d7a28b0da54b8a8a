//! A registry that one pull secret opens, and the endpoints.

use std::io;
use std::sync::{Arc, Mutex, OnceLock};

use axum::body::Body;
use axum::http::{Request, StatusCode};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_testkit::{Authentication, RecordedRequest, Registry};
use doorward_webhook::{app, provider};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{LIMITS, Site, secret, snapshot, webhook};

const USER: &str = "canary";
const PASSWORD: &str = "canary-s3cret-of-the-bank";
/// The token that callers show.
pub(crate) const TOKEN: &str = "eyJhbGciOiJub25lIn0.canary-t0ken-of-the-caller.c2lnbmVk";

/// How the webhook knows who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Door {
    /// All who connect have a certificate of the operator's authority.
    Certified,
    /// Nobody is known.
    Open,
}

/// What becomes of an attack.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Outcome {
    /// The image is judged without the secret: refused with this code.
    Refused(&'static str),
    /// The request is answered with this status, and nothing is judged.
    Status(u16),
    /// A review of a policy, which asks nobody.
    Answered,
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) text: String,
}

impl Answer {
    /// Whether the image may run, wherever the answer says so.
    pub(crate) fn allowed(&self) -> Option<bool> {
        let answer: Value = serde_json::from_str(&self.text).ok()?;
        let flags = ["/allowed", "/response/allowed", "/status/allowed"];
        let flag = flags
            .iter()
            .find_map(|place| answer.pointer(place)?.as_bool());
        let items = answer.pointer("/response/items").and_then(Value::as_array);
        flag.or_else(|| {
            let items = items?;
            let is_error = |item: &Value| item["error"] != "";
            Some(!items.is_empty() && !items.iter().any(is_error))
        })
    }
}

impl Outcome {
    /// Whether an answer is this.
    pub(crate) fn is(self, answer: &Answer) -> bool {
        let is_ok = answer.status == StatusCode::OK;
        match self {
            Self::Refused(code) => {
                is_ok && answer.allowed() == Some(false) && answer.text.contains(code)
            }
            Self::Status(status) => {
                answer.status.as_u16() == status && answer.allowed() != Some(true)
            }
            Self::Answered => is_ok,
        }
    }
}

pub(crate) struct World {
    site: Site,
    image: String,
    documents: Vec<String>,
}

impl World {
    pub(crate) async fn start() -> Self {
        log();
        let registry = Registry::builder()
            .authentication(Authentication::Bearer)
            .account(USER, PASSWORD);
        let site = Site::with(registry.start().await).await;
        let (tag, digest) = site.signed("app");
        let image = format!("{}@{digest}", tag.rsplit_once(':').unwrap().0);
        let login =
            json!({"auths": {site.registry.address(): {"username": USER, "password": PASSWORD}}});
        let account = |name: &str, namespace: &str, secrets: &str| {
            format!(
                "apiVersion: v1\nkind: ServiceAccount\nmetadata: {{name: {name}, namespace: {namespace}}}\n\
                 imagePullSecrets: [{secrets}]\n"
            )
        };
        let documents = vec![
            site.policy(""),
            site.key(),
            secret(
                "bank",
                "pull",
                ".dockerconfigjson",
                login.to_string().as_bytes(),
            ),
            account("default", "bank", "{name: pull}"),
            account("robot", "bank", "{name: pull}"),
            // Who may write service accounts in `shop` names what they like.
            account(
                "default",
                "shop",
                "{name: pull}, {name: bank/pull}, {name: ../bank/pull}",
            ),
        ];
        Self {
            site,
            image,
            documents,
        }
    }

    /// Posts a request to an endpoint of a webhook that remembers nothing.
    pub(crate) async fn ask(&self, door: Door, endpoint: &str, body: &str) -> Answer {
        // Nobody looks at it where no audience was named.
        let authorization = format!("Bearer {TOKEN}").into_bytes();
        self.ask_showing(door, endpoint, body, &authorization).await
    }

    /// The same, with this header `Authorization`.
    pub(crate) async fn ask_showing(
        &self,
        door: Door,
        endpoint: &str,
        body: &str,
        authorization: &[u8],
    ) -> Answer {
        let documents: Vec<&str> = self.documents.iter().map(String::as_str).collect();
        let webhook = webhook(snapshot(&documents), self.site.client(), LIMITS);
        if door == Door::Certified {
            webhook.certify_askers();
        }
        let (router, path) = match endpoint.strip_prefix("provider ") {
            Some(path) => (provider(webhook), path),
            None => (app(webhook), endpoint),
        };
        let request = Request::post(path)
            .header("content-type", "application/json")
            .header("authorization", authorization)
            .body(Body::from(body.replace("IMAGE", &self.image)))
            .unwrap();
        let answer = router.oneshot(request).await.unwrap();
        let status = answer.status();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        Answer {
            status,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    /// Whether the registry or its token endpoint was shown the account since the last look. Whatever else it is shown is a
    /// token that it gave, to who has shown the account or to anybody.
    pub(crate) fn saw_a_credential(&self) -> bool {
        let requests = self.site.registry.take_requests();
        let mut schemes = requests
            .iter()
            .filter_map(RecordedRequest::authorization_scheme);
        schemes.any(|scheme| !scheme.eq_ignore_ascii_case("bearer"))
    }

    #[track_caller]
    pub(crate) fn saw_no_credential(&self, told: &str) {
        assert!(
            !self.saw_a_credential(),
            "{told}: the registry was shown the account"
        );
        let store = self.site.store.requests();
        let mut store = store.iter().map(RecordedRequest::has_authorization);
        assert!(
            !store.any(|has| has),
            "{told}: the store was shown something"
        );
    }

    #[track_caller]
    pub(crate) fn shows_no_credential(&self, told: &str, text: &str) {
        let encoded = STANDARD.encode(format!("{USER}:{PASSWORD}"));
        // Nor a piece of the token, as somebody would cut it who shortens what is logged.
        let middle = TOKEN.split('.').nth(1).unwrap();
        let in_base64 = STANDARD.encode(TOKEN);
        for secret in [PASSWORD, &encoded, middle, &in_base64] {
            assert!(!text.contains(secret), "{told}: {text}");
        }
    }

    #[track_caller]
    pub(crate) fn logs_no_credential(&self) {
        let logged = log().lock().unwrap();
        let logged = String::from_utf8_lossy(&logged);
        assert!(!logged.is_empty(), "nothing was logged");
        self.shows_no_credential("the log", &logged);
    }
}

/// All that this process logs, down to the least important.
fn log() -> &'static Arc<Mutex<Vec<u8>>> {
    static LOG: OnceLock<Arc<Mutex<Vec<u8>>>> = OnceLock::new();
    LOG.get_or_init(|| {
        let log = Arc::new(Mutex::new(Vec::new()));
        tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(Kept(Arc::clone(&log)))
            .init();
        log
    })
}

struct Kept(Arc<Mutex<Vec<u8>>>);

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line(Arc::clone(&self.0))
    }
}

struct Line(Arc<Mutex<Vec<u8>>>);

impl io::Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
