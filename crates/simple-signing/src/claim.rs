//! The signed claim: "this digest is this image" (containers-signature(5), "JSON data format").

use doorward_core::json::{self, JsonError, Limits, Value};
use doorward_core::{BudgetExceeded, Digest, DigestError, Meter, Timestamp};

use crate::MessageError;
use crate::limits::{CLAIM_BYTES, CLAIM_DEPTH};
use crate::openpgp::message::{SignedMessage, Unread};

/// The only type of claim there is.
const TYPE: &str = "atomic container signature";

/// What a claim says. Private: outside it is seen as verified or as unverified, never as neither.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Content {
    pub(crate) digest: Digest,
    pub(crate) reference: String,
    pub(crate) creator: Option<String>,
    pub(crate) timestamp: Option<Timestamp>,
}

/// Why signed bytes are not a claim.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// The digest is not one.
    #[error("docker-manifest-digest is not a digest: {0}")]
    Digest(DigestError),
    /// The bytes are not strict JSON.
    #[error("the claim is not valid JSON: {0}")]
    Json(JsonError),
    /// A member is missing.
    #[error("the member {name:?} is missing")]
    Missing {
        /// Its name.
        name: &'static str,
    },
    /// The type is another one.
    #[error("the claim is of type {found:?}, expected {TYPE:?}")]
    Type {
        /// The type found.
        found: String,
    },
    /// A member stands where none of this name may.
    #[error("the member {name:?} is unknown")]
    UnknownMember {
        /// Its name.
        name: String,
    },
    /// A value is of another JSON type, or a number is out of range.
    #[error("the member {name:?} is not {expected}")]
    WrongValue {
        /// The member's name.
        name: &'static str,
        /// What it must be.
        expected: &'static str,
    },
}

impl Content {
    /// Reads a claim as strictly as its first readers do: member names are exact and unique, none is missing and, but
    /// for `optional`, none is added (containers-signature(5), "JSON processing and forward compatibility"). Stricter
    /// than they are about UTF-8, which must be whole, because what replaces a broken letter is not what was signed.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ClaimError> {
        let limits = Limits::bytes(CLAIM_BYTES).depth(CLAIM_DEPTH);
        let document = json::parse(bytes, limits).map_err(ClaimError::Json)?;
        let [critical, optional] = members(&document, "claim", ["critical", "optional"])?;
        let [kind, image, identity] = members(critical, "critical", ["type", "image", "identity"])?;
        // `critical.type`.
        let kind = string(kind, "type")?;
        if kind != TYPE {
            return Err(ClaimError::Type {
                found: kind.chars().take(64).collect(),
            });
        }
        let [digest] = members(image, "image", ["docker-manifest-digest"])?;
        let [reference] = members(identity, "identity", ["docker-reference"])?;
        let (creator, timestamp) = read_optional(optional)?;
        Ok(Self {
            digest: string(digest, "docker-manifest-digest")?
                .parse()
                .map_err(ClaimError::Digest)?,
            reference: string(reference, "docker-reference")?.to_owned(),
            creator,
            timestamp,
        })
    }
}

/// The members of an object that has exactly these.
fn members<'a, const N: usize>(
    value: &'a Value,
    name: &'static str,
    names: [&'static str; N],
) -> Result<[&'a Value; N], ClaimError> {
    const OBJECT: &str = "an object";
    let object = value.as_object().ok_or(ClaimError::WrongValue {
        name,
        expected: OBJECT,
    })?;
    if let Some((unknown, _)) = object
        .iter()
        .find(|(key, _)| !names.contains(&key.as_str()))
    {
        return Err(ClaimError::UnknownMember {
            name: unknown.chars().take(64).collect(),
        });
    }
    let mut found = [value; N];
    for (slot, name) in found.iter_mut().zip(names) {
        *slot = value.get(name).ok_or(ClaimError::Missing { name })?;
    }
    Ok(found)
}

fn string<'a>(value: &'a Value, name: &'static str) -> Result<&'a str, ClaimError> {
    value.as_str().ok_or(ClaimError::WrongValue {
        name,
        expected: "a string",
    })
}

/// `optional` may have any members, but two of them have a meaning and a type (containers-signature(5), `optional`).
/// Neither decides anything.
fn read_optional(value: &Value) -> Result<(Option<String>, Option<Timestamp>), ClaimError> {
    let members = value.as_object().ok_or(ClaimError::WrongValue {
        name: "optional",
        expected: "an object",
    })?;
    let mut creator = None;
    let mut timestamp = None;
    for (name, value) in members {
        match (name.as_str(), value) {
            ("creator" | "timestamp", Value::Null) => {}
            ("creator", value) => creator = Some(string(value, "creator")?.to_owned()),
            ("timestamp", value) => timestamp = Some(integer(value)?),
            (_, value) if !numbers_are_finite(value) => {
                return Err(ClaimError::WrongValue {
                    name: "optional",
                    expected: "free of numbers beyond any range",
                });
            }
            _ => {}
        }
    }
    Ok((creator, timestamp))
}

