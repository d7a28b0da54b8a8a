//! A Secret or a `ConfigMap` that a policy names.

use std::sync::Arc;

use doorward_core::{Basic, Code, Fact, Rejection};
use doorward_policy::PolicyKind;

use crate::secrets::{Holder, Secret};

/// A Secret that a policy names, or a `ConfigMap` in the form of one, with its name for messages.
#[derive(Debug)]
pub struct PolicySecret<'a> {
    holder: Holder,
    namespace: &'a str,
    name: &'a str,
    kind: PolicyKind,
    secret: Arc<Secret>,
}

impl<'a> PolicySecret<'a> {
    /// A Secret that a policy of this kind may read.
    pub(super) const fn new(
        holder: Holder,
        namespace: &'a str,
        name: &'a str,
        kind: PolicyKind,
        secret: Arc<Secret>,
    ) -> Self {
        Self {
            holder,
            namespace,
            name,
            kind,
            secret,
        }
    }

    /// Where it is.
    #[must_use]
    pub const fn namespace(&self) -> &'a str {
        self.namespace
    }
}

impl PolicySecret<'_> {
    /// The Secret itself.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// The Secret itself, for what outlives this.
    #[must_use]
    pub fn shared(&self) -> Arc<Secret> {
        Arc::clone(&self.secret)
    }

    /// An item.
    ///
    /// # Errors
    /// [`Code::SECRET_INVALID`].
    pub fn bytes(&self, item: &str) -> Result<&[u8], Rejection> {
        self.secret
            .item(item)
            .ok_or_else(|| self.invalid(&format!("has no item `{item}`")))
    }

    /// An item that is text.
    ///
    /// # Errors
    /// [`Code::SECRET_INVALID`].
    pub fn text(&self, item: &str) -> Result<&str, Rejection> {
        self.secret
            .item(item)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
            .ok_or_else(|| self.invalid(&format!("has no text item `{item}`")))
    }

    /// What it holds for a signature store.
    ///
    /// # Errors
    /// [`Code::SECRET_INVALID`].
    pub fn store_login(&self) -> Result<Basic, Rejection> {
        self.secret
            .store_login(self.kind)
            .map_err(|error| self.invalid(&error.to_string()))
    }

    /// What it is, and where, for messages: such as "secret shop/key".
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {self}", self.holder)
    }

    /// What a refusal about it names.
    #[must_use]
    pub fn fact(&self) -> Fact {
        self.holder.fact(self.namespace, self.name)
    }

    /// That it does not hold what it should; `why` continues its name, such as "has no usable key".
    #[must_use]
    pub fn invalid(&self, why: &str) -> Rejection {
        let detail = format!("{} {self} {why}", self.holder);
        Rejection::new(Code::SECRET_INVALID, detail).with_fact(self.fact())
    }
}

impl std::fmt::Display for PolicySecret<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.namespace, self.name)
    }
}
