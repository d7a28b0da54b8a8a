//! The files that podman, CRI-O and skopeo read: `policy.json` and `registries.d`.

mod fields;
mod keys;
mod policy;
mod registries_d;
mod requirement;
mod scope;
mod sigstore;
mod transport;

pub use policy::{
    CompiledContainersPolicy, ContainersMatch, ContainersPolicy, ContainersPolicyError, KeyProblem,
};
pub use registries_d::{RegistriesD, RegistriesDError};
