//! What the tests have in common.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use doorward_core::{Answer, Basic, Digest, Fetch, Fetcher, Repository, Resource, Selector};
use doorward_registry::{
    Builder, Credential, Exchange, ExchangeKind, Fingerprint, Keychain, Observer, RegistryClient,
    Retries, ScopedClient, Timeouts,
};
use doorward_testkit::{
    Collection, NotaryServer, NotaryServerBuilder, Publication, RecordedRequest, Registry, Target,
};

/// More than anything the tests serve, less than what an oversized answer has.
pub(crate) const LIMIT: usize = 1 << 20;

/// The name of the collection of [`collection`]: with a port, and a path of two components.
pub(crate) const GUN: &str = "r.example:5000/team/app";

/// A client for a registry and one more server, both without TLS.
pub(crate) fn client_and(registry: &Registry, other: &str) -> RegistryClient {
    builder(registry)
        .plain_http(other)
        .build()
        .expect("a client")
}

/// A client for a registry without TLS that gives up soon and retries at once.
pub(crate) fn builder(registry: &Registry) -> Builder {
    hasty().plain_http(registry.address())
}

/// The same without a registry.
pub(crate) fn hasty() -> Builder {
    RegistryClient::builder()
        .no_proxy()
        .timeouts(
            Timeouts::default()
                .connect(Duration::from_secs(5))
                .idle(Duration::from_millis(700))
                .total(Duration::from_secs(20)),
        )
        .retries(Retries::default().base(Duration::from_millis(1)))
}

pub(crate) fn client(registry: &Registry) -> RegistryClient {
    builder(registry).build().expect("a client")
}

/// A client that may talk to a trust server without TLS, and so show credentials to it.
pub(crate) fn named(server: &NotaryServer) -> RegistryClient {
    hasty()
        .plain_http(server.address())
        .build()
        .expect("a client")
}

/// A client that was told nothing about any server.
pub(crate) fn loopback() -> RegistryClient {
    hasty().build().expect("a client")
}

/// A collection with one tag.
pub(crate) fn collection() -> Publication {
    let now = "2026-01-01T00:00:00Z".parse().expect("a time");
    Collection::new(GUN, now)
        .add_target("1.0", Target::content(b"manifest"))
        .publish()
}

pub(crate) fn metadata(servers: &[&str], file: &str) -> Resource {
    Resource::NotaryMetadata {
        servers: servers.iter().map(ToString::to_string).collect(),
        gun: GUN.parse().expect("a repository"),
        file: file.to_owned(),
    }
}

pub(crate) fn repository(registry: &Registry, path: &str) -> Repository {
    format!("{}/{path}", registry.address())
        .parse()
        .expect("a repository")
}

pub(crate) fn by_tag(repository: &Repository, tag: &str) -> Resource {
    Resource::Manifest {
        repository: repository.clone(),
        selector: Selector::Tag(tag.parse().expect("a tag")),
    }
}

pub(crate) fn by_digest(repository: &Repository, digest: &Digest) -> Resource {
    Resource::Manifest {
        repository: repository.clone(),
        selector: Selector::Digest(digest.clone()),
    }
}

pub(crate) async fn get(client: &ScopedClient, resource: Resource) -> Answer {
    client.fetch(&Fetch::new(resource, LIMIT)).await
}

/// `GET /v2/ 401` for every request since the last call.
pub(crate) fn conversation(registry: &Registry) -> Vec<String> {
    registry.take_requests().iter().map(line).collect()
}

pub(crate) fn line(request: &RecordedRequest) -> String {
    let status = request.status.map_or(0, |status| status.as_u16());
    let shown = request.authorization_scheme().unwrap_or("-".to_owned());
    format!("{} {shown} {status}", request.line())
}

/// The credentials it was made of, for every repository.
pub(crate) struct Fixed(pub(crate) Vec<Credential>);

impl Keychain for Fixed {
    fn credentials(&self, _: &Repository) -> Vec<Credential> {
        self.0.clone()
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.0.iter().map(Credential::fingerprint))
    }
}

pub(crate) fn password(username: &str, password: &str) -> Credential {
    Credential::Basic(Basic::new(username, password))
}

pub(crate) fn with(client: &RegistryClient, credentials: &[Credential]) -> ScopedClient {
    client.with_keychain(Arc::new(Fixed(credentials.to_vec())))
}

/// Remembers every exchange.
#[derive(Default)]
pub(crate) struct Seen(pub(crate) Mutex<Vec<Exchange>>);

impl Observer for Seen {
    fn exchange(&self, exchange: &Exchange) {
        self.0.lock().unwrap().push(exchange.clone());
    }
}

impl Seen {
    pub(crate) fn kinds(&self) -> Vec<ExchangeKind> {
        self.0.lock().unwrap().iter().map(|e| e.kind).collect()
    }
}

/// A trust server with [`collection`].
pub(crate) async fn trust_server(builder: NotaryServerBuilder) -> (NotaryServer, Publication) {
    let server = builder.start().await;
    let publication = collection();
    server.publish(&publication);
    (server, publication)
}

pub(crate) async fn root(
    client: &RegistryClient,
    server: &NotaryServer,
    credentials: &[Credential],
) -> Answer {
    let wanted = metadata(&[&server.url()], "root.json");
    get(&with(client, credentials), wanted).await
}
