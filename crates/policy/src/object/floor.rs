//! Whether an object is a floor, and holds anything.

use super::PolicyObject;
use crate::node::{Kind, Node};
use crate::schema;
use crate::walk::{Object, Walk};
use crate::{Group, LintCode, PolicyKind};

impl PolicyObject {
    /// Reads `floor`. What may be one is one: a policy that denies too little would be worse than one that denies too
    /// much.
    pub(super) fn read_floor(&mut self, walk: &mut Walk<'_>, spec_node: &Node, spec: &Object<'_>) {
        let value = walk.boolean(spec, "floor");
        let named = spec.names("floor");
        let allowed = self.kind == PolicyKind::ClusterImagePolicy && self.group == Group::Doorward;
        if named && !allowed {
            let message = format!(
                "`floor` has a meaning only in a ClusterImagePolicy of {}",
                Group::Doorward.api_version()
            );
            walk.form(LintCode::MisplacedField, spec.place("floor"), message);
        }
        // Something like it was meant as a floor; a policy that denies too little would be worse than one that denies
        // too much.
        let Kind::Mapping(members) = &spec_node.kind else {
            return;
        };
        let meant = members.iter().any(|member| {
            member.key != "floor"
                && schema::nearest(&member.key, schema::SPEC.names()) == Some("floor")
        });
        let broken = named && value.is_none();
        self.floor =
            self.kind == PolicyKind::ClusterImagePolicy && (value == Some(true) || broken || meant);
    }

    /// Whether the object might be a floor, for all that can be told before its `spec`.
    pub(super) fn may_be_floor(&self) -> bool {
        self.kind == PolicyKind::ClusterImagePolicy && self.group == Group::Doorward
    }

    /// Reports that a list of entries is missing where absence is a mistake; whether it is.
    ///
    /// An empty list is a statement: the scope admits nothing on account of the object. A floor without entries
    /// would hold nothing, so that is a mistake in any form. Where the text breaks off before the entries, it may
    /// have broken off before `floor` as well.
    pub(super) fn lacks_entries(
        &mut self,
        walk: &mut Walk<'_>,
        spec: &Object<'_>,
        items: &[Node],
    ) -> bool {
        if !walk.explicit || !items.is_empty() {
            return false;
        }
        if spec.field("repositories").is_none() {
            if !spec.names("repositories") {
                walk.meaning(
                    LintCode::MissingField,
                    spec.at,
                    "`repositories` is required; a policy that is meant to have no entries says `[]`",
                );
            }
            self.floor |= self.may_be_floor() && !spec.names("floor");
            true
        } else if self.floor {
            let message = "a floor without entries holds nothing";
            walk.meaning(LintCode::InvalidValue, spec.place("repositories"), message);
            true
        } else {
            false
        }
    }
}
