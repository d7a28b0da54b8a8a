//! What of the Cryptographic Message Syntax (RFC 5652) a time stamp has.

use super::TimestampError;
use crate::der::{Malformed, Reader, tag};
use crate::hash::Hash;
use crate::signed::{SignatureScheme, hash_of};
use crate::{Certificate, oid};

/// The most certificates in a token. Chains have two to four.
pub(super) const MAX_CERTIFICATES: usize = 10;
/// The most signers. RFC 3161, section 2.4.2, has one; laxer, because some tokens are signed with a second algorithm.
const MAX_SIGNERS: usize = 2;

/// `id-signedData` (RFC 5652, section 5.1).
const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
/// `id-ct-TSTInfo` (RFC 3161, section 2.4.2).
pub(super) const TST_INFO: &[u8] = &[
    0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x01, 0x04,
];

/// `SignedData` (RFC 5652, section 5.1).
pub(super) struct SignedData<'a> {
    /// The signed content, which is a `TSTInfo`.
    pub(super) content: &'a [u8],
    pub(super) certificates: Vec<Certificate>,
    pub(super) signers: Vec<SignerInfo<'a>>,
}

/// `SignerInfo` (RFC 5652, section 5.3), of the version that names issuer and serial number.
pub(super) struct SignerInfo<'a> {
    issuer: &'a [u8],
    serial: &'a [u8],
    pub(super) hash: Hash,
    /// The content of the signed attributes.
    pub(super) attributes: &'a [u8],
    /// With its tag, which is not the one that is signed.
    attributes_raw: &'a [u8],
    pub(super) scheme: SignatureScheme,
    pub(super) signature: &'a [u8],
}

impl<'a> SignedData<'a> {
    /// Reads a `ContentInfo` (RFC 5652, section 3) with signed data of a time stamp in it.
    pub(super) fn read(token: &'a [u8]) -> Result<Self, TimestampError> {
        let mut outer = Reader::whole(token, tag::SEQUENCE)?;
        if outer.oid()? != SIGNED_DATA {
            return Err(TimestampError::Malformed);
        }
        let explicit = outer.take(tag::constructed(0))?;
        outer.finish()?;
        let mut data = Reader::whole(explicit, tag::SEQUENCE)?;
        // RFC 5652, section 5.1: 3, because the content is not plain data; RFC 3161 knows no other either.
        if data.small()? != 3 {
            return Err(TimestampError::Version { of: "SignedData" });
        }
        // The hashes that the signers use, which the signers say themselves.
        data.set()?;
        let mut encapsulated = data.sequence()?;
        if encapsulated.oid()? != TST_INFO {
            return Err(TimestampError::Malformed);
        }
        let content = encapsulated.take(tag::constructed(0))?;
        encapsulated.finish()?;
        let mut content = Reader::new(content);
        let info = content.take(tag::OCTET_STRING)?;
        content.finish()?;
        let certificates = data.optional(tag::constructed(0))?.unwrap_or_default();
        // Revocation lists are asked for, and not taken from who would be revoked.
        data.optional(tag::constructed(1))?;
        let signers = data.set()?;
        data.finish()?;
        Ok(Self {
            content: info,
            certificates: read_certificates(Reader::new(certificates))?,
            signers: read_signers(signers)?,
        })
    }
}

fn read_certificates(mut set: Reader<'_>) -> Result<Vec<Certificate>, TimestampError> {
    let mut certificates = Vec::new();
    while !set.is_empty() {
        let element = set.element()?;
        // RFC 5652, section 10.2.2: the other choices are attribute certificates and forms of old.
        if element.tag != tag::SEQUENCE {
            continue;
        }
        if certificates.len() == MAX_CERTIFICATES {
            return Err(TimestampError::TooMany {
                what: "certificates",
                limit: MAX_CERTIFICATES,
            });
        }
        let certificate = Certificate::from_der(element.raw).map_err(|_| Malformed)?;
        if !certificates.contains(&certificate) {
            certificates.push(certificate);
        }
    }
    Ok(certificates)
}

fn read_signers(mut set: Reader<'_>) -> Result<Vec<SignerInfo<'_>>, TimestampError> {
    let mut signers = Vec::new();
    let mut unreadable = None;
    let mut count = 0;
    while !set.is_empty() {
        count += 1;
        if count > MAX_SIGNERS {
            return Err(TimestampError::TooMany {
                what: "signers",
                limit: MAX_SIGNERS,
            });
        }
        match SignerInfo::read(set.sequence()?) {
            Ok(signer) => signers.push(signer),
            // One that is signed in an unknown way does no harm beside one that is not.
            Err(error) => unreadable = Some(error),
        }
    }
    match unreadable {
        Some(error) if signers.is_empty() => Err(error),
        _ => Ok(signers),
    }
}

impl<'a> SignerInfo<'a> {
    fn read(mut info: Reader<'a>) -> Result<Self, TimestampError> {
        // RFC 5652, section 5.3: version 1 has issuer and serial number. Stricter, because RFC 3161 tokens have it so.
        if info.small()? != 1 {
            return Err(TimestampError::Version { of: "SignerInfo" });
        }
        let mut identifier = info.sequence()?;
        let issuer = identifier.expect(tag::SEQUENCE)?.raw;
        let serial = identifier.take(tag::INTEGER)?;
        identifier.finish()?;
        let hash = Hash::from_oid(hash_of(info.sequence()?)?)
            .ok_or(TimestampError::Hash { of: "the content" })?;
        let attributes = info
            .is_next(tag::constructed(0))
            .then(|| info.element())
            .ok_or(TimestampError::Attribute {
                name: "contentType",
            })??;
        let scheme = scheme(info.sequence()?, hash)?;
        let signature = info.take(tag::OCTET_STRING)?;
        // Unsigned attributes: an archive's further stamps, which nothing here depends on.
        info.optional(tag::constructed(1))?;
        info.finish()?;
        Ok(Self {
            issuer,
            serial,
            hash,
            attributes: attributes.content,
            attributes_raw: attributes.raw,
            scheme,
            signature,
        })
    }

    /// Whether this is the signer's certificate.
    pub(super) fn is(&self, certificate: &Certificate) -> bool {
        certificate.issuer_der() == self.issuer && certificate.serial() == self.serial
    }

    /// What is signed: the attributes under the tag of a `SET` (RFC 5652, section 5.4).
    pub(super) fn signed_bytes(&self) -> Vec<u8> {
        let mut bytes = self.attributes_raw.to_vec();
        if let Some(first) = bytes.first_mut() {
            *first = tag::SET;
        }
        bytes
    }
}

/// The signature algorithm with the hash of the signer. `rsaEncryption` leaves the hash to it (RFC 3370, section 3.2);
/// others name it again, and must name the same (RFC 5754, section 3.3; RFC 4056, section 3).
fn scheme(mut identifier: Reader<'_>, hash: Hash) -> Result<SignatureScheme, TimestampError> {
    let whole = identifier;
    if identifier.oid()? == oid::RSA_ENCRYPTION {
        return Ok(SignatureScheme::Pkcs1(hash));
    }
    let scheme = SignatureScheme::read(whole)?;
    match scheme.hash() {
        Some(other) if other != hash => Err(TimestampError::Hash {
            of: "the signature",
        }),
        _ => Ok(scheme),
    }
}
