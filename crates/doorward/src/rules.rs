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
    /// A site's own trust policy file and trust stores, as notation reads them.
    #[cfg(feature = "notation")]
    Notation(Arc<NotationRules>),
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

/// A trust policy of the Notary Project with the trust stores beside it.
///
/// The statement for the repository of an image decides, and every statement that verifies and names the same repository
/// in another spelling ([`governing`](doorward_notation::OciTrustPolicy::governing)). An image for whose repository there
/// is none is denied.
#[cfg(feature = "notation")]
#[derive(Debug)]
pub struct NotationRules {
    /// The name of the policy file, for reports.
    pub name: String,
    /// The policy.
    pub policy: doorward_notation::OciTrustPolicy,
    /// The stores that its statements name. One that could not be read is there with the reason: it denies where a
    /// statement names it, and nowhere else.
    pub stores: Arc<doorward_notation::TrustStores>,
}
