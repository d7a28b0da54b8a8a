//! Sigstore bundles (protobuf-specs, `sigstore_bundle.proto`), versions 0.1 to 0.3.

use doorward_core::json::{Limits, Value, parse};

use super::entry::Entry;
use super::error::{self, CandidateError};
use super::{Candidate, CandidateForm, Content, Envelope, Hash, SignerMaterial};
use crate::limits;
use crate::member::{self, Shape};

const WHAT: &str = "the bundle";

/// The media type of bundles with promises.
const PROMISED: &str = "application/vnd.dev.sigstore.bundle+json;version=0.1";

/// The media types of bundles.
const MEDIA_TYPES: [&str; 4] = [
    PROMISED,
    "application/vnd.dev.sigstore.bundle+json;version=0.2",
    "application/vnd.dev.sigstore.bundle+json;version=0.3",
    "application/vnd.dev.sigstore.bundle.v0.3+json",
];

pub(super) fn read(bytes: &[u8]) -> Result<Candidate, CandidateError> {
    let shape = CandidateError::shape(WHAT);
    let mut bounds = Limits::bytes(limits::BUNDLE_BYTES).depth(16);
    bounds.values = limits::VALUES;
    let value =
        parse(bytes, bounds).map_err(|error| CandidateError::malformed(WHAT, error.to_string()))?;
    let media_type = member::text(&value, "mediaType").map_err(&shape)?;
    if !MEDIA_TYPES.contains(&media_type) {
        return Err(CandidateError::malformed(WHAT, "its version is not known"));
    }
    let single = media_type.ends_with("0.3") || media_type.ends_with("v0.3+json");
    let material = member::object(&value, "verificationMaterial").map_err(&shape)?;
    if single && member::member(material, "x509CertificateChain").is_some() {
        let reason = "a bundle of its version has one certificate, and no chain";
        return Err(CandidateError::malformed(WHAT, reason));
    }
    let entries = member::list(material, "tlogEntries").map_err(&shape)?;
    error::few("entries of logs", entries.len(), limits::LOG_ENTRIES)?;
    let stamps = match member::member(material, "timestampVerificationData") {
        None => &[],
        Some(data) => member::list(data, "rfc3161Timestamps").map_err(&shape)?,
    };
    error::few("time stamps", stamps.len(), limits::TIMESTAMPS)?;
    let stamps = stamps
        .iter()
        .map(|stamp| member::bytes(stamp, "signedTimestamp"));
    Ok(Candidate {
        form: CandidateForm::Bundle,
        content: content(&value)?,
        material: signer(material)?,
        entries: entries.iter().map(Entry::read).collect::<Result<_, _>>()?,
        timestamps: stamps.collect::<Result<_, _>>().map_err(&shape)?,
        promise_suffices: media_type == PROMISED,
        source: None,
    })
}

/// What is signed: of two things it could be, nobody knows which.
fn content(bundle: &Value) -> Result<Content, CandidateError> {
    let envelope = member::member(bundle, "dsseEnvelope");
    let message = member::member(bundle, "messageSignature");
    match (envelope, message) {
        (Some(envelope), None) => Ok(Content::Statement(Envelope::read(envelope)?)),
        (None, Some(message)) => {
            let hash = member::member(message, "messageDigest").map(Hash::read);
            let read = || -> Result<Content, Shape> {
                Ok(Content::Bytes {
                    hash: hash.transpose()?,
                    signature: member::bytes(message, "signature")?,
                })
            };
            read().map_err(CandidateError::shape(WHAT))
        }
        (Some(_), Some(_)) | (None, None) => {
            let reason = "it has not exactly one of `dsseEnvelope` and `messageSignature`";
            Err(CandidateError::malformed(WHAT, reason))
        }
    }
}

pub(super) fn signer(material: &Value) -> Result<SignerMaterial, CandidateError> {
    let shape = CandidateError::shape(WHAT);
    let of = |name| member::member(material, name);
    let kinds = (
        of("certificate"),
        of("x509CertificateChain"),
        of("publicKey"),
    );
    let der = |certificate: &Value| member::bytes(certificate, "rawBytes");
    match kinds {
        (Some(leaf), None, None) => Ok(SignerMaterial::Chain(vec![der(leaf).map_err(&shape)?])),
        (None, Some(chain), None) => {
            let certificates = member::list(chain, "certificates").map_err(&shape)?;
            error::few("certificates", certificates.len(), limits::CERTIFICATES)?;
            if certificates.is_empty() {
                return Err(CandidateError::malformed(WHAT, "its chain is empty"));
            }
            let chain = certificates.iter().map(der).collect::<Result<_, _>>();
            Ok(SignerMaterial::Chain(chain.map_err(&shape)?))
        }
        (None, None, Some(key)) => {
            let hint = member::optional_text(key, "hint").map_err(&shape)?;
            let hint = hint.map(str::to_owned);
            Ok(SignerMaterial::Key { hint })
        }
        _ => {
            let reason = "it has not exactly one certificate, chain of certificates or public key";
            Err(CandidateError::malformed(WHAT, reason))
        }
    }
}
