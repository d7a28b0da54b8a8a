//! JSON documents one after another.

use crate::Position;

/// The values of a text that is nothing but JSON objects with white space between them, at least two, each with how
/// many lines are before it and how many characters are before it on its line. The last one may be incomplete.
///
/// Only brackets and strings are looked at. Whether a value is valid is for the parser to say.
pub(super) fn split(text: &str) -> Option<Vec<(&str, Position)>> {
    let mut values = Vec::new();
    let mut origin = Position::default();
    let mut rest = text.strip_prefix('\u{feff}').unwrap_or(text);
    loop {
        let value = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        advance(&mut origin, rest.get(..rest.len() - value.len())?);
        if value.is_empty() {
            break;
        }
        if !value.starts_with('{') {
            return None;
        }
        let (value, after) = value.split_at_checked(end_of_object(value))?;
        values.push((value, origin));
        advance(&mut origin, value);
        rest = after;
    }
    (values.len() > 1).then_some(values)
}

/// How many bytes the object has that `text` begins with; all, if it does not end.
fn end_of_object(text: &str) -> usize {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (index, byte) in text.bytes().enumerate() {
        match (in_string, byte) {
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => in_string = !in_string,
            (true, _) => {}
            (false, b'{' | b'[') => depth += 1,
            (false, b'}' | b']') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return index + 1;
                }
            }
            (false, _) => {}
        }
    }
    text.len()
}

fn advance(origin: &mut Position, text: &str) {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    match text.rsplit_once('\n') {
        Some((before, line)) => {
            let lines = before.matches('\n').count() + 1;
            origin.line = origin.line.saturating_add(count(lines));
            origin.column = count(line.chars().count());
        }
        None => {
            origin.column = origin.column.saturating_add(count(text.chars().count()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_told_apart_by_brackets_outside_of_strings() {
        let text = "\u{feff} {\"a\": \"}{\\\"\"}\n\n  {\"b\": [{}]}{\"c\": 1";
        let found: Vec<_> = split(text)
            .expect("a stream")
            .into_iter()
            .map(|(value, at)| (value, at.line, at.column))
            .collect();
        assert_eq!(
            found,
            [
                ("{\"a\": \"}{\\\"\"}", 0, 1),
                ("{\"b\": [{}]}", 2, 2),
                ("{\"c\": 1", 2, 13),
            ]
        );
    }

    #[test]
    fn other_texts_are_no_stream() {
        for text in ["", "{}", "{} x", "a: {}\n{}", "{}, {}", "{}\n---\n{}"] {
            assert_eq!(split(text), None, "{text}");
        }
    }
}
