//! Envelopes as COSE_Sign1 (Signature Envelope Specification COSE; RFC 9052).

use coset::cbor::Value;
use coset::iana::{self, EnumI64 as _};
use coset::{
    ContentType, CoseSign1, Header, Label, RegisteredLabelWithPrivate, TaggedCborSerializable as _,
};
use doorward_core::text::one_line;

use super::cbor;
use super::headers::{
    AGENT, AUTHENTIC_SIGNING_TIME, EXPIRY, NAMES, RawHeaders, SCHEME, SIGNING_TIME, TIMESTAMP,
};
use super::{EnvelopeError, Parts};
use crate::HeaderTime;
use crate::algorithm::EnvelopeAlgorithm;
use crate::attribute::{AttributeName, AttributeValue};
use crate::limits;

/// The label of the chain of certificates (RFC 9360, section 2).
const X5CHAIN: i64 = iana::HeaderParameter::X5Chain as i64;
/// Labels that every reader of COSE understands. RFC 9052, section 3.1, says that they should not be declared critical,
/// and allows it.
const UNDERSTOOD: &[AttributeName] = &[
    AttributeName::Number(iana::HeaderParameter::Alg as i64),
    AttributeName::Number(iana::HeaderParameter::Crit as i64),
    AttributeName::Number(iana::HeaderParameter::ContentType as i64),
];
const SHOWN: usize = 100;

pub(super) fn parse(bytes: &[u8]) -> Result<Parts, EnvelopeError> {
    cbor::check(bytes).map_err(|problem| EnvelopeError::Cbor { problem })?;
    let mut message = CoseSign1::from_tagged_slice(bytes).map_err(|_| EnvelopeError::Cbor {
        problem: "it has not the tag 18, two headers that are well-formed, a payload and a signature",
    })?;
    let protected = message
        .protected
        .original_data
        .as_deref()
        .unwrap_or_default();
    if !protected.is_empty() {
        cbor::check(protected).map_err(|problem| EnvelopeError::Cbor { problem })?;
    }
    // RFC 9052, section 4.4: the protected bytes as received, nothing from outside, and the payload.
    let signed = message.tbs_data(&[]);
    let payload = message.payload.take().ok_or(EnvelopeError::Cbor {
        problem: "its payload is detached",
    })?;
    let header = &message.protected.header;
    apart(header, &message.unprotected)?;
    let chain = chain(&message.unprotected)?.ok_or(EnvelopeError::Missing { name: "x5chain" })?;
    if self::chain(header)?.is_some_and(|signed| signed != chain) {
        return Err(EnvelopeError::TwoChains);
    }
    let unsigned = |name| find(&message.unprotected, name);
    Ok(Parts {
        headers: headers(header)?,
        chain,
        // Nothing depends on it, so a value that is no text is as good as none.
        agent: unsigned(AGENT).and_then(Value::as_text).map(str::to_owned),
        // A value that is no byte string is none, as for the reference: the policy decides whether there must be one.
        timestamp: unsigned(TIMESTAMP).and_then(Value::as_bytes).cloned(),
        payload,
        signature: std::mem::take(&mut message.signature),
        signed,
    })
}

/// No label stands in both headers (RFC 9052, section 3), and nothing that is not signed is critical (section 3.1). The
/// certificates are the exception: they are compared. Stricter than the reference, which reads the signed header alone.
fn apart(signed: &Header, unsigned: &Header) -> Result<(), EnvelopeError> {
    let unexpected = |name: &str| EnvelopeError::UnexpectedMember {
        name: format!("`{}`", one_line(name, SHOWN)),
    };
    if !unsigned.crit.is_empty() {
        return Err(unexpected("crit"));
    }
    let twice = [
        ("alg", signed.alg.is_some() && unsigned.alg.is_some()),
        (
            "content type",
            signed.content_type.is_some() && unsigned.content_type.is_some(),
        ),
        (
            "kid",
            !signed.key_id.is_empty() && !unsigned.key_id.is_empty(),
        ),
        ("IV", !signed.iv.is_empty() && !unsigned.iv.is_empty()),
        (
            "Partial IV",
            !signed.partial_iv.is_empty() && !unsigned.partial_iv.is_empty(),
        ),
    ];
    if let Some((name, _)) = twice.iter().find(|(_, is_twice)| *is_twice) {
        return Err(unexpected(name));
    }
    let labels = unsigned.rest.iter().map(|(label, _)| label);
    let twice = labels
        .filter(|label| **label != Label::Int(X5CHAIN))
        .find(|label| signed.rest.iter().any(|(other, _)| other == *label));
    twice.map_or(Ok(()), |label| {
        let name = match label {
            Label::Text(name) => name.clone(),
            Label::Int(number) => number.to_string(),
        };
        Err(unexpected(&name))
    })
}

