//! The client: one per process, cheap to clone, shared by everyone who fetches.

mod api_key_tokens;
mod capabilities;
mod dropped;
mod identity;
mod keys;
pub(crate) mod lookaside;
mod notices;
mod opened;
mod outages;
mod ping;
mod places;
mod referrers;
mod resource;
mod revocation;
mod token_request;
mod trust_metadata;
mod vulnerability_status;
mod witness;

use std::sync::Arc;
use std::time::Instant;

use doorward_core::{
    Answer, Authority, Checked, Fetch, FetchError, FetchFuture, Fetcher, OutageCause, Repository,
    Resource,
};
use futures::FutureExt;
use http::HeaderValue;
use tokio::sync::Semaphore;
use url::Url;

use crate::advisor::Advisors;
use crate::auth::{AuthError, TokenCache, TokenKey};
use crate::mirror::Mirrors;
use crate::plain_http::PlainHttp;
use crate::recent::Recent;
use crate::single_flight::SingleFlight;
use crate::transport::Transport;
use crate::{Anonymous, BuildError, Builder, Fingerprint, Keychain, PullSecret, TlsMaterial};

use api_key_tokens::ApiKeyTokens;
pub use capabilities::Capabilities;
pub use notices::{NoticeError, Notices, PostedNotice};
use opened::Openings;
use outages::Outages;
use ping::Pong;
use places::Places;

/// A client for OCI registries, trust servers of Notary v1 and lookaside stores.
///
/// Holds what is worth keeping between fetches: connections, tokens, what registries said about themselves. Clones
/// share all of it. Credentials are not kept: each caller brings a [`Keychain`] with
/// [`with_keychain`](Self::with_keychain).
#[derive(Clone)]
pub struct RegistryClient {
    inner: Arc<Inner>,
}

impl RegistryClient {
    /// Begins to set up a client.
    pub fn builder() -> Builder {
        Builder::new()
    }

    pub(crate) fn new(inner: Inner) -> Self {
        Self {
            inner: Arc::new(inner),
        }
    }

    /// A fetcher that opens repositories anonymously or, where that is refused, with the credentials of a keychain.
    #[must_use]
    pub fn with_keychain(&self, keychain: Arc<dyn Keychain>) -> ScopedClient {
        ScopedClient {
            inner: Arc::clone(&self.inner),
            fingerprint: keychain.fingerprint(),
            keychain,
            threads: Arc::new(Semaphore::new(keys::THREADS)),
        }
    }

    /// A fetcher without credentials.
    #[must_use]
    pub fn anonymous(&self) -> ScopedClient {
        self.with_keychain(Arc::new(Anonymous))
    }

    /// Names the servers of these URLs as the operator's, in place of those named here before: they are asked wherever
    /// they are, also with [`guard_addresses`](Builder::guard_addresses). What is no URL is passed over.
    pub fn name_servers<'a>(&self, urls: impl IntoIterator<Item = &'a str>) {
        self.inner.transport.bounds.name(urls);
    }

    /// Believes, and shows of itself, what is in `material` from now on, in place of what was there before, that of
    /// [`Builder::ca_pem`] included. Requests under way end as they began.
    ///
    /// # Errors
    /// [`BuildError`], if something in it cannot be used. Then everything stays as it was.
    pub fn renew_tls(&self, material: &TlsMaterial) -> Result<(), BuildError> {
        self.inner.transport.renew(material)
    }

    /// Where a logical repository is kept.
    #[must_use]
    pub fn locate(&self, repository: &Repository) -> Repository {
        self.inner.mirrors.locate(repository)
    }
}

impl std::fmt::Debug for RegistryClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RegistryClient").finish_non_exhaustive()
    }
}

/// A [`RegistryClient`] together with the credentials of one caller.
///
/// The same fetch wanted by several callers with equal keychains at the same time is done once.
#[derive(Clone)]
pub struct ScopedClient {
    inner: Arc<Inner>,
    keychain: Arc<dyn Keychain>,
    fingerprint: Fingerprint,
    /// The threads on which the keychain is asked.
    threads: Arc<Semaphore>,
}

impl std::fmt::Debug for ScopedClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScopedClient").finish_non_exhaustive()
    }
}

/// What makes two fetches the same.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct FetchKey {
    pub(crate) resource: Resource,
    max_bytes: usize,
    keychain: Option<Fingerprint>,
}

impl FetchKey {
    /// How many bytes it takes, roughly: the texts in it that others choose.
    pub(crate) fn weight(&self) -> usize {
        match &self.resource {
            Resource::Lookaside { url, access } => {
                let access = access.as_ref();
                let access = access.map_or(0, |pair| {
                    pair.username().len() + pair.expose_password().len()
                });
                url.len() + access
            }
            Resource::Blob { repository, .. }
            | Resource::Manifest { repository, .. }
            | Resource::Referrers { repository, .. }
            | Resource::SignatureExtension { repository, .. } => {
                repository.path().to_string().len()
            }
            Resource::VulnerabilityStatus {
                repository,
                account,
                ..
            } => repository.path().to_string().len() + account.as_ref().map_or(0, String::len),
            _ => 0,
        }
    }

    #[cfg(test)]
    pub(crate) const fn of(
        resource: Resource,
        max_bytes: usize,
        keychain: Option<Fingerprint>,
    ) -> Self {
        Self {
            resource,
            max_bytes,
            keychain,
        }
    }
}

