//! ECDSA where the backend lacks an encoding or a curve.

/// The two integers of a signature, each `width` bytes, as the DER `SEQUENCE` of two `INTEGER`s (RFC 3279, section
/// 2.2.3). Returns `None` if the signature does not have that length.
pub(crate) fn fixed_to_der(signature: &[u8], width: usize) -> Option<Vec<u8>> {
    // All lengths below fit the short form: 2 * (2 + 1 + 48) < 128.
    if width > 48 || signature.len() != 2 * width {
        return None;
    }
    let (r, s) = signature.split_at_checked(width)?;
    let mut integers = Vec::with_capacity(2 * (width + 3));
    for integer in [r, s] {
        let mut digits = integer;
        while let [0, rest @ ..] = digits
            && !rest.is_empty()
        {
            digits = rest;
        }
        let sign = usize::from(digits.first().is_some_and(|first| first & 0x80 != 0));
        integers.push(0x02);
        integers.push(u8::try_from(digits.len() + sign).ok()?);
        integers.extend(std::iter::repeat_n(0, sign));
        integers.extend_from_slice(digits);
    }
    let mut der = vec![0x30, u8::try_from(integers.len()).ok()?];
    der.append(&mut integers);
    Some(der)
}

/// Verifies a signature on P-521.
#[cfg(feature = "p521")]
pub(crate) fn verify_p521(
    point: &[u8],
    hash: crate::hash::Hash,
    encoding: crate::algorithm::Encoding,
    message: &[u8],
    signature: &[u8],
) -> Result<(), crate::VerifyError> {
    use p521::ecdsa::signature::hazmat::PrehashVerifier;
    use p521::ecdsa::{Signature, VerifyingKey};

    use crate::algorithm::Encoding;

    const BAD: crate::VerifyError = crate::VerifyError::BadSignature;
    let key = VerifyingKey::from_sec1_bytes(point).map_err(|_| BAD)?;
    let signature = match encoding {
        Encoding::Der => Signature::from_der(signature),
        Encoding::Fixed => Signature::from_slice(signature),
    }
    .map_err(|_| BAD)?;
    // FIPS 186-5, section 6.4.2: a hash shorter than the order is taken as it is, that is with zeros in front. The
    // library demands at least half the length of a field element and gets the zeros spelled out.
    let mut padded = [0_u8; 66];
    let digest = hash.of(message);
    if let Some(end) = padded.get_mut(66 - digest.as_ref().len()..) {
        end.copy_from_slice(digest.as_ref());
    }
    key.verify_prehash(&padded, &signature).map_err(|_| BAD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_lose_leading_zeros_and_keep_their_sign() {
        let mut fixed = vec![0; 96];
        fixed[47] = 0x80;
        fixed[95] = 0x01;
        assert_eq!(
            fixed_to_der(&fixed, 48).as_deref(),
            Some(&[0x30, 0x07, 0x02, 0x02, 0x00, 0x80, 0x02, 0x01, 0x01][..])
        );
        assert_eq!(
            fixed_to_der(&[0xff; 96], 48).map(|der| der.len()),
            Some(104)
        );
        assert_eq!(
            fixed_to_der(&[0; 96], 48).as_deref(),
            Some(&[0x30, 0x06, 0x02, 0x01, 0x00, 0x02, 0x01, 0x00][..])
        );
    }

    #[test]
    fn another_length_is_no_signature() {
        for length in [0, 48, 95, 97, 104] {
            assert_eq!(fixed_to_der(&vec![1; length], 48), None);
        }
    }
}
