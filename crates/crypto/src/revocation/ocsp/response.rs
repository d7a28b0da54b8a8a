//! Reading a response.

use doorward_core::Timestamp;

use super::OcspError;
use super::identifier::CertificateIdentifier;
use crate::der::{Malformed, Reader, tag};
use crate::revocation::reason::{INVALIDITY_DATE, invalidity_date, next_extension};
use crate::revocation::{Revocation, RevocationReason};
use crate::signed::SignatureScheme;

/// Bytes of a response, as the implementation of the Notary Project has it. Real ones have 0.3 to 3 KiB.
const MAX_BYTES: usize = 20_480;
/// The most certificates in a response: that of the responder, and perhaps that of its issuer.
const MAX_CERTIFICATES: usize = 4;

/// `id-pkix-ocsp-basic` (RFC 6960, section 4.2.1).
const BASIC: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01];

/// `BasicOCSPResponse` (RFC 6960, section 4.2.1).
pub(super) struct BasicResponse<'a> {
    /// What is signed.
    pub(super) signed: &'a [u8],
    pub(super) scheme: SignatureScheme,
    pub(super) signature: &'a [u8],
    /// Each in DER.
    pub(super) certificates: Vec<&'a [u8]>,
    pub(super) responder: ResponderId<'a>,
    pub(super) produced: Timestamp,
    pub(super) answers: Vec<Answer<'a>>,
}

/// Who signed.
#[derive(Clone, Copy)]
pub(super) enum ResponderId<'a> {
    /// The hash of the key.
    Key(&'a [u8]),
    /// The name in DER.
    Name(&'a [u8]),
}

/// `SingleResponse`.
pub(super) struct Answer<'a> {
    pub(super) identifier: CertificateIdentifier<'a>,
    /// `None` is unknown.
    pub(super) status: Option<Result<(), Revocation>>,
    pub(super) this_update: Timestamp,
    pub(super) next_update: Option<Timestamp>,
}

impl<'a> BasicResponse<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, OcspError> {
        if bytes.len() > MAX_BYTES {
            return Err(OcspError::TooLarge { limit: MAX_BYTES });
        }
        let mut outer = Reader::whole(bytes, tag::SEQUENCE)?;
        successful(outer.take(tag::ENUMERATED)?)?;
        let explicit = outer.take(tag::constructed(0))?;
        outer.finish()?;
        let mut response = Reader::whole(explicit, tag::SEQUENCE)?;
        if response.oid()? != BASIC {
            return Err(OcspError::Malformed);
        }
        let basic = response.take(tag::OCTET_STRING)?;
        response.finish()?;
        let mut basic = Reader::whole(basic, tag::SEQUENCE)?;
        let data = basic.expect(tag::SEQUENCE)?;
        let scheme = SignatureScheme::read(basic.sequence()?)?;
        let signature = basic.bytes_of_bit_string()?;
        let certificates = match basic.optional(tag::constructed(0))? {
            None => Vec::new(),
            Some(explicit) => certificates(Reader::whole(explicit, tag::SEQUENCE)?)?,
        };
        basic.finish()?;
        let (responder, produced, answers) = response_data(Reader::new(data.content))?;
        Ok(Self {
            signed: data.raw,
            scheme,
            signature,
            certificates,
            responder,
            produced,
            answers,
        })
    }
}

/// `OCSPResponseStatus`.
const fn successful(status: &[u8]) -> Result<(), OcspError> {
    let status = match status {
        [0] => return Ok(()),
        [1] => "malformedRequest",
        [2] => "internalError",
        [3] => "tryLater",
        [5] => "sigRequired",
        [6] => "unauthorized",
        _ => return Err(OcspError::Malformed),
    };
    Err(OcspError::Unsuccessful { status })
}

fn certificates(mut list: Reader<'_>) -> Result<Vec<&[u8]>, OcspError> {
    let mut certificates = Vec::new();
    while !list.is_empty() {
        let certificate = list.expect(tag::SEQUENCE)?.raw;
        if certificates.len() == MAX_CERTIFICATES {
            return Err(OcspError::Responder {
                detail: "there are too many certificates",
            });
        }
        certificates.push(certificate);
    }
    Ok(certificates)
}

