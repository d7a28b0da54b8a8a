//! The files that podman, CRI-O and skopeo read: `policy.json` and `registries.d`.

mod error;
mod fields;
mod identity;
mod keys;
mod policy;
mod registries_d;
mod requirement;
mod scope;
mod sigstore;
mod transport;

pub use error::ContainersPolicyError;
pub use policy::{CompiledContainersPolicy, ContainersMatch, ContainersPolicy, KeyProblem};
pub use registries_d::{RegistriesD, RegistriesDError};
