//! Reading the Secrets that a policy names, and which those may be.

use std::sync::Arc;

use doorward_core::{Basic, Code, Fact, Rejection};
use doorward_policy::{PolicyKind, RuleId};

use super::Compiler;
use crate::context::Context;
use crate::secret_reach::SecretReach;
use crate::secrets::{Secret, SecretError};

/// The Secrets within reach of one policy. There is no other way to a Secret while a policy is compiled.
#[derive(Clone, Copy)]
pub(super) struct Reach<'a> {
    context: &'a Context<'a>,
    /// The namespace of Secrets that are named without one.
    home: &'a str,
    kind: PolicyKind,
    reach: SecretReach<'a>,
}

/// A Secret with its name, for messages.
pub(super) struct Held<'a> {
    namespace: &'a str,
    name: &'a str,
    kind: PolicyKind,
    secret: Arc<Secret>,
}

impl<'a> Reach<'a> {
    /// What the policy of a rule reaches.
    pub(super) fn of(compiler: &'a Compiler, rule: &'a RuleId, context: &'a Context<'a>) -> Self {
        let home = compiler.secret_namespace(rule, context);
        Self {
            context,
            home,
            kind: rule.kind,
            reach: SecretReach::new(rule.kind, home, &compiler.shared_namespaces),
        }
    }

    /// The Secret `name` of `namespace`, or of the policy's own one.
    ///
    /// # Errors
    /// [`Code::SECRET_NOT_FOUND`] in the same words for a Secret that does not exist and for one out of reach, which is
    /// not looked for; [`Code::SECRET_UNAVAILABLE`] only for one within reach.
    pub(super) async fn read(
        self,
        namespace: Option<&'a str>,
        name: &'a str,
    ) -> Result<Held<'a>, Rejection> {
        let namespace = namespace.unwrap_or(self.home);
        if !self.reach.contains(namespace) {
            return Err(self.not_there(namespace, name));
        }
        match self.context.secrets.secret(namespace, name).await {
            Ok(secret) => Ok(Held::new(namespace, name, self.kind, secret)),
            Err(error) => {
                let code = match error {
                    SecretError::Invalid { .. } => Code::SECRET_INVALID,
                    SecretError::NotFound => return Err(self.not_there(namespace, name)),
                    SecretError::Unavailable { .. } => Code::SECRET_UNAVAILABLE,
                };
                let detail = format!("secret {namespace}/{name}: {error}");
                Err(Rejection::new(code, detail).with_fact(Fact::secret(namespace, name)))
            }
        }
    }

    fn not_there(self, namespace: &str, name: &str) -> Rejection {
        let detail = self.reach.not_there(namespace, name);
        Rejection::new(Code::SECRET_NOT_FOUND, detail).with_fact(Fact::secret(namespace, name))
    }
}

impl<'a> Held<'a> {
    /// A Secret that a policy of this kind may read.
    pub(super) const fn new(
        namespace: &'a str,
        name: &'a str,
        kind: PolicyKind,
        secret: Arc<Secret>,
    ) -> Self {
        Self {
            namespace,
            name,
            kind,
            secret,
        }
    }
}

impl Held<'_> {
    /// The Secret itself.
    pub(super) fn secret(&self) -> &Secret {
        &self.secret
    }

    /// Where it is.
    pub(super) const fn namespace(&self) -> &str {
        self.namespace
    }

    /// The Secret itself, for what outlives this.
    pub(super) fn shared(&self) -> Arc<Secret> {
        Arc::clone(&self.secret)
    }

    /// An item.
    ///
    /// # Errors
    /// [`Code::SECRET_INVALID`].
    pub(super) fn bytes(&self, item: &str) -> Result<&[u8], Rejection> {
        self.secret
            .item(item)
            .ok_or_else(|| self.invalid(&format!("has no item `{item}`")))
    }

    /// An item that is text.
    ///
    /// # Errors
    /// [`Code::SECRET_INVALID`].
    pub(super) fn text(&self, item: &str) -> Result<&str, Rejection> {
        self.secret
            .item(item)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .ok_or_else(|| self.invalid(&format!("has no text item `{item}`")))
    }

    /// What it holds for a signature store.
    ///
    /// # Errors
    /// [`Code::SECRET_INVALID`].
    pub(super) fn store_login(&self) -> Result<Basic, Rejection> {
        self.secret
            .store_login(self.kind)
            .map_err(|error| self.invalid(&error.to_string()))
    }

    /// What a refusal about it names.
    pub(super) fn fact(&self) -> Fact {
        Fact::secret(self.namespace, self.name)
    }

    /// That it does not hold what it should.
    pub(super) fn invalid(&self, why: &str) -> Rejection {
        let detail = format!("secret {self} {why}");
        Rejection::new(Code::SECRET_INVALID, detail).with_fact(self.fact())
    }
}

impl std::fmt::Display for Held<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}
