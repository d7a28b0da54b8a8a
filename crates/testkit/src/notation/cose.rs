//! `COSE_Sign1` (Notary Project, "COSE Signature Envelope").

use super::{EnvelopeBuilder, PAYLOAD, algorithm};

/// Labels of headers (RFC 9052, section 3.1, and RFC 9360).
const ALG: i64 = 1;
const CRIT: i64 = 2;
const CONTENT_TYPE: i64 = 3;
const X5CHAIN: i64 = 33;
/// Tags: a date as seconds since 1970 (RFC 8949, section 3.4.2), and a message with one signer.
const EPOCH: u64 = 1;
const SIGN1: u64 = 18;

pub(super) fn encode(builder: &EnvelopeBuilder) -> Vec<u8> {
    let (_, number) = algorithm(builder.signer().kind());
    let at = |time: doorward_core::Timestamp| tag(EPOCH, &integer(time.unix()));
    let critical = builder.critical();
    let critical: Vec<_> = critical.iter().map(|name| text(name)).collect();
    let mut protected = vec![
        (integer(ALG), integer(number)),
        (integer(CRIT), array(&critical)),
        (integer(CONTENT_TYPE), text(PAYLOAD)),
        (text("io.cncf.notary.signingScheme"), text(builder.scheme())),
        (text(builder.time_header()), at(builder.signed_at)),
    ];
    if let Some(expiry) = builder.expiry {
        protected.push((text("io.cncf.notary.expiry"), at(expiry)));
    }
    for (name, _, value) in &builder.attributes {
        protected.push((text(name), text(value)));
    }
    let protected = map(&protected);
    let payload = builder.payload();
    let message = array(&[
        text("Signature1"),
        bytes(&protected),
        bytes(b""),
        bytes(&payload),
    ]);
    let signed = builder.sign(&message);
    let chain: Vec<_> = builder.chain.iter().map(|one| bytes(one.der())).collect();
    let mut unprotected = vec![
        (integer(X5CHAIN), array(&chain)),
        (
            text("io.cncf.notary.signingAgent"),
            text("doorward-testkit"),
        ),
    ];
    if let Some(token) = signed.token {
        unprotected.push((text("io.cncf.notary.timestampSignature"), bytes(&token)));
    }
    let parts = [
        bytes(&protected),
        map(&unprotected),
        bytes(&payload),
        bytes(&signed.signature),
    ];
    tag(SIGN1, &array(&parts))
}

/// The head of an item (RFC 8949, section 3), in its shortest form.
fn head(major: u8, argument: u64) -> Vec<u8> {
    let major = major << 5;
    let long = argument.to_be_bytes();
    match argument {
        0..=23 => vec![major | long[7]],
        24..=0xff => vec![major | 24, long[7]],
        0x100..=0xffff => [&[major | 25], &long[6..]].concat(),
        0x1_0000..=0xffff_ffff => [&[major | 26], &long[4..]].concat(),
        _ => [&[major | 27], &long[..]].concat(),
    }
}

fn integer(value: i64) -> Vec<u8> {
    match u64::try_from(value) {
        Ok(value) => head(0, value),
        Err(_) => head(1, value.unsigned_abs() - 1),
    }
}

fn bytes(value: &[u8]) -> Vec<u8> {
    [&head(2, value.len() as u64), value].concat()
}

fn text(value: &str) -> Vec<u8> {
    [&head(3, value.len() as u64), value.as_bytes()].concat()
}

fn array(items: &[Vec<u8>]) -> Vec<u8> {
    [head(4, items.len() as u64), items.concat()].concat()
}

fn map(entries: &[(Vec<u8>, Vec<u8>)]) -> Vec<u8> {
    let mut out = head(5, entries.len() as u64);
    for (label, value) in entries {
        out.extend_from_slice(label);
        out.extend_from_slice(value);
    }
    out
}

fn tag(number: u64, item: &[u8]) -> Vec<u8> {
    [&head(6, number), item].concat()
}
