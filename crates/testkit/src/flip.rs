//! The smallest change to something signed.

/// `bytes` with one bit inverted, counted from the highest bit of the first byte. Beyond the end nothing changes.
///
/// ```
/// assert_eq!(doorward_testkit::flip_bit(&[0, 0], 8), [0, 0x80]);
/// ```
#[must_use]
pub fn flip_bit(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut flipped = bytes.to_vec();
    if let Some(byte) = flipped.get_mut(bit / 8) {
        *byte ^= 0x80 >> (bit % 8);
    }
    flipped
}
