use std::time::Duration;

use crate::LintCode;
use crate::node::Node;
use crate::part::part;
use crate::schema;
use crate::value::SecretRef;
use crate::walk::Walk;

/// A check against a Notary v1 server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Trust {
    /// Whether the check is made.
    pub enabled: bool,
    /// The base URLs of the servers that have the same collections, `https` or `http`, the preferred one first; the
    /// registry's usual server if there are none. Written as one text with commas between.
    pub trust_servers: Vec<String>,
    /// Secrets with a signer's name and public key; every one of the signers must have signed.
    pub signer_secrets: Vec<SecretRef>,
    /// What the root of trust is held against.
    pub pins: Pins,
    /// How long remembered metadata may stand in for a server that is out, or may not be asked.
    pub max_staleness: Duration,
}

/// What the root of trust of a Notary v1 repository is held against.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Pins {
    /// Key IDs of root keys, 64 lower-case hexadecimal digits each.
    pub root_key_ids: Vec<String>,
    /// Secrets with the certificates of root keys.
    pub certificate_secrets: Vec<SecretRef>,
    /// Secrets with the certification authorities of root keys.
    pub ca_secrets: Vec<SecretRef>,
    /// Whether the first root that a server offers is believed.
    pub trust_on_first_use: bool,
}

pub(crate) fn read(walk: &mut Walk<'_>, node: &Node) -> Option<Trust> {
    let object = walk.object(node, &schema::TRUST)?;
    let trust = Trust {
        enabled: walk.boolean(&object, "enabled").unwrap_or(false),
        trust_servers: walk.web_urls(&object, "trustServer"),
        signer_secrets: different(walk.few(&object, "signerSecrets", Walk::secret)),
        pins: part(walk, &object, "pins", read_pins).unwrap_or_default(),
        max_staleness: walk.duration(&object, "maxStaleness").unwrap_or_default(),
    };
    if trust.trust_servers.iter().any(|url| ends_in_version(url)) {
        walk.note(
            LintCode::TrustServerPath,
            object.place("trustServer"),
            "`/v2/` is added to the address of a trust server; an address that ends in it leads to `/v2/v2/`",
        );
    }
    walk.refuse_less_than_a_second(&object, "maxStaleness", trust.max_staleness);
    walk.essential(&object, "trust", "enabled");
    if walk.explicit {
        walk.refuse_empty(&object, "signerSecrets", "an empty list demands no signer");
    } else if object.field("signerSecrets").is_some() && trust.signer_secrets.is_empty() {
        let message = "an empty list demands no signer";
        walk.note(
            LintCode::DisabledCheck,
            object.place("signerSecrets"),
            message,
        );
    }
    if !trust.enabled {
        let message = "`trust` demands nothing unless `enabled` is true";
        walk.note(LintCode::DisabledCheck, object.place("enabled"), message);
    }
    let pins = &trust.pins;
    let pinned = !pins.root_key_ids.is_empty()
        || !pins.certificate_secrets.is_empty()
        || !pins.ca_secrets.is_empty();
    if trust.enabled && !pinned && !pins.trust_on_first_use {
        walk.note(
            LintCode::UnpinnedRoot,
            object.place("pins"),
            "no root of trust is pinned, so every repository is refused but those whose root was imported; `doorward \
             trust pin` prints the pins of a root that you can check",
        );
    }
    if trust
        .signer_secrets
        .iter()
        .any(|secret| secret.namespace.is_none())
    {
        walk.note_key_namespace(&object, "signerSecrets");
    }
    Some(trust)
}

/// The items of a list, each once.
fn different<T: PartialEq>(items: Vec<T>) -> Vec<T> {
    let mut different: Vec<T> = Vec::with_capacity(items.len());
    for item in items {
        if !different.contains(&item) {
            different.push(item);
        }
    }
    different
}

/// Whether the path of an address ends in what clients add to it.
fn ends_in_version(url: &str) -> bool {
    url.trim().trim_end_matches('/').ends_with("/v2")
}

fn read_pins(walk: &mut Walk<'_>, node: &Node) -> Option<Pins> {
    let object = walk.object(node, &schema::PINS)?;
    let pins = Pins {
        root_key_ids: different(walk.few(&object, "rootKeyIds", Walk::filled_text)),
        certificate_secrets: different(walk.few(&object, "certificateSecrets", Walk::secret)),
        ca_secrets: different(walk.few(&object, "caSecrets", Walk::secret)),
        trust_on_first_use: walk.boolean(&object, "trustOnFirstUse").unwrap_or(false),
    };
    // A list that names nothing was meant to name something.
    for field in ["rootKeyIds", "certificateSecrets", "caSecrets"] {
        walk.refuse_empty(&object, field, "an empty list pins nothing");
    }
    let hex =
        |id: &String| id.len() == 64 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    for (field, secrets) in [
        ("certificateSecrets", &pins.certificate_secrets),
        ("caSecrets", &pins.ca_secrets),
    ] {
        if secrets.iter().any(|secret| secret.namespace.is_none()) {
            walk.note_key_namespace(&object, field);
        }
    }
    if !pins.root_key_ids.iter().all(hex) {
        let message = "a root key ID has 64 lower-case hexadecimal digits";
        walk.inside("rootKeyIds", |walk| {
            walk.meaning(LintCode::InvalidValue, object.place("rootKeyIds"), message);
        });
    }
    if pins.trust_on_first_use {
        walk.note(
            LintCode::TrustOnFirstUse,
            object.place("trustOnFirstUse"),
            "the server that answers the first request for a repository chooses its root of trust",
        );
    }
    Some(pins)
}
