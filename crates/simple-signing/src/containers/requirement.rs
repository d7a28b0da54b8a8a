//! The requirement types of `policy.json`.

use doorward_core::json::Value;

use super::error::ContainersPolicyError;
use super::fields::{Fields, wrong};
use super::identity::{identity as read_identity, optional_identity};
use super::keys::KeySource;
use super::sigstore;
use crate::SignedIdentity;

/// A requirement as written, its keys not yet read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    InsecureAcceptAnything,
    Reject,
    SignedBy {
        keys: KeySource,
        identity: SignedIdentity,
    },
    Unsupported {
        what: String,
    },
}

/// Reads a list of requirements, which must not be empty (containers-policy.json(5), "Policy Requirements").
pub(crate) fn list(value: &Value, place: &str) -> Result<Vec<Written>, ContainersPolicyError> {
    let elements = value
        .as_array()
        .ok_or_else(|| wrong(place, "a list of requirements"))?;
    if elements.is_empty() {
        return Err(ContainersPolicyError::NoRequirements {
            place: place.to_owned(),
        });
    }
    elements
        .iter()
        .enumerate()
        .map(|(index, element)| one(element, &format!("{place}[{index}]")))
        .collect()
}

fn one(value: &Value, place: &str) -> Result<Written, ContainersPolicyError> {
    let fields = Fields::of(value, place)?;
    match fields.optional_text("type")?.unwrap_or_default() {
        "insecureAcceptAnything" => {
            fields.only(&["type"])?;
            Ok(Written::InsecureAcceptAnything)
        }
        "reject" => {
            fields.only(&["type"])?;
            Ok(Written::Reject)
        }
        "signedBy" => signed_by(&fields),
        "signedBaseLayer" => {
            fields.only(&["type", "baseLayerIdentity"])?;
            let identity =
                fields
                    .get("baseLayerIdentity")
                    .ok_or_else(|| ContainersPolicyError::Missing {
                        place: place.to_owned(),
                        name: "baseLayerIdentity",
                    })?;
            read_identity(identity, &format!("{place}.baseLayerIdentity"))?;
            Ok(Written::Unsupported {
                what: "signedBaseLayer".to_owned(),
            })
        }
        "sigstoreSigned" => {
            sigstore::check(&fields)?;
            Ok(Written::Unsupported {
                what: "sigstoreSigned".to_owned(),
            })
        }
        other => Err(fields.invalid(format!("the requirement type {other:?} is unknown"))),
    }
}

fn signed_by(fields: &Fields<'_>) -> Result<Written, ContainersPolicyError> {
    fields.only(&[
        "type",
        "keyType",
        "keyPath",
        "keyPaths",
        "keyData",
        "signedIdentity",
    ])?;
    let key_type = fields.text("keyType")?;
    let keys = KeySource::read(fields)?;
    let identity = optional_identity(fields)?;
    match key_type {
        "GPGKeys" => Ok(Written::SignedBy { keys, identity }),
        // In the format since its beginning, and never met by any reader of it.
        "signedByGPGKeys" | "X509Certificates" | "signedByX509CAs" => Ok(Written::Unsupported {
            what: format!("signedBy with keyType {key_type}"),
        }),
        other => Err(fields.invalid(format!("the keyType {other:?} is unknown"))),
    }
}
