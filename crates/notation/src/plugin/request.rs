//! What a plug-in is asked.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use doorward_core::json::Value;
use doorward_core::{PluginCommand, PluginName};
use serde::Serialize;

use super::{CONTRACT, MINIMUM, NAME};
use crate::envelope::CONTENT_TYPE;
use crate::{AttributeValue, ExtendedAttribute, SignedPayload, SigningScheme, Statement, limits};

/// How the reference writes that there is no expiry. Plug-ins know it as that.
const NO_EXPIRY: &str = "0001-01-01T00:00:00Z";

/// Something to ask a plug-in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct PluginRequest {
    /// The plug-in.
    pub name: PluginName,
    /// What it is asked for.
    pub command: PluginCommand,
    /// The request, in JSON.
    pub body: Bytes,
}

impl PluginRequest {
    /// The most bytes of an answer. Usual are some hundred.
    pub const MAX_ANSWER_BYTES: usize = limits::PLUGIN_ANSWER_BYTES;

    /// What a plug-in is and can do: `get-plugin-metadata`.
    pub(super) fn metadata(name: &PluginName) -> Self {
        Self {
            name: name.clone(),
            command: PluginCommand::GetPluginMetadata,
            body: Bytes::from_static(b"{}"),
        }
    }

    /// The verdict about a signature: `verify-signature`, for these capabilities.
    ///
    /// # Errors
    /// Which attribute cannot be put in a request.
    pub(super) fn verdict(
        name: &PluginName,
        capabilities: &[&'static str],
        signed: &SignedPayload,
        statement: &Statement,
    ) -> Result<Self, String> {
        let mut extended = BTreeMap::new();
        for attribute in to_process(signed) {
            let fault = || format!("the attribute {} cannot be put in JSON", attribute.name);
            let name = attribute.name.as_text().ok_or_else(fault)?;
            extended.insert(name, json(&attribute.value).ok_or_else(fault)?);
        }
        let authentic = (signed.scheme() == SigningScheme::SigningAuthority)
            .then(|| signed.signing_time().earliest().to_string());
        let certificates = signed.chain().certificates();
        let request = Request {
            contract_version: CONTRACT,
            signature: Signature {
                critical_attributes: CriticalAttributes {
                    content_type: CONTENT_TYPE,
                    signing_scheme: signed.scheme().as_str(),
                    expiry: signed.expiry().map_or_else(
                        || NO_EXPIRY.to_owned(),
                        |expiry| expiry.earliest().to_string(),
                    ),
                    authentic_signing_time: authentic,
                    extended_attributes: &extended,
                },
                unprocessed_attributes: extended.keys().copied().collect(),
                certificate_chain: certificates
                    .map(|certificate| STANDARD.encode(certificate.der()))
                    .collect(),
            },
            trust_policy: TrustPolicy {
                trusted_identities: statement.identities().entries(),
                signature_verification: capabilities,
            },
        };
        let body = serde_json::to_vec(&request).map_err(|error| error.to_string())?;
        Ok(Self {
            name: name.clone(),
            command: PluginCommand::VerifySignature,
            body: body.into(),
        })
    }
}

/// The attributes that a plug-in must process: all but those about plug-ins. Those that are not critical too, as for
/// the reference.
pub(super) fn to_process(signed: &SignedPayload) -> impl Iterator<Item = &ExtendedAttribute> {
    let attributes = signed.extended_attributes().iter();
    attributes.filter(|one| !matches!(one.name.as_text(), Some(NAME | MINIMUM)))
}

fn json(value: &AttributeValue) -> Option<serde_json::Value> {
    match value {
        AttributeValue::Text(text) => Some(text.clone().into()),
        AttributeValue::Json(value) => of_json(value),
        AttributeValue::Other => None,
    }
}

/// The same value. Returns `None` for a number that would not stay as it was signed.
fn of_json(value: &Value) -> Option<serde_json::Value> {
    use serde_json::Value as Out;
    Some(match value {
        Value::Null => Out::Null,
        Value::Bool(bool) => Out::Bool(*bool),
        Value::Number(digits) => {
            let integer = digits.parse().map(|number: i64| Out::Number(number.into()));
            integer
                .or_else(|_| digits.parse().map(|number: u64| Out::Number(number.into())))
                .ok()?
        }
        Value::String(text) => Out::String(text.clone()),
        Value::Array(elements) => Out::Array(elements.iter().map(of_json).collect::<Option<_>>()?),
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| Some((name.clone(), of_json(value)?)));
            Out::Object(members.collect::<Option<_>>()?)
        }
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Request<'a> {
    contract_version: &'static str,
    signature: Signature<'a>,
    trust_policy: TrustPolicy<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Signature<'a> {
    critical_attributes: CriticalAttributes<'a>,
    unprocessed_attributes: Vec<&'a str>,
    certificate_chain: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CriticalAttributes<'a> {
    content_type: &'static str,
    signing_scheme: &'static str,
    expiry: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    authentic_signing_time: Option<String>,
    extended_attributes: &'a BTreeMap<&'a str, serde_json::Value>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TrustPolicy<'a> {
    trusted_identities: &'a [String],
    signature_verification: &'a [&'static str],
}
