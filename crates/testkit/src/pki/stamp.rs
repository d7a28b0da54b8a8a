//! Time-stamp tokens.

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};

use super::asn1::{asn1, dotted_oid, integer, octets, sequence, set};
use super::certificate::Certified;

const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
const SIGNING_TIME: &str = "1.2.840.113549.1.9.5";
const SIGNING_CERTIFICATE: &str = "1.2.840.113549.1.9.16.2.47";
const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";

/// What can be wrong with a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum StampFlaw {
    /// The content has a critical extension.
    CriticalExtension,
    /// There is no attribute for the type of the content.
    NoContentType,
    /// There is no attribute for the digest of the content.
    NoMessageDigest,
    /// There is no attribute for the certificate of the signer.
    NoSigningCertificate,
    /// The attributes are for content of another type.
    OtherContentType,
    /// The signed digest is another.
    OtherMessageDigest,
    /// The imprint is by SHA-1.
    Sha1Imprint,
    /// The signature is over other attributes.
    Signature,
    /// There are two attributes for the digest of the content.
    TwoMessageDigests,
    /// The signed data are of version 1.
    Version,
}

impl StampFlaw {
    /// Every flaw.
    pub const ALL: [Self; 10] = [
        Self::CriticalExtension,
        Self::NoContentType,
        Self::NoMessageDigest,
        Self::NoSigningCertificate,
        Self::OtherContentType,
        Self::OtherMessageDigest,
        Self::Sha1Imprint,
        Self::Signature,
        Self::TwoMessageDigests,
        Self::Version,
    ];
}

/// Describes a time-stamp token (RFC 3161, section 2.4.2). It is as it should be until it is changed: over the SHA-256
/// hash of the message, with the certificate of its signer in it.
#[derive(Clone, Debug)]
pub struct StampBuilder {
    signer: Certified,
    message: Vec<u8>,
    time: String,
    accuracy: Vec<u8>,
    policy: String,
    certificates: Vec<Vec<u8>>,
    named: Vec<u8>,
    signing_time: Option<String>,
    asked: Option<(Vec<u8>, Vec<u8>)>,
    flaw: Option<StampFlaw>,
}

impl StampBuilder {
    /// A stamp on a message. The time is a `GeneralizedTime` such as `20240601000000Z`, and may be wrong.
    #[must_use]
    pub fn new(signer: &Certified, message: &[u8], time: &str) -> Self {
        Self {
            signer: signer.clone(),
            message: message.to_vec(),
            time: time.to_owned(),
            accuracy: Vec::new(),
            policy: "1.3.6.1.4.1.99999.3".to_owned(),
            certificates: vec![signer.der().to_vec()],
            named: signer.der().to_vec(),
            signing_time: None,
            asked: None,
            flaw: None,
        }
    }

    /// Other certificates in the token.
    #[must_use]
    pub fn certificates(mut self, certificates: &[&Certified]) -> Self {
        let der = |certificate: &&Certified| certificate.der().to_vec();
        self.certificates = certificates.iter().map(der).collect();
        self
    }

    /// The accuracy that is claimed: seconds, milliseconds and microseconds.
    #[must_use]
    pub fn accuracy(mut self, seconds: u64, millis: u8, micros: u8) -> Self {
        let part = |tag, value| {
            if value == 0 {
                Vec::new()
            } else {
                asn1(tag, &[&[value]])
            }
        };
        let parts = [integer(seconds), part(0x80, millis), part(0x81, micros)];
        self.accuracy = sequence(&[&parts.concat()]);
        self
    }

    /// Another policy, with dots between.
    #[must_use]
    pub fn policy(mut self, policy: &str) -> Self {
        policy.clone_into(&mut self.policy);
        self
    }

    /// Another certificate in the attribute that names that of the signer.
    #[must_use]
    pub fn naming(mut self, other: &Certified) -> Self {
        self.named = other.der().to_vec();
        self
    }

    /// The attribute with the time of signing, a `UTCTime` such as `240601000000Z`.
    #[must_use]
    pub fn signing_time(mut self, time: &str) -> Self {
        self.signing_time = Some(time.to_owned());
        self
    }

    /// What a request asked for, each as it stands there in DER: the imprint, whatever the message is, and the nonce, which may
    /// be empty.
    #[cfg(all(feature = "servers", feature = "sigstore"))]
    pub(crate) fn asked(mut self, imprint: &[u8], nonce: &[u8]) -> Self {
        self.asked = Some((imprint.to_vec(), nonce.to_vec()));
        self
    }

    /// Makes it wrong.
    #[must_use]
    pub const fn flaw(mut self, flaw: StampFlaw) -> Self {
        self.flaw = Some(flaw);
        self
    }

