//! sigstore.

use crate::schema::field::field;
use crate::schema::{Absent, Mapping, Rule, Type, text};

use super::MAX_OF_ONE;
use super::trust::OWN_NAMESPACE;

/// The check of sigstore signatures.
pub(crate) static SIGSTORE: Mapping = Mapping {
    name: "`sigstore`",
    section: Some("sigstore"),
    parts: &[&[
        field(
            "require",
            Type::Quorum(MAX_OF_ONE),
            "How many of the authorities must have signed.",
        )
        .absent(Absent::Word("any")),
        field(
            "authorities",
            Type::List {
                of: &Type::Mapping(&AUTHORITY),
                fewest: 1,
                most: MAX_OF_ONE,
            },
            "Whose signatures count.",
        )
        .required_in_doorward(),
    ]],
    rules: &[],
};

/// An authority.
pub(crate) static AUTHORITY: Mapping = Mapping {
    name: "an entry of `authorities`",
    section: None,
    parts: &[&[
        field("name", Type::Text(&text::WORDS), "A name for reports."),
        field(
            "keySecret",
            Type::Text(&text::NAME),
            "A Secret that holds the public key.",
        )
        .absent(Absent::Says("this or `keyless`")),
        field(
            "keySecretNamespace",
            Type::Text(&text::NAME),
            "The namespace of that Secret.",
        )
        .absent(Absent::Says(OWN_NAMESPACE)),
        field(
            "keyless",
            Type::Mapping(&KEYLESS),
            "The identity in a short-lived certificate.",
        )
        .absent(Absent::Says("this or `keySecret`")),
        field(
            "trustRootSecret",
            Type::Text(&text::NAME),
            "A Secret with a trust root.",
        )
        .absent(Absent::Says("the public one")),
    ]],
    rules: &[Rule::ExactlyOne(["keySecret", "keyless"])],
};

/// An identity.
pub(crate) static KEYLESS: Mapping = Mapping {
    name: "`keyless`",
    section: None,
    parts: &[&[
        field(
            "issuer",
            Type::Text(&text::FILLED),
            "Who vouched for the identity: the URL of an OpenID Connect issuer.",
        )
        .required(),
        field(
            "subject",
            Type::Text(&text::FILLED),
            "Who signed: exactly this name.",
        )
        .absent(Absent::Says("this or `subjectRegExp`")),
        field(
            "subjectRegExp",
            Type::Text(&text::FILLED),
            "Who signed: a name that this regular expression matches as a whole.",
        )
        .absent(Absent::Says("this or `subject`")),
    ]],
    rules: &[Rule::ExactlyOne(["subject", "subjectRegExp"])],
};
