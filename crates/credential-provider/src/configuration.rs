//! `CredentialProviderConfig`, the file that the kubelet has.

mod reader;

use std::fmt;
use std::time::Duration;

use crate::ImagePattern;

/// A version of the protocol that a provider speaks. The three have one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ApiVersion {
    /// `credentialprovider.kubelet.k8s.io/v1`.
    V1,
    /// `credentialprovider.kubelet.k8s.io/v1alpha1`.
    V1Alpha1,
    /// `credentialprovider.kubelet.k8s.io/v1beta1`.
    V1Beta1,
}

impl ApiVersion {
    /// Every version.
    pub const ALL: [Self; 3] = [Self::V1, Self::V1Beta1, Self::V1Alpha1];

    /// As it is written in requests and answers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "credentialprovider.kubelet.k8s.io/v1",
            Self::V1Alpha1 => "credentialprovider.kubelet.k8s.io/v1alpha1",
            Self::V1Beta1 => "credentialprovider.kubelet.k8s.io/v1beta1",
        }
    }
}

/// The providers that a `CredentialProviderConfig` names.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Configuration {
    /// The providers in the order of the file: that of their credentials, where keys are equal.
    pub providers: Vec<Provider>,
}

/// One provider. `Debug` shows neither arguments nor environment, in which there may be secrets.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Provider {
    /// The name of its program, a plain name of a file.
    pub name: String,
    /// The images that it is asked for. At least one.
    pub match_images: Vec<ImagePattern>,
    /// How long an answer is kept that does not say it. Zero keeps none.
    pub default_cache_duration: Duration,
    /// The version of the protocol that it speaks.
    pub api_version: ApiVersion,
    /// Its arguments.
    pub args: Vec<String>,
    /// What is added to its environment: names and values.
    pub env: Vec<(String, String)>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("name", &self.name)
            .field("match_images", &self.match_images)
            .field("default_cache_duration", &self.default_cache_duration)
            .field("api_version", &self.api_version)
            .finish_non_exhaustive()
    }
}

/// Why a configuration cannot be used. It shows no argument and no value of the environment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigurationError {
    /// It is no `CredentialProviderConfig`.
    #[error("{what} is no CredentialProviderConfig: {why}")]
    Kind {
        /// The name of the text.
        what: String,
        /// What it is instead.
        why: String,
    },
    /// Something in it is wrong.
    #[error("{}", .problems.join("; "))]
    Invalid {
        /// What, each with its place; up to 20.
        problems: Vec<String>,
    },
    /// It is no YAML, or more than the bounds of a text.
    #[error("{0}")]
    Text(String),
    /// It has more than 1 MiB.
    #[error("{what} is longer than 1 MiB")]
    TooLarge {
        /// The name of the text.
        what: String,
    },
}

impl Configuration {
    /// The most bytes of a configuration: 1 MiB.
    pub const MAX_BYTES: usize = 1 << 20;

    /// Reads a configuration: one document of YAML or JSON, called `source` in messages.
    ///
    /// Whatever the kubelet refuses is refused. So is `tokenAttributes`, by which a provider gets a token of the workload's
    /// service account: that is not supported, and without it the provider would answer for somebody else.
    ///
    /// # Errors
    /// [`ConfigurationError`].
    pub fn parse(source: &str, bytes: &[u8]) -> Result<Self, ConfigurationError> {
        reader::read(source, bytes)
    }
}

#[cfg(test)]
mod tests;
