//! Text of somebody else's choice, made fit for a log line.

use std::fmt;

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

    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }
}

impl fmt::Write for Cut {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        // Once something is left out, nothing that follows may close up to what was kept.
        if self.kept.len() == self.bytes {
            let left = self.limit.saturating_sub(self.kept.len());
            let mut end = left.min(text.len());
            while !text.is_char_boundary(end) {
                end -= 1;
            }
            self.kept.push_str(text.get(..end).unwrap_or_default());
        }
        self.bytes = self.bytes.saturating_add(text.len());
        Ok(())
    }
}

/// The mark of a cut.
const CUT: char = '…';

/// The value of a field in a line of text: bare if it is one plain word, else in quotes. At most about `limit` bytes;
/// the second part of the result is how many bytes of the value are shown.
pub(crate) fn word(value: &Cut, limit: usize) -> (String, usize) {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._:/@+-,".contains(c);
    let whole = value.kept.len() == value.bytes;
    if whole && value.bytes <= limit && !value.kept.is_empty() && value.kept.chars().all(plain) {
        return (value.kept.clone(), value.bytes);
    }
    quoted(value, limit, |c, to| match c {
        '\n' => to.push_str("\\n"),
        '\r' => to.push_str("\\r"),
        '\t' => to.push_str("\\t"),
        c => to.extend(c.escape_unicode()),
    })
}

/// The message of a line of text: bare if it cannot be taken for a field, else in quotes.
pub(crate) fn message(value: &Cut, limit: usize) -> (String, usize) {
    let plain = |c: char| c.is_ascii_alphanumeric() || " .,:;'()/-_`".contains(c);
    if value.bytes <= limit && value.kept.len() == value.bytes && value.kept.chars().all(plain) {
        return (value.kept.clone(), value.bytes);
    }
    word(value, limit)
}

/// A string in JSON, within the same bound. What a screen would not show as it is stands there as an escape, which
/// means the same character.
pub(crate) fn json(value: &Cut, limit: usize) -> (String, usize) {
    quoted(value, limit, |c, to| {
        for unit in c.encode_utf16(&mut [0; 2]) {
            to.push_str(&format!("\\u{unit:04x}"));
        }
    })
}

fn quoted(value: &Cut, limit: usize, escape: impl Fn(char, &mut String)) -> (String, usize) {
    let mut text = String::from("\"");
    let mut shown = 0;
    for c in value.kept.chars() {
        let before = text.len();
        match c {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            c if is_disruptive(c) => escape(c, &mut text),
            c => text.push(c),
        }
        if text.len() > limit {
            text.truncate(before);
            break;
        }
        shown += c.len_utf8();
    }
    if shown < value.bytes {
        text.push(CUT);
    }
    text.push('"');
    (text, shown)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn cut(text: &str) -> Cut {
        let mut cut = Cut::new(1_000);
        cut.write_str(text).unwrap();
        cut
    }

    fn shown(text: &str) -> String {
        word(&cut(text), 1_000).0
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
            message(&cut("done verdict=allow"), 100).0,
            "\"done verdict=allow\""
        );
        assert_eq!(message(&cut("review refused"), 100).0, "review refused");
    }

    #[test]
    fn what_is_cut_is_marked_and_counted() {
        let mut endless = Cut::new(10);
        for _ in 0..1_000 {
            endless.write_str("ümläut ").unwrap();
        }
        assert_eq!(endless.kept, "ümläut ");
        let (text, shown) = word(&endless, 100);
        assert_eq!((text.as_str(), shown), ("\"ümläut …\"", 9));
        assert_eq!(endless.bytes(), 9_000);
        let (text, shown) = word(&cut(&"\n".repeat(100)), 20);
        assert!(text.len() <= 20 + 4 && text.ends_with("…\""), "{text}");
        assert_eq!(shown, 9);
    }

    #[test]
    fn after_a_cut_nothing_more_is_kept() {
        let mut text = Cut::new(3);
        for part in ["ab", "üü", "c"] {
            text.write_str(part).unwrap();
        }
        assert_eq!((text.kept.as_str(), text.bytes()), ("ab", 7));
    }

    proptest::proptest! {
        #[test]
        fn json_is_read_back_as_what_was_said(text in ".{0,200}", odd in proptest::collection::vec(proptest::char::any(), 0..50)) {
            let text = format!("{text}{}", odd.into_iter().collect::<String>());
            let (json, shown) = json(&cut(&text), 100_000);
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
