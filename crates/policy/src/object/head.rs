//! What an object is: its group and kind.

use crate::diagnostic::quoted;
use crate::schema;
use crate::walk::{Object, Walk};
use crate::{ExceptionKind, Group, LintCode, PolicyKind};

/// The group in `apiVersion`.
pub(super) fn read_group(walk: &mut Walk<'_>, document: &Object<'_>) -> Option<Group> {
    if document.field("apiVersion").is_none() {
        walk.missing(document, "apiVersion");
    }
    let text = walk.string(document, "apiVersion")?;
    let group = Group::ALL
        .into_iter()
        .find(|group| group.api_version() == text);
    if group.is_none() {
        let known = Group::ALL
            .map(|group| format!("`{}`", group.api_version()))
            .join(", ");
        let message = format!(
            "{} is not a version of image policies; there are {known}",
            quoted(text)
        );
        walk.form(LintCode::UnknownKind, document.place("apiVersion"), message);
    }
    group
}

/// The kind in `kind`.
pub(super) fn read_kind(walk: &mut Walk<'_>, document: &Object<'_>) -> Option<PolicyKind> {
    if document.field("kind").is_none() {
        walk.missing(document, "kind");
    }
    let text = walk.string(document, "kind")?;
    let kind = PolicyKind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == text);
    if kind.is_none() {
        let message = format!("{} is not a kind of image policy", quoted(text));
        let kinds = PolicyKind::ALL.map(PolicyKind::as_str).into_iter();
        let kinds = kinds.chain(ExceptionKind::ALL.map(ExceptionKind::as_str));
        let near = schema::nearest(text, kinds);
        let near = near.unwrap_or("ClusterImagePolicy` or `ImagePolicy");
        walk.form(
            LintCode::UnknownKind,
            document.place("kind"),
            format!("{message}; did you mean `{near}`?"),
        );
    }
    kind
}
