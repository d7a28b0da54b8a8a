#![doc = include_str!("../README.md")]

mod auth;
mod builder;
mod challenge;
mod client;
mod credential;
mod docker_config;
mod dropped;
mod endpoint;
mod kept;
mod keychain;
mod layout;
mod limits;
mod listing;
mod mirror;
mod observer;
mod origin;
mod plain_http;
mod pull_secret;
mod secret;
mod single_flight;
mod space;
mod tls;
mod transport;
mod trust_server;

pub use builder::{BuildError, Builder};
pub use challenge::{Challenge, ChallengeError, parse_challenges};
pub use client::{Capabilities, RegistryClient, ScopedClient};
pub use credential::{Credential, Fingerprint};
pub use docker_config::{DockerConfig, DockerConfigError, Helpers};
pub use dropped::{CredentialSource, DropReason, Dropped, EntryFault, HelperFault};
pub use keychain::{Anonymous, Keychain, KeychainChain, WithoutPullSecrets};
pub use layout::{Layout, LayoutError};
pub use limits::{Retries, Timeouts};
pub use observer::{Exchange, ExchangeKind, ExchangeOutcome, Observer};
pub use pull_secret::PullSecret;
pub use secret::{SecretError, pull_secret, secret_item, store_secret};
