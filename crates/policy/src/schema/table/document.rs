//! What stands around the bodies.

use crate::schema::field::field;
use crate::schema::{Absent, Mapping, Only, Rule, Type, text};

use super::BODY;

/// The most entries of one object of an API server. A file may have more: the bound of a namespace counts there.
const MAX_ENTRIES: usize = 10_000;

/// A policy.
pub static DOCUMENT: Mapping = Mapping {
    name: "the document",
    section: None,
    parts: &[&[
        field(
            "apiVersion",
            Type::Kubernetes,
            "The API group and its version.",
        )
        .required(),
        field(
            "kind",
            Type::Kubernetes,
            "`ImagePolicy` or `ClusterImagePolicy`.",
        )
        .required(),
        field(
            "metadata",
            Type::Kubernetes,
            "Its name, and the namespace of an `ImagePolicy`.",
        )
        .required(),
        field("spec", Type::Mapping(&SPEC), "What images must meet.").required(),
        field(
            "status",
            Type::Kubernetes,
            "What became of the policy; written by the webhook.",
        ),
    ]],
    rules: &[],
};

/// The policy itself.
pub static SPEC: Mapping = Mapping {
    name: "`spec`",
    section: Some("spec"),
    parts: &[&[
        field(
            "repositories",
            Type::List {
                of: &Type::Mapping(&ENTRY),
                fewest: 0,
                most: MAX_ENTRIES,
            },
            "The entries: which images must meet what. The most specific one whose pattern fits decides.",
        )
        .required_in_doorward(),
        field(
            "floor",
            Type::Bool,
            "Whether the entries apply in addition to whatever else governs an image.",
        )
        .absent(Absent::False)
        .only(Only::InClusterPolicies)
        .more("None of them may name tags: a digest would get around it"),
    ]],
    rules: &[Rule::Holds(
        "!(has(self.floor) && self.floor) || size(self.repositories) > 0",
        "a floor without entries holds nothing",
    )],
};

/// An entry.
pub(crate) static ENTRY: Mapping = Mapping {
    name: "an entry of `repositories`",
    section: None,
    parts: &[&[
        field(
            "name",
            Type::Text(&text::PATTERN),
            "The pattern of the images that the entry governs.",
        )
        .required_in_doorward()
        .more("See [patterns](../concepts/policy-precedence.md#the-pattern)"),
        field(
            "policy",
            Type::Mapping(&BODY),
            "What images under the pattern must meet.",
        )
        .required_in_doorward(),
    ]],
    rules: &[],
};
