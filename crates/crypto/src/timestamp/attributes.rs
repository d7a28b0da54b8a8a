//! The signed attributes of a time stamp.

use doorward_core::Timestamp;

use super::TimestampError;
use super::cms::TST_INFO;
use crate::Certificate;
use crate::der::{Malformed, Reader, tag};
use crate::hash::Hash;
use crate::signed::hash_of;

/// The most attributes of a signer: those below, and a few that say what was signed with.
const MAX_ATTRIBUTES: usize = 32;

/// RFC 5652, section 11, and RFC 5035, section 3.
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];
const SIGNING_TIME: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x05];
const SIGNING_CERTIFICATE_V2: &[u8] = &[
    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x02, 0x2f,
];

/// What the attributes say.
pub(super) struct SignedAttributes<'a> {
    pub(super) digest: &'a [u8],
    pub(super) certificate: CertificateIdentifier<'a>,
    pub(super) signing_time: Option<Timestamp>,
}

/// `ESSCertIDv2` (RFC 5035, section 4).
pub(super) struct CertificateIdentifier<'a> {
    hash: Hash,
    digest: &'a [u8],
    /// Name and serial number, if they are there too.
    issuer_serial: Option<(&'a [u8], &'a [u8])>,
}

impl<'a> SignedAttributes<'a> {
    pub(super) fn read(attributes: &'a [u8]) -> Result<Self, TimestampError> {
        let find = |name, oid| value_of(attributes, oid, name);
        let needed = |name, oid| find(name, oid)?.ok_or(TimestampError::Attribute { name });
        // RFC 5652, section 11.1: it is that of the content.
        let content_type = Reader::whole_content(needed("contentType", CONTENT_TYPE)?, tag::OID)?;
        if content_type != TST_INFO {
            return Err(TimestampError::Attribute {
                name: "contentType",
            });
        }
        let digest = needed("messageDigest", MESSAGE_DIGEST)?;
        let certificate = needed("signingCertificateV2", SIGNING_CERTIFICATE_V2)?;
        let signing_time = match find("signingTime", SIGNING_TIME)? {
            None => None,
            Some(value) => Some(Reader::new(value).time()?.whole()?),
        };
        Ok(Self {
            digest: Reader::whole_content(digest, tag::OCTET_STRING)?,
            certificate: CertificateIdentifier::read(certificate)?,
            signing_time,
        })
    }
}

/// The one value of an attribute, in DER. It must not be there twice, and must not have two values (RFC 5652, section
/// 11; RFC 5035, section 3).
fn value_of<'a>(
    attributes: &'a [u8],
    wanted: &[u8],
    name: &'static str,
) -> Result<Option<&'a [u8]>, TimestampError> {
    let mut attributes = Reader::new(attributes);
    let (mut found, mut count) = (None, 0);
    while !attributes.is_empty() {
        count += 1;
        if count > MAX_ATTRIBUTES {
            return Err(TimestampError::TooMany {
                what: "signed attributes",
                limit: MAX_ATTRIBUTES,
            });
        }
        let mut attribute = attributes.sequence()?;
        let oid = attribute.oid()?;
        let mut values = attribute.set()?;
        attribute.finish()?;
        if oid != wanted {
            continue;
        }
        let wrong = TimestampError::Attribute { name };
        if found.is_some() || values.is_empty() {
            return Err(wrong);
        }
        found = Some(values.element()?.raw);
        values.finish().map_err(|_| wrong)?;
    }
    Ok(found)
}

impl<'a> CertificateIdentifier<'a> {
    /// The first identifier of a `SigningCertificateV2`, which is that of the signer (RFC 5035, section 3). Further
    /// ones are not asked for: the chain is held against the trusted certificates by itself.
    fn read(value: &'a [u8]) -> Result<Self, TimestampError> {
        let mut certificates = Reader::whole(value, tag::SEQUENCE)?.sequence()?;
        let mut identifier = certificates.sequence()?;
        // The hash is SHA-256 unless it is said; `certHash` is an OCTET STRING, so that a SEQUENCE here says it.
        let hash = if identifier.is_next(tag::SEQUENCE) {
            let name = hash_of(identifier.sequence()?)?;
            Hash::from_oid(name).ok_or(TimestampError::Hash {
                of: "the signing certificate",
            })?
        } else {
            Hash::Sha256
        };
        let digest = identifier.take(tag::OCTET_STRING)?;
        let issuer_serial = match identifier.optional(tag::SEQUENCE)? {
            None => None,
            Some(both) => Some(issuer_serial(Reader::new(both))?),
        };
        identifier.finish()?;
        Ok(Self {
            hash,
            digest,
            issuer_serial,
        })
    }

    pub(super) fn is(&self, certificate: &Certificate) -> bool {
        let named = self.issuer_serial.is_none_or(|(issuer, serial)| {
            certificate.issuer_der() == issuer && certificate.serial() == serial
        });
        named && self.hash.of(certificate.der()).as_ref() == self.digest
    }
}

/// `IssuerSerial` (RFC 5035, section 4): the one directory name, and the serial number.
fn issuer_serial(mut both: Reader<'_>) -> Result<(&[u8], &[u8]), Malformed> {
    let mut names = both.sequence()?;
    let name = names.take(tag::constructed(4))?;
    names.finish()?;
    let serial = both.take(tag::INTEGER)?;
    both.finish()?;
    Ok((name, serial))
}
