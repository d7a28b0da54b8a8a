//! Notary Project signatures.

use crate::schema::field::{Field, field};
use crate::schema::{Absent, Mapping, Rule, Type, text};

use super::sigstore::SHA256;
use super::trust::NAMESPACE;
use super::{MAX_LISTED, MAX_OF_ONE};

/// The most plug-ins of a statement, as many as its verification takes.
pub(crate) const MAX_PLUGINS: usize = 16;
const ENFORCE_OR_LOG: Type = Type::Word(&["enforce", "log"]);
const ACTIONS: Type = Type::Word(&["enforce", "log", "skip"]);

const NAME: Field = field("name", Type::Text(&text::WORDS), "A name for reports.");

/// What a statement says.
static STATED: &[Field] = &[
    field(
        "level",
        Type::Word(&["strict", "permissive", "audit"]),
        "Which failed validations refuse; the others are warnings.",
    )
    .absent(Absent::Word("strict")),
    field(
        "overrides",
        Type::Mapping(&OVERRIDES),
        "What differs from the level.",
    ),
    field(
        "trustStores",
        Type::List {
            of: &Type::Mapping(&TRUST_STORE),
            fewest: 1,
            most: MAX_OF_ONE,
        },
        "Certificates that are trusted.",
    )
    .absent(Absent::Says("required"))
    .more("At least one store has the type `ca` or `signingAuthority`"),
    field(
        "revocationSecrets",
        Type::List {
            of: &Type::Mapping(&REVOCATION_SECRET),
            fewest: 0,
            most: MAX_OF_ONE,
        },
        "What authorities said about revocation.",
    )
    .more(
        "What is signed by the issuer of a certificate, covers it and holds now decides before anybody is asked; what has \
         ended, or is another's, says nothing",
    ),
    field(
        "trustedIdentities",
        Type::List {
            of: &Type::Text(&text::IDENTITY),
            fewest: 1,
            most: MAX_LISTED,
        },
        "Whose certificates below the trust stores may sign.",
    )
    .absent(Absent::Says("required")),
    field(
        "identityMatching",
        Type::Word(&["compatible", "wider"]),
        "How certificates are compared with the identities. `wider` compares attribute by attribute, and takes `x509.san:` \
         too.",
    )
    .absent(Absent::Word("compatible"))
    .more("See below"),
    field(
        "verifyTimestamp",
        Type::Word(&["always", "afterCertExpiry"]),
        "When a countersignature is demanded, if there is a store of the type `tsa`.",
    )
    .absent(Absent::Word("always")),
    field(
        "tsaRevocation",
        ACTIONS,
        "What becomes of it if the certificates of the time-stamping authority were revoked, or if that is not known.",
    )
    .absent(Absent::Word("enforce")),
    field(
        "honourInvalidityDate",
        Type::Bool,
        "Whether a signature stays good that was made before the date from which the revocation says that the key is \
         doubted.",
    )
    .absent(Absent::Says("see right"))
    .more(
        "`true`: if a verified time stamp or a signing authority says that it was. `false`: never. Without the field, if a \
         signing authority says so, as for the tools of the Notary Project. A signing authority tells the time with the \
         key that signs, so who has stolen that key can choose the time: say `false` unless its revocations are never for \
         a stolen key",
    ),
    field(
        "userMetadata",
        Type::Texts {
            of: &text::WORDS,
            fewest: 1,
            most: MAX_OF_ONE,
        },
        "What the signature must say about the image.",
    ),
    field(
        "plugins",
        Type::List {
            of: &Type::Mapping(&PLUGIN),
            fewest: 0,
            most: MAX_PLUGINS,
        },
        "Verification plug-ins that a signature may name.",
    )
    .more(
        "A signature that names another plug-in is refused, and so is one whose plug-in gives no verdict",
    ),
];

/// The check of Notary Project signatures: one statement or several.
pub(crate) static NOTATION: Mapping = Mapping {
    name: "`notation`",
    section: Some("notation"),
    parts: &[
        &[
            field(
                "require",
                Type::Quorum(MAX_OF_ONE),
                "How many of the statements must be met; only beside `statements`.",
            )
            .absent(Absent::Word("all")),
            field(
                "statements",
                Type::List {
                    of: &Type::Mapping(&STATEMENT),
                    fewest: 1,
                    most: MAX_OF_ONE,
                },
                "Several statements, instead of the fields of one.",
            ),
        ],
        STATED,
    ],
    rules: &[
        Rule::OnlyBeside("require", "statements"),
        Rule::Unless("statements", &["trustStores", "trustedIdentities"]),
        Rule::Excludes(
            "statements",
            &[
                "level",
                "overrides",
                "trustStores",
                "revocationSecrets",
                "trustedIdentities",
                "identityMatching",
                "verifyTimestamp",
                "tsaRevocation",
                "honourInvalidityDate",
                "userMetadata",
                "plugins",
            ],
        ),
    ],
};

