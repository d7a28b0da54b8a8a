//! A store served over HTTP.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use doorward_core::{Basic, Digest};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Method, StatusCode};

use super::signature_path;
use crate::fault::FaultRule;
use crate::http::{Application, Exchange, Listeners, RecordedRequest, Reply, Server};
use crate::tls::TlsAuthority;

/// Describes a [`Lookaside`] store.
#[derive(Clone, Debug, Default)]
pub struct LookasideBuilder {
    tls: Option<TlsAuthority>,
    base: String,
    access: Option<Basic>,
    latency: Duration,
}

/// A store of simple signatures behind HTTP on a loopback port of this process.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use doorward_core::Digest;
/// use doorward_testkit::{KeyKind, Lookaside, OpenPgpSigner};
///
/// let store = Lookaside::builder().start().await;
/// let digest = Digest::sha256(b"a manifest");
/// let signature = OpenPgpSigner::new(KeyKind::Ed25519).sign("registry.example/app:1", &digest);
/// store.put("app", &digest, signature);
/// println!("lookaside: {}", store.url());
/// # });
/// ```
pub struct Lookaside {
    server: Server,
    files: Arc<Files>,
    base: String,
    ca_pem: Option<String>,
}

struct Files {
    content: Mutex<BTreeMap<String, Bytes>>,
    base: String,
    authorization: Option<String>,
}

impl LookasideBuilder {
    /// Speaks TLS with a certificate from a fresh authority, see [`Lookaside::ca_pem`].
    #[must_use]
    pub fn tls(self) -> Self {
        self.tls_from(&TlsAuthority::new())
    }

    /// Speaks TLS with a certificate from this authority, for `127.0.0.1` and `localhost`.
    #[must_use]
    pub fn tls_from(mut self, authority: &TlsAuthority) -> Self {
        self.tls = Some(authority.clone());
        self
    }

    /// Serves the store below this path, `/sigs/store` for example, instead of at the root.
    ///
    /// # Panics
    /// If a path that is not empty does not begin with a slash.
    #[must_use]
    pub fn base_path(mut self, path: &str) -> Self {
        let path = path.trim_end_matches('/');
        assert!(
            path.is_empty() || path.starts_with('/'),
            "a base path begins with a slash"
        );
        path.clone_into(&mut self.base);
        self
    }

    /// Demands this user name and password.
    #[must_use]
    pub fn basic_auth(mut self, access: Basic) -> Self {
        self.access = Some(access);
        self
    }

    /// Makes every round trip last this long, see [`Lookaside::set_latency`].
    #[must_use]
    pub const fn latency(mut self, round_trip: Duration) -> Self {
        self.latency = round_trip;
        self
    }

    /// Starts the store. It is ready when this returns.
    ///
    /// # Panics
    /// If no loopback port can be opened.
    #[allow(
        clippy::unused_async,
        reason = "callers need not change when starting does wait for something"
    )]
    pub async fn start(self) -> Lookaside {
        self.start_blocking()
    }

    /// Starts the store from code that is not asynchronous. It runs on threads of its own.
    ///
    /// # Panics
    /// If no loopback port can be opened.
    #[must_use]
    pub fn start_blocking(self) -> Lookaside {
        let listeners = Listeners {
            tls: self.tls.as_ref().map(TlsAuthority::loopback_server_config),
            token: false,
        };
        let files = Arc::new(Files {
            content: Mutex::default(),
            base: self.base.clone(),
            authorization: self.access.as_ref().map(basic),
        });
        let server = Server::start(&listeners, |_| Arc::clone(&files));
        server.set_latency(self.latency);
        Lookaside {
            server,
            files,
            base: self.base,
            ca_pem: self.tls.map(|authority| authority.ca_pem().to_owned()),
        }
    }
}

/// The value of `Authorization` for a user name and password.
pub(crate) fn basic(access: &Basic) -> String {
    let pair = format!("{}:{}", access.username(), access.expose_password());
    format!("Basic {}", STANDARD.encode(pair))
}

impl Files {
    fn content(&self) -> MutexGuard<'_, BTreeMap<String, Bytes>> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Application for Files {
    fn answer(&self, exchange: &Exchange) -> Reply {
        if !matches!(exchange.method, Method::GET | Method::HEAD) {
            return Reply::new(StatusCode::METHOD_NOT_ALLOWED);
        }
        if exchange.endpoint == crate::Endpoint::Main
            && self.authorization.is_some()
            && exchange.header(AUTHORIZATION) != self.authorization.as_deref()
        {
            return Reply::new(StatusCode::UNAUTHORIZED)
                .with_header(WWW_AUTHENTICATE, "Basic realm=\"signatures\"");
        }
        let path = exchange
            .path
            .strip_prefix(&self.base)
            .map(|path| path.trim_start_matches('/').to_owned());
        match path.and_then(|path| {
            self.content()
                .get(&crate::http::form::decode_path(&path))
                .cloned()
        }) {
            Some(bytes) => Reply::ok("application/octet-stream", bytes),
            None => Reply::not_found("404 not found"),
        }
    }
}

impl Lookaside {
    /// Starts to describe a store. Without further orders it speaks plain HTTP, lies at the root and asks for no
    /// credentials.
    #[must_use]
    pub fn builder() -> LookasideBuilder {
        LookasideBuilder::default()
    }

    /// The base URL of the store, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{}", self.server.addresses().main_url, self.base)
    }

    /// The store's host and port, `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        self.server.addresses().main.to_string()
    }

    /// The certificate, in PEM, of the authority that the store's TLS certificate was issued by. `None` without
    /// TLS.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// Stores a signature under the next free number, which is returned. `repository` is the path without the
    /// registry.
    pub fn put(&self, repository: &str, digest: &Digest, blob: impl Into<Bytes>) -> usize {
        let mut content = self.files.content();
        let mut number = 1;
        while content.contains_key(&signature_path(repository, digest, number)) {
            number += 1;
        }
        content.insert(signature_path(repository, digest, number), blob.into());
        number
    }

    /// Stores a signature under a number, numbered from 1. A gap hides what follows it.
    pub fn put_at(&self, repository: &str, digest: &Digest, number: usize, blob: impl Into<Bytes>) {
        self.put_file(&signature_path(repository, digest, number), blob);
    }

    /// Stores any file at a path below the base, without a leading slash.
    pub fn put_file(&self, path: &str, bytes: impl Into<Bytes>) {
        self.files.content().insert(path.to_owned(), bytes.into());
    }

    /// Removes everything.
    pub fn clear(&self) {
        self.files.content().clear();
    }

    /// The path under which a signature is served, for [`FaultRule::on`].
    #[must_use]
    pub fn path(&self, repository: &str, digest: &Digest, number: usize) -> String {
        format!(
            "{}/{}",
            self.base,
            signature_path(repository, digest, number)
        )
    }

    /// Injects a fault.
    pub fn fault(&self, rule: impl Into<FaultRule>) {
        self.server.faults().add(rule.into());
    }

    /// Removes every injected fault.
    pub fn clear_faults(&self) {
        self.server.faults().clear();
    }

    /// Makes every round trip last this long: the TCP and TLS handshakes, and each exchange. Overlapping exchanges
    /// share it.
    pub fn set_latency(&self, round_trip: Duration) {
        self.server.set_latency(round_trip);
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

    /// Connections accepted so far, over all listeners of the store.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.server.connections()
    }

    /// Closes every listener and connection: from now on the store is unreachable.
    pub fn stop(&self) {
        self.server.stop();
    }
}

impl std::fmt::Debug for Lookaside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lookaside")
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}
