//! Policies that cannot be read: each stands for what it may have demanded.

use super::{PolicyObject, Selectors};
use crate::{Diagnostic, Group, LintCode, PolicyKind, Position};

impl PolicyObject {
    /// Whether it stands for text of which not even the kind could be told. It denies everything everywhere.
    #[must_use]
    pub const fn is_unreadable(&self) -> bool {
        self.fault.is_some() && self.floor && self.name.is_empty() && self.entries.is_empty()
    }

    /// The same object, denying everything that it governs, for this reason: its text cannot be read any more.
    #[must_use]
    pub fn denying(mut self, why: &Diagnostic) -> Self {
        for entry in &mut self.entries {
            entry.body = Err(why.clone());
        }
        self.meaning.clear();
        self.notes.clear();
        self.dated.clear();
        self
    }

    /// An object that stands for a text that cannot even be had, and the mistake to report: it may have been a policy,
    /// so it denies everything everywhere.
    #[must_use]
    pub fn of_unreadable_text(source: &str, why: &str) -> (Self, Diagnostic) {
        let at = Position::default();
        let why = Diagnostic::new(
            LintCode::Unreadable,
            format!("the text cannot be read: {why}"),
        )
        .at(source, at);
        (Self::unreadable(source, at, why.clone()), why)
    }

    /// An object that stands for one that cannot be read: it denies everything everywhere.
    pub(crate) fn unreadable(source: &str, at: Position, why: Diagnostic) -> Self {
        Self {
            kind: PolicyKind::ClusterImagePolicy,
            group: Group::Doorward,
            namespace: None,
            name: String::new(),
            floor: true,
            selectors: Selectors::default(),
            is_beside: false,
            source: source.to_owned(),
            at,
            entries: Vec::new(),
            fault: Some(why),
            meaning: Vec::new(),
            notes: Vec::new(),
            dated: Vec::new(),
        }
    }

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
