//! Signed documents.

use crate::schema::field::field;
use crate::schema::{Absent, Mapping, Rule, Type, text};

use super::MAX_LISTED;
use super::body::SCHEMES;

/// The most conditions of one attestation. Each is evaluated over the whole document.
pub(crate) const MAX_CONDITIONS: usize = 16;

/// A document that must exist.
pub(crate) static ATTESTATION: Mapping = Mapping {
    name: "an entry of `attestations`",
    section: Some("attestations"),
    parts: &[&[
        field(
            "artifactType",
            Type::Text(&text::MEDIA_TYPE),
            "Documents that are attached under this type.",
        )
        .absent(Absent::Says("this or `predicateType`")),
        field(
            "predicateType",
            Type::Text(&text::URI),
            "Statements of exactly this predicate type, and documents of the formats that it stands for, attached under their own types.",
        )
        .absent(Absent::Says("this or `artifactType`"))
        .more(
            "See [formats](#formats). Statements of in-toto in envelopes (DSSE, bundles of sigstore) are looked for where \
             `signedBy` demands `sigstore` alone; a type that stands for nothing else is refused with `policy-unsupported` \
             where it does not. A statement has one signature, so of several authorities one must be enough",
        ),
        field(
            "signedBy",
            Type::Mapping(&SIGNERS),
            "Who must have signed the document. Everything here must hold for the document's own digest.",
        )
        .required()
        .more("A statement of `notation` must enforce `authenticity`"),
        field(
            "maxAge",
            Type::Text(&text::DURATION),
            "How long ago the document may have been signed: as the signer says, and not later than an authority vouches.",
        ),
        field(
            "conditions",
            Type::List {
                of: &Type::Text(&text::CONDITION),
                fewest: 1,
                most: MAX_CONDITIONS,
            },
            "What must be true of the document, which is `predicate`.",
        )
        .more(
            "A condition has at most 2 KiB. There are no regular expressions, no times, and at most two loops in each other. What all of an entry cost \
             over all documents has one bound: `budget-exceeded`",
        ),
        field(
            "denyPackages",
            Type::List {
                of: &Type::Text(&text::PACKAGE),
                fewest: 1,
                most: MAX_LISTED,
            },
            "Packages that it must not list.",
        ),
        field(
            "denyLicenses",
            Type::List {
                of: &Type::Text(&text::LICENSE),
                fewest: 1,
                most: MAX_LISTED,
            },
            "Licences that no package in it may be under. Of alternatives all must be denied.",
        ),
    ]],
    rules: &[Rule::ExactlyOne(["artifactType", "predicateType"])],
};

/// Who must have signed a document.
pub(crate) static SIGNERS: Mapping = Mapping {
    name: "`signedBy`",
    section: Some("the-body"),
    parts: &[SCHEMES],
    rules: &[Rule::NotEmpty],
};
