//! `signedIdentity` of a requirement (containers-policy.json(5), `signedBy`).

use doorward_core::json::Value;

use super::error::ContainersPolicyError;
use super::fields::Fields;
use crate::SignedIdentity;

/// The identity rule in `signedIdentity`, or the default if there is none. `null` is not none.
pub(crate) fn optional_identity(
    fields: &Fields<'_>,
) -> Result<SignedIdentity, ContainersPolicyError> {
    match fields.get("signedIdentity") {
        None => Ok(SignedIdentity::default()),
        Some(value) => identity(value, &format!("{}.signedIdentity", fields.place())),
    }
}

pub(super) fn identity(
    value: &Value,
    place: &str,
) -> Result<SignedIdentity, ContainersPolicyError> {
    let fields = Fields::of(value, place)?;
    let kind = fields.optional_text("type")?.unwrap_or_default();
    let names: &[&str] = match kind {
        "exactReference" => &["type", "dockerReference"],
        "exactRepository" => &["type", "dockerRepository"],
        "remapIdentity" => &["type", "prefix", "signedPrefix"],
        _ => &["type"],
    };
    fields.only(names)?;
    let made = match kind {
        "matchExact" => Ok(SignedIdentity::MatchExact),
        "matchRepoDigestOrExact" => Ok(SignedIdentity::MatchRepoDigestOrExact),
        "matchRepository" => Ok(SignedIdentity::MatchRepository),
        "exactReference" => SignedIdentity::exact_reference(fields.text("dockerReference")?),
        "exactRepository" => SignedIdentity::exact_repository(fields.text("dockerRepository")?),
        "remapIdentity" => {
            SignedIdentity::remap(fields.text("prefix")?, fields.text("signedPrefix")?)
        }
        other => return Err(fields.invalid(format!("the identity type {other:?} is unknown"))),
    };
    made.map_err(|error| fields.invalid(error.to_string()))
}
