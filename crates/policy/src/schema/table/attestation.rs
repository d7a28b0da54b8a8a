//! Signed documents.

use crate::schema::field::field;
use crate::schema::{Absent, Mapping, Rule, Type, text};

use super::body::SCHEMES;
use super::{MAX_LISTED, MAX_OF_ONE};

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
        .absent(ONE_KIND),
        field(
            "predicateType",
            Type::Text(&text::URI),
            "Statements of exactly this predicate type, and documents of the formats that it stands for, attached under their own types.",
        )
        .absent(ONE_KIND)
        .more(
            "See [formats](#formats). Statements of in-toto in envelopes (DSSE, bundles of sigstore) are looked for where \
             `signedBy` demands `sigstore` alone; a type that stands for nothing else is refused with `policy-unsupported` \
             where it does not. A statement has one signature, so of several authorities one must be enough",
        ),
        field(
            "provenance",
            Type::Mapping(&PROVENANCE),
            "Statements of SLSA about where the image comes from, of version 0.2 or 1, and what they must say.",
        )
        .absent(ONE_KIND)
        .more("`signedBy` demands `sigstore` alone"),
        field(
            "summary",
            Type::Mapping(&SUMMARY),
            "Statements of somebody who verified the image, and what they must say: verification summaries (VSA 1) and simple \
             verification results (SVR 0.1 and 0.2).",
        )
        .absent(ONE_KIND)
        .more("`signedBy` demands `sigstore` alone"),
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
    rules: &[
        // Exactly one of them, in expressions that an API server can afford.
        Rule::AtLeastOne(&["artifactType", "predicateType", "provenance", "summary"]),
        Rule::Excludes("artifactType", &["predicateType"]),
        Rule::Excludes(
            "provenance",
            &["artifactType", "predicateType", "denyPackages", "denyLicenses"],
        ),
        Rule::Excludes(
            "summary",
            &[
                "artifactType",
                "predicateType",
                "provenance",
                "denyPackages",
                "denyLicenses",
            ],
        ),
    ],
};

const ONE_KIND: Absent = Absent::Says("one of the four");

const ORIGINS: Type = Type::List {
    of: &Type::Text(&text::ORIGIN),
    fewest: 1,
    most: MAX_OF_ONE,
};

/// Where an image must come from.
pub(crate) static PROVENANCE: Mapping = Mapping {
    name: "`provenance`",
    section: None,
    parts: &[&[
        field(
            "builders",
            ORIGINS,
            "Who must have built the image, by the identifier of the builder.",
        )
        .more("It is believed only together with who signed: see [origin](#where-an-image-comes-from). Nothing is said of their level"),
        field(
            "trustedBuilders",
            Type::List {
                of: &Type::Mapping(&TRUSTED_BUILDER),
                fewest: 1,
                most: MAX_OF_ONE,
            },
            "Who may have built the image beside `builders`, and up to which level each is trusted.",
        )
        .more("Where several mean one builder, the highest level counts"),
        field(
            "minLevel",
            Type::Number(LEAST_LEVEL, MOST_LEVEL),
            "The level of the build track of SLSA that the builder must be trusted to reach.",
        )
        .more(
            "A provenance says no level of itself: the policy says in `trustedBuilders` what each builder is worth. One of \
             `builders` alone reaches none",
        ),
        field(
            "sources",
            ORIGINS,
            "What the image must have been built from: repositories, with `@` and a branch or tag where that matters.",
        )
        .more("Every repository that the provenance names must be one of them, and it must name one"),
        field(
            "buildTypes",
            Type::List {
                of: &Type::Text(&text::URI),
                fewest: 1,
                most: MAX_OF_ONE,
            },
            "How the image must have been built: one of these types, exactly.",
        ),
        field(
            "materials",
            Type::Mapping(&MATERIALS),
            "What is demanded of the images that the build used.",
        )
        .absent(Absent::Says("nothing")),
    ]],
    rules: &[Rule::NotEmpty],
};

/// The levels of the build track of SLSA 1 that say something. Level 0 promises nothing.
const LEAST_LEVEL: u8 = 1;
const MOST_LEVEL: u8 = 3;

/// How far a builder is trusted.
pub(crate) static TRUSTED_BUILDER: Mapping = Mapping {
    name: "an entry of `trustedBuilders`",
    section: None,
    parts: &[&[
        field(
            "id",
            Type::Text(&text::ORIGIN),
            "Which builders are meant, by their identifier.",
        )
        .required(),
        field(
            "level",
            Type::Number(LEAST_LEVEL, MOST_LEVEL),
            "The highest level of the build track of SLSA that they are trusted to reach.",
        )
        .required(),
    ]],
    rules: &[],
};

/// The images that a build used.
pub(crate) static MATERIALS: Mapping = Mapping {
    name: "`materials`",
    section: None,
    parts: &[&[
        field(
            "verify",
            Type::True,
            "Each image that the build used must itself be admitted, by its digest, by the policies that govern its name.",
        )
        .required()
        .more("At most 16 of all levels together"),
        field(
            "depth",
            Type::Number(1, MOST_DEPTH),
            "How many levels of images: with 2 also those that the builds of these used, and so on.",
        )
        .absent(Absent::Says("`1`"))
        .more("What the policies of these images demand in their own `materials` is not asked: the image that is to run decides"),
    ]],
    rules: &[],
};

/// The most levels of images that builds used. Few applications are built on an image that is built on another two.
const MOST_DEPTH: u8 = 3;

/// What somebody must have verified.
pub(crate) static SUMMARY: Mapping = Mapping {
    name: "`summary`",
    section: None,
    parts: &[&[
        field(
            "verifiers",
            Type::List {
                of: &Type::Text(&text::URI),
                fewest: 1,
                most: MAX_OF_ONE,
            },
            "Who must have verified the image: the identifier of a verifier, exactly.",
        )
        .required()
        .more("It is believed only together with who signed"),
        field(
            "resources",
            ORIGINS,
            "What must have been verified, by `resourceUri`: the name of the image, or the environment that it is for.",
        )
        .more("A simple verification result does not say it, and is refused"),
        field(
            "levels",
            Type::List {
                of: &Type::Text(&text::LEVEL),
                fewest: 1,
                most: MAX_OF_ONE,
            },
            "The levels or properties that must have been verified, all of them. A higher level of the same track counts.",
        ),
        field(
            "maxAge",
            Type::Text(&text::DURATION),
            "How long ago the image may have been verified, by what the summary says.",
        ),
    ]],
    rules: &[],
};

/// Who must have signed a document.
pub(crate) static SIGNERS: Mapping = Mapping {
    name: "`signedBy`",
    section: Some("the-body"),
    parts: &[SCHEMES],
    rules: &[Rule::NotEmpty],
};
