//! Two RSA keys of each size. They are public knowledge: see the file beside them.

#[cfg(feature = "notary")]
use base64::Engine as _;
#[cfg(feature = "notary")]
use rsa::{BigUint, RsaPrivateKey};

use super::KeyKind;

const RSA_2048: [&str; 2] = [
    include_str!("../keys/TEST-ONLY-rsa2048-0.asc"),
    include_str!("../keys/TEST-ONLY-rsa2048-1.asc"),
];
const RSA_3072: [&str; 2] = [
    include_str!("../keys/TEST-ONLY-rsa3072-0.asc"),
    include_str!("../keys/TEST-ONLY-rsa3072-1.asc"),
];
const RSA_4096: [&str; 2] = [
    include_str!("../keys/TEST-ONLY-rsa4096-0.asc"),
    include_str!("../keys/TEST-ONLY-rsa4096-1.asc"),
];

/// The OpenPGP secret key, in ASCII armor, that the last bit of the seed chooses. `None` for kinds that are not RSA.
pub(crate) const fn armored(kind: KeyKind, seed: u64) -> Option<&'static str> {
    let [even, odd] = match kind {
        KeyKind::Rsa2048 => RSA_2048,
        KeyKind::Rsa3072 => RSA_3072,
        KeyKind::Rsa4096 => RSA_4096,
        KeyKind::Ed25519 | KeyKind::P256 | KeyKind::P384 | KeyKind::P521 => return None,
    };
    Some(if seed.is_multiple_of(2) { even } else { odd })
}

/// The private key of the same, for signers of other formats.
///
/// The few lines that find its numbers keep an OpenPGP library away from those who sign nothing with OpenPGP.
#[cfg(feature = "notary")]
pub(crate) fn rsa(kind: KeyKind, seed: u64) -> Option<RsaPrivateKey> {
    let text: String = armored(kind, seed)?
        .lines()
        .filter(|line| !line.starts_with(['-', '=']) && !line.contains(':'))
        .collect();
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(text)
        .expect("the shipped keys are base64");
    // RFC 9580, section 4.2: a packet of the current format with a length of two bytes; then section 5.5.2: version
    // 4, a time of four bytes, the algorithm.
    let rest = &bytes[9..];
    let (n, rest) = number(rest);
    let (e, rest) = number(rest);
    // Section 5.5.3: no passphrase; then, by section 5.5.5.1, d, p and q.
    let (d, rest) = number(&rest[1..]);
    let (p, rest) = number(rest);
    let (q, _) = number(rest);
    Some(RsaPrivateKey::from_components(n, e, d, vec![p, q]).expect("the shipped keys are sound"))
}

/// The number at the beginning, after its length in bits, and what follows it.
#[cfg(feature = "notary")]
fn number(bytes: &[u8]) -> (BigUint, &[u8]) {
    let bits = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
    let (number, rest) = bytes[2..].split_at(bits.div_ceil(8));
    (BigUint::from_bytes_be(number), rest)
}
