//! A time-stamping authority (RFC 3161): `POST /api/v1/timestamp`.

use doorward_core::Timestamp;
use http::StatusCode;

use crate::http::Reply;
use crate::pki::{Certified, StampBuilder, integer, sequence};

/// Answers a request in DER with a token, which has the certificate of its signer in it.
pub(super) fn stamp(signer: &Certified, request: &[u8], now: Timestamp) -> Reply {
    let Some((imprint, nonce)) = asked(request) else {
        return Reply::new(StatusCode::BAD_REQUEST);
    };
    let time: String = now.to_string();
    let time: String = time.chars().filter(char::is_ascii_digit).collect();
    let token = StampBuilder::new(signer, b"", &format!("{time}Z")).asked(imprint, nonce);
    // `PKIStatus` 0: granted.
    let answer = sequence(&[&sequence(&[&integer(0)]), &token.build()]);
    Reply::new(StatusCode::CREATED).with_body("application/timestamp-reply", answer)
}

/// The imprint, and the nonce or nothing, each with its tag (section 2.4.1).
fn asked(request: &[u8]) -> Option<(&[u8], &[u8])> {
    let (request, _) = element(request)?;
    let (_, rest) = element(content(request)?)?;
    let (imprint, mut rest) = element(rest)?;
    let mut nonce: &[u8] = &[];
    while let Some((one, further)) = element(rest) {
        if one.first() == Some(&0x02) {
            nonce = one;
        }
        rest = further;
    }
    Some((imprint, nonce))
}

/// The first element of DER with its tag, and what comes after it. Requests are shorter than 256 bytes.
fn element(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (head, length) = match *der.get(1)? {
        short @ ..=0x7f => (2, short),
        0x81 => (3, *der.get(2)?),
        _ => return None,
    };
    der.split_at_checked(head + usize::from(length))
}

fn content(element: &[u8]) -> Option<&[u8]> {
    element.get(if element.get(1) == Some(&0x81) { 3 } else { 2 }..)
}