fn headers(header: &Header) -> Result<RawHeaders, EnvelopeError> {
    let mut extended: Vec<(AttributeName, AttributeValue)> = header
        .rest
        .iter()
        .filter(|(label, _)| match label {
            Label::Text(name) => !NAMES.contains(&name.as_str()),
            Label::Int(number) => *number != X5CHAIN,
        })
        .map(|(label, value)| (attribute_name(label), attribute_value(value)))
        .collect();
    // Labels that the reader of COSE has taken apart. They say nothing about a signature with a chain.
    for (there, label) in [
        (!header.key_id.is_empty(), iana::HeaderParameter::Kid),
        (!header.iv.is_empty(), iana::HeaderParameter::Iv),
        (
            !header.partial_iv.is_empty(),
            iana::HeaderParameter::PartialIv,
        ),
        (
            !header.counter_signatures.is_empty(),
            iana::HeaderParameter::CounterSignature,
        ),
    ] {
        if there {
            extended.push((AttributeName::Number(label.to_i64()), AttributeValue::Other));
        }
    }
    if header.crit.is_empty() {
        return Err(EnvelopeError::Missing { name: "crit" });
    }
    Ok(RawHeaders {
        algorithm: algorithm(header)?,
        content_type: match &header.content_type {
            Some(ContentType::Text(text)) => Some(text.clone()),
            Some(_) => {
                return Err(EnvelopeError::Form {
                    name: "content type",
                    expected: "a text",
                });
            }
            None => None,
        },
        critical: header.crit.iter().map(critical).collect(),
        scheme: scheme(header)?,
        signing_time: time(header, SIGNING_TIME)?,
        authentic_signing_time: time(header, AUTHENTIC_SIGNING_TIME)?,
        expiry: time(header, EXPIRY)?,
        extended,
        understood: UNDERSTOOD,
    })
}

fn algorithm(header: &Header) -> Result<EnvelopeAlgorithm, EnvelopeError> {
    let wrong = |name: String| EnvelopeError::Algorithm { name };
    let number = match &header.alg {
        None => return Err(EnvelopeError::Missing { name: "alg" }),
        Some(RegisteredLabelWithPrivate::Assigned(algorithm)) => algorithm.to_i64(),
        Some(RegisteredLabelWithPrivate::PrivateUse(number)) => *number,
        Some(RegisteredLabelWithPrivate::Text(name)) => return Err(wrong(one_line(name, SHOWN))),
    };
    EnvelopeAlgorithm::of_cose(number).ok_or_else(|| wrong(number.to_string()))
}

fn critical(label: &RegisteredLabelWithPrivate<iana::HeaderParameter>) -> AttributeName {
    match label {
        RegisteredLabelWithPrivate::Assigned(parameter) => {
            AttributeName::Number(parameter.to_i64())
        }
        RegisteredLabelWithPrivate::PrivateUse(number) => AttributeName::Number(*number),
        RegisteredLabelWithPrivate::Text(text) => AttributeName::Text(text.clone()),
    }
}

fn scheme(header: &Header) -> Result<Option<String>, EnvelopeError> {
    let Some(value) = find(header, SCHEME) else {
        return Ok(None);
    };
    let text = value.as_text().ok_or(EnvelopeError::Form {
        name: SCHEME,
        expected: "a text",
    })?;
    Ok(Some(text.to_owned()))
}

/// A number of seconds under the tag 1 (RFC 8949, section 3.4.2).
fn time(header: &Header, name: &'static str) -> Result<Option<HeaderTime>, EnvelopeError> {
    let Some(value) = find(header, name) else {
        return Ok(None);
    };
    let read = match value {
        Value::Tag(1, inner) => match inner.as_ref() {
            Value::Integer(seconds) => i64::try_from(*seconds).ok().map(HeaderTime::from_seconds),
            Value::Float(seconds) => HeaderTime::from_float(*seconds),
            _ => None,
        },
        _ => None,
    };
    read.map(Some).ok_or(EnvelopeError::Form {
        name,
        expected: "a number of seconds with the tag 1",
    })
}

/// The certificates, leaf first. A single one without a list is not taken ("Unprotected Headers").
fn chain(header: &Header) -> Result<Option<Vec<Vec<u8>>>, EnvelopeError> {
    let found = header
        .rest
        .iter()
        .find(|(label, _)| *label == Label::Int(X5CHAIN));
    let Some((_, value)) = found else {
        return Ok(None);
    };
    let name = "x5chain";
    let expected = "a list of certificates";
    let wrong = EnvelopeError::Form { name, expected };
    let list = value.as_array().ok_or_else(|| wrong.clone())?;
    if list.len() > limits::CERTIFICATES {
        return Err(EnvelopeError::TooMany {
            what: "certificates",
            limit: limits::CERTIFICATES,
        });
    }
    let bytes = list.iter().map(|value| value.as_bytes().cloned());
    bytes.collect::<Option<_>>().ok_or(wrong).map(Some)
}

fn find<'h>(header: &'h Header, name: &str) -> Option<&'h Value> {
    header.rest.iter().find_map(|(label, value)| match label {
        Label::Text(text) if text == name => Some(value),
        _ => None,
    })
}

fn attribute_name(label: &Label) -> AttributeName {
    match label {
        Label::Int(number) => AttributeName::Number(*number),
        Label::Text(text) => AttributeName::Text(text.clone()),
    }
}

fn attribute_value(value: &Value) -> AttributeValue {
    use doorward_core::json::Value as Json;
    match value {
        Value::Text(text) => AttributeValue::Text(text.clone()),
        Value::Bool(bool) => AttributeValue::Json(Json::Bool(*bool)),
        Value::Integer(number) => {
            let digits = i128::from(*number).to_string();
            AttributeValue::Json(Json::Number(digits))
        }
        Value::Null => AttributeValue::Json(Json::Null),
        _ => AttributeValue::Other,
    }
}
