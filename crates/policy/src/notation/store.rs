//! Trust stores, and what authorities said beforehand.

use crate::node::Node;
use crate::schema;
use crate::walk::Walk;
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

/// What holds the certificates of a store. They are public, so a `ConfigMap` serves as well as a Secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StoreSource {
    /// A `ConfigMap`.
    ConfigMap(SecretRef),
    /// A Secret.
    Secret(SecretRef),
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
    let in_config_map = object.field("configMap").is_some();
    if in_config_map && object.field("secret").is_some() {
        let message =
            "a store is in a Secret or in a ConfigMap: of `secret` and `configMap`, one says which";
        walk.meaning(LintCode::InvalidValue, object.at, message);
    }
    let holder = if in_config_map { "configMap" } else { "secret" };
    let name = walk.required_name(&object, holder);
    let namespace = walk.object_name(&object, "namespace");
    if namespace.is_none() {
        walk.note_key_namespace(&object, holder);
    }
    let named = SecretRef {
        name: name?,
        namespace,
    };
    Some(TrustStore {
        kind: kind?,
        source: if in_config_map {
            StoreSource::ConfigMap(named)
        } else {
            StoreSource::Secret(named)
        },
    })
}
