//! What stands in the annotations of a layer (cosign's signature specification): the signature, and what vouches for it.
//! They are not signed, and each is believed only as far as it is verified.

use std::collections::BTreeMap;

use doorward_core::json::{Limits, Value, parse};
use rustls_pki_types::pem::{PemObject, SectionKind};

use super::entry::Entry;
use super::error::{self, CandidateError};
use super::{Hash, SignerMaterial};
use crate::member::{self, Shape};
use crate::{hex, limits};

const SIGNATURE: &str = "dev.cosignproject.cosign/signature";
const CERTIFICATE: &str = "dev.sigstore.cosign/certificate";
const CHAIN: &str = "dev.sigstore.cosign/chain";
const LOG: &str = "dev.sigstore.cosign/bundle";
const TIMESTAMP: &str = "dev.sigstore.cosign/rfc3161timestamp";

/// What stands beside a layer.
#[derive(Debug)]
pub(super) struct Beside {
    /// Returns `None` where the layer is an envelope, which has it within.
    pub(super) signature: Option<Vec<u8>>,
    pub(super) material: SignerMaterial,
    pub(super) entry: Option<Entry>,
    pub(super) timestamp: Option<Vec<u8>>,
}

pub(super) fn read(annotations: &BTreeMap<String, String>) -> Result<Beside, CandidateError> {
    let of = |name: &str| {
        let text = annotations.get(name).map(String::as_str);
        text.filter(|text| !text.is_empty())
    };
    for name in [SIGNATURE, CERTIFICATE, CHAIN, LOG, TIMESTAMP] {
        let bytes = of(name).map_or(0, str::len);
        error::at_most("an annotation", bytes, limits::ANNOTATION_BYTES)?;
    }
    let signature = of(SIGNATURE).map(|text| {
        let malformed = || CandidateError::malformed("the signature", "it is not base64");
        member::base64(text).ok_or_else(malformed)
    });
    let material = match of(CERTIFICATE) {
        None => SignerMaterial::Key { hint: None },
        Some(leaf) => SignerMaterial::Chain(chain(leaf, of(CHAIN))?),
    };
    Ok(Beside {
        signature: signature.transpose()?,
        material,
        entry: of(LOG).map(entry).transpose()?,
        timestamp: of(TIMESTAMP).map(timestamp).transpose()?,
    })
}

/// The signature and who made it, as far as they can be read, whatever else stands there.
pub(super) fn bare(annotations: &BTreeMap<String, String>) -> (Option<Vec<u8>>, SignerMaterial) {
    let of = |name: &str| {
        let text = annotations.get(name).map(String::as_str);
        text.filter(|text| !text.is_empty() && text.len() <= limits::ANNOTATION_BYTES)
    };
    let signature = of(SIGNATURE).and_then(member::base64);
    let certificates = of(CERTIFICATE).map(|leaf| chain(leaf, of(CHAIN)).or_else(|_| pem(leaf)));
    let material = match certificates {
        Some(Ok(chain)) => SignerMaterial::Chain(chain),
        Some(Err(_)) | None => SignerMaterial::Key { hint: None },
    };
    (signature, material)
}

/// The certificates, of which that of the signer stands alone in its annotation.
fn chain(leaf: &str, issuers: Option<&str>) -> Result<Vec<Vec<u8>>, CandidateError> {
    let mut certificates = pem(leaf)?;
    if certificates.len() != 1 {
        let reason = "there is more than one certificate of the signer";
        return Err(CandidateError::malformed("the certificate", reason));
    }
    certificates.extend(issuers.map(pem).transpose()?.into_iter().flatten());
    error::few("certificates", certificates.len(), limits::CERTIFICATES)?;
    Ok(certificates)
}

fn pem(text: &str) -> Result<Vec<Vec<u8>>, CandidateError> {
    let malformed = |reason: &str| CandidateError::malformed("the certificate", reason);
    let mut certificates = Vec::new();
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text.as_bytes()) {
        let (kind, der) = section.map_err(|_| malformed("it is not PEM"))?;
        if kind != SectionKind::Certificate {
            return Err(malformed(
                "the PEM text has something else than certificates",
            ));
        }
        error::few("certificates", certificates.len() + 1, limits::CERTIFICATES)?;
        certificates.push(der);
    }
    if certificates.is_empty() {
        return Err(malformed("the PEM text has no certificate"));
    }
    Ok(certificates)
}

fn json(what: &'static str, text: &str) -> Result<Value, CandidateError> {
    let mut bounds = Limits::bytes(limits::ANNOTATION_BYTES).depth(8);
    bounds.values = limits::VALUES;
    parse(text.as_bytes(), bounds)
        .map_err(|error| CandidateError::malformed(what, error.to_string()))
}

/// The entry of a log with the promise to include it, as cosign writes it.
fn entry(text: &str) -> Result<Entry, CandidateError> {
    const WHAT: &str = "the entry of the log";
    let value = json(WHAT, text)?;
    read_entry(&value).map_err(CandidateError::shape(WHAT))
}

fn read_entry(value: &Value) -> Result<Entry, Shape> {
    let payload = member::object(value, "Payload")?;
    let id = hex::decode(member::text(payload, "logID")?);
    let id = id.filter(|id| id.len() == 32);
    Entry::of_layer(
        member::bytes(payload, "body")?,
        member::integer(payload, "integratedTime")?,
        member::integer(payload, "logIndex")?,
        id.ok_or_else(|| Shape("`logID` does not have 32 bytes in hexadecimal digits".into()))?,
        member::bytes(value, "SignedEntryTimestamp")?,
    )
}

fn timestamp(text: &str) -> Result<Vec<u8>, CandidateError> {
    const WHAT: &str = "the time stamp";
    let value = json(WHAT, text)?;
    member::bytes(&value, "SignedRFC3161Timestamp").map_err(CandidateError::shape(WHAT))
}

impl Hash {
    /// The hash that `messageDigest` of a bundle has.
    pub(super) fn read(value: &Value) -> Result<Self, Shape> {
        Ok(Self {
            function: member::text(value, "algorithm")?.to_owned(),
            bytes: member::bytes(value, "digest")?,
        })
    }
}
