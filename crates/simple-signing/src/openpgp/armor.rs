//! ASCII armor (RFC 9580, section 6): every block of a text that may hold keys or revocations.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::KeyringError;

const BEGIN: &str = "-----BEGIN ";
const PUBLIC: &str = "PGP PUBLIC KEY BLOCK";
/// Some programs write revocation certificates so; GnuPG writes them as public key blocks.
const SIGNATURE: &str = "PGP SIGNATURE";
const PRIVATE: &str = "PGP PRIVATE KEY BLOCK";
/// What old programs called it.
const SECRET: &str = "PGP SECRET KEY BLOCK";
/// GnuPG imports keys and signatures from these too.
const MESSAGE: &str = "PGP MESSAGE";
const FILE: &str = "PGP ARMORED FILE";

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// The binary content of every public key block and signature block in `text`. What stands outside the blocks is
/// ignored, but not a block whose beginning was made unrecognisable: it could be a revocation.
pub(crate) fn blocks(text: &str) -> Result<Vec<Vec<u8>>, KeyringError> {
    let mut lines = lines(text);
    let mut blocks = Vec::new();
    while let Some(line) = lines.next() {
        match label(line, BEGIN) {
            Some(kind @ (PUBLIC | SIGNATURE)) => blocks.push(body(kind, &mut lines)?),
            Some(PRIVATE | SECRET) => return Err(KeyringError::SecretKey),
            _ if is_disarmed(line) => return Err(KeyringError::DisarmedBlock),
            Some(_) => return Err(KeyringError::OtherBlock),
            None if line.contains("-----BEGIN PGP ") => return Err(KeyringError::DisarmedBlock),
            None if !is_text(line) => return Err(KeyringError::BinaryInText),
            None => {}
        }
    }
    if blocks.is_empty() {
        return Err(KeyringError::NotAKey);
    }
    Ok(blocks)
}

/// Whether a line can be a comment. In binary keys and signatures, of every version, and in UTF-16 there are control
/// characters, which no comment has: they would be ignored, and could be a revocation.
fn is_text(line: &str) -> bool {
    !line.chars().any(|c| c.is_ascii_control() && c != '\t')
}

/// Where in `source`, after lines of text, something begins that is none: the lines that begin right before the first
/// byte that no text has. In keys and signatures the version is such a byte, behind a tag and a length of at most five.
pub(crate) fn after_text(source: &[u8]) -> impl Iterator<Item = &[u8]> {
    const BEFORE_VERSION: usize = 6;
    let is_odd = |byte: &u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r');
    let end = source.iter().position(is_odd).unwrap_or(0);
    // However many lines there are, only these are tried.
    let nearest = end.saturating_sub(BEFORE_VERSION + 1);
    let lines = source.iter().enumerate().take(end).skip(nearest);
    let begins = lines.filter(|(_, byte)| matches!(byte, b'\n' | b'\r'));
    begins
        .filter_map(|(at, _)| source.get(at + 1..))
        .filter(|rest| rest.first().is_some_and(|byte| *byte >= 0x80))
}

/// A block of a text that need not be a key ring.
pub(crate) struct Block {
    pub(crate) content: Vec<u8>,
    /// Whether it must hold keys or signatures. Private keys and messages need not be about the keys of the ring.
    pub(crate) must: bool,
}

/// The content of every block of such a text that GnuPG would look for keys and signatures in.
pub(crate) fn blocks_beside(text: &str) -> Result<Vec<Block>, KeyringError> {
    let mut lines = lines(text);
    let mut blocks = Vec::new();
    while let Some(line) = lines.next() {
        match label(line, BEGIN) {
            Some(kind @ (PUBLIC | SIGNATURE | PRIVATE | SECRET | MESSAGE | FILE)) => {
                let content = body(kind, &mut lines)?;
                let must = matches!(kind, PUBLIC | SIGNATURE);
                blocks.push(Block { content, must });
            }
            _ if is_disarmed(line) => return Err(KeyringError::DisarmedBlock),
            _ => {}
        }
    }
    Ok(blocks)
}

/// What `text` is in base64, as when something was encoded once more than is needed; `None` if it is not base64.
pub(crate) fn wrapped(text: &str) -> Option<Vec<u8>> {
    const ANY: GeneralPurposeConfig = GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true);
    // One of the alphabets, whichever it was.
    let text: String = text
        .split_whitespace()
        .flat_map(str::chars)
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            c => c,
        })
        .collect();
    let bytes = GeneralPurpose::new(&alphabet::STANDARD, ANY).decode(text);
    bytes.ok().filter(|bytes| !bytes.is_empty())
}

