//! Text of somebody else's choice, made fit for a log line.

use std::fmt::{self, Write as _};

use doorward_core::text::is_disruptive;

/// Text that keeps its first bytes and counts the rest, so that what is endless costs no memory.
#[derive(Debug)]
pub(crate) struct Cut {
    kept: String,
    limit: usize,
    /// How many bytes there were in all.
    bytes: usize,
}

impl Cut {
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            kept: String::new(),
            limit,
            bytes: 0,
        }
    }

    pub(crate) fn value(&self) -> Value<'_> {
        Value {
            kept: &self.kept,
            bytes: self.bytes,
        }
    }

    /// Forgets what was written, and keeps the memory.
    pub(crate) fn clear(&mut self) {
        self.kept.clear();
        self.bytes = 0;
    }
}

impl fmt::Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Once something is left out, nothing that follows may close up to what was kept.
        if self.kept.len() == self.bytes {
            let left = self.limit.saturating_sub(self.kept.len());
            self.kept.push_str(beginning(text, left));
        }
        self.bytes = self.bytes.saturating_add(text.len());
        Ok(())
    }
}

/// The value of a field, as far as it was kept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a> {
    kept: &'a str,
    /// How many bytes the whole value has.
    bytes: usize,
}

impl<'a> Value<'a> {
    /// The value `text`, of which at most `limit` bytes are looked at.
    pub(crate) fn of(text: &'a str, limit: usize) -> Self {
        Self {
            kept: beginning(text, limit),
            bytes: text.len(),
        }
    }

    pub(crate) const fn bytes(self) -> usize {
        self.bytes
    }

    /// Whether nothing was left out, what is there fits, and each byte of it is `plain`.
    fn is_whole_and(self, limit: usize, plain: impl Fn(u8) -> bool) -> bool {
        self.kept.len() == self.bytes && self.bytes <= limit && self.kept.bytes().all(plain)
    }
}

/// The first characters of a text that take at most `limit` bytes.
fn beginning(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// The mark of a cut.
const CUT: char = '…';

/// Writes the value of a field in a line of text: bare if it is one plain word, else in quotes. At most about `limit`
/// bytes. Returns how many bytes of the value are shown.
pub(crate) fn word(value: Value<'_>, limit: usize, to: &mut String) -> usize {
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"._:/@+-,".contains(&c);
    if !value.kept.is_empty() && value.is_whole_and(limit, plain) {
        to.push_str(value.kept);
        return value.bytes;
    }
    quoted(value, limit, to, |c, to| match c {
        '\n' => to.push_str("\\n"),
        '\r' => to.push_str("\\r"),
        '\t' => to.push_str("\\t"),
        c => to.extend(c.escape_unicode()),
    })
}

/// Writes the message of a line of text: bare if it cannot be taken for a field, else in quotes.
pub(crate) fn message(value: Value<'_>, limit: usize, to: &mut String) -> usize {
    let plain = |c: u8| c.is_ascii_alphanumeric() || b" .,:;'()/-_`".contains(&c);
    if value.is_whole_and(limit, plain) {
        to.push_str(value.kept);
        return value.bytes;
    }
    word(value, limit, to)
}

/// Writes a string in JSON, within the same bound. What a screen would not show as it is stands there as an escape,
/// which means the same character.
pub(crate) fn json(value: Value<'_>, limit: usize, to: &mut String) -> usize {
    quoted(value, limit, to, |c, to| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            // Writing to a string cannot fail.
            let _ = write!(to, "\\u{unit:04x}");
        }
    })
}

fn quoted(
    value: Value<'_>,
    limit: usize,
    to: &mut String,
    escape: impl Fn(char, &mut String),
) -> usize {
    to.push('"');
    let kept = value.kept;
    let mut shown = 0;
    // Nearly all values are plain from end to end.
    if kept.len() < limit && kept.bytes().all(stands_for_itself) {
        to.push_str(kept);
        shown = kept.len();
    } else {
        let start = to.len();
        for c in kept.chars() {
            let before = to.len();
            match c {
                '"' => to.push_str("\\\""),
                '\\' => to.push_str("\\\\"),
                c if is_disruptive(c) => escape(c, to),
                c => to.push(c),
            }
            if to.len() - start >= limit {
                to.truncate(before);
                break;
            }
            shown += c.len_utf8();
        }
    }
    if shown < value.bytes {
        to.push(CUT);
    }
    to.push('"');
    shown
}

