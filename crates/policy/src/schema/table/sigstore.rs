//! sigstore.

use crate::schema::field::{Field, field};
use crate::schema::{Absent, Mapping, Rule, Type, text};

use super::trust::OWN_NAMESPACE;
use super::{MAX_OF_ONE, SECRET};

const OBLIGATION: Type = Type::Word(&["required", "optional"]);

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
        field(
            "multiArch",
            Type::Word(&["index", "everyChild", "anyChild"]),
            "What each authority must have signed of an image with several platforms: the index that lists them, every manifest in \
             it that can run, or one of these.",
        )
        .more("See [Images with several platforms](../guides/cosign.md#images-with-several-platforms)")
        .absent(Absent::Word("index")),
    ]],
    rules: &[],
};

const ONE_KIND: Absent = Absent::Says("one of the six");

const fn namespace(name: &'static str) -> Field {
    field(
        name,
        Type::Text(&text::NAME),
        "The namespace of that Secret.",
    )
    .absent(Absent::Says(OWN_NAMESPACE))
}

/// An authority.
pub(crate) static AUTHORITY: Mapping = Mapping {
    name: "an entry of `authorities`",
    section: None,
    parts: &[&[
        field("name", Type::Text(&text::WORDS), "A name for reports."),
        field(
            "keySecret",
            Type::Text(&text::NAME),
            "A Secret each item of which holds public keys in PEM; any one of them counts.",
        )
        .absent(ONE_KIND),
        namespace("keySecretNamespace"),
        field(
            "keySecrets",
            Type::List {
                of: &Type::Mapping(&SECRET),
                fewest: 1,
                most: MAX_OF_ONE,
            },
            "Several such Secrets; any key in any of them counts.",
        )
        .absent(ONE_KIND),
        field(
            "keyURL",
            Type::Mapping(&KEY_URL),
            "A public key in PEM on a web server.",
        )
        .absent(ONE_KIND),
        field(
            "keyKMS",
            Type::Mapping(&KEY_KMS),
            "A public key of a key management service. Only in a `ClusterImagePolicy`.",
        )
        .absent(ONE_KIND),
        field(
            "certificate",
            Type::Mapping(&CERTIFICATE),
            "Certificates that an authority of your own issued, and for whom.",
        )
        .absent(ONE_KIND),
        field(
            "keyless",
            Type::Mapping(&KEYLESS),
            "The identity in a short-lived certificate.",
        )
        .absent(ONE_KIND),
        field(
            "trustRoot",
            Type::Text(&text::NAME),
            "Which authorities, logs and time stamps are trusted, by the name of an instance of sigstore: `sigstore` is the \
             public one, `github` GitHub's own, others are those that the program was given.",
        )
        .absent(Absent::Says("`sigstore` for `keyless` without `trustRootSecret`, else none")),
        field(
            "trustRootSecret",
            Type::Text(&text::NAME),
            "A Secret whose item `trusted_root.json` says which authorities, logs and time stamps are trusted.",
        ),
        namespace("trustRootSecretNamespace"),
        field(
            "annotations",
            Type::Texts {
                of: &text::WORDS,
                fewest: 1,
                most: MAX_OF_ONE,
            },
            "What the signature must say beside the digest.",
        ),
        field(
            "log",
            OBLIGATION,
            "Whether the signature must be in a transparency log that the trusted root names.",
        )
        .absent(Absent::Says("see below")),
        field(
            "timestamp",
            OBLIGATION,
            "Whether the signature must have a time stamp of an authority that the trusted root names.",
        )
        .absent(Absent::Says("see below")),
        field(
            "repository",
            Type::Text(&text::REPOSITORY),
            "Where the signatures are.",
        )
        .absent(Absent::Says("the repository of the image")),
        field(
            "pullSecret",
            Type::Mapping(&SECRET),
            "A pull secret that opens that repository, in the place of those of the workload. It is shown to no other registry.",
        )
        .absent(Absent::Says("those that the image is pulled with, as far as they are for that repository")),
        field(
            "bundles",
            Type::Mapping(&BUNDLES),
            "Bundles that are tried beside what is in the repository, for this authority alone: its signatures, and what it states.",
        ),
    ]],
    rules: &[
        // Exactly one of them. An API server cannot afford to see that for every pair: the reader does.
        Rule::AtLeastOne(&[
            "keySecret",
            "keySecrets",
            "keyURL",
            "keyKMS",
            "certificate",
            "keyless",
        ]),
        Rule::Excludes("keyless", &["keySecret", "keySecrets", "certificate"]),
        Rule::Excludes("certificate", &["keySecret", "keySecrets"]),
        Rule::OnlyBeside("keySecretNamespace", "keySecret"),
        Rule::OnlyBeside("trustRootSecretNamespace", "trustRootSecret"),
        Rule::Excludes("trustRoot", &["trustRootSecret"]),
        Rule::ReadOnlyBeside("pullSecret", "repository"),
        Rule::ReadOnlyExcludes("keySecrets", &["keySecret"]),
        Rule::ReadOnlyExcludes(
            "keyURL",
            &["keySecret", "keySecrets", "certificate", "keyless"],
        ),
        Rule::ReadOnlyExcludes(
            "keyKMS",
            &[
                "keySecret",
                "keySecrets",
                "keyURL",
                "certificate",
                "keyless",
            ],
        ),
    ],
};

