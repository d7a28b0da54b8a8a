//! Settings of an engine.

use std::time::Duration;

use doorward_core::Budget;

use super::Engine;
use crate::compile::Compiler;
use crate::proof_cache::ProofCache;

/// Settings of an [`Engine`].
#[derive(Clone, Debug)]
#[must_use]
pub struct EngineBuilder {
    budget: Budget,
    deadline: Duration,
    proof_lifetime: Duration,
    home_namespace: String,
    tenant_keys: bool,
}

impl Default for EngineBuilder {
    fn default() -> Self {
        Self {
            budget: Budget::default(),
            // One second under the API server's default webhook timeout of ten.
            deadline: Duration::from_secs(9),
            proof_lifetime: Duration::from_secs(300),
            home_namespace: "doorward".to_owned(),
            tenant_keys: false,
        }
    }
}

impl EngineBuilder {
    /// What one image may cost.
    pub const fn budget(mut self, budget: Budget) -> Self {
        self.budget = budget;
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

    /// Reads the keys of cluster policies of the Portieris groups from the workload's namespace, as Portieris does.
    /// Whoever may write Secrets there then chooses the keys that are trusted.
    pub const fn dangerously_read_cluster_policy_keys_from_tenants(mut self) -> Self {
        self.tenant_keys = true;
        self
    }

    /// The engine.
    #[must_use]
    pub fn build(self) -> Engine {
        Engine {
            budget: self.budget,
            deadline: self.deadline,
            compiler: Compiler::new(self.home_namespace, self.tenant_keys),
            proofs: ProofCache::new(
                i64::try_from(self.proof_lifetime.as_secs()).unwrap_or(i64::MAX),
            ),
        }
    }
}
