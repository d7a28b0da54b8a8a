//! Envelopes as JWS (Signature Envelope Specification JWS; RFC 7515).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use doorward_core::json::{self, Limits, Value};
use doorward_core::taken_for;
use doorward_core::text::one_line;

use super::headers::{
    AGENT, AUTHENTIC_SIGNING_TIME, EXPIRY, NAMES, RawHeaders, SCHEME, SIGNING_TIME, TIMESTAMP,
};
use super::{EnvelopeError, Parts};
use crate::HeaderTime;
use crate::algorithm::EnvelopeAlgorithm;
use crate::attribute::{AttributeName, AttributeValue};
use crate::limits;

/// The members of the flattened serialisation, and there are no others ("JWS Envelope"). Stricter than the reference,
/// which passes over others: a program that knows them could see another signature.
const MEMBERS: [&str; 4] = ["payload", "protected", "header", "signature"];
/// The members of the unsigned header that are read.
const UNSIGNED: [&str; 3] = ["x5c", TIMESTAMP, AGENT];
/// The members of the signed header with names of JOSE that are read.
const JOSE: [&str; 3] = ["alg", "cty", "crit"];
/// Says that the payload is signed as it is and not in base64 (RFC 7797, section 3). It never is, so a header that says
/// anything about it is refused: to some programs the signature would be over something else.
const B64: &str = "b64";
const SHOWN: usize = 100;

pub(super) fn parse(bytes: &[u8]) -> Result<Parts, EnvelopeError> {
    let envelope = parse_json("the envelope", bytes, limits::ENVELOPE_BYTES)?;
    let members = object(&envelope, "envelope")?;
    if let Some((name, _)) = members
        .iter()
        .find(|(name, _)| !MEMBERS.contains(&name.as_str()))
    {
        return Err(unexpected(name));
    }
    let payload = text(&envelope, "payload")?;
    let protected = text(&envelope, "protected")?;
    let signature = text(&envelope, "signature")?;
    let unsigned = envelope
        .get("header")
        .ok_or(EnvelopeError::Missing { name: "header" })?;
    let unsigned_members = object(unsigned, "header")?;
    spelled(unsigned_members, &UNSIGNED)?;
    let protected_bytes = decode(protected, "protected")?;
    let signed = parse_json(
        "the signed header",
        &protected_bytes,
        limits::ENVELOPE_BYTES,
    )?;
    apart(object(&signed, "protected")?, unsigned_members)?;
    Ok(Parts {
        headers: headers(&signed)?,
        chain: chain(unsigned)?,
        // Nothing depends on it, so a value that is no text is as good as none.
        agent: unsigned
            .get(AGENT)
            .and_then(Value::as_str)
            .map(str::to_owned),
        timestamp: timestamp(unsigned)?,
        payload: decode(payload, "payload")?,
        signature: decode(signature, "signature")?,
        // RFC 7515, section 5.2, step 8: the texts exactly as they were received.
        signed: format!("{protected}.{payload}").into_bytes(),
    })
}

/// No name stands in both headers (RFC 7515, section 7.2.1), and nothing that is not signed says how to read what is
/// (section 4.1.11; RFC 7797, section 3). Stricter than the reference, which reads the signed header alone: a program that
/// reads the other could see another signature.
fn apart(signed: &[(String, Value)], unsigned: &[(String, Value)]) -> Result<(), EnvelopeError> {
    let misplaced = unsigned.iter().map(|(name, _)| name).find(|name| {
        ["crit", B64].contains(&name.as_str()) || signed.iter().any(|(other, _)| other == *name)
    });
    misplaced.map_or(Ok(()), |name| Err(unexpected(name)))
}

fn headers(document: &Value) -> Result<RawHeaders, EnvelopeError> {
    let members = object(document, "protected")?;
    spelled(members, &JOSE)?;
    spelled(members, &NAMES)?;
    let algorithm = text(document, "alg")?;
    let algorithm =
        EnvelopeAlgorithm::of_jws(algorithm).ok_or_else(|| EnvelopeError::Algorithm {
            name: one_line(algorithm, SHOWN),
        })?;
    if document.get(B64).is_some() {
        return Err(unexpected(B64));
    }
    let extended = members
        .iter()
        .filter(|(name, _)| !JOSE.contains(&name.as_str()) && !NAMES.contains(&name.as_str()))
        .map(|(name, value)| {
            let value = match value {
                Value::String(text) => AttributeValue::Text(text.clone()),
                other => AttributeValue::Json(other.clone()),
            };
            (AttributeName::Text(name.clone()), value)
        });
    Ok(RawHeaders {
        algorithm,
        content_type: optional_text(document, "cty")?.map(str::to_owned),
        critical: critical(document)?,
        scheme: optional_text(document, SCHEME)?.map(str::to_owned),
        signing_time: time(document, SIGNING_TIME)?,
        authentic_signing_time: time(document, AUTHENTIC_SIGNING_TIME)?,
        expiry: time(document, EXPIRY)?,
        extended: extended.collect(),
        understood: &[],
    })
}