/// A number with an integral value that a 64-bit integer holds, in whatever spelling: as the reference, which reads
/// it as a floating-point number first.
fn integer(value: &Value) -> Result<Timestamp, ClaimError> {
    const RANGE: std::ops::Range<f64> = -9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0;
    const WRONG: ClaimError = ClaimError::WrongValue {
        name: "timestamp",
        expected: "a whole number of seconds",
    };
    let Value::Number(text) = value else {
        return Err(WRONG);
    };
    let number: f64 = text.parse().map_err(|_| WRONG)?;
    if !RANGE.contains(&number) || number.fract() != 0.0 {
        return Err(WRONG);
    }
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the range and the fraction were checked"
    )]
    Ok(Timestamp::from_unix(number as i64))
}

fn numbers_are_finite(value: &Value) -> bool {
    match value {
        Value::Number(text) => text.parse::<f64>().is_ok_and(f64::is_finite),
        Value::Array(elements) => elements.iter().all(numbers_are_finite),
        Value::Object(members) => members.iter().all(|(_, value)| numbers_are_finite(value)),
        Value::Bool(_) | Value::Null | Value::String(_) => true,
    }
}

/// What a stored signature says about itself, believed by nobody.
///
/// For showing what is there, which containers-signature(5), "The cryptographic signature", allows. Nothing was
/// verified, so nothing may be decided by it; that is why every method says `unverified`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnverifiedClaim {
    content: Content,
    key_id: Option<String>,
    signed_at: Option<Timestamp>,
}

/// Why a stored signature cannot even be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InspectError {
    /// The signed bytes are not a claim.
    #[error("{0}")]
    Claim(ClaimError),
    /// The bytes are not a signed message.
    #[error("{0}")]
    Message(MessageError),
}

/// Reads the OpenPGP message `blob` without verifying anything.
///
/// # Errors
/// [`InspectError`].
pub fn unverified_claim(blob: &[u8]) -> Result<UnverifiedClaim, InspectError> {
    read(SignedMessage::parse(blob).map_err(InspectError::Message)?)
}

/// The same within a budget.
///
/// # Errors
/// If reading it would cost too much.
pub(crate) fn unverified_claim_within(
    blob: &[u8],
    meter: &mut Meter,
) -> Result<Result<UnverifiedClaim, InspectError>, BudgetExceeded> {
    match SignedMessage::parse_within(blob, meter) {
        Ok(message) => Ok(read(message)),
        Err(Unread::Budget(exceeded)) => Err(exceeded),
        Err(Unread::Message(error)) => Ok(Err(InspectError::Message(error))),
    }
}

fn read(message: SignedMessage) -> Result<UnverifiedClaim, InspectError> {
    let content = Content::parse(message.content()).map_err(InspectError::Claim)?;
    let signature = &message.signature;
    Ok(UnverifiedClaim {
        content,
        key_id: crate::issuer::named(signature),
        signed_at: signature.created().map(Timestamp::from_unix),
    })
}

impl UnverifiedClaim {
    /// Reads the bare JSON of a claim.
    ///
    /// # Errors
    /// [`ClaimError`].
    pub fn from_unverified_json(bytes: &[u8]) -> Result<Self, ClaimError> {
        Ok(Self {
            content: Content::parse(bytes)?,
            key_id: None,
            signed_at: None,
        })
    }

    /// The digest it speaks of.
    #[must_use]
    pub const fn unverified_digest(&self) -> &Digest {
        &self.content.digest
    }

    /// The image name it speaks of, as written.
    #[must_use]
    pub fn unverified_reference(&self) -> &str {
        &self.content.reference
    }

    /// The program that says it made the claim.
    #[must_use]
    pub fn unverified_creator(&self) -> Option<&str> {
        self.content.creator.as_deref()
    }

    /// The time the claim says it was made.
    #[must_use]
    pub const fn unverified_timestamp(&self) -> Option<Timestamp> {
        self.content.timestamp
    }

    /// The fingerprint or key ID that the signature names as its maker, in upper-case hexadecimal.
    #[must_use]
    pub fn unverified_key(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The time the signature says it was made.
    #[must_use]
    pub const fn unverified_signed_at(&self) -> Option<Timestamp> {
        self.signed_at
    }
}

#[cfg(test)]
mod tests;
