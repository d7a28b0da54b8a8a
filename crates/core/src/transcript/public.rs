//! What is public by its form: certificates and public keys, and nothing around them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Blocks of PEM (RFC 7468) that hold public things, and the armor of public OpenPGP keys (RFC 9580, section 6.2).
const PEM: [&str; 2] = ["CERTIFICATE", "PUBLIC KEY"];
const ARMOR: [&str; 2] = ["PGP PUBLIC KEY BLOCK", "PGP SIGNATURE"];
/// The headers of armor that programs write.
const HEADERS: [&str; 3] = ["Version: ", "Comment: ", "Hash: "];

/// Whether these bytes are public things from the first to the last. Text beside the blocks may be anything, and so it
/// makes the whole something else.
#[must_use]
pub fn is_public(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(text) => is_public_text(text),
        Err(_) => is_public_openpgp(bytes),
    }
}

fn is_public_text(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim_end).peekable();
    let mut blocks = 0_usize;
    loop {
        while lines.next_if(|line| line.trim().is_empty()).is_some() {}
        let Some(first) = lines.next() else {
            return blocks > 0;
        };
        let Some(label) = first
            .strip_prefix("-----BEGIN ")
            .and_then(|rest| rest.strip_suffix("-----"))
        else {
            return false;
        };
        let armored = ARMOR.contains(&label);
        if !armored && !PEM.contains(&label) {
            return false;
        }
        let end = format!("-----END {label}-----");
        let mut body = String::new();
        let mut in_headers = armored;
        loop {
            match lines.next() {
                None => return false,
                Some(line) if line == end => break,
                Some(line) if in_headers => {
                    if line.is_empty() {
                        in_headers = false;
                    } else if !HEADERS.iter().any(|header| line.starts_with(header)) {
                        return false;
                    }
                }
                // The checksum of armor.
                Some(line) if armored && line.len() == 5 && line.starts_with('=') => {}
                Some(line) => body.push_str(line),
            }
        }
        let Ok(content) = STANDARD.decode(body.as_bytes()) else {
            return false;
        };
        let is_public = if armored {
            is_public_openpgp(&content)
        } else {
            is_one_der_sequence(&content)
        };
        if !is_public {
            return false;
        }
        blocks += 1;
    }
}

/// A sequence of DER with its length, and nothing behind it, that begins as certificates and public keys do: with
/// another sequence. A private key begins with a number.
fn is_one_der_sequence(bytes: &[u8]) -> bool {
    let Some((&0x30, rest)) = bytes.split_first() else {
        return false;
    };
    let Some((&first, rest)) = rest.split_first() else {
        return false;
    };
    let (length, content) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let Some((digits, content)) = rest.split_at_checked(usize::from(first & 0x7f)) else {
                return false;
            };
            (big_endian(digits), content)
        }
        _ => return false,
    };
    content.len() == length && content.first() == Some(&0x30)
}

/// Whether these are packets of OpenPGP, each of a known length, none of which holds anything secret.
fn is_public_openpgp(bytes: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some((&head, after)) = rest.split_first() {
        let Some((tag, length, content)) = packet(head, after) else {
            return false;
        };
        // Signature, public key, user ID, public subkey, user attribute.
        if ![2, 6, 13, 14, 17].contains(&tag) {
            return false;
        }
        let Some((_, next)) = content.split_at_checked(length) else {
            return false;
        };
        rest = next;
    }
    !bytes.is_empty()
}

/// Kind and length of a packet, and the bytes behind its header (RFC 9580, section 4.2). Not of one in parts.
fn packet(head: u8, after: &[u8]) -> Option<(u8, usize, &[u8])> {
    match head {
        0xc0.. => {
            let (&first, rest) = after.split_first()?;
            let (length, rest) = match first {
                0..=191 => (usize::from(first), rest),
                192..=223 => {
                    let (&second, rest) = rest.split_first()?;
                    let length = (usize::from(first) - 192) * 256 + usize::from(second) + 192;
                    (length, rest)
                }
                255 => {
                    let (digits, rest) = rest.split_at_checked(4)?;
                    (big_endian(digits), rest)
                }
                _ => return None,
            };
            Some((head & 0x3f, length, rest))
        }
        0x80..=0xbf => {
            let digits = match head & 3 {
                0 => 1,
                1 => 2,
                2 => 4,
                _ => return None,
            };
            let (digits, rest) = after.split_at_checked(digits)?;
            Some(((head >> 2) & 0xf, big_endian(digits), rest))
        }
        _ => None,
    }
}

fn big_endian(digits: &[u8]) -> usize {
    digits
        .iter()
        .fold(0, |number, digit| (number << 8) | usize::from(*digit))
}
