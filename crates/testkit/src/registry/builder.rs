//! Describing a registry before it starts.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{Registry, SignatureExtension, State};
use crate::http::{Listeners, Server};
use crate::tls::TlsAuthority;

/// What can be changed while the registry runs.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(super) referrers: bool,
    pub(super) extension: SignatureExtension,
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

    /// Makes every round trip last this long from the beginning, see [`Registry::set_latency`].
    #[must_use]
    pub const fn latency(mut self, round_trip: Duration) -> Self {
        self.latency = round_trip;
        self
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
            token: false,
        };
        let mut state = None;
        let server = Server::start(&listeners, |addresses| {
            let shared = Arc::new(State {
                store: Mutex::default(),
                uploads: Mutex::default(),
                settings: Mutex::new(self.settings),
                addresses: addresses.clone(),
            });
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
