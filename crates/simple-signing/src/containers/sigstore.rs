//! The form of `sigstoreSigned` requirements, which this crate reads but does not verify: a file is refused for a
//! malformed one as by its other readers, and the requirement itself is never met.

use doorward_core::json::Value;

use super::error::ContainersPolicyError;
use super::fields::{Fields, wrong};
use super::identity::optional_identity;
use super::keys::decode;

const KEYS: [&str; 6] = [
    "keyPath", "keyPaths", "keyData", "keyDatas", "fulcio", "pki",
];
const REKOR_KEYS: [&str; 4] = [
    "rekorPublicKeyPath",
    "rekorPublicKeyPaths",
    "rekorPublicKeyData",
    "rekorPublicKeyDatas",
];

pub(crate) fn check(fields: &Fields<'_>) -> Result<(), ContainersPolicyError> {
    let mut known = vec!["type", "signedIdentity"];
    known.extend(KEYS);
    known.extend(REKOR_KEYS);
    fields.only(&known)?;
    if fields.count(&KEYS) != 1 {
        return Err(fields.invalid(format!("expected exactly one of {}", KEYS.join(", "))));
    }
    let rekor = fields.count(&REKOR_KEYS);
    if rekor > 1 {
        return Err(fields.invalid(format!("expected at most one of {}", REKOR_KEYS.join(", "))));
    }
    for name in ["keyPath", "rekorPublicKeyPath"] {
        if fields.optional_text(name)? == Some("") {
            return Err(fields.invalid(format!("{name} is empty")));
        }
    }
    for name in ["keyData", "rekorPublicKeyData"] {
        if let Some(text) = fields.optional_text(name)? {
            base64(fields, name, text)?;
        }
    }
    for name in ["keyPaths", "rekorPublicKeyPaths"] {
        if fields
            .optional_texts(name)?
            .is_some_and(|paths| paths.is_empty())
        {
            return Err(fields.invalid(format!("{name} is empty")));
        }
    }
    for name in ["keyDatas", "rekorPublicKeyDatas"] {
        let Some(texts) = fields.optional_texts(name)? else {
            continue;
        };
        if texts.is_empty() {
            return Err(fields.invalid(format!("{name} is empty")));
        }
        for text in texts {
            base64(fields, name, text)?;
        }
    }
    if let Some(value) = fields.get("fulcio") {
        fulcio(value, fields.place())?;
        if rekor == 0 {
            return Err(fields.invalid("fulcio demands a Rekor public key"));
        }
    }
    if let Some(value) = fields.get("pki") {
        pki(value, fields.place())?;
        if rekor != 0 {
            return Err(fields.invalid("pki does not go with a Rekor public key"));
        }
    }
    optional_identity(fields).map(|_| ())
}

fn fulcio(value: &Value, place: &str) -> Result<(), ContainersPolicyError> {
    let fields = Fields::of(value, &format!("{place}.fulcio"))?;
    fields.only(&["caPath", "caData", "oidcIssuer", "subjectEmail"])?;
    one_authority(&fields, "caPath", "caData")?;
    for name in ["oidcIssuer", "subjectEmail"] {
        if fields.text(name)?.is_empty() {
            return Err(fields.invalid(format!("{name} is empty")));
        }
    }
    Ok(())
}

fn pki(value: &Value, place: &str) -> Result<(), ContainersPolicyError> {
    let fields = Fields::of(value, &format!("{place}.pki"))?;
    fields.only(&[
        "caRootsPath",
        "caRootsData",
        "caIntermediatesPath",
        "caIntermediatesData",
        "subjectEmail",
        "subjectHostname",
    ])?;
    one_authority(&fields, "caRootsPath", "caRootsData")?;
    if fields.count(&["caIntermediatesPath", "caIntermediatesData"]) > 1 {
        return Err(
            fields.invalid("expected at most one of caIntermediatesPath, caIntermediatesData")
        );
    }
    fields.optional_text("caIntermediatesPath")?;
    if let Some(text) = fields.optional_text("caIntermediatesData")? {
        base64(&fields, "caIntermediatesData", text)?;
    }
    let email = fields.optional_text("subjectEmail")?.unwrap_or_default();
    let host = fields.optional_text("subjectHostname")?.unwrap_or_default();
    if email.is_empty() && host.is_empty() {
        return Err(fields.invalid("expected subjectEmail or subjectHostname"));
    }
    Ok(())
}

fn one_authority(
    fields: &Fields<'_>,
    path: &'static str,
    data: &'static str,
) -> Result<(), ContainersPolicyError> {
    if fields.count(&[path, data]) != 1 {
        return Err(fields.invalid(format!("expected exactly one of {path}, {data}")));
    }
    fields.optional_text(path)?;
    match fields.optional_text(data)? {
        Some(text) => base64(fields, data, text),
        None => Ok(()),
    }
}

fn base64(fields: &Fields<'_>, name: &str, text: &str) -> Result<(), ContainersPolicyError> {
    match decode(text) {
        Some(_) => Ok(()),
        None => Err(wrong(&format!("{}.{name}", fields.place()), "base64")),
    }
}
