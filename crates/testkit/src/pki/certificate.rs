//! Certificates of chains for signing software, time stamps and OCSP.

use std::sync::Arc;

use doorward_core::Timestamp;

use super::asn1::{asn1, bits, dotted_oid, extension, integer, sequence, set, time, utf8};
use super::key::Key;
use crate::key::KeyKind;

const COMMON_NAME: &str = "2.5.4.3";
const KEY_USAGE: &str = "2.5.29.15";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const DISTRIBUTION_POINTS: &str = "2.5.29.31";
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
const INFO_ACCESS: &str = "1.3.6.1.5.5.7.1.1";
const OCSP: &str = "1.3.6.1.5.5.7.48.1";
const NOCHECK: &str = "1.3.6.1.5.5.7.48.1.5";

/// Describes a certificate. It is what the rules for its place in a chain demand, until it is changed: a P-256 key,
/// valid from 2020 to 2049.
///
/// ```
/// use doorward_testkit::CertificateBuilder;
///
/// let root = CertificateBuilder::authority("root").self_signed();
/// let leaf = CertificateBuilder::code_signer("leaf").issued_by(&root);
/// assert_ne!(leaf.der(), root.der());
/// ```
#[derive(Clone, Debug)]
pub struct CertificateBuilder {
    subject: Vec<(String, String)>,
    kind: KeyKind,
    seed: u64,
    serial: u64,
    from: Timestamp,
    until: Timestamp,
    extensions: Vec<(String, bool, Vec<u8>)>,
    identifier: Option<Vec<u8>>,
}

/// A certificate with its private key.
#[derive(Clone)]
pub struct Certified {
    der: Vec<u8>,
    pub(super) subject: Vec<u8>,
    pub(super) issuer: Vec<u8>,
    pub(super) serial: u64,
    pub(super) key: Arc<Key>,
}

