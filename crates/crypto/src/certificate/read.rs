//! Reading a certificate once.

use doorward_core::Timestamp;
use x509_parser::certificate::{TbsCertificate, X509Certificate, X509CertificateParser};
use x509_parser::extensions::X509Extension;
use x509_parser::nom::Parser;

use super::span::Span;
use super::{BasicConstraints, Certificate, CertificateError, ExtendedKeyUsage, KeyUsage};
use crate::der::{Reader, tag};
use crate::signed::SignatureScheme;
use crate::{PublicKey, oid};

/// The most extensions of one certificate. Those of public authorities have about ten; each is compared with all before
/// it.
const MAX_EXTENSIONS: usize = 64;

/// What the extensions say, decoded where it is small and located where it is a list.
///
/// Lists (names, addresses) are decoded again each time somebody asks: most verifications never do, and a certificate
/// that is read to be compared with a pinned one should not pay for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Extensions {
    pub(super) basic_constraints: Option<BasicConstraints>,
    pub(super) key_usage: Option<KeyUsage>,
    pub(super) extended_key_usage: Option<ExtendedKeyUsage>,
    pub(super) alternative_name: Option<Span>,
    pub(super) authority_info_access: Option<Span>,
    pub(super) distribution_points: Option<Span>,
    pub(super) name_constraints: Option<Span>,
    pub(super) critical_name_constraints: bool,
    pub(super) freshest_list: bool,
    pub(super) ocsp_nocheck: bool,
    /// One is critical that is none of RFC 5280, section 4.2.1, that verification of a path processes or may skip.
    pub(super) unknown_critical: bool,
}

/// Where the fields are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fields {
    pub(super) signed: Span,
    pub(super) signature: Span,
    pub(super) serial: Span,
    pub(super) issuer: Span,
    pub(super) subject: Span,
    /// What the issuer names its own key by, and with it the hash that OCSP wants: the content of the key's bits.
    pub(super) key_bits: Span,
}

pub(super) fn from_der(der: &[u8]) -> Result<Certificate, CertificateError> {
    // The content of the extensions is read below, and only of those that count.
    let (rest, parsed) = X509CertificateParser::new()
        .with_deep_parse_extensions(false)
        .parse(der)
        .map_err(|_| CertificateError::Malformed)?;
    if !rest.is_empty() {
        return Err(CertificateError::Malformed);
    }
    let tbs = &parsed.tbs_certificate;
    let (fields, scheme) = fields(der, &parsed)?;
    Ok(Certificate {
        common_name: tbs
            .subject()
            .iter_common_name()
            .next()
            .and_then(|name| name.as_str().ok())
            .map(str::to_owned),
        key: PublicKey::from_spki_der(tbs.public_key().raw),
        not_before: Timestamp::from_unix(tbs.validity().not_before.timestamp()),
        not_after: Timestamp::from_unix(tbs.validity().not_after.timestamp()),
        extensions: extensions(der, tbs)?,
        fields,
        scheme,
        der: der.to_vec(),
    })
}

/// Where the fields are, and how the certificate says that it was signed.
fn fields(
    der: &[u8],
    parsed: &X509Certificate<'_>,
) -> Result<(Fields, SignatureScheme), CertificateError> {
    let span = |part| Span::of(part, der).ok_or(CertificateError::Malformed);
    let mut outer = Reader::whole(der, tag::SEQUENCE)?;
    let signed = outer.expect(tag::SEQUENCE)?.raw;
    let identifier = outer.sequence()?;
    let signature = outer.bytes_of_bit_string()?;
    outer.finish()?;
    // A signature that names what is unknown does not hold; that is no reason not to look at the certificate.
    let scheme = SignatureScheme::read(identifier).unwrap_or(SignatureScheme::Unsupported);
    // RFC 5280, section 4.1.1.2: the identifier outside, which nobody signed, must be the one inside.
    let tbs = &parsed.tbs_certificate;
    let same = tbs.signature == parsed.signature_algorithm;
    let scheme = if same || scheme == SignatureScheme::Weak {
        scheme
    } else {
        SignatureScheme::Unsupported
    };
    let fields = Fields {
        signed: span(signed)?,
        signature: span(signature)?,
        serial: span(tbs.raw_serial())?,
        issuer: span(tbs.issuer().as_raw())?,
        subject: span(tbs.subject().as_raw())?,
        key_bits: span(key_bits(tbs.public_key().raw)?)?,
    };
    Ok((fields, scheme))
}

/// The content of `subjectPublicKey` without the number of unused bits.
fn key_bits(info: &[u8]) -> Result<&[u8], CertificateError> {
    let mut info = Reader::whole(info, tag::SEQUENCE)?;
    info.sequence()?;
    let bits = info.take(tag::BIT_STRING)?;
    Ok(bits.get(1..).unwrap_or_default())
}

fn extensions(der: &[u8], tbs: &TbsCertificate<'_>) -> Result<Extensions, CertificateError> {
    let all = tbs.extensions();
    if all.len() > MAX_EXTENSIONS {
        return Err(CertificateError::Malformed);
    }
    let mut read = Extensions::default();
    for (position, extension) in all.iter().enumerate() {
        // A second extension of the same kind could say the opposite (RFC 5280, section 4.2).
        let mut before = all.iter().take(position);
        if before.any(|other| other.oid == extension.oid) {
            return Err(CertificateError::Malformed);
        }
        read.take(der, extension)?;
    }
    Ok(read)
}

impl Extensions {
    fn take(&mut self, der: &[u8], extension: &X509Extension<'_>) -> Result<(), CertificateError> {
        let (critical, value) = (extension.critical, extension.value);
        let span = || Span::of(value, der).ok_or(CertificateError::Malformed);
        match extension.oid.as_bytes() {
            oid::BASIC_CONSTRAINTS => {
                self.basic_constraints = Some(BasicConstraints::read(critical, value)?);
            }
            oid::KEY_USAGE => self.key_usage = Some(KeyUsage::read(critical, value)?),
            oid::EXTENDED_KEY_USAGE => {
                self.extended_key_usage = Some(ExtendedKeyUsage::read(critical, value)?);
            }
            oid::SUBJECT_ALTERNATIVE_NAME => self.alternative_name = Some(span()?),
            oid::AUTHORITY_INFO_ACCESS => self.authority_info_access = Some(span()?),
            oid::CRL_DISTRIBUTION_POINTS => self.distribution_points = Some(span()?),
            oid::NAME_CONSTRAINTS => {
                self.name_constraints = Some(span()?);
                self.critical_name_constraints = critical;
            }
            oid::FRESHEST_CRL => self.freshest_list = true,
            oid::OCSP_NOCHECK => self.ocsp_nocheck = true,
            // Any policy is acceptable and none is demanded, so that it makes no difference which ones a certificate names
            // (section 6.1.1), what others they stand for, and whether "any" is among them. Only the constraints on policies
            // can demand one.
            oid::CERTIFICATE_POLICIES | oid::POLICY_MAPPINGS | oid::INHIBIT_ANY_POLICY => {}
            _ => self.unknown_critical |= critical,
        }
        Ok(())
    }
}
