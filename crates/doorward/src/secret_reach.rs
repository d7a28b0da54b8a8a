//! Which Secrets a policy may name.

use std::collections::BTreeSet;

use doorward_policy::PolicyKind;

use crate::secrets::Holder;

/// The Secrets that a policy reaches.
///
/// A cluster policy is the operator's and may name any namespace. A namespaced policy is written by somebody who need
/// not be able to read a single Secret: it reaches those of its own namespace and of the namespaces that the operator
/// shares, and learns nothing about any other, not even whether a Secret exists.
#[derive(Clone, Copy, Debug)]
pub struct SecretReach<'a> {
    author: Author<'a>,
}

/// Who wrote a policy.
#[derive(Clone, Copy, Debug)]
enum Author<'a> {
    Operator,
    Tenant {
        namespace: &'a str,
        shared: &'a BTreeSet<String>,
    },
}

impl<'a> SecretReach<'a> {
    /// What a policy of this kind reaches, where `home` is the namespace of Secrets that it names without one and
    /// `shared` are those that the operator shares.
    #[must_use]
    pub const fn new(kind: PolicyKind, home: &'a str, shared: &'a BTreeSet<String>) -> Self {
        let author = match kind {
            PolicyKind::ClusterImagePolicy => Author::Operator,
            PolicyKind::ImagePolicy => Author::Tenant {
                namespace: home,
                shared,
            },
        };
        Self { author }
    }

    /// Whether the Secrets of `namespace` are within reach. One that is not must not be looked for.
    #[must_use]
    pub fn contains(self, namespace: &str) -> bool {
        match self.author {
            Author::Operator => true,
            Author::Tenant {
                namespace: own,
                shared,
            } => namespace == own || shared.contains(namespace),
        }
    }

    /// That a Secret or a `ConfigMap` is not there: the same words for one that does not exist and for one out of reach.
    #[must_use]
    pub(crate) fn not_there(self, holder: Holder, namespace: &str, name: &str) -> String {
        match self.author {
            Author::Operator => format!("{holder} {namespace}/{name}: not found"),
            Author::Tenant { namespace: own, .. } => format!(
                "{holder} {namespace}/{name}: there is none that a policy of namespace {own} may read"
            ),
        }
    }
}
