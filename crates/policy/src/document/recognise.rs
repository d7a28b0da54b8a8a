//! Whether a document may be a policy, or the beginning of one.

use crate::node::{Kind, Node};
use crate::{Group, PolicyKind};

/// The keys that tell what a document is. A document of these alone has not said anything yet.
pub(super) const HEAD: [&str; 3] = ["apiVersion", "kind", "metadata"];
/// Every key that a policy has at its top, and a list of policies.
const ENVELOPE: [&str; 6] = ["apiVersion", "kind", "metadata", "spec", "status", "items"];

/// Whether a group of image policies is meant.
pub(super) fn is_ours(api_version: &str) -> bool {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    Group::ALL.iter().any(|ours| ours.as_str() == group)
}

/// The group of an API version; all of it if it has no version.
pub(super) fn group_of(api_version: &str) -> &str {
    api_version
        .split_once('/')
        .map_or(api_version, |(group, _)| group)
}

/// The group that was meant where a policy's group is misspelt.
///
/// Other projects have kinds of the same name in groups of theirs, which have a dot. So it is a slip if there is no
/// such group at all, or if one of ours can be seen in it.
pub(super) fn misspelt(api_version: &str, kind: &str) -> Option<String> {
    let is_kind = |ours: &PolicyKind| ours.as_str().eq_ignore_ascii_case(kind);
    if !PolicyKind::ALL.iter().any(is_kind) {
        return None;
    }
    let text = api_version.to_ascii_lowercase();
    let group = group_of(&text);
    let seen = || {
        Group::ALL
            .into_iter()
            .find(|ours| text.contains(ours.as_str()))
    };
    let meant = near(group).or_else(seen);
    let is_none = !group.contains('.');
    meant
        .or_else(|| is_none.then_some(Group::Doorward))
        .map(|group| group.api_version())
}

/// Whether the group of an API version is one of image policies, or nearly.
pub(super) fn near_group(api_version: &str) -> bool {
    near(&group_of(api_version).to_ascii_lowercase()).is_some()
}

fn near(group: &str) -> Option<Group> {
    const MOST: usize = 60;
    if group.len() > MOST {
        return None;
    }
    let near = |ours: &Group| strsim::osa_distance(group, ours.as_str()) <= 3;
    Group::ALL.into_iter().find(near)
}

/// Whether a document without `apiVersion` or `kind` may be a policy with a slip in it, or the beginning of one.
///
/// It is neither if it has a key at its top that no policy has, and names no policy in any of them: the files of other
/// tools are like that.
pub(super) fn may_be_a_policy(node: &Node) -> bool {
    let Kind::Mapping(members) = &node.kind else {
        return true;
    };
    let foreign = |key: &str| !ENVELOPE.iter().any(|ours| ours.eq_ignore_ascii_case(key));
    let has_entries = || {
        node.member("spec")
            .is_some_and(|spec| spec.member("repositories").is_some())
            || node.member("repositories").is_some()
    };
    let is_other = members.is_empty() || members.iter().any(|member| foreign(&member.key));
    !is_other || names_a_policy(node) || has_entries()
}

/// Whether a text at the top of a mapping is the name of a kind or group of image policies.
pub(super) fn names_a_policy(node: &Node) -> bool {
    let Kind::Mapping(members) = &node.kind else {
        return false;
    };
    let texts = members.iter().filter_map(|member| member.value.as_str());
    texts.into_iter().any(|text| {
        let kind = |kind: &PolicyKind| text.eq_ignore_ascii_case(kind.as_str());
        PolicyKind::ALL.iter().any(kind) || near_group(text)
    })
}

/// Whether `kind`, which is not that of a list, was meant as one: its end is misspelt, and its items are policies.
pub(super) fn may_be_a_list(node: &Node, api_version: &str, kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    let of = kind.strip_suffix('s').unwrap_or(&kind);
    let Some(of) = of.strip_suffix("list") else {
        return false;
    };
    let Kind::Mapping(members) = &node.kind else {
        return false;
    };
    misspelt(api_version, of).is_some()
        || members
            .iter()
            .any(|member| member.key.eq_ignore_ascii_case("items") && lists_policies(&member.value))
}

/// Whether an item of a sequence names a kind or group of image policies.
pub(super) fn lists_policies(node: &Node) -> bool {
    matches!(&node.kind, Kind::Sequence(items) if items.iter().any(names_a_policy))
}