/// A key at an address.
pub(crate) static KEY_URL: Mapping = Mapping {
    name: "`keyURL`",
    section: None,
    parts: &[&[
        field(
            "url",
            Type::Text(&text::HTTPS),
            "Where the file with one public key in PEM is. It is fetched in the background, and never while an image waits.",
        )
        .required(),
        SHA256.absent(ONE_PIN),
        field(
            "fingerprint",
            Type::Text(&text::FINGERPRINT),
            "The fingerprint of the key. Another key is refused, and the same one in another file is not.",
        )
        .absent(ONE_PIN),
    ]],
    // That there is one is what an API server can afford to see; that there are not both, the reader says.
    rules: &[
        Rule::AtLeastOne(&["sha256", "fingerprint"]),
        Rule::ReadOnlyExcludes("sha256", &["fingerprint"]),
    ],
};

pub(super) const ONE_PIN: Absent = Absent::Says("this or the other");

/// What a file must be, byte by byte.
pub(super) const SHA256: Field = field(
    "sha256",
    Type::Text(&text::SHA256),
    "The SHA-256 of the file. Another file is refused.",
);

/// A key of a key management service.
pub(crate) static KEY_KMS: Mapping = Mapping {
    name: "`keyKMS`",
    section: None,
    parts: &[&[
        field(
            "uri",
            Type::Text(&text::KMS),
            "The key, as `SCHEME://KEY`. The program `doorward-kms-SCHEME` of the operator exports its public half, in the \
             background, and never while an image waits.",
        )
        .required(),
        field(
            "fingerprint",
            Type::Text(&text::FINGERPRINT),
            "The fingerprint of the key. Another key is refused.",
        )
        .absent(Absent::Says("whatever the service says")),
    ]],
    rules: &[],
};

/// Bundles in an object of the cluster.
pub(crate) static BUNDLES: Mapping = Mapping {
    name: "`bundles`",
    section: None,
    parts: &[&[
        field(
            "configMap",
            Type::Text(&text::NAME),
            "A ConfigMap of which each item holds bundles: one in JSON, or one a line.",
        )
        .required(),
        super::trust::NAMESPACE,
    ]],
    rules: &[],
};

/// Certificates of an own authority.
pub(crate) static CERTIFICATE: Mapping = Mapping {
    name: "`certificate`",
    section: None,
    parts: &[&[
        field(
            "caSecret",
            Type::Text(&text::NAME),
            "A Secret of which each item holds certificates of the authority in PEM.",
        )
        .required(),
        namespace("caSecretNamespace"),
        field(
            "email",
            Type::Text(&text::FILLED),
            "For whom the certificate must be: exactly this address of mail.",
        )
        .absent(ONE_NAME),
        field(
            "dns",
            Type::Text(&text::FILLED),
            "For whom: exactly this DNS name.",
        )
        .absent(ONE_NAME),
        field(
            "uri",
            Type::Text(&text::FILLED),
            "For whom: exactly this URI.",
        )
        .absent(ONE_NAME),
        field(
            "subjectRegExp",
            Type::Text(&text::EXPRESSION),
            "For whom: a name that this regular expression matches as a whole.",
        )
        .absent(ONE_NAME),
        field(
            "tsaSecret",
            Type::Text(&text::NAME),
            "A Secret of which each item holds certificates of a time-stamping authority in PEM.",
        ),
        namespace("tsaSecretNamespace"),
    ]],
    rules: &[
        Rule::AtLeastOne(&["email", "dns", "uri", "subjectRegExp"]),
        Rule::Excludes("subjectRegExp", &["email", "dns", "uri"]),
        Rule::Excludes("uri", &["email", "dns"]),
        Rule::Excludes("dns", &["email"]),
        Rule::OnlyBeside("tsaSecretNamespace", "tsaSecret"),
    ],
};

const ONE_NAME: Absent = Absent::Says("one of the four names");

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
            Type::Text(&text::EXPRESSION),
            "Who signed: a name that this regular expression matches as a whole.",
        )
        .absent(Absent::Says("this or `subject`")),
        field(
            "github",
            Type::Mapping(&GITHUB),
            "What the certificate must say of the workflow that signed.",
        ),
    ]],
    rules: &[Rule::ExactlyOne(["subject", "subjectRegExp"])],
};

/// A workflow.
pub(crate) static GITHUB: Mapping = Mapping {
    name: "`github`",
    section: None,
    parts: &[&[
        field(
            "repository",
            Type::Text(&text::FILLED),
            "The repository whose workflow signed, as `owner/name`.",
        ),
        field(
            "ref",
            Type::Text(&text::FILLED),
            "The branch or tag it ran for, such as `refs/heads/main`.",
        ),
        field(
            "workflow",
            Type::Text(&text::FILLED),
            "The name of the workflow.",
        ),
        field(
            "trigger",
            Type::Text(&text::FILLED),
            "The event that started it, such as `push`.",
        ),
        field(
            "runner",
            Type::Word(&["github-hosted", "self-hosted"]),
            "Whose machine it ran on.",
        ),
    ]],
    rules: &[Rule::NotEmpty],
};
