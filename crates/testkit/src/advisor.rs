//! A vulnerability advisor, and the token service that it believes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use doorward_core::Basic;
use http::header::AUTHORIZATION;
use http::{Method, StatusCode};
use serde_json::json;

use crate::fault::FaultRule;
use crate::http::{
    Application, Endpoint, Exchange, Listeners, RecordedRequest, Reply, Server, form,
};
use crate::lookaside::basic;

/// What the advisor is asked below its address, and the name of the image behind it.
const STATUS: &str = "/va/api/v3/report/image/status/";
/// Where API keys are exchanged.
const TOKENS: &str = "/identity/token";
const GRANT_TYPE: &str = "urn:ibm:params:oauth:grant-type:apikey";

/// Describes an [`Advisor`].
#[derive(Clone, Debug)]
pub struct AdvisorBuilder {
    users: Vec<Basic>,
    api_keys: Vec<String>,
    lifetime: Duration,
}

/// Version 3 of IBM Vulnerability Advisor, and the token service of IBM Cloud, without TLS on loopback ports of this process.
///
/// Its answers have the members that the service's own have. The two services have hosts of their own, so a test can see
/// which credential went where: [`Endpoint::Main`] is the advisor, [`Endpoint::Token`] the token service.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use doorward_testkit::Advisor;
///
/// let advisor = Advisor::builder().api_key("k3y").start().await;
/// advisor.say(&format!("us.icr.io/shop/web@sha256:{}", "a".repeat(64)), "WARN");
/// println!("advisor: {}, tokens: {}", advisor.url(), advisor.tokens_url());
/// # });
/// ```
pub struct Advisor {
    server: Server,
    service: Arc<Service>,
}

struct Service {
    users: BTreeSet<String>,
    api_keys: Vec<String>,
    lifetime: Duration,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    /// The bodies of answers, by the name of the image.
    answers: BTreeMap<String, Bytes>,
    /// The tokens that were given, and until when they are good.
    tokens: BTreeMap<String, Instant>,
    given: usize,
}

impl Default for AdvisorBuilder {
    fn default() -> Self {
        Self {
            users: Vec::new(),
            api_keys: Vec::new(),
            lifetime: Duration::from_secs(3600),
        }
    }
}

impl AdvisorBuilder {
    /// Takes this user name and password.
    #[must_use]
    pub fn user(mut self, user: Basic) -> Self {
        self.users.push(user);
        self
    }

    /// Gives tokens for this API key, and takes them.
    #[must_use]
    pub fn api_key(mut self, key: &str) -> Self {
        self.api_keys.push(key.to_owned());
        self
    }

    /// How long a token is good. An hour unless said otherwise.
    #[must_use]
    pub const fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// Starts the services. They are ready when this returns.
    ///
    /// # Panics
    /// If no loopback port can be opened.
    #[allow(
        clippy::unused_async,
        reason = "callers need not change when starting does wait for something"
    )]
    pub async fn start(self) -> Advisor {
        self.start_blocking()
    }

    /// Starts the services from code that is not asynchronous. They run on threads of their own.
    ///
    /// # Panics
    /// If no loopback port can be opened.
    #[must_use]
    pub fn start_blocking(self) -> Advisor {
        let listeners = Listeners {
            tls: None,
            token: true,
        };
        let service = Arc::new(Service {
            users: self.users.iter().map(basic).collect(),
            api_keys: self.api_keys,
            lifetime: self.lifetime,
            told: Mutex::default(),
        });
        let server = Server::start(&listeners, |_| Arc::clone(&service));
        Advisor { server, service }
    }
}

impl Advisor {
    /// Starts to describe an advisor. Without further orders it takes no credential at all.
    #[must_use]
    pub fn builder() -> AdvisorBuilder {
        AdvisorBuilder::default()
    }