/// Whether a byte is a printable character of ASCII that needs no escape between quotes.
const fn stands_for_itself(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Cut {
        let mut cut = Cut::new(1_000);
        cut.write_str(text).unwrap();
        cut
    }

    type Write = fn(Value<'_>, usize, &mut String) -> usize;

    fn written(write: Write, value: &Cut, limit: usize) -> (String, usize) {
        let mut text = String::new();
        let shown = write(value.value(), limit, &mut text);
        (text, shown)
    }

    fn shown(text: &str) -> String {
        written(word, &cut(text), 1_000).0
    }

    #[test]
    fn a_plain_word_stays_as_it_is() {
        let image = "registry.example:5000/a/b@sha256:00";
        assert_eq!(shown(image), image);
        assert_eq!(shown("ImagePolicy shop/p"), "\"ImagePolicy shop/p\"");
        assert_eq!(shown("ümläut"), "\"ümläut\"");
        assert_eq!(shown(""), "\"\"");
    }

    #[test]
    fn a_value_cannot_become_a_field_or_a_line_or_drive_a_terminal() {
        assert_eq!(shown("a verdict=allow"), "\"a verdict=allow\"");
        assert_eq!(shown("a=b"), "\"a=b\"");
        assert_eq!(shown("a\" verdict=\"allow"), "\"a\\\" verdict=\\\"allow\"");
        assert_eq!(shown("a\\\" b"), "\"a\\\\\\\" b\"");
        assert_eq!(shown("a\nb\r\tc"), "\"a\\nb\\r\\tc\"");
        assert_eq!(shown("\u{1b}[2J"), "\"\\u{1b}[2J\"");
        assert_eq!(
            shown("a\u{202e}b\u{2028}\u{85}\u{200b}"),
            "\"a\\u{202e}b\\u{2028}\\u{85}\\u{200b}\""
        );
        // Variation selectors are seen by nobody either.
        assert_eq!(shown("a\u{fe0f}\u{e0100}"), "\"a\\u{fe0f}\\u{e0100}\"");
        assert_eq!(
            written(message, &cut("done verdict=allow"), 100).0,
            "\"done verdict=allow\""
        );
        assert_eq!(
            written(message, &cut("review refused"), 100).0,
            "review refused"
        );
    }

    #[test]
    fn what_is_cut_is_marked_and_counted() {
        let mut endless = Cut::new(10);
        for _ in 0..1_000 {
            endless.write_str("ümläut ").unwrap();
        }
        assert_eq!(endless.kept, "ümläut ");
        let (text, shown) = written(word, &endless, 100);
        assert_eq!((text.as_str(), shown), ("\"ümläut …\"", 9));
        assert_eq!(endless.bytes, 9_000);
        let (text, shown) = written(word, &cut(&"\n".repeat(100)), 20);
        assert!(text.len() <= 20 + 4 && text.ends_with("…\""), "{text}");
        assert_eq!(shown, 9);
    }

    #[test]
    fn after_a_cut_nothing_more_is_kept() {
        let mut text = Cut::new(3);
        for part in ["ab", "üü", "c"] {
            text.write_str(part).unwrap();
        }
        assert_eq!((text.kept.as_str(), text.bytes), ("ab", 7));
    }

    proptest::proptest! {
        #[test]
        fn json_is_read_back_as_what_was_said(text in ".{0,200}", odd in proptest::collection::vec(proptest::char::any(), 0..50)) {
            let text = format!("{text}{}", odd.into_iter().collect::<String>());
            let (json, shown) = written(json, &cut(&text), 100_000);
            proptest::prop_assert!(json.chars().all(|c| !is_disruptive(c)));
            if shown == text.len() {
                proptest::prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
            }
        }

        #[test]
        fn a_word_is_one_token_whatever_it_says(text in "[a-z=\" \\\\\n\u{202e}]{0,40}") {
            let word = shown(&text);
            match word.strip_prefix('"') {
                None => proptest::prop_assert!(!word.contains([' ', '=', '"', '\\', '\n'])),
                Some(rest) => {
                    // The first quote that is not escaped is the last character.
                    let mut escaped = false;
                    let end = rest.char_indices().find(|(_, c)| {
                        let ends = *c == '"' && !escaped;
                        escaped = *c == '\\' && !escaped;
                        ends
                    });
                    proptest::prop_assert_eq!(end.map(|(at, _)| at + 1), Some(rest.len()));
                    proptest::prop_assert!(word.chars().all(|c| !is_disruptive(c)));
                }
            }
        }
    }
}
