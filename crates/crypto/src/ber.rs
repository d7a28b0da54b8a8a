//! BER (X.690, section 8) made DER where only lengths and the pieces of strings differ.

use crate::der::{Malformed, Reader, tag, write};

/// The deepest nesting: a time stamp with its certificates has about a dozen levels.
const MAX_DEPTH: usize = 32;

/// `OCTET STRING` in pieces (X.690, section 8.7.3).
const PIECES: u8 = tag::OCTET_STRING | 0x20;

/// Rewrites one element, which must be all of `bytes`, with definite lengths in the shortest form (X.690, section 10.1)
/// and octet strings in one piece (section 10.2). The result is never longer by more than what lengths of the
/// indefinite form leave out, and the work is linear in size and depth.
///
/// Elements are not sorted, and their content is not looked at.
pub(crate) fn to_der(bytes: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut out = Vec::with_capacity(bytes.len());
    let rest = element(bytes, &mut out, 0)?;
    if rest.is_empty() {
        Ok(out)
    } else {
        Err(Malformed)
    }
}

/// Rewrites the first element and returns what stands behind it.
fn element<'a>(bytes: &'a [u8], out: &mut Vec<u8>, depth: usize) -> Result<&'a [u8], Malformed> {
    if depth > MAX_DEPTH {
        return Err(Malformed);
    }
    let (&tag, rest) = bytes.split_first().ok_or(Malformed)?;
    if tag & 0x1f == 0x1f || tag == 0 {
        return Err(Malformed);
    }
    let (length, rest) = length(rest)?;
    let constructed = tag & 0x20 != 0;
    let mut content = Vec::new();
    let rest = match length {
        Some(length) => {
            let (inner, rest) = rest.split_at_checked(length).ok_or(Malformed)?;
            if constructed {
                let mut inner = inner;
                while !inner.is_empty() {
                    inner = child(tag, inner, &mut content, depth)?;
                }
            } else {
                content.extend_from_slice(inner);
            }
            rest
        }
        // X.690, section 8.1.3.2 (a): only what is constructed has no length.
        None if !constructed => return Err(Malformed),
        None => {
            let mut inner = rest;
            // Section 8.1.5: two zeros end it.
            loop {
                if let [0, 0, rest @ ..] = inner {
                    break rest;
                }
                inner = child(tag, inner, &mut content, depth)?;
            }
        }
    };
    let tag = if tag == PIECES {
        tag::OCTET_STRING
    } else {
        tag
    };
    out.extend(write(tag, &[&content]));
    Ok(rest)
}

/// Rewrites an element inside of another one. The pieces of an octet string leave nothing but their content.
fn child<'a>(
    parent: u8,
    bytes: &'a [u8],
    content: &mut Vec<u8>,
    depth: usize,
) -> Result<&'a [u8], Malformed> {
    if parent != PIECES {
        return element(bytes, content, depth + 1);
    }
    let mut piece = Vec::new();
    let rest = element(bytes, &mut piece, depth + 1)?;
    let inner = Reader::whole_content(&piece, tag::OCTET_STRING)?;
    content.extend_from_slice(inner);
    Ok(rest)
}

/// A length, `None` if it is indefinite, and what stands behind it.
fn length(bytes: &[u8]) -> Result<(Option<usize>, &[u8]), Malformed> {
    let (&first, rest) = bytes.split_first().ok_or(Malformed)?;
    match first {
        0x80 => Ok((None, rest)),
        0..0x80 => Ok((Some(usize::from(first)), rest)),
        _ => {
            let digits = usize::from(first & 0x7f);
            // More digits than these are zeros in front, or more than there is.
            if digits > 8 {
                return Err(Malformed);
            }
            let (digits, rest) = rest.split_at_checked(digits).ok_or(Malformed)?;
            let length = digits
                .iter()
                .fold(0_u64, |length, digit| (length << 8) | u64::from(*digit));
            Ok((Some(usize::try_from(length).map_err(|_| Malformed)?), rest))
        }
    }
}

#[cfg(test)]
mod tests;
