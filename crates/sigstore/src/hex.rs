//! Hexadecimal digits.

/// The bytes of a text in lower-case hexadecimal digits.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    let has_capitals = text.bytes().any(|byte| byte.is_ascii_uppercase());
    ::hex::decode(text).ok().filter(|_| !has_capitals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_have_one_spelling() {
        assert_eq!(decode("00ff"), Some(vec![0, 255]));
        for bad in ["0", "0g", "00FF", "0x00", " 00"] {
            assert_eq!(decode(bad), None, "{bad}");
        }
    }
}