    /// The token in DER.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let content = self.content();
        let version = if self.has(StampFlaw::Version) { 1 } else { 3 };
        let hash = sequence(&[&self.signer.key.hash_oid()]);
        let encapsulated = sequence(&[&dotted_oid(TST_INFO), &asn1(0xa0, &[&octets(&content)])]);
        let data = sequence(&[
            &integer(version),
            &set(&[&hash]),
            &encapsulated,
            &asn1(0xa0, &[&self.certificates.concat()]),
            &set(&[&self.signer_info(&content)]),
        ]);
        sequence(&[&dotted_oid("1.2.840.113549.1.7.2"), &asn1(0xa0, &[&data])])
    }

    /// The token in BER, every constructed element of indefinite length and every octet string of it in pieces, except
    /// in what is signed.
    #[must_use]
    pub fn build_ber(&self) -> Vec<u8> {
        let content = self.content();
        let indefinite =
            |tag: u8, parts: &[&[u8]]| [&[tag, 0x80], &parts.concat()[..], &[0, 0]].concat();
        let (first, second) = content.split_at(content.len() / 2);
        let pieces = indefinite(0x24, &[&octets(first), &octets(second)]);
        let hash = sequence(&[&self.signer.key.hash_oid()]);
        let encapsulated = indefinite(
            0x30,
            &[&dotted_oid(TST_INFO), &indefinite(0xa0, &[&pieces])],
        );
        let data = indefinite(
            0x30,
            &[
                &integer(3),
                &indefinite(0x31, &[&hash]),
                &encapsulated,
                &indefinite(0xa0, &[&self.certificates.concat()]),
                &indefinite(0x31, &[&self.signer_info(&content)]),
            ],
        );
        let signed_data = dotted_oid("1.2.840.113549.1.7.2");
        indefinite(0x30, &[&signed_data, &indefinite(0xa0, &[&data])])
    }

    fn has(&self, flaw: StampFlaw) -> bool {
        self.flaw == Some(flaw)
    }

    fn content(&self) -> Vec<u8> {
        let (oid, hash) = if self.has(StampFlaw::Sha1Imprint) {
            ("1.3.14.3.2.26", &SHA1_FOR_LEGACY_USE_ONLY)
        } else {
            ("2.16.840.1.101.3.4.2.1", &SHA256)
        };
        let hashed = digest(hash, &self.message);
        let imprint = sequence(&[
            &sequence(&[&dotted_oid(oid), &[0x05, 0x00]]),
            &octets(hashed.as_ref()),
        ]);
        let (imprint, nonce) = self.asked.clone().unwrap_or((imprint, Vec::new()));
        let extensions = if self.has(StampFlaw::CriticalExtension) {
            asn1(
                0xa1,
                &[&super::asn1::extension("1.2.3.4", true, &[0x05, 0x00])],
            )
        } else {
            Vec::new()
        };
        sequence(&[
            &integer(1),
            &dotted_oid(&self.policy),
            &imprint,
            &integer(7),
            &asn1(0x18, &[self.time.as_bytes()]),
            &self.accuracy,
            &nonce,
            &extensions,
        ])
    }

    fn signer_info(&self, content: &[u8]) -> Vec<u8> {
        let key = &self.signer.key;
        let attributes = self.attributes(content);
        let mut signature = key.sign(&set(&[&attributes]));
        if self.has(StampFlaw::Signature) {
            signature = key.sign(&set(&[&attributes, &attributes]));
        }
        let identifier = sequence(&[&self.signer.issuer, &integer(self.signer.serial)]);
        sequence(&[
            &integer(1),
            &identifier,
            &sequence(&[&key.hash_oid()]),
            &asn1(0xa0, &[&attributes]),
            &key.identifier(),
            &octets(&signature),
        ])
    }

    fn attributes(&self, content: &[u8]) -> Vec<u8> {
        let attribute = |oid: &str, value: &[u8]| sequence(&[&dotted_oid(oid), &set(&[value])]);
        let mut all = Vec::new();
        if !self.has(StampFlaw::NoContentType) {
            let plain_data = "1.2.840.113549.1.7.1";
            let other = self.has(StampFlaw::OtherContentType);
            let of = dotted_oid(if other { plain_data } else { TST_INFO });
            all.push(attribute(CONTENT_TYPE, &of));
        }
        if let Some(time) = &self.signing_time {
            all.push(attribute(SIGNING_TIME, &asn1(0x17, &[time.as_bytes()])));
        }
        if !self.has(StampFlaw::NoMessageDigest) {
            let mut hash = self.signer.key.hash(content);
            if self.has(StampFlaw::OtherMessageDigest) {
                hash[0] ^= 1;
            }
            let copies = 1 + usize::from(self.has(StampFlaw::TwoMessageDigests));
            all.push(attribute(MESSAGE_DIGEST, &octets(&hash)).repeat(copies));
        }
        if !self.has(StampFlaw::NoSigningCertificate) {
            let hash = octets(digest(&SHA256, &self.named).as_ref());
            let identifiers = sequence(&[&sequence(&[&hash])]);
            all.push(attribute(SIGNING_CERTIFICATE, &sequence(&[&identifiers])));
        }
        all.concat()
    }
}
