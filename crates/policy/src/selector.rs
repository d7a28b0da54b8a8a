//! Which workloads a cluster policy is for.

mod account;
mod explain;
mod form;
mod labels;
mod read;
mod relation;

pub use account::AccountPattern;
pub use form::{is_key as is_label_key, is_value as is_label_value};
pub use labels::{LabelOperator, LabelRequirement, LabelSelector};
pub(crate) use read::{read, read_labels};

use crate::Environment;
use crate::environment::Missing;

/// Which workloads a cluster policy is for: those that every selector here selects. An absent one selects all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Selectors {
    /// By the labels of their namespace.
    pub namespaces: Option<LabelSelector>,
    /// By the labels of their Pods, which their authors choose. A policy that has it only ever adds demands.
    pub objects: Option<LabelSelector>,
    /// By the service account that their Pods run as: one of these. Empty if any will do.
    pub service_accounts: Vec<AccountPattern>,
}

impl Selectors {
    /// Whether they select every workload.
    #[must_use]
    pub const fn is_everything(&self) -> bool {
        let Self {
            namespaces,
            objects,
            service_accounts,
        } = self;
        namespaces.is_none() && objects.is_none() && service_accounts.is_empty()
    }

    /// Whether the policy is for a workload.
    #[must_use]
    pub fn select(&self, environment: &Environment<'_>) -> Applies {
        let by = |selector: &Option<LabelSelector>, label: &dyn Fn(&str) -> _, missing| {
            let selector = selector.as_ref();
            selector.map_or(Applies::Yes, |selector| selector.select(label, missing))
        };
        let namespace = by(
            &self.namespaces,
            &|key| environment.namespace_label(key),
            Missing {
                namespace_labels: true,
                ..Missing::NOTHING
            },
        );
        let object = by(
            &self.objects,
            &|key| environment.object_label(key),
            Missing {
                object_labels: true,
                ..Missing::NOTHING
            },
        );
        let account = account::select(&self.service_accounts, environment);
        namespace.and(object).and(account)
    }
}

/// Whether a policy is for a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Applies {
    /// It is not.
    No,
    /// That depends on facts that are not known.
    Unknown(Missing),
    /// It is.
    Yes,
}

impl Applies {
    /// Whether both are so: what is surely not so decides, whatever else is not known.
    pub(crate) const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Unknown(one), Self::Unknown(other)) => Self::Unknown(one.and(other)),
            (unknown @ Self::Unknown(_), Self::Yes) | (Self::Yes, unknown @ Self::Unknown(_)) => {
                unknown
            }
            (Self::Yes, Self::Yes) => Self::Yes,
        }
    }
}

#[cfg(test)]
mod tests;
