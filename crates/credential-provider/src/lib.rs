#![doc = include_str!("../README.md")]

mod answer;
mod configuration;
mod duration;
mod fault;
mod flight;
mod memory;
mod pattern;
mod place;
mod providers;
mod shelf;
mod station;
mod turns;
mod window;

pub use answer::{Answer, AnswerError, CacheKeyType};
pub use configuration::{ApiVersion, Configuration, ConfigurationError, Provider};
pub use pattern::{ImagePattern, PatternError};
pub use providers::{CredentialProviders, OpenError};
