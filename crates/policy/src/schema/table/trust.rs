//! Notary v1.

use crate::schema::field::{Field, field};
use crate::schema::{Absent, Mapping, Type, text};

use super::MAX_OF_ONE;

/// What every namespace of a Secret means.
pub(super) const NAMESPACE: Field = field(
    "namespace",
    Type::Text(&text::NAME),
    "The namespace that it is read from.",
)
.absent(Absent::Says(OWN_NAMESPACE));

/// The namespace of what a policy names without one.
pub(super) const OWN_NAMESPACE: &str = "the policy's; for a cluster policy the webhook's own";

/// The check of Notary v1.
pub(crate) static TRUST: Mapping = Mapping {
    name: "`trust`",
    section: Some("trust"),
    parts: &[&[
        field("enabled", Type::Bool, "Whether the check is made.")
            .required_in_doorward()
            .absent(Absent::Says("required (Portieris: `false`)"))
            .more("The linter tells where it is off"),
        field(
            "trustServer",
            Type::Text(&text::URLS),
            "The servers that have the same collections, the preferred one first.",
        )
        .absent(Absent::Says(
            "the usual one of the registry: `https://notary.docker.io` for Docker Hub, `https://quay.io` for Quay, else the \
             registry's own host",
        ))
        .more(
            "The first is asked, and the next only where it cannot be; a \"no\" is an answer. `http` only on the same \
             machine, or for hosts given with `--plain-http`. A server that wants credentials is shown those for the \
             registry only on the registry's own host, on any port, or if it is the usual one of Docker Hub; any other \
             server is shown what the pull secret has for its own host and port. On `http` nothing is shown to a server \
             that was not given with `--plain-http`",
        ),
        field(
            "signerSecrets",
            Type::List {
                of: &Type::Mapping(&SECRET),
                fewest: 1,
                most: MAX_OF_ONE,
            },
            "Secrets with the items `name`, the signer's delegation without `targets/`, and `publicKey`, a public key or \
             one certificate in PEM. Every signer must have signed the same digest under the same tag with that key.",
        ),
        field(
            "pins",
            Type::Mapping(&PINS),
            "What the root of trust is held against, at every decision.",
        ),
        field(
            "maxStaleness",
            Type::Text(&text::DURATION),
            "How long, since a server last said what is current, memory may stand in for one that is out, or may not be \
             asked.",
        )
        .absent(Absent::Says("`0s`: not at all"))
        .more("Never beyond the expiry of any role"),
    ]],
    rules: &[],
};

/// What names a Secret.
pub(crate) static SECRET: Mapping = Mapping {
    name: "a secret",
    section: None,
    parts: &[&[
        field("name", Type::Text(&text::NAME), "The name of the Secret.").required_in_doorward(),
        NAMESPACE.more("See [Secrets within reach](#secrets-within-reach)"),
    ]],
    rules: &[],
};

static ONE: Type = Type::Mapping(&SECRET);

const fn secrets(name: &'static str, doc: &'static str) -> Field {
    let of = Type::List {
        of: &ONE,
        fewest: 1,
        most: MAX_OF_ONE,
    };
    field(name, of, doc)
}

/// What the root of trust is held against.
pub(crate) static PINS: Mapping = Mapping {
    name: "`pins`",
    section: Some("pins"),
    parts: &[&[
        field(
            "rootKeyIds",
            Type::List {
                of: &Type::Text(&text::KEY_ID),
                fewest: 1,
                most: MAX_OF_ONE,
            },
            "IDs of root keys, as `doorward trust pin` prints them.",
        ),
        secrets(
            "certificateSecrets",
            "Secrets whose item `certificate` holds certificates of root keys, in PEM.",
        ),
        secrets(
            "caSecrets",
            "Secrets whose item `certificate` holds authorities that certify root keys, in PEM.",
        ),
        field(
            "trustOnFirstUse",
            Type::Bool,
            "Whether the first root that a server offers is believed.",
        )
        .absent(Absent::False)
        .more("The server that answers it chooses what is trusted; the linter warns"),
    ]],
    rules: &[],
};
