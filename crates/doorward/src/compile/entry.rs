//! The policy entry that is being compiled, and what is within its reach.

use std::any::Any;
use std::sync::Arc;

use doorward_core::{Code, Digest, Rejection, Timestamp};
use doorward_policy::{Demands, KeySource, RuleId};
use futures::future::BoxFuture;

use super::parsed::Parsed;
use super::secret::PolicySecret;
use crate::context::Context;
use crate::plan::Plan;
use crate::secret_reach::SecretReach;
use crate::secrets::{Holder, KeySourceError, Secret, SecretError};

/// Who compiles demands within a demand.
pub(super) trait Plans: Send + Sync {
    /// The plan for `demands` of `entry`.
    fn plan<'a>(&'a self, demands: &'a Demands, entry: PolicyEntry<'a>) -> BoxFuture<'a, Plan>;
}

/// The policy entry that is being compiled, and the Secrets within its reach. There is no other way to a Secret while a
/// policy is compiled.
#[derive(Clone, Copy)]
pub struct PolicyEntry<'a> {
    pub(super) rule: &'a RuleId,
    pub(super) context: &'a Context<'a>,
    /// The namespace of Secrets that are named without one.
    pub(super) home: &'a str,
    pub(super) reach: SecretReach<'a>,
    pub(super) parsed: &'a Parsed,
    pub(super) plans: &'a dyn Plans,
}

impl<'a> PolicyEntry<'a> {
    /// Which entry it is.
    #[must_use]
    pub const fn rule(&self) -> &'a RuleId {
        self.rule
    }

    /// The time to decide at.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.context.now
    }

    /// The Secret `name` of `namespace`, or of the policy's own one.
    ///
    /// # Errors
    /// [`Code::SECRET_NOT_FOUND`] in the same words for a Secret that does not exist and for one out of reach, which is
    /// not looked for; [`Code::SECRET_UNAVAILABLE`] only for one within reach.
    pub async fn secret(
        self,
        namespace: Option<&'a str>,
        name: &'a str,
    ) -> Result<PolicySecret<'a>, Rejection> {
        self.held(Holder::Secret, namespace, name).await
    }

    /// The `ConfigMap` `name` of `namespace`, or of the policy's own one, within the same reach as Secrets.
    ///
    /// # Errors
    /// As for [`Self::secret`].
    pub async fn config_map(
        self,
        namespace: Option<&'a str>,
        name: &'a str,
    ) -> Result<PolicySecret<'a>, Rejection> {
        self.held(Holder::ConfigMap, namespace, name).await
    }

    /// The trusted root of sigstore that this program knows by this name. It is public, and within the reach of every
    /// policy.
    ///
    /// # Errors
    /// [`SecretError`].
    pub async fn trust_root(self, name: &'a str) -> Result<Arc<Secret>, SecretError> {
        self.context.secrets.trust_root(name).await
    }

    /// The public key, ring of keys or certificates from this source, as far as they are known. They are public,
    /// and within the reach of every policy.
    ///
    /// # Errors
    /// [`Code::KEY_SOURCE_INVALID`], [`Code::KEY_SOURCE_PIN_MISMATCH`] or [`Code::KEY_SOURCE_UNAVAILABLE`].
    pub async fn key_source(self, source: &'a KeySource) -> Result<Arc<Secret>, Rejection> {
        let found = self.context.secrets.key_source(source).await;
        found.map_err(|error| {
            let code = match error {
                KeySourceError::Invalid { .. } => Code::KEY_SOURCE_INVALID,
                KeySourceError::PinMismatch { .. } => Code::KEY_SOURCE_PIN_MISMATCH,
                KeySourceError::Unavailable { .. } => Code::KEY_SOURCE_UNAVAILABLE,
            };
            let what = source.form().as_str();
            Rejection::new(code, format!("the {what} of {}: {error}", source.address()))
        })
    }

    /// The bundles of sigstore that the caller brings along, if any. They are public, and no policy names them.
    ///
    /// # Errors
    /// [`SecretError`].
    pub async fn bundles(self) -> Result<Option<Arc<Secret>>, SecretError> {
        match self.context.secrets.bundles().await {
            Ok(files) => Ok(Some(files)),
            Err(SecretError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What a policy names, if it is within its reach. What is not is not looked for.
    async fn held(
        self,
        holder: Holder,
        namespace: Option<&'a str>,
        name: &'a str,
    ) -> Result<PolicySecret<'a>, Rejection> {
        let namespace = namespace.unwrap_or(self.home);
        if !self.reach.contains(namespace) {
            return Err(self.not_there(holder, namespace, name));
        }
        let secrets = self.context.secrets;
        let found = match holder {
            Holder::ConfigMap => secrets.config_map(namespace, name).await,
            Holder::Secret => secrets.secret(namespace, name).await,
        };
        let error = match found {
            Ok(held) => {
                return Ok(PolicySecret::new(
                    holder,
                    namespace,
                    name,
                    self.rule.kind,
                    held,
                ));
            }
            Err(error) => error,
        };
        let code = match error {
            SecretError::Invalid { .. } => Code::SECRET_INVALID,
            SecretError::NotFound => return Err(self.not_there(holder, namespace, name)),
            SecretError::Unavailable { .. } => Code::SECRET_UNAVAILABLE,
        };
        let detail = format!("{holder} {namespace}/{name}: {error}");
        Err(Rejection::new(code, detail).with_fact(holder.fact(namespace, name)))
    }

    /// What `parse` makes of `bytes` bytes of Secrets, which `key` tells from all others of its type; remembered if it
    /// was made before.
    ///
    /// It is made aside from what else is decided, in the turn of `namespace`, whose Secrets they are, and ends also if
    /// nobody waits for it any more.
    ///
    /// # Errors
    /// [`Code::INTERNAL_ERROR`] if `parse` panics.
    pub async fn parsed<T: Any + Send + Sync>(
        self,
        namespace: &str,
        key: Digest,
        bytes: usize,
        parse: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Arc<T>, Rejection> {
        self.parsed.of(namespace, key, bytes, parse).await
    }

    /// The plan for demands within a demand, such as who must have signed an attached document. It is compiled by the
    /// schemes of the engine, each of its own demands.
    pub async fn plan(self, demands: &'a Demands) -> Plan {
        self.plans.plan(demands, self).await
    }

    /// The namespace that Secrets of this entry come from unless it names one.
    #[must_use]
    pub const fn home(&self) -> &'a str {
        self.home
    }

    fn not_there(self, holder: Holder, namespace: &str, name: &str) -> Rejection {
        let detail = self.reach.not_there(holder, namespace, name);
        Rejection::new(Code::SECRET_NOT_FOUND, detail).with_fact(holder.fact(namespace, name))
    }
}
