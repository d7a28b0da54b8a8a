//! An OCI registry in the test's own process.

mod access;
mod api;
#[cfg(test)]
mod auth_tests;
mod builder;
mod extension;
mod gate;
mod manners;
mod profile;
mod route;
mod store;
#[cfg(test)]
pub(crate) mod tests;
mod token;
mod upload;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use doorward_core::{Digest, Tag};

pub(crate) use api::storage_refusal;
pub use builder::RegistryBuilder;
pub(crate) use builder::Settings;
pub use extension::{ExtensionAnswer, SignatureExtension};
pub use manners::{Authentication, BlobRedirect, TokenField};
pub use profile::Profile;
use store::Store;

use crate::fault::FaultRule;
use crate::http::{RecordedRequest, Server};
use crate::image::Image;

/// An OCI registry on a loopback port of this process.
///
/// It speaks the distribution API (pull, push, tags, catalog, referrers) and the signature extension, records every
/// request, and can be made to go wrong in every way that [`Fault`](crate::Fault) lists. It lives until dropped, on
/// threads of its own.
///
/// ```
/// # tokio::runtime::Runtime::new().unwrap().block_on(async {
/// use doorward_testkit::{Image, Registry};
///
/// let registry = Registry::builder().start().await;
/// let digest = registry.push_image("team/app", "1.0", &Image::sample("app"));
/// println!("pull {}/team/app@{digest}", registry.address());
/// # });
/// ```
pub struct Registry {
    server: Server,
    state: Arc<State>,
    ca_pem: Option<String>,
}

/// What the handle and the server's tasks share.
pub(crate) struct State {
    store: Mutex<Store>,
    uploads: Mutex<upload::Uploads>,
    tokens: Mutex<token::Tokens>,
    settings: Mutex<Settings>,
    addresses: crate::http::Addresses,
}

impl State {
    fn new(settings: Settings, addresses: &crate::http::Addresses) -> Self {
        Self {
            store: Mutex::default(),
            uploads: Mutex::default(),
            tokens: Mutex::default(),
            settings: Mutex::new(settings),
            addresses: addresses.clone(),
        }
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn tokens(&self) -> MutexGuard<'_, token::Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn settings(&self) -> MutexGuard<'_, Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Registry {
    /// Starts to describe a registry. Without further orders it speaks plain HTTP, asks for no credentials, serves
    /// the referrers API, and has no signature extension.
    #[must_use]
    pub fn builder() -> RegistryBuilder {
        RegistryBuilder::default()
    }

    /// The registry's host and port as an image reference names it, `127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> String {
        self.server.addresses().main.to_string()
    }

    /// The base URL of the registry, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.addresses().main_url.clone()
    }

    /// The base URL of the same content under another host name, [`Endpoint::Elsewhere`](crate::Endpoint).
    #[must_use]
    pub fn elsewhere_url(&self) -> String {
        self.server.addresses().elsewhere_url.clone()
    }

    /// The base URL of the same content without TLS, [`Endpoint::Plaintext`](crate::Endpoint). Without TLS it is
    /// that of [`elsewhere_url`](Self::elsewhere_url).
    #[must_use]
    pub fn plaintext_url(&self) -> String {
        self.server.addresses().plaintext_url.clone()
    }

    /// The certificate, in PEM, of the authority that the registry's TLS certificate was issued by. `None` without
    /// TLS.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// `address/repository:tag`, as a pod would name the image.
    #[must_use]
    pub fn reference(&self, repository: &str, tag: &str) -> String {
        format!("{}/{repository}:{tag}", self.address())
    }

    /// Stores an image with everything that it refers to and points `tag` at it. Returns its digest.
    ///
    /// # Panics
    /// If `tag` is not a tag.
    pub fn push_image(&self, repository: &str, tag: &str, image: &Image) -> Digest {
        self.push_untagged(repository, image);
        self.tag(repository, tag, image.digest());
        image.digest().clone()
    }

    /// Stores an image without a tag. Returns its digest.
    pub fn push_untagged(&self, repository: &str, image: &Image) -> Digest {
        self.state.store().repository_mut(repository).push(image);
        image.digest().clone()
    }

    /// Stores a manifest that refers to another by its `subject`. Where the referrers API is off, the index of the
    /// fallback tag is brought up to date, as a client has to do there. Returns the digest.
    ///
    /// # Panics
    /// If the manifest has no subject.
    pub fn push_referrer(&self, repository: &str, artifact: &Image) -> Digest {
        let json = serde_json::from_slice(artifact.manifest().bytes())
            .expect("a referrer's manifest is JSON");
        let subject = store::subject(&json).expect("a referrer's manifest has a subject");
        let digest = self.push_untagged(repository, artifact);
        if !self.state.settings().referrers {
            api::update_fallback_index(self.state.store().repository_mut(repository), &subject);
        }
        digest
    }

    /// Points a tag at a digest, whether there is such a manifest or not.
    ///
    /// # Panics
    /// If `tag` is not a tag.
    pub fn tag(&self, repository: &str, tag: &str, digest: &Digest) {
        let tag: Tag = tag.parse().expect("a test names tags that are valid");
        self.state
            .store()
            .repository_mut(repository)
            .tags
            .insert(tag.to_string(), digest.clone());
    }

    /// Removes a tag.
    pub fn untag(&self, repository: &str, tag: &str) {
        self.state
            .store()
            .repository_mut(repository)
            .tags
            .remove(tag);
    }

    /// The digest that a tag points at.
    #[must_use]
    pub fn resolve(&self, repository: &str, tag: &str) -> Option<Digest> {
        self.state
            .store()
            .repository(repository)?
            .tags
            .get(tag)
            .cloned()
    }

    /// Switches the referrers API on or off. When off, the paths are unknown (404), as in older registries.
    pub fn set_referrers(&self, on: bool) {
        self.state.settings().referrers = on;
    }

    /// Changes how the signature extension behaves.
    pub fn set_signature_extension(&self, extension: SignatureExtension) {
        self.state.settings().extension = extension;
    }

    /// Stores a signature blob in the signature extension, whether it is switched on or not.
    pub fn put_signature(&self, repository: &str, digest: &Digest, blob: &[u8]) {
        extension::put(self.state.store().repository_mut(repository), digest, blob);
    }

    /// Stores a JSON value as it is in the signature list of a digest, well-formed or not.
    pub fn put_raw_signature(&self, repository: &str, digest: &Digest, entry: serde_json::Value) {
        self.state
            .store()
            .repository_mut(repository)
            .signatures
            .entry(digest.clone())
            .or_default()
            .push(entry);
    }

    /// Removes every signature of a digest from the signature extension.
    pub fn clear_signatures(&self, repository: &str, digest: &Digest) {
        self.state
            .store()
            .repository_mut(repository)
            .signatures
            .remove(digest);
    }

    /// Makes every token given out so far worthless, as if its time were over.
    pub fn expire_tokens(&self) {
        self.state.tokens().clear();
    }

    /// Closes an account: its password is wrong from now on. Tokens given out for it still work.
    pub fn close_account(&self, username: &str) {
        self.state
            .settings()
            .access
            .accounts
            .retain(|account| account.basic.username() != username);
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

    /// Connections accepted so far, over all listeners of the registry.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.server.connections()
    }

    /// Closes every listener and connection: from now on the registry is unreachable. What it holds can still be
    /// looked at.
    pub fn stop(&self) {
        self.server.stop();
    }
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry")
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}
