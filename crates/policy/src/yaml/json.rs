//! What JSON may contain and YAML may not.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::de::IgnoredAny;

/// The text, with characters that YAML does not take unescaped written as JSON escapes, if it is JSON.
///
/// Encoders of JSON, `kubectl` among them, leave such characters as they are, and one of them anywhere would make all
/// documents of a text unreadable. In JSON they can stand in strings only: outside of one they are a syntax error. Nor
/// can one stand behind a backslash, which would make it part of an escape. There the escape means the very character,
/// so the documents say the same; only the columns behind it on its line differ.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    let value = text.strip_prefix('\u{feff}').unwrap_or(text);
    let begins = value
        .trim_start_matches([' ', '\t', '\r', '\n'])
        .starts_with(['{', '[']);
    if !begins || !value.contains(is_unprintable) || !is_json(value) {
        return Cow::Borrowed(text);
    }
    let mut printable = String::with_capacity(text.len() + 64);
    for c in value.chars() {
        if is_unprintable(c) {
            let _ = write!(printable, "\\u{:04x}", u32::from(c));
        } else {
            printable.push(c);
        }
    }
    Cow::Owned(printable)
}

/// Characters of JSON strings that are not printable in YAML 1.2 (section 5.1), or mark the beginning of a text. All of
/// them are in the basic plane.
const fn is_unprintable(c: char) -> bool {
    matches!(
        c,
        '\u{7f}'..='\u{9f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
    )
}

/// Whether the text is nothing but JSON documents.
fn is_json(text: &str) -> bool {
    let mut documents = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    documents.all(|document| document.is_ok())
}
