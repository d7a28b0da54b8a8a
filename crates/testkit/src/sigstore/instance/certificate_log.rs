//! The log of certificates, by its promise to include one (RFC 6962, section 3).

use doorward_core::Timestamp;
use ring::digest::{SHA256, digest};

use super::merkle::Hash;
use crate::pki::{Certified, octets};

/// The extension that has the promises.
pub(super) const PROMISES: &str = "1.3.6.1.4.1.11129.2.4.2";

/// Promises to include a certificate without this extension, which `issuer` will issue: the value of the extension.
pub(super) fn promise(
    log: &Certified,
    identifier: &Hash,
    issuer: &Certified,
    certificate: &[u8],
    now: Timestamp,
) -> Vec<u8> {
    let time = now.unix().unsigned_abs() * 1000;
    let length = u32::try_from(certificate.len()).expect("a certificate is small");
    let mut signed = vec![0, 0];
    signed.extend(time.to_be_bytes());
    // `precert_entry`: the hash of the issuer's key, and the certificate, whose length has three bytes. No extensions.
    signed.extend([0, 1]);
    signed.extend(digest(&SHA256, &issuer.spki()).as_ref());
    signed.extend(&length.to_be_bytes()[1..]);
    signed.extend(certificate);
    signed.extend([0, 0]);
    let signature = log.sign(&signed);
    let mut promise = vec![0];
    promise.extend(identifier);
    promise.extend(time.to_be_bytes());
    // No extensions; SHA-256, ECDSA.
    promise.extend([0, 0, 4, 3]);
    promise.extend(counted(&signature));
    octets(&counted(&counted(&promise)))
}

/// With the length before it, in two bytes.
fn counted(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).expect("a signature is small");
    [&length.to_be_bytes(), bytes].concat()
}
