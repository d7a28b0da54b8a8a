//! What stands around the bodies.

use crate::schema::field::field;
use crate::schema::{Absent, Mapping, Only, Rule, Type, text};

use super::{BODY, MAX_OF_ONE};

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
        field(
            "namespaceSelector",
            Type::Mapping(&LABEL_SELECTOR),
            "Whom the policy is for, by the labels of the namespace.",
        )
        .absent(Absent::Says("absent: all"))
        .only(Only::InClusterPolicies)
        .more("See [selectors](#selectors)"),
        field(
            "objectSelector",
            Type::Mapping(&LABEL_SELECTOR),
            "Whom the policy is for, by the labels of the object. Such a policy only ever adds demands.",
        )
        .absent(Absent::Says("absent: all"))
        .only(Only::InClusterPolicies),
        field(
            "serviceAccounts",
            Type::List {
                of: &Type::Text(&text::ACCOUNT),
                fewest: 1,
                most: MAX_OF_ONE,
            },
            "Whom the policy is for, by the service account that the Pods run as: one of these.",
        )
        .absent(Absent::Says("absent: all"))
        .only(Only::InClusterPolicies),
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
            "effectiveFrom",
            Type::Text(&text::UNTIL),
            "From when a failure of the entry refuses; before that it warns.",
        )
        .absent(Absent::Says("absent: always"))
        .only(Only::InDoorward)
        .more("See [below](#effectivefrom)"),
        field(
            "exceptions",
            Type::Word(&["denied", "cluster", "allowed"]),
            "Which exceptions may let run what the entry refuses: none, those of the cluster, or those of the namespace too.",
        )
        .absent(Absent::Word("denied"))
        .only(Only::InDoorward)
        .more("See [exceptions](../guides/exceptions.md)"),
        field(
            "policy",
            Type::Mapping(&BODY),
            "What images under the pattern must meet.",
        )
        .required_in_doorward(),
    ]],
    rules: &[],
};

/// A label selector, as Kubernetes has it.
pub(crate) static LABEL_SELECTOR: Mapping = Mapping {
    name: "a label selector",
    section: None,
    parts: &[&[
        field(
            "matchLabels",
            Type::Texts {
                of: &text::LABEL_VALUE,
                fewest: 0,
                most: MAX_OF_ONE,
            },
            "Every label is there with this value.",
        ),
        field(
            "matchExpressions",
            Type::List {
                of: &Type::Mapping(&LABEL_REQUIREMENT),
                fewest: 0,
                most: MAX_OF_ONE,
            },
            "What else holds of the labels: all of these.",
        ),
    ]],
    rules: &[],
};

/// A requirement of a label selector.
pub(crate) static LABEL_REQUIREMENT: Mapping = Mapping {
    name: "an entry of `matchExpressions`",
    section: None,
    parts: &[&[
        field("key", Type::Text(&text::LABEL_KEY), "The key of the label.").required(),
        field(
            "operator",
            Type::Word(&["In", "NotIn", "Exists", "DoesNotExist"]),
            "How the label is compared. `NotIn` and `DoesNotExist` hold of a label that is not there.",
        )
        .required(),
        field(
            "values",
            Type::List {
                of: &Type::Text(&text::LABEL_VALUE),
                fewest: 1,
                most: MAX_OF_ONE,
            },
            "The values that `In` and `NotIn` compare with. The other operators have none.",
        ),
    ]],
    rules: &[Rule::Holds(
        "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
        "`In` and `NotIn` have at least one value, and the other operators have none",
    )],
};