/// The lines of `text`, whichever of the usual line ends they have.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', '\r']).map(clean)
}

/// Whether a line names a block that could be a revocation, and is not exactly the beginning of one: something stands
/// before it, or all of the block stands on one line.
fn is_disarmed(line: &str) -> bool {
    const KINDS: [&str; 4] = ["PUBLIC KEY", "SIGNATURE", "PRIVATE KEY", "SECRET KEY"];
    // Whatever blanks there are.
    let words: Vec<_> = line.split_whitespace().collect();
    let line = words.join(" ").to_ascii_uppercase();
    line.contains("BEGIN PGP") && KINDS.iter().any(|kind| line.contains(kind))
}

/// A line without blanks around it, and without the byte order mark that files begin with which were put together.
fn clean(line: &str) -> &str {
    line.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

/// What a line begins or ends, if that is all it does.
fn label<'a>(line: &'a str, begin: &str) -> Option<&'a str> {
    let label = line.strip_prefix(begin)?.strip_suffix("-----")?;
    (!label.contains("-----")).then_some(label)
}

/// The lines after `BEGIN` up to and with `END`: headers, an empty line, base64, and perhaps a checksum.
fn body<'a>(
    kind: &str,
    lines: &mut impl Iterator<Item = &'a str>,
) -> Result<Vec<u8>, KeyringError> {
    let mut text = String::new();
    let mut checksum = None;
    let mut in_headers = true;
    for line in lines {
        if label(line, "-----END ") == Some(kind) {
            let bytes = BASE64
                .decode(text)
                .map_err(|_| KeyringError::MalformedArmor)?;
            if checksum.is_some_and(|expected| expected != crc24(&bytes)) {
                return Err(KeyringError::MalformedArmor);
            }
            return Ok(bytes);
        }
        // A colon is not in the alphabet of base64.
        if in_headers && (line.is_empty() || line.contains(':')) {
            continue;
        }
        in_headers = false;
        match (line.strip_prefix('='), checksum) {
            (Some(sum), None) if sum.len() == 4 => checksum = Some(decode_checksum(sum)?),
            (None, None) => text.push_str(line),
            // A second checksum, or data after it.
            _ if line.is_empty() => {}
            _ => return Err(KeyringError::MalformedArmor),
        }
    }
    Err(KeyringError::MalformedArmor)
}

fn decode_checksum(text: &str) -> Result<u32, KeyringError> {
    let bytes = BASE64
        .decode(text)
        .map_err(|_| KeyringError::MalformedArmor)?;
    Ok(bytes.iter().fold(0, |sum, b| (sum << 8) | u32::from(*b)))
}

