//! The objects of a text.

use serde_json::Value;

mod held;
mod indentation;
mod joined;
mod object;
mod reading;
mod recognise;
mod texts;

use crate::diagnostic::quoted;
use crate::{
    Diagnostic, ExceptionKind, ExceptionObject, Group, LintCode, PolicyKind, PolicyObject, Position,
};

pub use reading::read_documents;
pub use texts::policy_texts;

/// One object of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Document {
    /// An exception to image policies. One with a mistake overrides nothing.
    Exception(ExceptionObject),
    /// An image policy, or something that may have been meant as one: that denies.
    Policy(PolicyObject),
    /// Another Kubernetes object.
    Other {
        /// Its API version.
        api_version: String,
        /// Its kind.
        kind: String,
        /// The object.
        value: Value,
        /// The line it begins on, from 1.
        line: u32,
        /// What is ambiguous in it: a key that stands twice, of which `value` has the first. It concerns this object.
        fault: Option<Diagnostic>,
    },
    /// Something without `apiVersion` or `kind` that cannot be a part of a policy either, such as a kustomization or
    /// the values of a chart. It says nothing here.
    NotAnObject {
        /// The line it begins on, from 1.
        line: u32,
    },
}

impl Document {
    /// A warning if this is an object of a kind that is called as one of ours and belongs to another project, and so is
    /// not in force. `source` is the name of the text.
    #[must_use]
    pub fn foreign_policy(&self, source: &str) -> Option<Diagnostic> {
        let Self::Other {
            api_version,
            kind,
            line,
            ..
        } = self
        else {
            return None;
        };
        let policy = PolicyKind::ALL.iter().find(|ours| ours.as_str() == kind);
        let (what, groups) = match (policy, ExceptionKind::named(kind)) {
            (Some(policy), _) => (policy.with_article().to_owned(), Group::ALL.to_vec()),
            (None, Some(exception)) => (format!("the {exception}"), vec![ExceptionKind::GROUP]),
            (None, None) => return None,
        };
        let groups = groups
            .iter()
            .map(|group| format!("`{}`", group.api_version()));
        let message = format!(
            "{what} of {} belongs to another project and is not read; there are {}",
            quoted(api_version),
            groups.collect::<Vec<_>>().join(", ")
        );
        let at = Position {
            line: *line,
            column: 1,
            length: 0,
        };
        Some(Diagnostic::new(LintCode::ForeignKind, message).at(source, at))
    }

    /// A warning if this is another object that holds policies, which nobody reads there. `source` is the name of the
    /// text.
    #[must_use]
    pub fn held_policies(&self, source: &str) -> Option<Diagnostic> {
        let Self::Other {
            kind, value, line, ..
        } = self
        else {
            return None;
        };
        if !held::holds_policies(value) {
            return None;
        }
        let message = format!("this {kind} holds policies, which are not read there");
        let at = Position {
            line: *line,
            column: 1,
            length: 0,
        };
        Some(Diagnostic::new(LintCode::HeldPolicy, message).at(source, at))
    }
}

#[cfg(test)]
mod tests;
