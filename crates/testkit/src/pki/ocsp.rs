//! OCSP responses.

use doorward_core::Timestamp;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::asn1::{asn1, bits, dotted_oid, extension, generalized, integer, octets, sequence};
use super::certificate::Certified;

/// What a response says of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OcspSays {
    /// It is not revoked.
    Good,
    /// It is revoked: when, for which reason (RFC 5280, section 5.3.1), and since when it is invalid.
    Revoked(Timestamp, Option<u8>, Option<Timestamp>),
    /// The responder does not know it.
    Unknown,
}

/// Describes an OCSP response (RFC 6960, section 4.2.1). It is as it should be until it is changed: signed by the
/// issuer, for a year from its making.
#[derive(Clone, Debug)]
pub struct OcspBuilder {
    identifier: Vec<u8>,
    signer: Certified,
    certificates: Vec<Vec<u8>>,
    by_name: bool,
    says: OcspSays,
    copies: usize,
    produced: Timestamp,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    extensions: Vec<u8>,
}

impl OcspBuilder {
    /// About a certificate, by its issuer, at this time.
    #[must_use]
    pub fn new(certificate: &Certified, issuer: &Certified, says: OcspSays, at: Timestamp) -> Self {
        let sha1 = |bytes: &[u8]| octets(digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref());
        let hash = sequence(&[&dotted_oid("1.3.14.3.2.26"), &[0x05, 0x00]]);
        let identifier = sequence(&[
            &hash,
            &sha1(&issuer.subject),
            &sha1(&issuer.key.public_bits()),
            &integer(certificate.serial),
        ]);
        Self {
            identifier,
            signer: issuer.clone(),
            certificates: Vec::new(),
            by_name: false,
            says,
            copies: 1,
            produced: at,
            this_update: at,
            next_update: Some(at.plus(365 * 24 * 3600)),
            extensions: Vec::new(),
        }
    }

    /// Signed by another one, whose certificate is in the response.
    #[must_use]
    pub fn signed_by(mut self, signer: &Certified) -> Self {
        self.signer = signer.clone();
        self.certificates = vec![signer.der().to_vec()];
        self
    }

    /// Without any certificate in it.
    #[must_use]
    pub fn without_certificates(mut self) -> Self {
        self.certificates.clear();
        self
    }

    /// The signer is named by its name, and not by its key.
    #[must_use]
    pub const fn by_name(mut self) -> Self {
        self.by_name = true;
        self
    }

    /// The same answer so many times.
    #[must_use]
    pub const fn copies(mut self, copies: usize) -> Self {
        self.copies = copies;
        self
    }

    /// When it was made.
    #[must_use]
    pub const fn produced(mut self, produced: Timestamp) -> Self {
        self.produced = produced;
        self
    }

    /// From when until when the answer holds.
    #[must_use]
    pub const fn holds(mut self, from: Timestamp, until: Option<Timestamp>) -> Self {
        self.this_update = from;
        self.next_update = until;
        self
    }

    /// An extension of the response.
    #[must_use]
    pub fn extension(mut self, oid: &str, critical: bool, value: &[u8]) -> Self {
        self.extensions.extend(extension(oid, critical, value));
        self
    }

    /// The response in DER.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let answers = self.answer().repeat(self.copies);
        let signer = &self.signer;
        let id = if self.by_name {
            asn1(0xa1, &[&signer.subject])
        } else {
            let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, &signer.key.public_bits());
            asn1(0xa2, &[&octets(hash.as_ref())])
        };
        let extensions = explicit(0xa1, &self.extensions);
        let data = sequence(&[
            &id,
            &generalized(self.produced),
            &sequence(&[&answers]),
            &extensions,
        ]);
        let basic = sequence(&[
            &data,
            &signer.key.identifier(),
            &bits(&signer.key.sign(&data)),
            &explicit(0xa0, &self.certificates.concat()),
        ]);
        let response = sequence(&[&dotted_oid("1.3.6.1.5.5.7.48.1.1"), &octets(&basic)]);
        sequence(&[&[0x0a, 0x01, 0x00], &asn1(0xa0, &[&response])])
    }

    /// A response that has no answer but a number instead (RFC 6960, section 4.2.1).
    #[must_use]
    pub fn unsuccessful(status: u8) -> Vec<u8> {
        sequence(&[&[0x0a, 0x01, status]])
    }

    fn answer(&self) -> Vec<u8> {
        let mut since = None;
        let status = match self.says {
            OcspSays::Good => vec![0x80, 0x00],
            OcspSays::Unknown => vec![0x82, 0x00],
            OcspSays::Revoked(time, reason, invalid_since) => {
                since = invalid_since;
                let reason = reason.map(|number| asn1(0xa0, &[&[0x0a, 0x01, number]]));
                asn1(0xa1, &[&generalized(time), &reason.unwrap_or_default()])
            }
        };
        let next = self.next_update;
        let next = next.map(|time| asn1(0xa0, &[&generalized(time)]));
        let since = since.map(|time| extension("2.5.29.24", false, &generalized(time)));
        sequence(&[
            &self.identifier,
            &status,
            &generalized(self.this_update),
            &next.unwrap_or_default(),
            &explicit(0xa1, &since.unwrap_or_default()),
        ])
    }
}

/// An explicit tag around a sequence of what is there, or nothing.
fn explicit(tag: u8, content: &[u8]) -> Vec<u8> {
    if content.is_empty() {
        Vec::new()
    } else {
        asn1(tag, &[&sequence(&[content])])
    }
}
