//! Describing a registry before it starts.

use std::sync::Arc;
use std::time::Duration;

use doorward_core::Basic;

use super::access::{Access, Account};
use super::manners::{Authentication, BlobRedirect, TokenField};
use super::profile::{Profile, Shape};
use super::{Registry, SignatureExtension, State, token};
use crate::http::{Listeners, Server};
use crate::tls::TlsAuthority;

/// What can be changed while the registry runs.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(super) referrers: bool,
    pub(super) extension: SignatureExtension,
    pub(super) access: Access,
    pub(super) shape: Shape,
    pub(super) token_lifetime: Duration,
}

impl Settings {
    /// Whether the token endpoint has a listener of its own.
    pub(crate) const fn has_token_host(&self) -> bool {
        self.shape.separate_token_host
    }

    /// The same with a scope in the challenge of `/v2/`.
    pub(crate) const fn with_ping_scope(mut self, scope: &'static str) -> Self {
        self.shape.ping_scope = Some(scope);
        self
    }
}

/// Describes a [`Registry`].
#[derive(Clone, Debug)]
pub struct RegistryBuilder {
    tls: Option<TlsAuthority>,
    latency: Duration,
    settings: Settings,
}

impl Default for RegistryBuilder {
    fn default() -> Self {
        Self {
            tls: None,
            latency: Duration::ZERO,
            settings: Settings {
                referrers: true,
                extension: SignatureExtension::default(),
                access: Access::default(),
                shape: Shape {
                    authentication: Authentication::None,
                    ..Shape::default()
                },
                token_lifetime: token::LIFETIME,
            },
        }
    }
}

impl RegistryBuilder {
    /// Speaks TLS with a certificate from a fresh authority, see [`Registry::ca_pem`].
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

    /// Serves the referrers API or not; it does by default.
    #[must_use]
    pub const fn referrers(mut self, on: bool) -> Self {
        self.settings.referrers = on;
        self
    }

    /// Sets the signature extension up.
    #[must_use]
    pub fn signature_extension(mut self, extension: SignatureExtension) -> Self {
        self.settings.extension = extension;
        self
    }

    /// Takes on the manners of a registry in the field. Replaces what was said before about authentication, blob
    /// redirects and the referrers API; accounts and public repositories are kept.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.settings.shape = profile.shape();
        self.settings.referrers = self.settings.shape.referrers;
        self
    }

    /// Demands this kind of authentication. With bearer tokens, the registry has a token endpoint.
    #[must_use]
    pub const fn authentication(mut self, authentication: Authentication) -> Self {
        self.settings.shape.authentication = authentication;
        self
    }

    /// Adds an account with access to every repository.
    #[must_use]
    pub fn account(self, username: &str, password: &str) -> Self {
        self.account_for(username, password, &["*"])
    }

    /// Adds an account with access to the repositories that match one of the patterns, in which `*` stands for any
    /// characters.
    #[must_use]
    pub fn account_for(mut self, username: &str, password: &str, repositories: &[&str]) -> Self {
        self.settings.access.accounts.push(Account {
            basic: Basic::new(username, password),
            repositories: repositories.iter().map(|&name| name.to_owned()).collect(),
        });
        self
    }

    /// Lets anybody pull from the repositories that match a pattern. With bearer tokens, they still need a token,
    /// which is given to anybody.
    #[must_use]
    pub fn public(mut self, repositories: &str) -> Self {
        self.settings.access.public.push(repositories.to_owned());
        self
    }

    /// Accepts a bearer token that the client brings along (`registrytoken` in a Docker configuration).
    #[must_use]
    pub fn registry_token(mut self, token: &str) -> Self {
        self.settings.access.registry_tokens.push(token.to_owned());
        self
    }

    /// Lets the token endpoint accept a refresh token (`identitytoken` in a Docker configuration) for an account.
    #[must_use]
    pub fn identity_token(mut self, token: &str, username: &str) -> Self {
        let pair = (token.to_owned(), username.to_owned());
        self.settings.access.identity_tokens.push(pair);
        self
    }

    /// Puts the token where the endpoint's clients may look for it.
    #[must_use]
    pub const fn token_field(mut self, field: TokenField) -> Self {
        self.settings.shape.token_field = field;
        self
    }

    /// Announces this many seconds in `expires_in`, or nothing.
    #[must_use]
    pub const fn announced_token_lifetime(mut self, seconds: Option<u64>) -> Self {
        self.settings.shape.expires_in = seconds;
        self
    }

    /// Lets tokens work for this long, whatever is announced.
    #[must_use]
    pub const fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.token_lifetime = lifetime;
        self
    }

    /// Gives the token endpoint a host of its own, [`Endpoint::Token`](crate::Endpoint).
    #[must_use]
    pub const fn separate_token_host(mut self, separate: bool) -> Self {
        self.settings.shape.separate_token_host = separate;
        self
    }

    /// Sends these `WWW-Authenticate` headers. In each, `{realm}`, `{service}` and `{main}` (the registry's own base
    /// URL) are replaced; `{,scope}` and `{,error}` become a further parameter where there is one, else nothing.
    ///
    /// ```
    /// use doorward_testkit::{Authentication, Registry};
    ///
    /// let registry = Registry::builder()
    ///     .authentication(Authentication::Bearer)
    ///     .challenges(&["Negotiate", r#"bearer REALM="{realm}", Service="{service}"{,scope}"#]);
    /// # let _ = registry;
    /// ```
    #[must_use]
    pub fn challenges(mut self, headers: &[&str]) -> Self {
        self.settings.shape.challenges = headers.iter().map(|&text| text.to_owned()).collect();
        self
    }

    /// Sends clients that ask for a blob elsewhere.
    #[must_use]
    pub const fn blob_redirect(mut self, redirect: BlobRedirect) -> Self {
        self.settings.shape.blob_redirect = redirect;
        self
    }

    /// Makes every round trip last this long from the beginning, see [`Registry::set_latency`].
    #[must_use]
    pub const fn latency(mut self, round_trip: Duration) -> Self {
        self.latency = round_trip;
        self
    }

    /// What was described, for a server of another kind that identifies clients in the same way.
    pub(crate) fn into_settings(self) -> Settings {
        self.settings
    }

    /// Starts the registry. It is ready when this returns.
    ///
    /// # Panics
    /// If no loopback port can be opened.
    #[allow(
        clippy::unused_async,
        reason = "callers need not change when starting does wait for something"
    )]
    pub async fn start(self) -> Registry {
        self.start_blocking()
    }

    /// Starts the registry from code that is not asynchronous. It runs on threads of its own.
    ///
    /// # Panics
    /// If no loopback port can be opened.
    #[must_use]
    pub fn start_blocking(self) -> Registry {
        let listeners = Listeners {
            tls: self.tls.as_ref().map(TlsAuthority::loopback_server_config),
            token: self.settings.has_token_host(),
        };
        let mut state = None;
        let server = Server::start(&listeners, |addresses| {
            let shared = Arc::new(State::new(self.settings, addresses));
            state = Some(Arc::clone(&shared));
            shared
        });
        server.set_latency(self.latency);
        Registry {
            server,
            state: state.expect("starting a server makes its application"),
            ca_pem: self.tls.map(|authority| authority.ca_pem().to_owned()),
        }
    }
}
