//! Where in an object a part of its schema is.

use crate::schema::Only;
use crate::{Group, PolicyKind};

/// A place in the schema of an object.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) kind: PolicyKind,
    pub(super) group: Group,
    /// How often it can be there in one object.
    pub(super) times: u64,
    /// Whether what is there is described. The checks stand in bodies, in alternatives and in what says who signed a document;
    /// words in all of these would make the definition larger than `kubectl apply` takes.
    pub(super) is_described: bool,
}

impl Place {
    pub(super) const fn outermost(kind: PolicyKind, group: Group) -> Self {
        Self {
            kind,
            group,
            times: 1,
            is_described: true,
        }
    }

    /// Whether absence is a mistake, and so what is empty or malformed is refused.
    pub(super) fn is_strict(self) -> bool {
        self.group == Group::Doorward
    }

    pub(super) fn allows(self, only: Only) -> bool {
        match only {
            Only::Anywhere => true,
            Only::InDoorward => self.group == Group::Doorward,
            Only::InClusterExceptions | Only::InClusterPolicies => {
                self.group == Group::Doorward && self.kind == PolicyKind::ClusterImagePolicy
            }
        }
    }
}
