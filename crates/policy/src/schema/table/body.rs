//! Bodies, and the checks in them.

use crate::schema::field::{Field, field};
use crate::schema::{Absent, Mapping, Only, Rule, Type};

use super::{ATTESTATION, IMAGE, MAX_OF_ONE, NOTATION, SIGSTORE, SIMPLE, TRUST, VULNERABILITY};

const fn list_of(of: &'static Type) -> Type {
    Type::List {
        of,
        fewest: 1,
        most: MAX_OF_ONE,
    }
}

/// The checks that say who must have signed.
pub(super) static SCHEMES: &[Field] = &[
    field(
        "trust",
        Type::Mapping(&TRUST),
        "Notary v1 (Docker Content Trust).",
    ),
    field("simple", Type::Mapping(&SIMPLE), "Red Hat simple signing."),
    field(
        "notation",
        Type::Mapping(&NOTATION),
        "Notary Project signatures.",
    ),
    field(
        "sigstore",
        Type::Mapping(&SIGSTORE),
        "Sigstore and cosign signatures.",
    ),
];

/// The checks that say more of an image.
static CONTENTS: &[Field] = &[
    field(
        "attestations",
        list_of(&Type::Mapping(&ATTESTATION)),
        "Signed documents about the image; each entry must be met.",
    )
    .more("They are attached as artifacts, or stated in envelopes that sigstore signs"),
    field(
        "vulnerability",
        Type::Mapping(&VULNERABILITY),
        "Known vulnerabilities.",
    ),
    field(
        "image",
        Type::Mapping(&IMAGE),
        "What a signed image must say about itself.",
    ),
];

/// The word for pinning what runs, and leaving alone what it is made from.
pub(crate) const PODS_ONLY: &str = "pods-only";

/// What an entry says about the images that it governs.
pub(crate) static BODY: Mapping = Mapping {
    name: "`policy`",
    section: Some("the-body"),
    parts: &[
        &[
            field(
                "mode",
                Type::Word(&["enforce", "warn", "audit"]),
                "What a failed check does: the image does not run, runs with a warning, or runs and is recorded.",
            )
            .absent(Absent::Word("enforce")),
            field(
                "mutateImage",
                Type::BoolOr(&[PODS_ONLY]),
                "Whether the verified digest is written into the object; with `pods-only` into Pods, and not into what they are made from.",
            )
            .absent(Absent::True)
            .more("See [what is pinned](../concepts/tags-and-digests.md#what-is-pinned)"),
            field(
                "keepTag",
                Type::Bool,
                "Whether the tag stays beside the digest that is written: `name:tag@digest`.",
            )
            .absent(Absent::False)
            .only(Only::InDoorward)
            .more("What pulls the image goes by the digest"),
            field(
                "onUnavailable",
                Type::Word(&["deny", "warn"]),
                "What an outage of a server that is needed does: the image does not run, or runs with a warning.",
            )
            .absent(Absent::Word("deny"))
            .more("See [fail closed](../concepts/fail-closed.md)"),
            field(
                "unchecked",
                Type::True,
                "What the entry governs is admitted without a check.",
            )
            .only(Only::InDoorward)
            .more("Nothing that demands something may stand beside it, and no other value exists"),
        ],
        SCHEMES,
        CONTENTS,
        &[field(
            "anyOf",
            list_of(&Type::Mapping(&ALTERNATIVE)),
            "Alternatives of which one must pass, tried in order.",
        )
],
    ],
    rules: &[
        Rule::AtLeastOne(&[
            "unchecked",
            "trust",
            "simple",
            "notation",
            "sigstore",
            "attestations",
            "vulnerability",
            "image",
            "anyOf",
        ]),
        Rule::Excludes(
            "unchecked",
            &[
                "trust",
                "simple",
                "notation",
                "sigstore",
                "attestations",
                "vulnerability",
                "image",
                "anyOf",
            ],
        ),
    ],
};

/// An alternative.
pub(crate) static ALTERNATIVE: Mapping = Mapping {
    name: "an alternative of `anyOf`",
    section: Some("the-body"),
    parts: &[SCHEMES, CONTENTS],
    rules: &[Rule::NotEmpty],
};
