//! DSSE envelopes (Dead Simple Signing Envelope, version 1.0), with exactly one signature.

use bytes::Bytes;
use doorward_core::json::{Limits, Value, parse};

use super::Statement;
use super::error::CandidateError;
use crate::limits;
use crate::member::{self, Shape};

/// The type of a payload that is a statement (in-toto attestation framework).
const IN_TOTO: &str = "application/vnd.in-toto+json";

const WHAT: &str = "the envelope";

/// An envelope and the statement in it.
#[derive(Clone, Debug)]
pub(crate) struct Envelope {
    pub(crate) payload_type: String,
    pub(crate) payload: Bytes,
    pub(crate) signature: Vec<u8>,
    /// The statement, or why the payload is none.
    pub(crate) statement: Result<Statement, String>,
}

impl Envelope {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, CandidateError> {
        let mut bounds = Limits::bytes(limits::BUNDLE_BYTES).depth(8);
        bounds.values = limits::VALUES;
        let value = parse(bytes, bounds)
            .map_err(|error| CandidateError::malformed(WHAT, error.to_string()))?;
        Self::read(&value)
    }

    pub(super) fn read(value: &Value) -> Result<Self, CandidateError> {
        Self::members(value).map_err(CandidateError::shape(WHAT))
    }

    fn members(value: &Value) -> Result<Self, Shape> {
        let payload_type = member::text(value, "payloadType")?.to_owned();
        let payload = Bytes::from(member::bytes(value, "payload")?);
        // The signature that was verified and the one that a log vouches for must be the same.
        let [signature] = member::list(value, "signatures")? else {
            return Err(Shape("there is not exactly one signature".into()));
        };
        let signature = member::bytes(signature, "sig")?;
        Ok(Self::of(payload_type, payload, signature))
    }

    /// An envelope of these, with the statement in it.
    pub(super) fn of(payload_type: String, payload: Bytes, signature: Vec<u8>) -> Self {
        let statement = if payload_type == IN_TOTO {
            Statement::parse(&payload)
        } else {
            Err("the payload of the envelope is no statement".into())
        };
        Self {
            payload_type,
            payload,
            signature,
            statement,
        }
    }

    /// Whether it says that a statement is in it.
    pub(crate) fn holds_statement(&self) -> bool {
        self.payload_type == IN_TOTO
    }

    /// What is signed: the pre-authentication encoding of type and payload (DSSE protocol, "Signature Definition").
    pub(crate) fn signed(&self) -> Vec<u8> {
        let kind = &self.payload_type;
        let mut signed =
            format!("DSSEv1 {} {kind} {} ", kind.len(), self.payload.len()).into_bytes();
        signed.extend_from_slice(&self.payload);
        signed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_signed_has_type_and_payload_behind_their_lengths() {
        // The example of the specification.
        let text = br#"{"payload":"aGVsbG8gd29ybGQ=","payloadType":"http://example.com/HelloWorld","signatures":[{"sig":"AQ=="}]}"#;
        let envelope = Envelope::parse(text).unwrap();
        let signed = b"DSSEv1 29 http://example.com/HelloWorld 11 hello world";
        assert_eq!(envelope.signed(), signed);
        assert!(envelope.statement.is_err());
    }
}
