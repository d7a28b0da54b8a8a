//! Where the rules come from.

use std::sync::Arc;

use doorward_policy::PolicySet;

use crate::plan::Governed;

/// The rules that govern images.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Rules {
    /// A site's own `policy.json` and `registries.d`, as podman and CRI-O read them.
    #[cfg(feature = "simple-signing")]
    Containers(Arc<ContainersRules>),
    /// These entries govern every image. For programs that bring rules of their own.
    Fixed(Arc<Vec<Governed>>),
    /// Image policies and cluster image policies.
    Policies(Arc<PolicySet>),
}

/// A containers policy with the registry settings beside it.
#[cfg(feature = "simple-signing")]
#[derive(Debug)]
pub struct ContainersRules {
    /// The name of the policy file, for reports.
    pub name: String,
    /// The policy, with its keys loaded.
    pub policy: doorward_simple_signing::CompiledContainersPolicy,
    /// Where signatures are looked for.
    pub registries: doorward_simple_signing::RegistriesD,
    /// The store that is read where `registries` names none: the field's default is a directory of this machine.
    pub default_lookaside: Option<String>,
}
