//! An object of an API server that is not read.

use super::{PolicyObject, Selectors};
use crate::{Diagnostic, Group, PolicyKind, Position};

impl PolicyObject {
    /// An object that stands for one, or for several, of an API server that exceed a bound and are not read, and the mistake
    /// to report. `why` is a fragment that says which bound.
    ///
    /// What they demand is not known, so everything in their scope is denied: the namespace, or for a cluster policy, of
    /// which not even the selectors are known, everything everywhere.
    #[must_use]
    pub fn of_unread_objects(
        source: &str,
        (kind, group): (PolicyKind, Group),
        namespace: Option<&str>,
        name: &str,
        why: impl Into<String>,
    ) -> (Self, Diagnostic) {
        let why = Diagnostic::limit_exceeded(source, why);
        let is_cluster = kind == PolicyKind::ClusterImagePolicy;
        let namespace = namespace.filter(|_| !is_cluster);
        let mut object = Self::unreadable(source, Position::default(), why.clone());
        object.kind = kind;
        object.group = group;
        object.namespace = namespace.map(str::to_owned);
        name.clone_into(&mut object.name);
        object.floor = is_cluster;
        object.selectors = Selectors::default();
        (object, why)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{PolicySet, Selection};

    fn is_denied(set: &PolicySet, namespace: &str) -> bool {
        match set.select("nginx", Some(namespace)) {
            Selection::Match(found) => found.entries.iter().any(|entry| entry.body.is_err()),
            Selection::NoMatch { .. } | Selection::NoPolicy | Selection::Unknown { .. } => true,
        }
    }

    #[test]
    fn objects_that_are_not_read_deny_their_scope_and_nothing_else() {
        let base = "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {name: base}\n\
                    spec: {repositories: [{name: '*', policy: {unchecked: true}}]}\n";
        for group in Group::ALL {
            for (kind, elsewhere) in [
                (PolicyKind::ImagePolicy, false),
                (PolicyKind::ClusterImagePolicy, true),
            ] {
                let (unread, why) = PolicyObject::of_unread_objects(
                    "s",
                    (kind, group),
                    Some("shop"),
                    "*",
                    "too much",
                );
                assert!(why.is_error());
                let (documents, _) = crate::read_documents("base", base.as_bytes());
                let others = documents.into_iter().filter_map(|one| match one {
                    crate::Document::Policy(policy) => Some(policy),
                    _ => None,
                });
                let (set, _) = PolicySet::compile(others.chain([unread]).collect());
                assert!(is_denied(&set, "shop"), "{kind:?} {group:?}");
                assert_eq!(is_denied(&set, "other"), elsewhere, "{kind:?} {group:?}");
            }
        }
    }
}
