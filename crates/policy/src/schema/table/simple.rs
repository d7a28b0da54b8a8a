//! Red Hat simple signing.

use crate::schema::field::field;
use crate::schema::{Absent, Mapping, Rule, Type, text};

use super::MAX_OF_ONE;
use super::sigstore::{ONE_PIN, SHA256};
use super::trust::OWN_NAMESPACE;

/// The check of simple signatures.
pub(crate) static SIMPLE: Mapping = Mapping {
    name: "`simple`",
    section: Some("simple"),
    parts: &[&[
        field(
            "requirements",
            Type::List {
                of: &Type::Mapping(&REQUIREMENT),
                fewest: 1,
                most: MAX_OF_ONE,
            },
            "What signatures must meet; all of it.",
        )
        .required_in_doorward(),
        field("storeURL", Type::Text(&text::URL), "The lookaside store.").more(
            "A registry with the signature extension is asked itself, and then this is not read. `http` only for hosts \
             given with `--plain-http`, or on the same machine without a `storeSecret`; others are refused with \
             [`transport-insecure`](codes.md#transport-insecure) before anything is sent",
        ),
        field(
            "storeSecret",
            Type::Text(&text::NAME),
            "A Secret with `username` and `password` for the store, in the policy's namespace (for a cluster policy the \
             webhook's own).",
        )
        .more("See [below](#the-secret-of-a-store)"),
    ]],
    rules: &[],
};

/// A requirement.
pub(crate) static REQUIREMENT: Mapping = Mapping {
    name: "an entry of `requirements`",
    section: None,
    parts: &[&[
        field(
            "type",
            Type::Word(&["insecureAcceptAnything", "reject", "signedBy"]),
            "What is required: a signature, the impossible, or nothing but that the image exists.",
        )
        .required(),
        field(
            "keySecret",
            Type::Text(&text::NAME),
            "A Secret whose item `key` holds armoured OpenPGP public keys; any one of them counts.",
        )
        .absent(Absent::Says("this or `keyURL` for `signedBy`")),
        field(
            "keyURL",
            Type::Mapping(&KEYRING_URL),
            "A file with OpenPGP public keys on a web server, in the place of a Secret; any one of them counts.",
        )
        .absent(Absent::Says("this or `keySecret` for `signedBy`")),
        field(
            "keySecretNamespace",
            Type::Text(&text::NAME),
            "The namespace of that Secret.",
        )
        .absent(Absent::Says(OWN_NAMESPACE))
        .more("See [Secrets within reach](#secrets-within-reach)"),
        field(
            "signedIdentity",
            Type::Mapping(&SIGNED_IDENTITY),
            "Which names in the signature count.",
        )
        .absent(Absent::Says("the rule `\"\"`")),
    ]],
    rules: &[
        Rule::Holds(
            "self.type != 'signedBy' || has(self.keySecret) || has(self.keyURL)",
            "`signedBy` needs `keySecret`, the name of a Secret that holds the public keys, or `keyURL`, where they are served",
        ),
        Rule::ReadOnlyExcludes("keyURL", &["keySecret", "keySecretNamespace"]),
    ],
};

/// A key ring at an address.
pub(crate) static KEYRING_URL: Mapping = Mapping {
    name: "`keyURL` of a requirement",
    section: None,
    parts: &[&[
        field(
            "url",
            Type::Text(&text::HTTPS),
            "Where the file with OpenPGP public keys is, armored or binary and nothing else. It is fetched in the background, \
             and never while an image waits.",
        )
        .required(),
        SHA256.absent(ONE_PIN),
        field(
            "fingerprint",
            Type::Text(&text::OPENPGP),
            "The fingerprint of the primary key. A file with any other primary key is refused; with the same one in it, what \
             else the file says of that key is taken over.",
        )
        .absent(ONE_PIN),
    ]],
    rules: &[
        Rule::AtLeastOne(&["sha256", "fingerprint"]),
        Rule::ReadOnlyExcludes("sha256", &["fingerprint"]),
    ],
};

/// Which names count.
pub(crate) static SIGNED_IDENTITY: Mapping = Mapping {
    name: "`signedIdentity`",
    section: Some("signedidentity"),
    parts: &[&[
        field(
            "type",
            // The empty word is the default rule. Its name in other formats, `matchRepoDigestOrExact`, is not one here.
            Type::Word(&[
                "",
                "matchExact",
                "matchRepository",
                "matchExactReference",
                "matchExactRepository",
                "remapIdentity",
            ]),
            "The rule by which the signed name is compared with that of the image.",
        )
        .required(),
        field(
            "dockerReference",
            Type::Text(&text::IMAGE),
            "The signed name, with tag or digest, of `matchExactReference`.",
        ),
        field(
            "dockerRepository",
            Type::Text(&text::IMAGE),
            "The signed repository, of `matchExactRepository`.",
        ),
        field(
            "prefix",
            Type::Text(&text::IMAGE),
            "What the name of the image begins with, of `remapIdentity`: a host, or a host and components of a path.",
        ),
        field(
            "signedPrefix",
            Type::Text(&text::IMAGE),
            "What the signed name begins with instead, of `remapIdentity`.",
        ),
    ]],
    rules: &[],
};
