//! Settings of an engine.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use doorward_core::{Budget, Scheme, StateStore};

use super::Engine;
use crate::MemoryState;
use crate::compile::{CompileUnit, Compiler, units};
use crate::proof_cache::ProofCache;
use crate::review_budget::{Ledger, ReviewBudget};

/// Settings of an [`Engine`].
#[derive(Clone)]
#[must_use]
pub struct EngineBuilder {
    pub(super) budget: Budget,
    pub(super) review: ReviewBudget,
    pub(super) deadline: Duration,
    pub(super) proof_lifetime: Duration,
    pub(super) home_namespace: String,
    pub(super) tenant_keys: bool,
    pub(super) shared_namespaces: BTreeSet<String>,
    pub(super) first_use: bool,
    pub(super) left_out: Vec<Scheme>,
    pub(super) schemes: Vec<Arc<dyn CompileUnit>>,
    pub(super) state: Arc<dyn StateStore>,
}

impl fmt::Debug for EngineBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineBuilder").finish_non_exhaustive()
    }
}

impl Default for EngineBuilder {
    fn default() -> Self {
        Self {
            budget: Budget::default(),
            review: ReviewBudget::default(),
            // One second under the API server's default webhook timeout of ten.
            deadline: Duration::from_secs(9),
            proof_lifetime: Duration::from_secs(300),
            home_namespace: "doorward".to_owned(),
            tenant_keys: false,
            shared_namespaces: BTreeSet::new(),
            first_use: false,
            left_out: Vec::new(),
            schemes: Vec::new(),
            state: Arc::new(MemoryState::default()),
        }
    }
}

impl EngineBuilder {
    /// What judging one image by one policy entry may cost.
    pub const fn budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
        self
    }

    /// What all images of one review may cost together.
    pub const fn review_budget(mut self, budget: ReviewBudget) -> Self {
        self.review = budget;
        self
    }

    /// How long a review may take. What is not decided by then is denied as unavailable.
    pub const fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// How long a proof is remembered, in whole seconds; zero remembers nothing. A revoked key keeps counting for
    /// this long at most.
    pub const fn proof_lifetime(mut self, lifetime: Duration) -> Self {
        self.proof_lifetime = lifetime;
        self
    }

    /// The namespace that keys of cluster policies are read from, unless the policy names one: the program's own.
    pub fn home_namespace(mut self, namespace: impl Into<String>) -> Self {
        self.home_namespace = namespace.into();
        self
    }

    /// Lets every namespaced policy read the Secrets of these namespaces too: public keys that are kept in one place.
    /// Without this such a policy reads its own namespace only, and is not told what exists elsewhere. Its author
    /// learns of every Secret in these namespaces whether it exists, and can send what is marked as the credentials of
    /// a signature store to a store of their choice.
    pub fn shared_secret_namespaces<N: Into<String>>(
        mut self,
        namespaces: impl IntoIterator<Item = N>,
    ) -> Self {
        self.shared_namespaces
            .extend(namespaces.into_iter().map(Into::into));
        self
    }

    /// Reads the keys of cluster policies of the Portieris groups from the workload's namespace, as Portieris does.
    /// Anyone who may write Secrets there then chooses the keys that are trusted.
    pub const fn dangerously_read_cluster_policy_keys_from_tenants(mut self) -> Self {
        self.tenant_keys = true;
        self
    }

    /// Believes the first root of trust that a server offers where a policy of the Portieris groups demands `trust`:
    /// those policies have no field for pins, and Portieris believes it too. The server that answers the first request
    /// for a repository then chooses what is trusted there.
    pub const fn dangerously_trust_on_first_use_for_portieris_policies(mut self) -> Self {
        self.first_use = true;
        self
    }

    /// Adds a scheme: it is asked about the demands that no scheme of this build and none added before answers to.
    pub fn scheme(mut self, unit: Arc<dyn CompileUnit>) -> Self {
        self.schemes.push(unit);
        self
    }

    /// Leaves out a scheme of this build, so that one that is added may answer to its demands. Those that no other scheme
    /// answers to are refused.
    pub fn without(mut self, scheme: Scheme) -> Self {
        self.left_out.push(scheme);
        self
    }

    /// Where schemes keep what they remember between decisions. Without this it is kept in memory.
    pub fn state(mut self, state: Arc<dyn StateStore>) -> Self {
        self.state = state;
        self
    }

    /// The engine.
    #[must_use]
    pub fn build(self) -> Engine {
        let settings = Arc::new(self.settings());
        let mut schemes = units(self.first_use);
        schemes.retain(|unit| !self.left_out.contains(&unit.scheme()));
        schemes.extend(self.schemes);
        Engine {
            settings,
            budget: self.budget,
            review: self.review,
            deadline: self.deadline,
            compiler: Compiler::new(
                self.home_namespace,
                self.tenant_keys,
                self.shared_namespaces,
                schemes,
            ),
            state: self.state,
            ledger: Arc::new(Ledger::default()),
            standing: Arc::default(),
            proofs: ProofCache::new(
                i64::try_from(self.proof_lifetime.as_secs()).unwrap_or(i64::MAX),
            ),
        }
    }
}