/// RFC 9580, section 6.1.
fn crc24(bytes: &[u8]) -> u32 {
    let mut crc = 0x00b7_04ce_u32;
    for byte in bytes {
        crc ^= u32::from(*byte) << 16;
        for _ in 0..8 {
            crc <<= 1;
            if crc & 0x0100_0000 != 0 {
                crc ^= 0x0186_4cfb;
            }
        }
    }
    crc & 0x00ff_ffff
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(body: &str) -> String {
        format!("-----BEGIN {PUBLIC}-----\n{body}-----END {PUBLIC}-----\n")
    }

    #[test]
    fn the_checksum_is_the_published_one() {
        assert_eq!(crc24(b""), 0x00b7_04ce);
        assert_eq!(crc24(b"123456789"), 0x0021_cf02);
    }

    #[test]
    fn several_blocks_headers_and_text_around_are_read() {
        let text = format!(
            "hello\r\n{}between\n{}",
            block("Comment: x\r\n\r\nAQID\r\n"),
            block("\nBA\n==\n")
        );
        assert_eq!(
            blocks(&text.replace("BA\n==", "BA==")),
            Ok(vec![vec![1, 2, 3], vec![4]])
        );
    }

    #[test]
    fn a_wrong_checksum_is_refused_and_a_missing_one_is_not() {
        assert!(blocks(&block("\nMTIzNDU2Nzg5\n=Ic8C\n")).is_ok());
        assert!(blocks(&block("\nMTIzNDU2Nzg5\n")).is_ok());
        assert_eq!(
            blocks(&block("\nMTIzNDU2Nzg5\n=Ic8D\n")),
            Err(KeyringError::MalformedArmor)
        );
    }

    #[test]
    fn a_signature_block_is_read_and_must_end_as_one() {
        let signature = block("\nAQID\n").replace("PUBLIC KEY BLOCK", "SIGNATURE");
        assert_eq!(blocks(&signature), Ok(vec![vec![1, 2, 3]]));
        let mixed = signature.replace("END PGP SIGNATURE", "END PGP PUBLIC KEY BLOCK");
        assert_eq!(blocks(&mixed), Err(KeyringError::MalformedArmor));
    }

    #[test]
    fn a_byte_order_mark_before_a_later_block_hides_nothing() {
        let text = format!("{}\u{feff}{}", block("\nAQID\n"), block("\nBA==\n"));
        assert_eq!(blocks(&text), Ok(vec![vec![1, 2, 3], vec![4]]));
    }

    #[test]
    fn a_block_behind_other_characters_is_refused_and_not_passed_over() {
        for prefix in [":", "> ", "- ", "x", "#"] {
            let text = format!("{}{prefix}{}", block("\nAQID\n"), block("\nBA==\n"));
            assert_eq!(blocks(&text), Err(KeyringError::DisarmedBlock), "{prefix}");
        }
    }

    #[test]
    fn a_block_on_one_line_is_refused_and_not_passed_over() {
        let folded = block("\nAQID\n").replace('\n', " ");
        assert_eq!(blocks(&folded), Err(KeyringError::DisarmedBlock));
        let beside = blocks_beside(&folded).map(|blocks| blocks.len());
        assert_eq!(beside, Err(KeyringError::DisarmedBlock));
        let escaped = block("\nAQID\n").replace('\n', "\\n");
        let beside = blocks_beside(&escaped).map(|blocks| blocks.len());
        assert_eq!(beside, Err(KeyringError::DisarmedBlock));
    }

    #[test]
    fn every_kind_of_line_end_is_one() {
        let text = block("Comment: x\n\nMTIzNDU2Nzg5\n=Ic8C\n");
        for end in ["\n", "\r\n", "\r", "\r\r\n"] {
            let text = text.replace('\n', end);
            assert_eq!(blocks(&text), Ok(vec![b"123456789".to_vec()]), "{end:?}");
        }
    }

    #[test]
    fn data_after_the_checksum_is_refused() {
        assert_eq!(
            blocks(&block("\nMTIzNDU2Nzg5\n=Ic8C\nAQID\n")),
            Err(KeyringError::MalformedArmor)
        );
    }

    #[test]
    fn a_block_without_an_end_is_refused() {
        let text = block("\nAQID\n").replace("-----END", "");
        assert_eq!(blocks(&text), Err(KeyringError::MalformedArmor));
    }

    #[test]
    fn characters_outside_base64_are_refused() {
        assert_eq!(
            blocks(&block("\nAQ*D\n")),
            Err(KeyringError::MalformedArmor)
        );
    }

    #[test]
    fn a_private_key_is_refused_even_after_a_public_one() {
        let text = block("\nAQID\n") + &block("\nAQID\n").replace("PUBLIC", "PRIVATE");
        assert_eq!(blocks(&text), Err(KeyringError::SecretKey));
    }

    #[test]
    fn text_without_a_block_and_other_blocks_are_refused() {
        assert_eq!(blocks("*****"), Err(KeyringError::NotAKey));
        assert_eq!(blocks(""), Err(KeyringError::NotAKey));
        let message = block("\nAQID\n").replace("PUBLIC KEY BLOCK", "MESSAGE");
        assert_eq!(blocks(&message), Err(KeyringError::OtherBlock));
    }

    #[test]
    fn of_very_many_lines_only_those_right_before_what_is_no_text_are_tried() {
        let source = [b"\n\xa3".repeat(1_000).as_slice(), b"\n\x88\x07\x04rest"].concat();
        let tried: Vec<_> = after_text(&source).collect();
        assert!(tried.len() <= 7, "{}", tried.len());
        assert_eq!(tried.last(), Some(&b"\x88\x07\x04rest".as_slice()));
        assert_eq!(after_text(&b"\n\xa3".repeat(1_000)).count(), 0);
    }
}
