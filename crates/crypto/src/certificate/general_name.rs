//! General names: other names of a subject, and addresses.

use super::CertificateError;
use crate::der::{Element, Malformed, Reader, tag};

/// The most alternative names of one certificate: public authorities allow 100.
const MAX_NAMES: usize = 256;
/// The most addresses of one kind that are read: certificates have one or two, and each may be asked.
const MAX_ADDRESSES: usize = 8;
/// Bytes of an address, as long as clients of the web allow.
const MAX_ADDRESS_BYTES: usize = 2048;
/// `id-ad-ocsp` (RFC 5280, section 4.2.2.1).
const AD_OCSP: &[u8] = &[0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01];

/// Other names of a subject (RFC 5280, section 4.2.1.6), in the order of the certificate. Names of other kinds are left
/// out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlternativeNames {
    dns: Vec<String>,
    emails: Vec<String>,
    uris: Vec<String>,
}

impl AlternativeNames {
    /// Names of hosts.
    #[must_use]
    pub fn dns(&self) -> &[String] {
        &self.dns
    }

    /// Mail addresses.
    #[must_use]
    pub fn emails(&self) -> &[String] {
        &self.emails
    }

    /// URIs.
    #[must_use]
    pub fn uris(&self) -> &[String] {
        &self.uris
    }

    pub(super) fn read(value: &[u8]) -> Result<Self, CertificateError> {
        let mut names = Reader::whole(value, tag::SEQUENCE)?;
        let (mut read, mut count) = (Self::default(), 0);
        while !names.is_empty() {
            count += 1;
            if count > MAX_NAMES {
                return Err(CertificateError::Malformed);
            }
            let name = names.element()?;
            match name.tag {
                EMAIL => read.emails.push(ia5(&name)?),
                DNS => read.dns.push(ia5(&name)?),
                URI => read.uris.push(ia5(&name)?),
                _ => {}
            }
        }
        Ok(read)
    }
}

pub(super) const EMAIL: u8 = tag::context(1);
pub(super) const DNS: u8 = tag::context(2);
pub(super) const DIRECTORY: u8 = tag::constructed(4);
pub(super) const URI: u8 = tag::context(6);

fn ia5(name: &Element<'_>) -> Result<String, Malformed> {
    let text = std::str::from_utf8(name.content).map_err(|_| Malformed)?;
    if text.is_ascii() {
        Ok(text.to_owned())
    } else {
        Err(Malformed)
    }
}

/// The URIs under which the issuer answers OCSP requests (RFC 5280, section 4.2.2.1), and whether it names any place
/// where it does.
pub(super) fn ocsp_addresses(value: &[u8]) -> Result<(Vec<String>, bool), CertificateError> {
    let mut descriptions = Reader::whole(value, tag::SEQUENCE)?;
    let (mut addresses, mut declared) = (Vec::new(), false);
    while !descriptions.is_empty() {
        let mut description = descriptions.sequence()?;
        let method = description.oid()?;
        let location = description.element()?;
        description.finish()?;
        if method == AD_OCSP {
            declared = true;
            if location.tag == URI {
                add(&mut addresses, &location)?;
            }
        }
    }
    Ok((addresses, declared))
}

/// The URIs under which the issuer publishes revocation lists, of all distribution points (RFC 5280, section 4.2.1.13).
///
/// Only points without `reasons` and `cRLIssuer` are read: lists for some reasons alone and lists of others do not say
/// that a certificate is good.
pub(crate) fn list_addresses(value: &[u8]) -> Result<Vec<String>, CertificateError> {
    let mut points = Reader::whole(value, tag::SEQUENCE)?;
    let mut addresses = Vec::new();
    while !points.is_empty() {
        let mut point = points.sequence()?;
        let name = point.optional(tag::constructed(0))?;
        if !point.is_empty() {
            continue;
        }
        let Some(name) = name else { continue };
        let Some(full) = Reader::new(name).optional(tag::constructed(0))? else {
            continue;
        };
        let mut names = Reader::new(full);
        while !names.is_empty() {
            let name = names.element()?;
            if name.tag == URI {
                add(&mut addresses, &name)?;
            }
        }
    }
    Ok(addresses)
}

fn add(addresses: &mut Vec<String>, name: &Element<'_>) -> Result<(), CertificateError> {
    if addresses.len() == MAX_ADDRESSES || name.content.len() > MAX_ADDRESS_BYTES {
        return Err(CertificateError::Malformed);
    }
    addresses.push(ia5(name)?);
    Ok(())
}
