//! What a signature store may hold: the first bytes tell an OpenPGP message from everything else.

/// A name that may stand in front of the message, between a zero byte and a line feed.
const NAMED: &[u8] = b"\0simple-signing\n";

/// Why a stored blob is not a simple signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FramingError {
    /// There are no bytes.
    #[error("the stored signature is empty")]
    Empty,
    /// The blob is marked as a signature of another kind.
    #[error("the stored signature is marked as {name:?}, which is not a simple signature")]
    OtherFormat {
        /// The name it is marked with, at most 32 characters.
        name: String,
    },
    /// The first byte does not begin a binary OpenPGP signed message. Text begins so: ASCII armor, clear-signed
    /// messages, and the error pages of web servers.
    #[error("a binary OpenPGP signed message does not begin with byte {first:#04x}")]
    Unrecognised {
        /// The first byte.
        first: u8,
    },
}

/// The OpenPGP message in a blob from a lookaside store, without the name that may stand in front of it.
///
/// Only a compressed, one-pass signature or signature packet may come first, the packets with which a signed message
/// begins (RFC 4880, section 11.3). What the registry's signature extension serves is not framed and does not go
/// through here.
///
/// # Errors
/// [`FramingError`]; the reference implementation then refuses the whole store.
pub fn unframe(blob: &[u8]) -> Result<&[u8], FramingError> {
    match blob.first() {
        None => Err(FramingError::Empty),
        Some(0) => blob
            .strip_prefix(NAMED)
            .ok_or_else(|| FramingError::OtherFormat { name: name(blob) }),
        // RFC 4880, section 4.2: old format tags 8 (compressed), 4 (one-pass signature) and 2 (signature) with the
        // lengths each may have, and the same tags in new format.
        Some(0xa0..=0xa3 | 0xc8 | 0x90..=0x92 | 0xc4 | 0x88..=0x8b | 0xc2) => Ok(blob),
        Some(&first) => Err(FramingError::Unrecognised { first }),
    }
}

fn name(blob: &[u8]) -> String {
    let end = blob.iter().position(|b| *b == b'\n').unwrap_or(blob.len());
    let bytes = blob.get(1..end.clamp(1, 33)).unwrap_or_default();
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_packets_that_may_come_first_pass_unchanged() {
        for first in [0xa0, 0xa3, 0xc8, 0x90, 0xc4, 0x88, 0xc2] {
            assert_eq!(unframe(&[first, 1]), Ok(&[first, 1][..]));
        }
    }

    #[test]
    fn the_name_of_the_format_is_taken_off() {
        assert_eq!(unframe(b"\0simple-signing\n\xa3x"), Ok(&b"\xa3x"[..]));
    }

    #[test]
    fn an_empty_blob_is_refused() {
        assert_eq!(unframe(b""), Err(FramingError::Empty));
    }

    #[test]
    fn another_format_is_refused_by_name() {
        assert_eq!(
            unframe(b"\0sigstore-json\n{}"),
            Err(FramingError::OtherFormat {
                name: "sigstore-json".into()
            })
        );
        for blob in [&b"\0"[..], b"\0simple-signing", b"\0\n"] {
            assert!(matches!(
                unframe(blob),
                Err(FramingError::OtherFormat { .. })
            ));
        }
    }

    #[test]
    fn text_pages_armor_markers_padding_literals_and_encryption_are_refused() {
        for first in [
            b'<', b'-', b' ', b'{', 0x3d, 0x93, 0xca, 0xd5, 0xcb, 0x85, 0x99, 0xff,
        ] {
            assert_eq!(unframe(&[first]), Err(FramingError::Unrecognised { first }));
        }
    }
}