impl CertificateBuilder {
    fn new(name: &str) -> Self {
        let at = |text: &str| text.parse().expect("a time");
        // So that different names have different keys and serial numbers, and the same always the same.
        let seed = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
        });
        Self {
            subject: vec![(COMMON_NAME.to_owned(), name.to_owned())],
            kind: KeyKind::P256,
            seed,
            serial: seed >> 1,
            from: at("2020-01-01T00:00:00Z"),
            until: at("2049-12-30T00:00:00Z"),
            extensions: Vec::new(),
            identifier: None,
        }
    }

    /// An authority, which signs certificates and revocation lists.
    #[must_use]
    pub fn authority(name: &str) -> Self {
        let constraints = sequence(&[&[0x01, 0x01, 0xff]]);
        Self::new(name)
            .extension(BASIC_CONSTRAINTS, true, &constraints)
            .extension(KEY_USAGE, true, &[0x03, 0x02, 0x01, 0x06])
    }

    /// A signer of software.
    #[must_use]
    pub fn code_signer(name: &str) -> Self {
        Self::signer(name, "1.3.6.1.5.5.7.3.3", false)
    }

    /// A signer of time stamps.
    #[must_use]
    pub fn time_stamper(name: &str) -> Self {
        Self::signer(name, "1.3.6.1.5.5.7.3.8", true)
    }

    /// A signer of OCSP responses, which is itself not asked about.
    #[must_use]
    pub fn ocsp_responder(name: &str) -> Self {
        Self::signer(name, "1.3.6.1.5.5.7.3.9", false).extension(NOCHECK, false, &[0x05, 0x00])
    }

    fn signer(name: &str, purpose: &str, critical: bool) -> Self {
        Self::new(name)
            .extension(KEY_USAGE, true, &[0x03, 0x02, 0x07, 0x80])
            .extension(
                EXTENDED_KEY_USAGE,
                critical,
                &sequence(&[&dotted_oid(purpose)]),
            )
    }

    /// Another kind of key. The seed chooses the key; for RSA it is one of two.
    #[must_use]
    pub const fn key(mut self, kind: KeyKind, seed: u64) -> Self {
        self.kind = kind;
        self.seed = seed;
        self
    }

    /// Another serial number.
    #[must_use]
    pub const fn serial(mut self, serial: u64) -> Self {
        self.serial = serial;
        self
    }

    /// Another time of validity.
    #[must_use]
    pub const fn valid(mut self, from: Timestamp, until: Timestamp) -> Self {
        self.from = from;
        self.until = until;
        self
    }

    /// Another subject: types with dots between, and texts, each in a set of its own.
    #[must_use]
    pub fn subject(mut self, attributes: &[(&str, &str)]) -> Self {
        self.subject = attributes
            .iter()
            .map(|(oid, text)| ((*oid).to_owned(), (*text).to_owned()))
            .collect();
        self
    }

    /// An extension instead of what the certificate has of this kind.
    #[must_use]
    pub fn extension(self, oid: &str, critical: bool, value: &[u8]) -> Self {
        self.without(oid).and_extension(oid, critical, value)
    }

    /// An extension beside what the certificate has of this kind.
    #[must_use]
    pub fn and_extension(mut self, oid: &str, critical: bool, value: &[u8]) -> Self {
        self.extensions
            .push((oid.to_owned(), critical, value.to_vec()));
        self
    }

    /// No extension of this kind.
    #[must_use]
    pub fn without(mut self, oid: &str) -> Self {
        self.extensions.retain(|(other, ..)| other != oid);
        self
    }

    /// The addresses at which the issuer answers OCSP requests.
    #[must_use]
    pub fn ocsp(self, addresses: &[&str]) -> Self {
        let descriptions: Vec<_> = addresses
            .iter()
            .map(|address| sequence(&[&dotted_oid(OCSP), &asn1(0x86, &[address.as_bytes()])]))
            .collect();
        self.extension(INFO_ACCESS, false, &sequence(&[&descriptions.concat()]))
    }

    /// The addresses at which the issuer publishes revocation lists, each as a distribution point of its own.
    #[must_use]
    pub fn lists(self, addresses: &[&str]) -> Self {
        let points: Vec<_> = addresses.iter().map(|it| distribution_point(it)).collect();
        self.extension(DISTRIBUTION_POINTS, false, &sequence(&[&points.concat()]))
    }

    /// Another `AlgorithmIdentifier` than that of the signature, in both places.
    #[must_use]
    pub fn claimed_algorithm(mut self, identifier: &[u8]) -> Self {
        self.identifier = Some(identifier.to_vec());
        self
    }

    /// The certificate, signed by its own key.
    #[must_use]
    pub fn self_signed(&self) -> Certified {
        let key = Arc::new(Key::seeded(self.kind, self.seed));
        let name = self.name();
        self.signed(&key, &name, &key)
    }

    /// The certificate, signed by an issuer.
    #[must_use]
    pub fn issued_by(&self, issuer: &Certified) -> Certified {
        let key = Arc::new(Key::seeded(self.kind, self.seed));
        self.signed(&key, &issuer.subject, &issuer.key)
    }

    fn name(&self) -> Vec<u8> {
        let sets: Vec<_> = self
            .subject
            .iter()
            .map(|(oid, text)| set(&[&sequence(&[&dotted_oid(oid), &utf8(text)])]))
            .collect();
        sequence(&[&sets.concat()])
    }

    fn signed(&self, key: &Arc<Key>, issuer: &[u8], signer: &Key) -> Certified {
        Certified {
            der: self.encoded(&key.spki(), issuer, signer).1,
            subject: self.name(),
            issuer: issuer.to_vec(),
            serial: self.serial,
            key: Arc::clone(key),
        }
    }

    /// What is signed of the certificate, and the certificate.
    fn encoded(&self, spki: &[u8], issuer: &[u8], signer: &Key) -> (Vec<u8>, Vec<u8>) {
        let identifier = self
            .identifier
            .clone()
            .unwrap_or_else(|| signer.identifier());
        let extensions: Vec<_> = self
            .extensions
            .iter()
            .map(|(oid, critical, value)| extension(oid, *critical, value))
            .collect();
        let extensions = if extensions.is_empty() {
            Vec::new()
        } else {
            asn1(0xa3, &[&sequence(&[&extensions.concat()])])
        };
        let signed = sequence(&[
            &asn1(0xa0, &[&integer(2)]),
            &integer(self.serial),
            &identifier,
            issuer,
            &sequence(&[&time(self.from), &time(self.until)]),
            &self.name(),
            spki,
            &extensions,
        ]);
        let signature = signer.sign(&signed);
        let der = sequence(&[&signed, &identifier, &bits(&signature)]);
        (signed, der)
    }

    /// What is signed of the certificate, and the certificate, for the key of somebody else: a `SubjectPublicKeyInfo` in DER.
    #[cfg(all(feature = "servers", feature = "sigstore"))]
    pub(crate) fn for_key(&self, spki: &[u8], issuer: &Certified) -> (Vec<u8>, Vec<u8>) {
        self.encoded(spki, &issuer.subject, &issuer.key)
    }
}

/// A `DistributionPoint` with one address (RFC 5280, section 4.2.1.13).
pub(super) fn distribution_point(address: &str) -> Vec<u8> {
    let names = asn1(0xa0, &[&asn1(0x86, &[address.as_bytes()])]);
    sequence(&[&asn1(0xa0, &[&names])])
}

impl Certified {
    /// The certificate in DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The certificate in PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        crate::notary::pem("CERTIFICATE", &self.der)
    }

    /// Its public key, as a `SubjectPublicKeyInfo` in DER.
    #[cfg(all(feature = "servers", feature = "sigstore"))]
    pub(crate) fn spki(&self) -> Vec<u8> {
        self.key.spki()
    }

    /// A signature as X.509 has it.
    #[cfg(all(feature = "servers", feature = "sigstore"))]
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.key.sign(message)
    }

    /// The kind of its key.
    #[cfg(feature = "notation")]
    pub(crate) fn kind(&self) -> KeyKind {
        self.key.kind()
    }

    /// A signature as envelopes of the Notary Project have it: PS256, PS384 or PS512 by the size of an RSA key, ES256,
    /// ES384 or ES512 by the curve.
    #[must_use]
    pub fn sign_envelope(&self, message: &[u8]) -> Vec<u8> {
        self.key.sign_envelope(message)
    }
}

impl std::fmt::Debug for Certified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certified").finish_non_exhaustive()
    }
}