/// RFC 7515, section 4.1.11: a list of names that is not empty.
fn critical(document: &Value) -> Result<Vec<AttributeName>, EnvelopeError> {
    let wrong = EnvelopeError::Form {
        name: "crit",
        expected: "a list of names that is not empty",
    };
    let Some(value) = document.get("crit") else {
        return Err(EnvelopeError::Missing { name: "crit" });
    };
    let names = value.as_array().filter(|names| !names.is_empty());
    let names = names.ok_or_else(|| wrong.clone())?;
    names
        .iter()
        .map(|name| match name {
            Value::String(text) => Ok(AttributeName::Text(text.clone())),
            _ => Err(wrong.clone()),
        })
        .collect()
}

/// The certificates, leaf first, each in base64 with padding (RFC 7515, section 4.1.6).
fn chain(unsigned: &Value) -> Result<Vec<Vec<u8>>, EnvelopeError> {
    let name = "x5c";
    let expected = "a list of certificates in base64";
    let wrong = EnvelopeError::Form { name, expected };
    let list = present(unsigned, name).ok_or(EnvelopeError::Missing { name })?;
    let list = list.as_array().ok_or_else(|| wrong.clone())?;
    if list.len() > limits::CERTIFICATES {
        return Err(EnvelopeError::TooMany {
            what: "certificates",
            limit: limits::CERTIFICATES,
        });
    }
    let decode = |value: &Value| {
        let text = value.as_str().ok_or_else(|| wrong.clone())?;
        STANDARD
            .decode(text)
            .map_err(|_| EnvelopeError::Base64 { part: name })
    };
    list.iter().map(decode).collect()
}

fn timestamp(unsigned: &Value) -> Result<Option<Vec<u8>>, EnvelopeError> {
    let Some(text) = optional_text(unsigned, TIMESTAMP)? else {
        return Ok(None);
    };
    STANDARD
        .decode(text)
        .map(Some)
        .map_err(|_| EnvelopeError::Base64 { part: TIMESTAMP })
}

fn time(document: &Value, name: &'static str) -> Result<Option<HeaderTime>, EnvelopeError> {
    let Some(text) = optional_text(document, name)? else {
        return Ok(None);
    };
    HeaderTime::from_rfc_3339(text)
        .map(Some)
        .ok_or(EnvelopeError::Form {
            name,
            expected: "a date and time such as 2026-01-31T12:00:00Z",
        })
}

fn parse_json(part: &'static str, bytes: &[u8], limit: usize) -> Result<Value, EnvelopeError> {
    json::parse(bytes, Limits::bytes(limit).depth(limits::DEPTH))
        .map_err(|error| EnvelopeError::Json { part, error })
}

fn object<'v>(
    value: &'v Value,
    name: &'static str,
) -> Result<&'v [(String, Value)], EnvelopeError> {
    value.as_object().ok_or(EnvelopeError::Form {
        name,
        expected: "an object",
    })
}

fn text<'v>(document: &'v Value, name: &'static str) -> Result<&'v str, EnvelopeError> {
    optional_text(document, name)?.ok_or(EnvelopeError::Missing { name })
}

/// A text that may be absent, for which programs also write `null`.
fn optional_text<'v>(
    document: &'v Value,
    name: &'static str,
) -> Result<Option<&'v str>, EnvelopeError> {
    let Some(value) = present(document, name) else {
        return Ok(None);
    };
    let expected = "a text";
    let text = value.as_str();
    text.map(Some).ok_or(EnvelopeError::Form { name, expected })
}

fn present<'v>(document: &'v Value, name: &str) -> Option<&'v Value> {
    document.get(name).filter(|value| **value != Value::Null)
}

/// Base64url without padding, line breaks or bits that are lost (RFC 7515, section 2). Stricter than the reference,
/// which passes over line breaks and lost bits: one signature would have many texts.
fn decode(text: &str, part: &'static str) -> Result<Vec<u8>, EnvelopeError> {
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| EnvelopeError::Base64 { part })
}

/// Refuses names that a program which ignores case takes for those that are read. The reference is one.
fn spelled(members: &[(String, Value)], known: &[&'static str]) -> Result<(), EnvelopeError> {
    let twin = members
        .iter()
        .find(|(name, _)| taken_for(name, known).is_some_and(|member| name != member));
    twin.map_or(Ok(()), |(name, _)| Err(unexpected(name)))
}

fn unexpected(name: &str) -> EnvelopeError {
    EnvelopeError::UnexpectedMember {
        name: format!("`{}`", one_line(name, SHOWN)),
    }
}
