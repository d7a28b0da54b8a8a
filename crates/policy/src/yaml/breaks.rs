//! What ends a line in YAML 1.1 and not in YAML 1.2.

/// The text with the line breaks of YAML 1.1 written as such, for a text that cannot be read otherwise.
///
/// `kubectl` writes YAML 1.1: a text of several lines with one of these characters, which anybody may put into an
/// annotation, goes on behind it on a line of its own, indented like the others. Read as YAML 1.2 such a line begins at
/// the margin, and all documents of the export are unreadable for it.
///
/// Returns `None` if there is none, or if something at the margin follows one that does not stand at the margin itself.
/// `kubectl` does not write that, so the text is of another origin, and what follows must not become a document or a
/// field of its own. Behind one at the margin the value has ended: no writer puts a part of a value there.
pub(super) fn of_1_1(text: &str) -> Option<String> {
    let mut pieces = text.split(is_break);
    let mut lines = pieces.next()?.to_owned();
    let mut is_at_margin = lines.ends_with(['\n', '\r']);
    let mut is_other = false;
    for piece in pieces {
        let follows = piece.chars().next();
        if !is_at_margin && !matches!(follows, None | Some(' ' | '\n' | '\r')) {
            return None;
        }
        // A break right behind another stands where that one stands.
        if !piece.is_empty() {
            is_at_margin = piece.ends_with(['\n', '\r']);
        }
        lines.push('\n');
        lines.push_str(piece);
        is_other = true;
    }
    is_other.then_some(lines)
}

const fn is_break(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}')
}
