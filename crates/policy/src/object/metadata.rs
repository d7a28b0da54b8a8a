//! The name of an object, and the namespace that it is in force in.

use super::PolicyObject;
use crate::diagnostic::quoted;
use crate::node::{Kind, Node};
use crate::walk::{Object, Walk};
use crate::{LintCode, MAX_NAMESPACE, PolicyKind, is_namespace};

impl PolicyObject {
    /// Reads name and namespace; whether the namespace is known.
    pub(super) fn read_metadata(&mut self, walk: &mut Walk<'_>, document: &Object<'_>) -> bool {
        let metadata = document.field("metadata");
        let Some(metadata) = metadata else {
            walk.missing(document, "metadata");
            return self.kind == PolicyKind::ClusterImagePolicy;
        };
        walk.inside("metadata", |walk| {
            let Kind::Mapping(members) = &metadata.kind else {
                walk.expected(metadata, "a mapping");
                return self.kind == PolicyKind::ClusterImagePolicy;
            };
            // Kubernetes owns this mapping, so only what is used of it is checked.
            for field in ["name", "namespace"] {
                let mut same = members.iter().filter(|member| member.key == field);
                if let (Some(_), Some(twice)) = (same.next(), same.next()) {
                    let message = format!("`{field}` stands here twice");
                    walk.form(LintCode::DuplicateKey, twice.at, message);
                }
            }
            match metadata.member("name").map(|name| (name, walk.text(name))) {
                Some((_, Some(name))) if !name.is_empty() => name.clone_into(&mut self.name),
                Some((_, None)) => {}
                None | Some((_, Some(_))) => {
                    walk.form(LintCode::MissingField, metadata.at, "`name` is required");
                }
            }
            if self.kind == PolicyKind::ClusterImagePolicy {
                if let Some(namespace) = metadata.member("namespace") {
                    let message = "a ClusterImagePolicy has no namespace";
                    walk.form(LintCode::MisplacedField, namespace.at, message);
                }
                return true;
            }
            let mut named = members.iter().filter(|member| member.key == "namespace");
            match named.next().map(|member| &member.value) {
                None => {
                    let message = "without a namespace, the policy belongs to `default` or to the namespace that is \
                                   chosen where it is applied";
                    walk.note(LintCode::MissingNamespace, metadata.at, message);
                    true
                }
                Some(value) => self.read_namespace(walk, value) && named.next().is_none(),
            }
        })
    }

    /// Reads the namespace; whether it can be one. A policy of a namespace that cannot exist would govern nothing, and
    /// be missed by nobody.
    fn read_namespace(&mut self, walk: &mut Walk<'_>, value: &Node) -> bool {
        let text = match &value.kind {
            Kind::Null => "",
            _ => match walk.text(value) {
                None => return false,
                Some(text) => text,
            },
        };
        if is_namespace(text) {
            self.namespace = Some(text.to_owned());
            return true;
        }
        walk.inside("namespace", |walk| {
            if text.is_empty() {
                walk.meaning(LintCode::MissingField, value.at, "`namespace` has no value");
            } else {
                let message = format!(
                    "{} can be no namespace: one has at most {MAX_NAMESPACE} lower-case letters, digits and hyphens, \
                     with a letter or digit first and last",
                    quoted(text)
                );
                walk.meaning(LintCode::InvalidValue, value.at, message);
            }
        });
        false
    }
}
