//! Writing DER.

use doorward_core::Timestamp;

/// One DER element: tag, length, and the parts as its content.
#[must_use]
pub fn asn1(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut out = vec![tag];
    let length = u32::try_from(content.len()).expect("a test fixture is not larger than 4 GiB");
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let digits = length.to_be_bytes();
        let zeros = digits.iter().take_while(|digit| **digit == 0).count();
        out.push(0x80 | (4 - zeros) as u8);
        out.extend_from_slice(&digits[zeros..]);
    }
    out.extend(content);
    out
}

/// An object identifier in DER, from its form with dots between.
///
/// # Panics
/// If it is not such a form.
#[must_use]
pub fn dotted_oid(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u64> = dotted
        .split('.')
        .map(|arc| arc.parse().expect("an object identifier has numbers"))
        .collect();
    let mut content = Vec::new();
    let first = arcs[0] * 40 + arcs[1];
    for arc in std::iter::once(&first).chain(&arcs[2..]) {
        let mut digits = vec![(arc & 0x7f) as u8];
        let mut rest = arc >> 7;
        while rest > 0 {
            digits.push(0x80 | (rest & 0x7f) as u8);
            rest >>= 7;
        }
        digits.reverse();
        content.extend(digits);
    }
    asn1(0x06, &[&content])
}

pub(crate) fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    asn1(0x30, parts)
}

pub(super) fn set(parts: &[&[u8]]) -> Vec<u8> {
    asn1(0x31, parts)
}

pub(crate) fn octets(bytes: &[u8]) -> Vec<u8> {
    asn1(0x04, &[bytes])
}

pub(super) fn bits(bytes: &[u8]) -> Vec<u8> {
    asn1(0x03, &[&[0], bytes])
}

pub(crate) fn utf8(text: &str) -> Vec<u8> {
    asn1(0x0c, &[text.as_bytes()])
}

/// A number that is not negative.
pub(crate) fn integer(value: u64) -> Vec<u8> {
    let digits = value.to_be_bytes();
    let zeros = digits
        .iter()
        .take_while(|digit| **digit == 0)
        .count()
        .min(7);
    let digits = &digits[zeros..];
    let sign: &[u8] = if digits[0] & 0x80 != 0 { &[0] } else { &[] };
    asn1(0x02, &[sign, digits])
}

/// A `GeneralizedTime`.
pub(super) fn generalized(time: Timestamp) -> Vec<u8> {
    asn1(0x18, &[digits_of(time).as_bytes()])
}

/// The `Time` of certificates and lists: a `UTCTime` until 2049 (RFC 5280, section 4.1.2.5).
pub(super) fn time(time: Timestamp) -> Vec<u8> {
    let digits = digits_of(time);
    match digits.strip_prefix("20") {
        Some(short) if short < "50" => asn1(0x17, &[short.as_bytes()]),
        _ => asn1(0x18, &[digits.as_bytes()]),
    }
}

fn digits_of(time: Timestamp) -> String {
    let text = time.to_string();
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    format!("{digits}Z")
}

/// One extension (RFC 5280, section 4.1).
pub(super) fn extension(oid: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let critical: &[u8] = if critical { &[0x01, 0x01, 0xff] } else { &[] };
    sequence(&[&dotted_oid(oid), critical, &octets(value)])
}