    /// The base URL of the advisor, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.addresses().main_url.clone()
    }

    /// The advisor's host and port, `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        self.server.addresses().main.to_string()
    }

    /// Where API keys are exchanged for tokens.
    #[must_use]
    pub fn tokens_url(&self) -> String {
        format!("{}{TOKENS}", self.server.addresses().token_url)
    }

    /// Says this about an image, which is named as it is asked for: `us.icr.io/shop/web@sha256:…`.
    pub fn say(&self, image: &str, status: &str) {
        let body = json!({
            "configuration_issue_count": 0,
            "created": 1_700_000_000,
            "exempt_issue_count": 0,
            "issue_count": 0,
            "name": image,
            "scan_time": 1_700_000_100,
            "status": status,
            "vulnerability_count": 0,
        });
        self.answer(image, body.to_string());
    }

    /// Answers with these bytes about an image.
    pub fn answer(&self, image: &str, body: impl Into<Bytes>) {
        self.service
            .told()
            .answers
            .insert(image.to_owned(), body.into());
    }

    /// Takes back every token that was given.
    pub fn revoke_tokens(&self) {
        self.service.told().tokens.clear();
    }

    /// The path under which the status of an image is told, for [`FaultRule::on`].
    #[must_use]
    pub fn path(image: &str) -> String {
        format!("{STATUS}{image}")
    }

    /// Injects a fault, into the answers of both services unless the rule says which.
    pub fn fault(&self, rule: impl Into<FaultRule>) {
        self.server.faults().add(rule.into());
    }

    /// Removes every injected fault.
    pub fn clear_faults(&self) {
        self.server.faults().clear();
    }

    /// The requests received so far, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.server.requests()
    }

    /// The requests received since the last call, in order.
    pub fn take_requests(&self) -> Vec<RecordedRequest> {
        self.server.take_requests()
    }

    /// Closes every listener and connection: from now on both services are unreachable.
    pub fn stop(&self) {
        self.server.stop();
    }
}

impl std::fmt::Debug for Advisor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Advisor")
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}

impl Service {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn token(&self, exchange: &Exchange) -> Reply {
        let body = String::from_utf8_lossy(&exchange.body);
        let is_asked_for = exchange.method == Method::POST
            && exchange.path == TOKENS
            && form::value(&body, "grant_type").as_deref() == Some(GRANT_TYPE);
        let key = form::value(&body, "apikey");
        let is_known = key.is_some_and(|key| self.api_keys.contains(&key));
        if !is_asked_for || !is_known {
            let error = json!({
                "errorCode": "BXNIM0415E",
                "errorMessage": "Provided API key could not be found.",
            });
            return Reply::json(StatusCode::BAD_REQUEST, &error);
        }
        let mut told = self.told();
        told.given += 1;
        let token = format!("iam-{}", told.given);
        let until = Instant::now() + self.lifetime;
        told.tokens.insert(token.clone(), until);
        let answer = json!({
            "access_token": token,
            "refresh_token": "not_supported",
            "token_type": "Bearer",
            "expires_in": self.lifetime.as_secs(),
            "scope": "ibm openid",
        });
        Reply::json(StatusCode::OK, &answer)
    }

    fn is_allowed(&self, authorization: &str) -> bool {
        let is_good = |token| {
            let told = self.told();
            let until = told.tokens.get(token);
            until.is_some_and(|until| Instant::now() < *until)
        };
        self.users.contains(authorization)
            || authorization.strip_prefix("Bearer ").is_some_and(is_good)
    }
}

impl Application for Service {
    fn answer(&self, exchange: &Exchange) -> Reply {
        if exchange.endpoint == Endpoint::Token {
            return self.token(exchange);
        }
        let authorization = exchange.header(AUTHORIZATION).unwrap_or_default();
        // Elsewhere anybody is told everything, so that a client which follows there is found out.
        if exchange.endpoint == Endpoint::Main && !self.is_allowed(authorization) {
            return Reply::new(StatusCode::UNAUTHORIZED);
        }
        let image = exchange.path.strip_prefix(STATUS).map(form::decode_path);
        let body = image.and_then(|image| self.told().answers.get(&image).cloned());
        match body {
            Some(body) => Reply::ok("application/json", body),
            None => Reply::not_found("no such image"),
        }
    }
}