/// What all clones share.
pub(crate) struct Inner {
    mirrors: Mirrors,
    plain: PlainHttp,
    advisors: Advisors,
    notices: Option<Url>,
    transport: Transport,
    /// Whether stores on the disk of this machine are read.
    local_stores: bool,
    tokens: TokenCache,
    api_key_tokens: ApiKeyTokens,
    pongs: ping::Pongs,
    opened: Openings,
    outages: Outages,
    referrers: Places,
    fetches: SingleFlight<FetchKey, Answer>,
    /// Answers that are still good, where any are kept.
    recent: Option<Recent>,
    pings: SingleFlight<String, Result<Arc<Pong>, FetchError>>,
    probes: SingleFlight<String, Option<OutageCause>>,
    token_requests: SingleFlight<TokenKey, Result<HeaderValue, AuthError>>,
}

impl Inner {
    pub(crate) fn new(
        mirrors: Mirrors,
        plain: PlainHttp,
        advisors: Advisors,
        notices: Option<Url>,
        transport: Transport,
        local_stores: bool,
        recent: Option<Recent>,
    ) -> Self {
        Self {
            mirrors,
            plain,
            advisors,
            notices,
            transport,
            local_stores,
            tokens: TokenCache::default(),
            api_key_tokens: ApiKeyTokens::default(),
            pongs: ping::Pongs::default(),
            opened: Openings::default(),
            outages: Outages::default(),
            referrers: Places::default(),
            fetches: SingleFlight::default(),
            recent,
            pings: SingleFlight::default(),
            probes: SingleFlight::default(),
            token_requests: SingleFlight::default(),
        }
    }
}

impl ScopedClient {
    /// The repository that is asked for a resource of a registry, where it is kept. `None` for what no registry has.
    fn asked(&self, resource: &Resource) -> Option<Repository> {
        match resource {
            Resource::Blob { repository, .. }
            | Resource::Manifest { repository, .. }
            | Resource::Referrers { repository, .. }
            | Resource::SignatureExtension { repository, .. } => {
                Some(self.inner.mirrors.locate(repository))
            }
            // An advisor is asked under the name, wherever the image is fetched from.
            Resource::VulnerabilityStatus { repository, .. } => Some(repository.clone()),
            _ => None,
        }
    }

    /// Waits for the next turn with the registry that is asked for a resource, if that is paced.
    async fn pace(&self, resource: &Resource) {
        let pacing = &self.inner.transport.pacing;
        let asked = pacing.has_rate().then(|| self.asked(resource)).flatten();
        let Some(repository) = asked else {
            return;
        };
        let turn = pacing.turn(repository.authority(), Instant::now());
        if !turn.is_zero() {
            tokio::time::sleep(turn).await;
        }
    }

    /// The same client for who has these credentials and no others: nothing of this caller's keychain is shown.
    fn opening_with(&self, keys: Arc<PullSecret>) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
            fingerprint: keys.fingerprint(),
            keychain: keys,
            threads: Arc::clone(&self.threads),
        }
    }
}

impl Fetcher for ScopedClient {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        if let Some(access) = &fetch.access {
            let Some(keys) = access.keys::<PullSecret>() else {
                let detail = "the credentials of a policy are not those of a registry".to_owned();
                return Box::pin(std::future::ready(Err(FetchError::Internal { detail })));
            };
            let (client, bare) = (self.opening_with(keys), fetch.clone().opened_by(None));
            return Box::pin(async move { client.fetch(&bare).await });
        }
        let key = FetchKey {
            resource: fetch.resource.clone(),
            max_bytes: fetch.max_bytes,
            // A store beside the registry never sees the keychain: its access is part of the resource. Nor does what a
            // certificate names.
            keychain: match fetch.resource {
                Resource::Lookaside { .. }
                | Resource::Plugin { .. }
                | Resource::Revocation { .. } => None,
                _ => Some(self.fingerprint),
            },
        };
        let recent = self.inner.recent.as_ref();
        if let Some(answer) = recent.and_then(|recent| recent.find(&key, Instant::now())) {
            return Box::pin(std::future::ready(answer));
        }
        let kept = key.clone();
        let shared = self.inner.fetches.run(key, move || {
            let (client, fetch) = (self.clone(), fetch.clone());
            async move {
                // Before anything that ages: a token that was had for it would have ended once it is its turn. Nor is a
                // queue of ours a silence of the server's.
                client.pace(&fetch.resource).await;
                let total = client.inner.transport.timeouts.total;
                let answer = match tokio::time::timeout(total, client.fetch_now(&fetch)).await {
                    Ok(answer) => fetch.check(answer).map(Checked::into_fetched),
                    // Never an outage: what was asked for, and how much else is, takes part in how long it takes.
                    Err(_) => Err(FetchError::Unavailable {
                        detail: format!("no whole answer within {} ms", total.as_millis()),
                    }),
                };
                if let Some(recent) = &client.inner.recent {
                    recent.keep(kept, &answer, Instant::now());
                }
                answer
            }
            .boxed()
        });
        // What the keychain of this caller says is for this caller alone, so it is added to what is shared.
        Box::pin(async move { self.with_dropped(fetch, shared.await).await })
    }

    fn locate(&self, repository: &Repository) -> Repository {
        self.inner.mirrors.locate(repository)
    }

    fn other_name(&self, repository: &Repository) -> Option<Authority> {
        self.inner.plain.other_name(repository.authority())
    }
}
