//! An instance of Sigstore on a loopback port of this process: an authority for certificates, both versions of the log, a log of
//! certificates and a time-stamping authority.

mod authority;
mod certificate_log;
mod first_log;
mod identity;
mod log;
mod merkle;
mod note;
mod root;
mod second_log;
mod services;
mod stamps;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use serde_json::{Value, json};

use crate::http::{Listeners, RecordedRequest, Server};
pub use identity::SigstoreIdentity;
use services::Services;

/// Which log a client shall use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SigstoreLog {
    /// That of Rekor's first version, which promises to include an entry at a time.
    First,
    /// That of the second, which tells no time.
    Second,
}

/// An instance of Sigstore for clients that sign without keys. It vouches for everybody to whom it gave a token, reads the
/// clock of the machine, and forgets its logs at the end.
///
/// ```
/// use doorward_testkit::{SigstoreIdentity, SigstoreInstance, SigstoreLog};
///
/// let instance = SigstoreInstance::start_blocking("acme");
/// let token = instance.identity_token(&SigstoreIdentity::email("dev@acme.test"));
/// let config = instance.signing_config(SigstoreLog::First, true);
/// let root = instance.trusted_root();
/// assert_eq!(token.split('.').count(), 3);
/// assert_eq!(config["rekorTlogUrls"][0]["url"], instance.url());
/// assert_eq!(root["tlogs"].as_array().map(Vec::len), Some(2));
/// ```
pub struct SigstoreInstance {
    server: Server,
    services: Arc<Services>,
}

impl SigstoreInstance {
    /// Starts an instance. Its keys are those of its name, so that two of different names have no key in common.
    ///
    /// # Panics
    /// If no loopback port can be opened.
    #[must_use]
    pub fn start_blocking(name: &str) -> Self {
        let services = Arc::new(Services::new(name));
        let server = Server::start(&Listeners::default(), |_| Arc::clone(&services));
        Self { server, services }
    }

    /// Where all of its services are, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> String {
        self.server.addresses().main_url.clone()
    }

    /// Who vouches for identities in its tokens.
    #[must_use]
    pub fn issuer(&self) -> String {
        self.services.token_issuer.clone()
    }

    /// A token for an identity.
    #[must_use]
    pub fn identity_token(&self, identity: &SigstoreIdentity) -> String {
        let key = &self.services.authority.tokens;
        identity.token(&self.issuer(), key, services::now())
    }

    /// A token for an identity for which another issuer vouches, who is known here as well.
    #[must_use]
    pub fn identity_token_by(&self, issuer: &str, identity: &SigstoreIdentity) -> String {
        identity.token(issuer, &self.services.authority.tokens, services::now())
    }

    /// What a client needs to sign: a `signing_config.json`.
    #[must_use]
    pub fn signing_config(&self, log: SigstoreLog, has_stamps: bool) -> Value {
        root::signing_config(&self.url(), log, has_stamps)
    }

    /// What a client needs to verify: a `trusted_root.json`.
    #[must_use]
    pub fn trusted_root(&self) -> Value {
        let Services {
            name,
            authority,
            first_log,
            second_log,
            stamps_root,
            stamps,
            ..
        } = &*self.services;
        let (p256, ed25519) = ("PKIX_ECDSA_P256_SHA_256", "PKIX_ED25519");
        let url = |of: &str| format!("https://{of}.{name}.test");
        let certificates = root::log(
            &url("ctfe"),
            &authority.log,
            p256,
            &authority.log_identifier,
        );
        json!({
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [
                root::log(&url("rekor"), &first_log.key, p256, &first_log.identifier),
                root::log(&url("log2"), &second_log.key, ed25519, &second_log.identifier),
            ],
            "certificateAuthorities": [root::authority(
                &url("fulcio"), name, &[&authority.issuer, &authority.root],
            )],
            "ctlogs": [certificates],
            "timestampAuthorities": [root::authority(&url("tsa"), name, &[stamps, stamps_root])],
        })
    }

    /// The certificates of the authority in PEM, the root last, for clients that do not read a trusted root.
    #[must_use]
    pub fn authority_pem(&self) -> String {
        let authority = &self.services.authority;
        [authority.issuer.pem(), authority.root.pem()].concat()
    }

    /// The public key of the first version of the log in PEM, for such clients.
    #[must_use]
    pub fn log_pem(&self) -> String {
        crate::notary::pem("PUBLIC KEY", &self.services.first_log.key.spki())
    }

    /// The public key of the log of certificates in PEM, for such clients.
    #[must_use]
    pub fn certificate_log_pem(&self) -> String {
        crate::notary::pem("PUBLIC KEY", &self.services.authority.log.spki())
    }

    /// The requests received so far, in order.
    #[must_use]
    pub fn requests(&self) -> Vec<RecordedRequest> {
        self.server.requests()
    }
}

impl std::fmt::Debug for SigstoreInstance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigstoreInstance")
            .field("url", &self.url())
            .finish_non_exhaustive()
    }
}
