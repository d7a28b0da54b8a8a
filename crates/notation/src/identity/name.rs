//! Distinguished names as policies write them (RFC 4514, with the differences of the reference).

use std::collections::BTreeMap;
use std::fmt;

use super::error::NameError;
use super::{Matching, attribute_type};

/// A distinguished name: attribute types and values, in no order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DistinguishedName {
    attributes: BTreeMap<String, String>,
}

impl DistinguishedName {
    /// Reads a name: parts divided by `,` or `;`, each a type, `=` and a value. Space around both is dropped unless it
    /// is escaped; a backslash escapes a special character or two hexadecimal digits; quotes are ordinary characters.
    pub(super) fn parse(text: &str, matching: Matching) -> Result<Self, NameError> {
        // The reference refuses the two characters wherever they stand.
        if text.contains("=#") {
            return Err(NameError::Hexadecimal);
        }
        if text.trim().is_empty() {
            return Err(NameError::Empty);
        }
        let mut attributes = BTreeMap::new();
        for (kind, value) in divide(text)? {
            let (kind, value) = (unescape(kind)?, unescape(value)?);
            let kind = match matching {
                Matching::Compatible if kind == "S" => "ST".to_owned(),
                Matching::Compatible => kind,
                Matching::Wider => {
                    attribute_type::type_of(&kind).ok_or(NameError::UnknownType(kind))?
                }
            };
            if matching == Matching::Wider && value.is_empty() {
                return Err(NameError::EmptyValue(kind));
            }
            // An empty value does not count as the first of two for the reference.
            match attributes.get(&kind).map(String::is_empty) {
                None | Some(true) => attributes.insert(kind, value),
                Some(false) => return Err(NameError::Repeated(kind)),
            };
        }
        if matching == Matching::Compatible {
            has_mandatory(&attributes)?;
        }
        Ok(Self { attributes })
    }

    pub(super) fn attributes(&self) -> &BTreeMap<String, String> {
        &self.attributes
    }

    /// Whether every subject with the attributes of `other` has these too.
    pub(super) fn is_part_of(&self, other: &Self) -> bool {
        self.attributes
            .iter()
            .all(|(kind, value)| other.attributes.get(kind).map_or("", String::as_str) == value)
    }
}

impl fmt::Display for DistinguishedName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, (kind, value)) in self.attributes.iter().enumerate() {
            let comma = if position == 0 { "" } else { ", " };
            write!(f, "{comma}{kind}={value}")?;
        }
        Ok(())
    }
}

/// The attributes that every name must have ("Trusted Identities Constraints").
pub(super) fn has_mandatory(attributes: &BTreeMap<String, String>) -> Result<(), NameError> {
    let missing = ["C", "ST", "O"]
        .into_iter()
        .find(|kind| attributes.get(*kind).is_none_or(String::is_empty));
    missing.map_or(Ok(()), |kind| Err(NameError::Mandatory(kind)))
}

/// The parts of a name as types and values, still escaped.
fn divide(text: &str) -> Result<Vec<(&str, &str)>, NameError> {
    let mut parts = Vec::new();
    let (mut start, mut kind, mut escaped) = (0, None, false);
    for (at, char) in text.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            // Only the first one divides type and value.
            '=' if kind.is_none() => {
                kind = text.get(start..at).filter(|kind| !kind.trim().is_empty());
                if kind.is_none() {
                    return Err(NameError::NotAPair);
                }
                start = at + 1;
            }
            ',' | ';' => {
                let kind = kind.take().ok_or(NameError::NotAPair)?;
                parts.push((kind, text.get(start..at).unwrap_or_default()));
                start = at + 1;
            }
            '+' => return Err(NameError::MultiValued),
            _ => {}
        }
    }
    let kind = kind.ok_or(NameError::NotAPair)?;
    parts.push((kind, text.get(start..).unwrap_or_default()));
    Ok(parts)
}

/// A type or value without the space around it and without its escapes.
fn unescape(text: &str) -> Result<String, NameError> {
    let start = text.trim_start();
    let mut end = start.trim_end();
    // A space at the end that is escaped stays: the backslash before it is not itself escaped.
    let backslashes = end.len() - end.trim_end_matches('\\').len();
    if backslashes % 2 == 1 {
        end = start.get(..=end.len()).ok_or(NameError::Escape)?;
    }
    let mut bytes = Vec::with_capacity(end.len());
    let mut rest = end.as_bytes();
    loop {
        rest = match *rest {
            [] => break,
            [
                b'\\',
                special @ (b' ' | b'"' | b'#' | b'+' | b',' | b';' | b'<' | b'=' | b'>' | b'\\'),
                ref rest @ ..,
            ] => {
                bytes.push(special);
                rest
            }
            [b'\\', high, low, ref rest @ ..] => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                let value = digit(high)
                    .zip(digit(low))
                    .map(|(high, low)| high << 4 | low);
                let byte = value.and_then(|value| u8::try_from(value).ok());
                bytes.push(byte.ok_or(NameError::Escape)?);
                rest
            }
            [b'\\', ..] => return Err(NameError::Escape),
            [byte, ref rest @ ..] => {
                bytes.push(byte);
                rest
            }
        };
    }
    String::from_utf8(bytes).map_err(|_| NameError::Escape)
}
