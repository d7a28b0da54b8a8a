//! What a decision is made in.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use doorward_core::{Fetcher, Timestamp};
use doorward_policy::Environment;

use crate::recorded::Tape;
use crate::rules::Rules;
use crate::secrets::Secrets;

/// The circumstances of a review: everything but the image.
#[derive(Clone)]
#[non_exhaustive]
pub struct Context<'a> {
    /// The rules.
    pub rules: &'a Rules,
    /// Where the workload is, and what of it policies select by. Without a namespace, only cluster policies apply. A fact
    /// that is not given is not known, and where it decides, an image is under everything that it may be under.
    pub environment: Environment<'a>,
    /// The secrets that policies name.
    pub secrets: &'a dyn Secrets,
    /// The way out, with the workload's own pull credentials.
    pub fetcher: Arc<dyn Fetcher>,
    /// The time to decide at.
    pub now: Timestamp,
    /// Proofs are shared among contexts of the same scope, and not remembered without one. Two tenants whose pull
    /// credentials differ must not share a scope.
    pub cache_scope: Option<&'a str>,
    /// Whether what schemes verify is kept for later decisions. What was kept before is used either way.
    pub keeps: bool,
    /// How long the decision may take, if it is not as long as the engine's deadline.
    pub deadline: Option<Duration>,
    /// Whether the decision is written down, or one that was.
    pub(crate) tape: Option<Tape>,
}

impl<'a> Context<'a> {
    /// A context without namespace that remembers nothing.
    #[must_use]
    pub fn new(
        rules: &'a Rules,
        secrets: &'a dyn Secrets,
        fetcher: Arc<dyn Fetcher>,
        now: Timestamp,
    ) -> Self {
        Self {
            rules,
            environment: Environment::new(),
            secrets,
            fetcher,
            now,
            cache_scope: None,
            keeps: true,
            deadline: None,
            tape: None,
        }
    }

    /// The same context in a namespace.
    #[must_use]
    pub const fn in_namespace(mut self, namespace: &'a str) -> Self {
        self.environment = self.environment.in_namespace(namespace);
        self
    }

    /// The same context for a workload in this environment, namespace included.
    #[must_use]
    pub const fn in_environment(mut self, environment: Environment<'a>) -> Self {
        self.environment = environment;
        self
    }

    /// The namespace of the workload.
    #[must_use]
    pub const fn namespace(&self) -> Option<&'a str> {
        self.environment.namespace()
    }

    /// The same context, sharing remembered proofs within `scope`.
    #[must_use]
    pub const fn remembering_in(mut self, scope: &'a str) -> Self {
        self.cache_scope = Some(scope);
        self
    }

    /// The same context, with so much time for each decision in place of the engine's deadline.
    #[must_use]
    pub const fn within(mut self, deadline: Duration) -> Self {
        self.deadline = Some(deadline);
        self
    }

    /// The same context, leaving nothing behind for later decisions: for asking what would be decided, in a dry run or
    /// at another time than now. Nothing may be admitted on the answer, for what it rests on is not kept.
    #[must_use]
    pub const fn keeping_nothing(mut self) -> Self {
        self.keeps = false;
        self
    }
}

impl fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("namespace", &self.namespace())
            .field("now", &self.now)
            .field("cache_scope", &self.cache_scope)
            .field("keeps", &self.keeps)
            .finish_non_exhaustive()
    }
}
