//! What a responder is asked.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::identifier;
use crate::Certificate;
use crate::der::{tag, write};

/// Requests that are shorter than this in base64 can be sent as part of an address (RFC 6960, appendix A.1), which
/// servers and proxies between may remember.
const MAX_GET_CHARACTERS: usize = 255;

/// A request about one certificate (RFC 6960, section 4.1), without a nonce: answers may come from whatever remembers
/// them, and how long they hold is in them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OcspRequest {
    der: Vec<u8>,
}

impl OcspRequest {
    /// The media type of the body of a `POST` request.
    pub const MEDIA_TYPE: &'static str = "application/ocsp-request";
    /// The media type of a response.
    pub const RESPONSE_MEDIA_TYPE: &'static str = "application/ocsp-response";

    /// Asks about `certificate`, which `issuer` issued.
    #[must_use]
    pub fn new(certificate: &Certificate, issuer: &Certificate) -> Self {
        let request = write(tag::SEQUENCE, &[&identifier::encode(certificate, issuer)]);
        let requests = write(tag::SEQUENCE, &[&request]);
        let to_be_signed = write(tag::SEQUENCE, &[&requests]);
        Self {
            der: write(tag::SEQUENCE, &[&to_be_signed]),
        }
    }

    /// The request in DER, which is the body of a `POST` request.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The address of the `GET` request that asks the same of the responder at `address`. Returns `None` if the request
    /// is too long for that.
    #[must_use]
    pub fn get_address(&self, address: &str) -> Option<String> {
        let text = STANDARD.encode(&self.der);
        if text.len() >= MAX_GET_CHARACTERS {
            return None;
        }
        // RFC 5019, section 5: base64 has three characters that mean something else in an address.
        let mut full = format!("{}/", address.trim_end_matches('/'));
        for c in text.chars() {
            match c {
                '+' => full.push_str("%2B"),
                '/' => full.push_str("%2F"),
                '=' => full.push_str("%3D"),
                c => full.push(c),
            }
        }
        Some(full)
    }
}