/// `ResponseData`.
fn response_data(
    mut data: Reader<'_>,
) -> Result<(ResponderId<'_>, Timestamp, Vec<Answer<'_>>), OcspError> {
    // There is one version, which is the default and may be spelled out.
    if let Some(version) = data.optional(tag::constructed(0))?
        && Reader::whole_content(version, tag::INTEGER)? != [0]
    {
        return Err(OcspError::Malformed);
    }
    let id = data.element()?;
    const BY_NAME: u8 = tag::constructed(1);
    const BY_KEY: u8 = tag::constructed(2);
    let responder = match id.tag {
        BY_NAME => ResponderId::Name(id.content),
        BY_KEY => ResponderId::Key(Reader::whole_content(id.content, tag::OCTET_STRING)?),
        _ => return Err(OcspError::Malformed),
    };
    let produced = generalized(&mut data)?;
    let mut list = data.sequence()?;
    let mut answers = Vec::new();
    while !list.is_empty() {
        answers.push(Answer::read(list.sequence()?)?);
    }
    if let Some(explicit) = data.optional(tag::constructed(1))? {
        let mut extensions = Reader::whole(explicit, tag::SEQUENCE)?;
        while let Some(extension) = next_extension(&mut extensions)? {
            if extension.critical {
                return Err(OcspError::CriticalExtension);
            }
        }
    }
    data.finish()?;
    Ok((responder, produced, answers))
}

impl<'a> Answer<'a> {
    fn read(mut answer: Reader<'a>) -> Result<Self, OcspError> {
        let identifier = CertificateIdentifier::read(answer.sequence()?)?;
        let status = answer.element()?;
        let this_update = generalized(&mut answer)?;
        let next_update = match answer.optional(tag::constructed(0))? {
            None => None,
            Some(explicit) => {
                let mut explicit = Reader::new(explicit);
                let time = generalized(&mut explicit)?;
                explicit.finish()?;
                Some(time)
            }
        };
        let mut invalid_since = None;
        if let Some(explicit) = answer.optional(tag::constructed(1))? {
            let mut extensions = Reader::whole(explicit, tag::SEQUENCE)?;
            while let Some(extension) = next_extension(&mut extensions)? {
                // RFC 6960, section 4.4.5: extensions of entries of revocation lists may be here.
                if extension.oid == INVALIDITY_DATE {
                    if invalid_since.is_some() {
                        return Err(OcspError::Malformed);
                    }
                    invalid_since = Some(invalidity_date(extension.value)?);
                } else if extension.critical {
                    return Err(OcspError::CriticalExtension);
                }
            }
        }
        answer.finish()?;
        const GOOD: u8 = tag::context(0);
        const REVOKED: u8 = tag::constructed(1);
        const UNKNOWN: u8 = tag::context(2);
        let status = match status.tag {
            GOOD if status.content.is_empty() => Some(Ok(())),
            REVOKED => Some(Err(revoked(Reader::new(status.content), invalid_since)?)),
            UNKNOWN if status.content.is_empty() => None,
            _ => return Err(OcspError::Malformed),
        };
        Ok(Self {
            identifier,
            status,
            this_update,
            next_update,
        })
    }
}

/// `RevokedInfo`.
fn revoked(
    mut info: Reader<'_>,
    invalid_since: Option<Timestamp>,
) -> Result<Revocation, Malformed> {
    let time = generalized(&mut info)?;
    let reason = match info.optional(tag::constructed(0))? {
        None => None,
        Some(explicit) => {
            let number = Reader::whole_content(explicit, tag::ENUMERATED)?;
            Some(RevocationReason::read(number)?)
        }
    };
    info.finish()?;
    Ok(Revocation {
        time,
        reason,
        invalid_since,
    })
}

fn generalized(reader: &mut Reader<'_>) -> Result<Timestamp, Malformed> {
    reader.expect(tag::GENERALIZED_TIME)?.time()?.whole()
}
