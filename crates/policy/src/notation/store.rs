//! Trust stores, and what authorities said beforehand.

use crate::key_source::{self, KeySource};
use crate::node::Node;
use crate::part::part;
use crate::schema;
use crate::walk::{Object, Walk};
use crate::{LintCode, SecretRef};

/// A store of trusted certificates.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct TrustStore {
    /// What its certificates are trusted for.
    pub kind: TrustStoreKind,
    /// What holds them.
    pub source: StoreSource,
}

/// What holds the certificates of a store. They are public, so a `ConfigMap` serves as well as a Secret, and a file that is
/// pinned as well as both.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StoreSource {
    /// A `ConfigMap`.
    ConfigMap(SecretRef),
    /// A Secret.
    Secret(SecretRef),
    /// The file from this source.
    Source(KeySource),
}

/// What the certificates of a store are trusted for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TrustStoreKind {
    /// To issue signers' certificates.
    Ca,
    /// To issue certificates of signing authorities, which vouch for the time themselves.
    SigningAuthority,
    /// To issue certificates of time-stamping authorities.
    Tsa,
}

const STORES: &[(&str, TrustStoreKind)] = &[
    ("ca", TrustStoreKind::Ca),
    ("signingAuthority", TrustStoreKind::SigningAuthority),
    ("tsa", TrustStoreKind::Tsa),
];

pub(super) fn read_revocation(walk: &mut Walk<'_>, node: &Node) -> Option<SecretRef> {
    let object = walk.object(node, &schema::REVOCATION_SECRET)?;
    let name = walk.required_name(&object, "secret");
    let namespace = walk.object_name(&object, "namespace");
    if namespace.is_none() {
        walk.note_key_namespace(&object, "secret");
    }
    Some(SecretRef {
        name: name?,
        namespace,
    })
}

pub(super) fn read_store(walk: &mut Walk<'_>, node: &Node) -> Option<TrustStore> {
    let object = walk.object(node, &schema::TRUST_STORE)?;
    let kind = walk.choice(&object, "type", STORES);
    let source = read_source(walk, &object);
    Some(TrustStore {
        kind: kind?,
        source: source?,
    })
}

fn read_source(walk: &mut Walk<'_>, object: &Object<'_>) -> Option<StoreSource> {
    const SOURCES: [&str; 3] = ["secret", "configMap", "certificateURL"];
    let url = part(
        walk,
        object,
        "certificateURL",
        key_source::read_certificate_url,
    );
    let there = SOURCES
        .iter()
        .filter(|field| object.field(field).is_some())
        .count();
    if there != 1 {
        let message = "a store is in a Secret, in a ConfigMap or at an address: exactly one of `secret`, `configMap` and \
                       `certificateURL` says which";
        let code = match there {
            0 => LintCode::MissingField,
            _ => LintCode::InvalidValue,
        };
        walk.meaning(code, object.at, message);
        return None;
    }
    if object.field("certificateURL").is_some() {
        if object.field("namespace").is_some() {
            let message = "`namespace` has no meaning beside `certificateURL`";
            let at = object.place("namespace");
            walk.form(LintCode::MisplacedField, at, message);
        }
        return url.map(StoreSource::Source);
    }
    let in_config_map = object.field("configMap").is_some();
    let holder = if in_config_map { "configMap" } else { "secret" };
    let name = walk.required_name(object, holder);
    let namespace = walk.object_name(object, "namespace");
    if namespace.is_none() {
        walk.note_key_namespace(object, holder);
    }
    let named = SecretRef {
        name: name?,
        namespace,
    };
    Some(if in_config_map {
        StoreSource::ConfigMap(named)
    } else {
        StoreSource::Secret(named)
    })
}
