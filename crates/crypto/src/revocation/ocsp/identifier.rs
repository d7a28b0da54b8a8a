//! Which certificate an answer is about (`CertID`, RFC 6960, section 4.1.1).

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use crate::der::{Malformed, Reader, tag, write};
use crate::hash::Hash;
use crate::signed::hash_of;
use crate::{Certificate, oid};

/// A certificate by its issuer's name and key and its own serial number.
pub(super) struct CertificateIdentifier<'a> {
    hash: &'a [u8],
    issuer_name: &'a [u8],
    issuer_key: &'a [u8],
    serial: &'a [u8],
}

/// SHA-1 as an identifier. That somebody can make two names or keys with the same hash does no harm, because the signed
/// answer is the issuer's, and its serial numbers are its own.
pub(super) fn sha1(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref().to_vec()
}

impl<'a> CertificateIdentifier<'a> {
    pub(super) fn read(mut identifier: Reader<'a>) -> Result<Self, Malformed> {
        let hash = hash_of(identifier.sequence()?)?;
        let issuer_name = identifier.take(tag::OCTET_STRING)?;
        let issuer_key = identifier.take(tag::OCTET_STRING)?;
        let serial = identifier.take(tag::INTEGER)?;
        identifier.finish()?;
        Ok(Self {
            hash,
            issuer_name,
            issuer_key,
            serial,
        })
    }

    pub(super) fn is(&self, certificate: &Certificate, issuer: &Certificate) -> bool {
        let hashed = |bytes: &[u8]| match Hash::from_oid(self.hash) {
            Some(hash) => Some(hash.of(bytes).as_ref().to_vec()),
            None if self.hash == oid::SHA1 => Some(sha1(bytes)),
            None => None,
        };
        let same = |bytes: &[u8], expected: &[u8]| hashed(bytes).is_some_and(|it| it == expected);
        self.serial == certificate.serial()
            && same(certificate.issuer_der(), self.issuer_name)
            && same(issuer.key_bits(), self.issuer_key)
    }
}

/// The identifier in DER, with SHA-1, which is the one hash that every responder knows (RFC 5019, section 2.1.1).
pub(super) fn encode(certificate: &Certificate, issuer: &Certificate) -> Vec<u8> {
    let hash = write(
        tag::SEQUENCE,
        &[&write(tag::OID, &[oid::SHA1]), &write(tag::NULL, &[])],
    );
    write(
        tag::SEQUENCE,
        &[
            &hash,
            &write(tag::OCTET_STRING, &[&sha1(certificate.issuer_der())]),
            &write(tag::OCTET_STRING, &[&sha1(issuer.key_bits())]),
            &write(tag::INTEGER, &[certificate.serial()]),
        ],
    )
}
