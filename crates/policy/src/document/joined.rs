//! Documents that may be two: somebody left out the `---` between them.

use crate::node::{Kind, Node};
use crate::{PolicyKind, Position};

use super::recognise::{is_ours, near_group};

/// The keys that an object has once.
const ONCE: [&str; 4] = ["apiVersion", "kind", "metadata", "spec"];

/// Where the second head begins in a mapping that has two and of which one may be that of a policy, and the key that
/// stands there.
///
/// Readers differ in which of two equal keys counts: to some this is a policy, whatever it is to others.
pub(super) fn second_head(node: &Node) -> Option<(&str, Position)> {
    let Kind::Mapping(members) = &node.kind else {
        return None;
    };
    let of = |key: &'static str| {
        members
            .iter()
            .filter(move |member| member.key.eq_ignore_ascii_case(key))
    };
    let twice = members.iter().enumerate().find(|(place, member)| {
        let is_same = |other: &&str| other.eq_ignore_ascii_case(&member.key);
        ONCE.iter().any(&is_same)
            && members
                .iter()
                .take(*place)
                .any(|before| is_same(&before.key.as_str()))
    });
    let (_, twice) = twice?;
    let is_group = |text: &str| is_ours(text) || near_group(text);
    let is_kind = |text: &str| {
        let text = text.to_ascii_lowercase();
        let of = text.strip_suffix("list").unwrap_or(&text);
        PolicyKind::ALL
            .iter()
            .any(|ours| ours.as_str().eq_ignore_ascii_case(of))
    };
    let is_policy = of("apiVersion").any(|member| member.value.as_str().is_some_and(is_group))
        || of("kind").any(|member| member.value.as_str().is_some_and(is_kind));
    is_policy.then_some((twice.key.as_str(), twice.at))
}
