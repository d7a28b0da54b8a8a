//! Where plug-ins live.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;

use super::{PluginCommand, PluginName};
use crate::{
    Answer, Authority, Fetch, FetchError, FetchFuture, Fetched, Fetcher, Repository, Resource,
};

/// Why a plug-in gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PluginError {
    /// It could not be asked, ended without an answer, or took too long.
    #[error("{detail}")]
    Failed {
        /// What happened: one line, no secrets.
        detail: String,
    },
    /// There is no such plug-in here.
    #[error("it is not installed")]
    NotInstalled,
    /// It said more than is read.
    #[error("it said more than {limit} bytes")]
    TooLarge {
        /// The bound, in bytes.
        limit: usize,
    },
}

impl From<PluginError> for FetchError {
    fn from(error: PluginError) -> Self {
        match error {
            // Never an outage: no server was asked, and what a plug-in does is no evidence about one.
            PluginError::Failed { detail } => Self::Unavailable { detail },
            PluginError::NotInstalled => Self::NotSupported,
            PluginError::TooLarge { limit } => Self::TooLarge { limit },
        }
    }
}

/// The future of a [`PluginHost::call`].
pub type PluginFuture<'a> = Pin<Box<dyn Future<Output = Result<Bytes, PluginError>> + Send + 'a>>;

/// Calls verification plug-ins of the Notary Project.
///
/// An implementation has a deadline of its own for each call, reads at most `max_bytes`, and must be safe to drop
/// at any await point: a call that is dropped leaves no process behind. What it answers is not trusted: the session
/// reads it.
///
/// ```
/// use bytes::Bytes;
/// use doorward_core::{PluginCommand, PluginError, PluginFuture, PluginHost, PluginName};
///
/// /// A plug-in that is a part of the program, and accepts nobody.
/// struct Nobody;
///
/// impl PluginHost for Nobody {
///     fn call<'a>(
///         &'a self,
///         name: &'a PluginName,
///         command: PluginCommand,
///         _request: &'a Bytes,
///         _max_bytes: usize,
///     ) -> PluginFuture<'a> {
///         Box::pin(async move {
///             if name.as_str() != "com.example.nobody" {
///                 return Err(PluginError::NotInstalled);
///             }
///             Ok(Bytes::from_static(match command {
///                 PluginCommand::GetPluginMetadata => br#"{"name": "com.example.nobody", "version": "1.0.0",
///                     "supportedContractVersions": ["1.0"],
///                     "capabilities": ["SIGNATURE_VERIFIER.TRUSTED_IDENTITY"]}"#,
///                 PluginCommand::VerifySignature => br#"{"processedAttributes": [], "verificationResults":
///                     {"SIGNATURE_VERIFIER.TRUSTED_IDENTITY": {"success": false, "reason": "nobody"}}}"#,
///             }))
///         })
///     }
/// }
/// ```
pub trait PluginHost: Send + Sync {
    /// Gives a plug-in one request, and returns what it answers: at most `max_bytes` bytes.
    fn call<'a>(
        &'a self,
        name: &'a PluginName,
        command: PluginCommand,
        request: &'a Bytes,
        max_bytes: usize,
    ) -> PluginFuture<'a>;
}

impl<T: PluginHost + ?Sized> PluginHost for std::sync::Arc<T> {
    fn call<'a>(
        &'a self,
        name: &'a PluginName,
        command: PluginCommand,
        request: &'a Bytes,
        max_bytes: usize,
    ) -> PluginFuture<'a> {
        (**self).call(name, command, request, max_bytes)
    }
}

/// A fetcher that asks a [`PluginHost`] for what plug-ins answer, and another fetcher for all else.
///
/// Put it around whatever reaches the registry, and what records a decision around it: so a call of a plug-in is
/// metered, recorded and replayed like every other fetch.
#[derive(Clone, Debug)]
pub struct WithPlugins<F, H> {
    inner: F,
    host: H,
}

impl<F: Fetcher, H: PluginHost> WithPlugins<F, H> {
    /// `inner`, with the plug-ins of `host`.
    pub const fn new(inner: F, host: H) -> Self {
        Self { inner, host }
    }
}

impl<F: Fetcher, H: PluginHost> Fetcher for WithPlugins<F, H> {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        let Resource::Plugin {
            name,
            command,
            request,
        } = &fetch.resource
        else {
            return self.inner.fetch(fetch);
        };
        let call = self.host.call(name, *command, request, fetch.max_bytes);
        Box::pin(async move {
            let answer: Answer = match call.await {
                Ok(bytes) => Ok(Fetched::new(bytes, None, format!("plug-in {name}"))),
                Err(error) => Err(error.into()),
            };
            answer
        })
    }

    fn locate(&self, repository: &Repository) -> Repository {
        self.inner.locate(repository)
    }

    fn other_name(&self, repository: &Repository) -> Option<Authority> {
        self.inner.other_name(repository)
    }
}
