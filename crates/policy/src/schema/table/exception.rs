//! Exceptions.

use crate::exception::OVERRIDABLE;
use crate::schema::field::field;
use crate::schema::{Absent, Mapping, Only, Type, text};

use super::{LABEL_SELECTOR, MAX_OF_ONE};

/// An exception.
pub static EXCEPTION: Mapping = Mapping {
    name: "the exception",
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
            "`ImageException` or `ClusterImageException`.",
        )
        .required(),
        field(
            "metadata",
            Type::Kubernetes,
            "Its name, and the namespace of an `ImageException`.",
        )
        .required(),
        field(
            "spec",
            Type::Mapping(&EXCEPTION_SPEC),
            "What runs all the same, why, and until when.",
        )
        .required(),
        field(
            "status",
            Type::Kubernetes,
            "What became of the exception; written by the webhook.",
        ),
    ]],
    rules: &[],
};

/// What an exception says.
pub static EXCEPTION_SPEC: Mapping = Mapping {
    name: "`spec` of an exception",
    section: Some("the-exception"),
    parts: &[&[
        field(
            "namespaceSelector",
            Type::Mapping(&LABEL_SELECTOR),
            "In which namespaces it counts, by their labels.",
        )
        .absent(Absent::Says("absent: all"))
        .only(Only::InClusterExceptions),
        field(
            "images",
            Type::List {
                of: &Type::Text(&text::EXCEPTED),
                fewest: 1,
                most: MAX_OF_ONE,
            },
            "For which images.",
        )
        .required()
        .more("A digest is for the one image that was looked at. A pattern names no tag"),
        field(
            "codes",
            Type::List {
                of: &Type::Word(&OVERRIDABLE),
                fewest: 1,
                most: MAX_OF_ONE,
            },
            "Which reasons for a refusal it overrides: every one that there is must be among them.",
        )
        .required()
        .more("See [which codes](../guides/exceptions.md#codes)"),
        field(
            "until",
            Type::Text(&text::UNTIL),
            "It counts before this time, and no longer than the webhook lets one last.",
        )
        .required(),
        field("reason", Type::Text(&text::REASON), "Why, for people.").required(),
        field(
            "ticket",
            Type::Text(&text::TICKET),
            "Where more is written about it.",
        ),
    ]],
    rules: &[],
};

/// The mappings of exceptions, the outer before the inner. What they share with policies is among those.
#[must_use]
pub fn exception_mappings() -> &'static [&'static Mapping] {
    EXCEPTIONS
}

static EXCEPTIONS: &[&Mapping] = &[&EXCEPTION, &EXCEPTION_SPEC];
