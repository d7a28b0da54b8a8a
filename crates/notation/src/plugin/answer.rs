//! What a plug-in answers.
//!
//! Answers are read strictly: bounded, with no member twice, and what the protocol has must be there with its type.
//! Members that it does not have are passed over, because later versions of it add some.

use std::collections::BTreeSet;

use doorward_core::PluginName;
use doorward_core::json::{Limits, Value, parse};
use doorward_core::text::one_line;
use semver::Version;

use super::named::version;
use super::{CONTRACT, REVOCATION_CHECK, SHOWN, TRUSTED_IDENTITY};
use crate::limits;

/// What a plug-in can verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Capabilities {
    pub(super) identity: bool,
    pub(super) revocation: bool,
}

/// What a plug-in says to something that it was asked: nothing, that it holds, or why not.
pub(super) type Opinion = Option<Result<(), String>>;

/// The verdict about one signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) identity: Opinion,
    pub(crate) revocation: Opinion,
}

/// Reads the answer to `get-plugin-metadata`: it must be the plug-in that was asked, new enough, and speak the
/// protocol.
pub(super) fn metadata(
    bytes: &[u8],
    name: &PluginName,
    minimum: Option<&Version>,
) -> Result<Capabilities, String> {
    let document = document(bytes)?;
    let is = text_of(&document, "name")?;
    if is != name.as_str() {
        return Err(format!("it says that it is {:?}", one_line(is, SHOWN)));
    }
    let has = text_of(&document, "version")?;
    let has =
        version(has).ok_or_else(|| format!("its version is none: {:?}", one_line(has, SHOWN)))?;
    if let Some(minimum) = minimum
        && has.cmp_precedence(minimum).is_lt()
    {
        return Err(format!(
            "it has the version {}, and the signer demands {} at least",
            one_line(&has.to_string(), SHOWN),
            one_line(&minimum.to_string(), SHOWN)
        ));
    }
    if !texts(&document, "supportedContractVersions")?.contains(CONTRACT) {
        return Err(format!(
            "it does not speak version {CONTRACT} of the protocol"
        ));
    }
    let capabilities = texts(&document, "capabilities")?;
    let found = Capabilities {
        identity: capabilities.contains(TRUSTED_IDENTITY),
        revocation: capabilities.contains(REVOCATION_CHECK),
    };
    if !found.identity && !found.revocation {
        return Err("it verifies no signatures".to_owned());
    }
    Ok(found)
}

/// Reads the answer to `verify-signature`: every capability that was asked must have a result, and every attribute must
/// have been processed. A result for what was not asked says nothing.
pub(super) fn verdict<'a>(
    bytes: &[u8],
    asked: Capabilities,
    mut attributes: impl Iterator<Item = &'a str>,
) -> Result<Verdict, String> {
    let document = document(bytes)?;
    let processed = texts(&document, "processedAttributes")?;
    if let Some(left) = attributes.find(|name| !processed.contains(name)) {
        let left = one_line(left, SHOWN);
        return Err(format!("it has not processed the attribute {left}"));
    }
    let results = document
        .get("verificationResults")
        .filter(|results| results.as_object().is_some())
        .ok_or_else(|| missing("verificationResults"))?;
    let of = |is_asked: bool, capability: &'static str| {
        is_asked.then(|| opinion(results, capability)).transpose()
    };
    Ok(Verdict {
        identity: of(asked.identity, TRUSTED_IDENTITY)?,
        revocation: of(asked.revocation, REVOCATION_CHECK)?,
    })
}

fn opinion(results: &Value, capability: &str) -> Result<Result<(), String>, String> {
    let result = results
        .get(capability)
        .ok_or_else(|| format!("it gives no result for {capability}"))?;
    let reason = match result.get("reason") {
        None | Some(Value::Null) => "",
        Some(Value::String(reason)) => reason,
        Some(_) => return Err(missing("reason")),
    };
    match result.get("success") {
        Some(Value::Bool(true)) => Ok(Ok(())),
        Some(Value::Bool(false)) if reason.is_empty() => Ok(Err("no reason given".to_owned())),
        Some(Value::Bool(false)) => Ok(Err(one_line(reason, SHOWN))),
        _ => Err(missing("success")),
    }
}

fn document(bytes: &[u8]) -> Result<Value, String> {
    let limits = Limits::bytes(limits::PLUGIN_ANSWER_BYTES).depth(limits::DEPTH);
    parse(bytes, limits).map_err(|error| {
        format!(
            "its answer cannot be read: {}",
            one_line(&error.to_string(), SHOWN)
        )
    })
}

fn text_of<'v>(document: &'v Value, name: &'static str) -> Result<&'v str, String> {
    let value = document.get(name).and_then(Value::as_str);
    value.ok_or_else(|| missing(name))
}

fn texts<'v>(document: &'v Value, name: &'static str) -> Result<BTreeSet<&'v str>, String> {
    let elements = document.get(name).and_then(Value::as_array);
    let texts = elements.map(|elements| elements.iter().map(Value::as_str).collect());
    texts.flatten().ok_or_else(|| missing(name))
}

fn missing(name: &str) -> String {
    format!("its answer has no `{name}`, or none of the right form")
}