/// One of several statements.
pub(crate) static STATEMENT: Mapping = Mapping {
    name: "an entry of `statements`",
    section: Some("notation"),
    parts: &[&[NAME], STATED],
    rules: &[Rule::All(&["trustStores", "trustedIdentities"])],
};

const fn role(name: &'static str, doc: &'static str) -> Field {
    field(name, Type::Word(&["add", "replace"]), doc).absent(Absent::Word("add"))
}

/// A plug-in.
pub(crate) static PLUGIN: Mapping = Mapping {
    name: "an entry of `plugins`",
    section: None,
    parts: &[&[
        field("name", Type::Text(&text::PLUGIN), "The plug-in.").required(),
        role(
            "identity",
            "Whether what the plug-in says of the signer counts beside the check that is made here, or alone.",
        ),
        role(
            "revocation",
            "Whether what the plug-in says of revocation counts beside the check that is made here, or alone.",
        ),
    ]],
    rules: &[],
};

const fn failed(name: &'static str, of: Type, doc: &'static str) -> Field {
    field(name, of, doc).absent(Absent::Says("as the level says"))
}

/// What differs from a level.
pub(crate) static OVERRIDES: Mapping = Mapping {
    name: "`overrides`",
    section: None,
    parts: &[&[
        failed(
            "authenticity",
            ENFORCE_OR_LOG,
            "What becomes of a signature whose signer is not trusted.",
        ),
        failed(
            "authenticTimestamp",
            ENFORCE_OR_LOG,
            "What becomes of a signature that was not made while its certificates were valid.",
        ),
        failed(
            "expiry",
            ENFORCE_OR_LOG,
            "What becomes of a signature that has expired.",
        ),
        failed(
            "revocation",
            ACTIONS,
            "What becomes of a signature whose certificates were revoked, or of which that is not known.",
        ),
    ]],
    rules: &[],
};

/// What authorities said about revocation.
pub(crate) static REVOCATION_SECRET: Mapping = Mapping {
    name: "an entry of `revocationSecrets`",
    section: None,
    parts: &[&[
        field(
            "secret",
            Type::Text(&text::NAME),
            "A Secret of which each item is a revocation list, in PEM or DER, or an OCSP response in DER.",
        )
        .required(),
        NAMESPACE,
    ]],
    rules: &[],
};

/// A store of trusted certificates.
pub(crate) static TRUST_STORE: Mapping = Mapping {
    name: "an entry of `trustStores`",
    section: None,
    parts: &[&[
        field(
            "type",
            Type::Word(&["ca", "signingAuthority", "tsa"]),
            "What its certificates may issue: those of signers, of signing authorities, or of time-stamping authorities.",
        )
        .required(),
        field(
            "secret",
            Type::Text(&text::NAME),
            "A Secret of which each item holds certificates in PEM or DER and nothing else.",
        )
        .absent(ONE_SOURCE),
        field(
            "configMap",
            Type::Text(&text::NAME),
            "A ConfigMap with such items.",
        )
        .absent(ONE_SOURCE),
        NAMESPACE,
        field(
            "certificateURL",
            Type::Mapping(&CERTIFICATE_URL),
            "A file with certificates on a web server.",
        )
        .absent(ONE_SOURCE),
    ]],
    rules: &[
        Rule::AtLeastOne(&["secret", "configMap", "certificateURL"]),
        Rule::Excludes("secret", &["configMap"]),
        Rule::ReadOnlyExcludes("certificateURL", &["secret", "configMap", "namespace"]),
    ],
};

const ONE_SOURCE: Absent = Absent::Says("one of the three");

/// Certificates at an address.
pub(crate) static CERTIFICATE_URL: Mapping = Mapping {
    name: "`certificateURL`",
    section: None,
    parts: &[&[
        field(
            "url",
            Type::Text(&text::HTTPS),
            "Where the file is, with certificates in PEM or DER and nothing else. It is fetched in the background, and never \
             while an image waits.",
        )
        .required(),
        SHA256.required(),
    ]],
    rules: &[],
};
