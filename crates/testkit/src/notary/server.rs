//! Collections served over HTTP.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::publication::Publication;
use super::serve::Collections;
use crate::fault::FaultRule;
use crate::http::{Listeners, RecordedRequest, Server};
use crate::registry::{Authentication, RegistryBuilder};
use crate::tls::TlsAuthority;

/// Describes a [`NotaryServer`].
#[derive(Clone, Debug, Default)]
pub struct NotaryServerBuilder {
    tls: Option<TlsAuthority>,
    base: String,
    access: RegistryBuilder,
    chunked: bool,
    latency: Duration,
}

/// A Notary v1 server on a loopback port of this process.
///
/// It hands out what was published to it, and lets a test change that under the client's hands.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use doorward_testkit::{Collection, Fault, FaultRule, NotaryServer, Target};
///
/// let now = "2026-01-01T00:00:00Z".parse().unwrap();
/// let mut collection = Collection::new("registry.example/app", now);
/// collection.add_target("1.0", Target::content(b"manifest"));
///
/// let server = NotaryServer::builder().start().await;
/// let before = collection.publish();
/// server.publish(&before);
/// println!("trust server: {}", server.url());
///
/// // Later there is a new version, but somebody serves the old snapshot with it.
/// let after = collection.add_target("1.1", Target::content(b"another")).publish();
/// server.publish(&after.with_role_of("snapshot", &before));
/// // Or nobody gets a timestamp.
/// server.fault(FaultRule::new(Fault::Status(503)).on("*/timestamp.json"));
/// # });
/// ```
pub struct NotaryServer {
    server: Server,
    collections: Arc<Collections>,
    base: String,
    ca_pem: Option<String>,
}

impl NotaryServerBuilder {
    /// Speaks TLS with a certificate from a fresh authority, see [`NotaryServer::ca_pem`].
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

    /// Serves everything below this path, `/notary` for example, instead of at the root.
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

    /// Demands tokens, and gives them to this account for every collection.
    #[must_use]
    pub fn account(mut self, username: &str, password: &str) -> Self {
        self.access = self
            .access
            .authentication(Authentication::Bearer)
            .account(username, password);
        self
    }

    /// Identifies clients as a registry so described would: its profile, authentication, challenges, token endpoint,
    /// accounts and public repositories. A repository there is the name of a collection here. Replaces what was said
    /// before about accounts.
    ///
    /// ```
    /// use doorward_testkit::{NotaryServer, Profile, Registry};
    ///
    /// let builder = NotaryServer::builder().access(
    ///     Registry::builder()
    ///         .profile(Profile::DockerHub)
    ///         .account_for("alice", "secret", &["docker.io/team/*"])
    ///         .public("docker.io/library/*"),
    /// );
    /// # let _ = builder;
    /// ```
    #[must_use]
    pub fn access(mut self, registry: RegistryBuilder) -> Self {
        self.access = registry;
        self
    }

    /// Sends metadata in chunks, without announcing the length, as a real server does with longer files.
    #[must_use]
    pub const fn chunked(mut self, on: bool) -> Self {
        self.chunked = on;
        self
    }

    /// Makes every round trip last this long from the beginning, see [`NotaryServer::set_latency`].
    #[must_use]
    pub const fn latency(mut self, round_trip: Duration) -> Self {
        self.latency = round_trip;
        self
    }

    /// Starts the server. It is ready when this returns.
    ///
    /// # Panics
    /// If no loopback port can be opened.
    #[allow(
        clippy::unused_async,
        reason = "callers need not change when starting does wait for something"
    )]
    pub async fn start(self) -> NotaryServer {
        self.start_blocking()
    }

    /// Starts the server from code that is not asynchronous. It runs on threads of its own.
    ///
    /// # Panics
    /// If no loopback port can be opened.
    #[must_use]
    pub fn start_blocking(self) -> NotaryServer {
        let settings = self.access.into_settings();
        let listeners = Listeners {
            tls: self.tls.as_ref().map(TlsAuthority::loopback_server_config),
            token: settings.has_token_host(),
        };
        let mut collections = None;
        let server = Server::start(&listeners, |addresses| {
            let made = Arc::new(Collections::new(
                &self.base,
                settings,
                addresses,
                self.chunked,
            ));
            collections = Some(Arc::clone(&made));
            made
        });
        server.set_latency(self.latency);
        NotaryServer {
            server,
            collections: collections.expect("starting a server makes its application"),
            base: self.base,
            ca_pem: self.tls.map(|authority| authority.ca_pem().to_owned()),
        }
    }
}

impl NotaryServer {
    /// Starts to describe a server. Without further orders it speaks plain HTTP, lies at the root and asks for no
    /// credentials.
    #[must_use]
    pub fn builder() -> NotaryServerBuilder {
        NotaryServerBuilder::default()
    }

    /// The URL of the server as a policy names it, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{}", self.server.addresses().main_url, self.base)
    }

    /// The server's host and port, `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        self.server.addresses().main.to_string()
    }

    /// The certificate, in PEM, of the authority that the server's TLS certificate was issued by. `None` without TLS.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// Serves this publication from now on, in place of the one before.
    pub fn publish(&self, publication: &Publication) {
        self.publish_as(publication.gun(), publication);
    }

    /// Serves this publication under the name of another collection.
    pub fn publish_as(&self, gun: &str, publication: &Publication) {
        self.collections.put(gun, publication.clone());
    }

    /// Forgets a collection.
    pub fn remove(&self, gun: &str) {
        self.collections.remove(gun);
    }

    /// The path of a file of a collection, for [`FaultRule::on`].
    #[must_use]
    pub fn path(&self, gun: &str, file: &str) -> String {
        format!("{}/v2/{gun}/_trust/tuf/{file}", self.base)
    }

    /// Makes every token given out so far worthless, as if its time were over.
    pub fn expire_tokens(&self) {
        self.collections.expire_tokens();
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

    /// Connections accepted so far, over all listeners of the server.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.server.connections()
    }

    /// Closes every listener and connection: from now on the server is unreachable.
    pub fn stop(&self) {
        self.server.stop();
    }
}

impl fmt::Debug for NotaryServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotaryServer")
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}
