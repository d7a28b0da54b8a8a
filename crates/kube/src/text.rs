//! Hostile text made fit for one line of a message.

/// `text` on one line of at most `limit` characters.
///
/// Control characters and the marks that reorder text on a screen appear as escapes, so that a name or an answer of
/// a registry can neither forge further lines of a message nor drive the terminal it is read on.
pub(crate) fn one_line(text: &str, limit: usize) -> String {
    let mut line = String::with_capacity(text.len().min(limit));
    let mut length = 0;
    // Where to cut so that the mark of a cut still has a place.
    let mut cut = 0;
    for c in text.chars() {
        if c.is_control() || reorders(c) {
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

/// Line separators and bidirectional controls (Unicode Standard Annex 9).
const fn reorders(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_text_is_left_alone() {
        assert_eq!(
            one_line("registry.example/app:1", 40),
            "registry.example/app:1"
        );
        assert_eq!(one_line("ümläut", 6), "ümläut");
        assert_eq!(one_line("ümläut", 5), "ümlä…");
        assert_eq!(one_line("", 6), "");
    }

    #[test]
    fn control_characters_cannot_forge_a_line() {
        assert_eq!(one_line("a\nadmitted", 40), "a\\nadmitted");
        assert_eq!(one_line("\u{1b}[2J", 40), "\\u{1b}[2J");
        assert_eq!(one_line("a\u{202e}b", 40), "a\\u{202e}b");
    }

    #[test]
    fn long_text_is_cut_with_a_mark() {
        let line = one_line(&"x".repeat(1000), 10);
        assert_eq!((line.chars().count(), line.ends_with('…')), (10, true));
        assert!(one_line(&"\n".repeat(1000), 11).chars().count() <= 11);
    }
}
