//! Hostile text made fit for people to read.
//!
//! Names of images, files and signers, fields of documents and answers of servers all end up in sentences. None of
//! them may draw on the terminal, forge a further line of a log, or show its letters in another order than they have.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character moves the cursor, ends the line, reorders it, or cannot be seen at all.
///
/// These are the control characters (C0, DEL and C1), the line and paragraph separators, the bidirectional controls
/// (Unicode Standard Annex 9) and all other code points that are ignored when text is shown (the property
/// `Default_Ignorable_Code_Point`): of two names that differ only in such characters, both look the same.
#[must_use]
pub const fn is_disruptive(c: char) -> bool {
    matches!(
        c,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// A number of bytes as people read it, in units of 1024.
#[must_use]
pub fn size(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{}.{} KiB", bytes / 1024, bytes % 1024 * 10 / 1024),
        _ => format!(
            "{}.{} MiB",
            bytes >> 20,
            (bytes % 1_048_576) * 10 / 1_048_576
        ),
    }
}

/// `text` with every [disruptive](is_disruptive) character shown as an escape, such as `\n` or `\u{1b}`.
///
/// The result is one line. Text that has no such character comes back as it is, so that doing this twice does no
/// more than doing it once.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if is_printable_ascii(text) || !text.contains(is_disruptive) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_disruptive(c) {
            // Writing to a string cannot fail.
            let _ = write!(shown, "{}", c.escape_default());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// `text` as [`visible`] shows it, cut to at most `limit` characters with a mark where it was cut.
#[must_use]
pub fn one_line(text: &str, limit: usize) -> String {
    if text.len() <= limit && is_printable_ascii(text) {
        return text.to_owned();
    }
    let mut line = String::with_capacity(text.len().min(limit));
    let mut length = 0;
    // Where to cut so that the mark of a cut still has a place.
    let mut cut = 0;
    for c in text.chars() {
        if is_disruptive(c) {
            line.extend(c.escape_default());
            length += c.escape_default().count();
        } else {
            line.push(c);
            length += 1;
        }
        if length > limit {
            line.truncate(cut);
            line.push('…');
            break;
        }
        if length < limit {
            cut = line.len();
        }
    }
    line
}

/// Whether each byte is a character that shows as itself, as in nearly all text.
fn is_printable_ascii(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_left_alone() {
        for text in [
            "",
            "registry.example/app:1",
            "Zoë 鍵 Ωμέγα שלום",
            "a\u{a0}b",
        ] {
            assert!(matches!(visible(text), Cow::Borrowed(same) if same == text));
            assert_eq!(one_line(text, 60), text);
        }
        assert_eq!(one_line("ümläut", 6), "ümläut");
        assert_eq!(one_line("ümläut", 5), "ümlä…");
    }

    #[test]
    fn control_characters_cannot_forge_a_line_or_drive_a_terminal() {
        for (text, shown) in [
            ("a\nadmitted", "a\\nadmitted"),
            ("a\r\tb", "a\\r\\tb"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            // The same sequence begun by one character of C1.
            ("\u{9b}2J", "\\u{9b}2J"),
            ("a\u{7f}\u{85}b", "a\\u{7f}\\u{85}b"),
        ] {
            assert_eq!(visible(text), shown);
            assert_eq!(one_line(text, 60), shown);
        }
    }

    #[test]
    fn what_reorders_or_hides_text_is_shown() {
        for c in [
            '\u{61c}',
            '\u{200b}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{2029}',
            '\u{202a}',
            '\u{202e}',
            '\u{2066}',
            '\u{2069}',
            '\u{feff}',
            '\u{fe0f}',
            '\u{e0041}',
        ] {
            let text = format!("a{c}b");
            assert_eq!(visible(&text), format!("a\\u{{{:x}}}b", u32::from(c)));
        }
    }

    #[test]
    fn no_character_at_all_is_disruptive_after_it_was_shown() {
        for c in (0..=u32::from(char::MAX)).filter_map(char::from_u32) {
            let text = c.to_string();
            let shown = visible(&text);
            assert!(!shown.contains(is_disruptive), "{c:?}");
            assert_eq!(visible(&shown), shown);
            assert_eq!(one_line(&text, 60), shown);
        }
    }

    #[test]
    fn long_text_is_cut_with_a_mark() {
        let line = one_line(&"x".repeat(1000), 10);
        assert_eq!((line.chars().count(), line.ends_with('…')), (10, true));
        assert!(one_line(&"\n".repeat(1000), 11).chars().count() <= 11);
    }
}
