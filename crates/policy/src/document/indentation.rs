//! The one slip of indentation that everybody makes, in words.

use crate::diagnostic::quoted;
use crate::{Diagnostic, LintCode, Position};

/// Points at a key that stands in one column with the dash of its item, where that is what keeps the document from
/// being read.
///
/// ```yaml
///   - name: "registry.example/*"
///   policy:
/// ```
pub(super) fn explain(why: Diagnostic, text: &str) -> Diagnostic {
    if why.code != LintCode::Syntax {
        return why;
    }
    let Ok(line) = usize::try_from(why.line) else {
        return why;
    };
    // The parser marks where it gave up: on the key, or at the line after it.
    for line in [line, line.saturating_sub(1)] {
        if let Some((key, column)) = slipped(text, line) {
            let message = format!(
                "{} stands in one column with the `-` of the entry above, so it is no part of that entry",
                quoted(key)
            );
            let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
            let at = Position {
                line: count(line),
                column: count(column + 1),
                length: count(key.chars().count()),
            };
            let help = format!(
                "indent {} and what is under it by two more columns, to stand under the first key of the entry",
                quoted(key)
            );
            return Diagnostic::new(LintCode::Syntax, message)
                .at(&why.source, at)
                .suggesting(Some(help));
        }
    }
    why
}

/// The key on `line`, from 1, and the column it has in common with the dash of the item above it.
fn slipped(text: &str, line: usize) -> Option<(&str, usize)> {
    let lines: Vec<&str> = text.lines().take(line).collect();
    let (last, above) = lines.split_last()?;
    let column = indent(last);
    let key = last.trim_start();
    if lines.len() < line || key.starts_with(['-', '#']) {
        return None;
    }
    let (key, after) = key.split_once(':')?;
    if !(after.is_empty() || after.starts_with([' ', '\r'])) || key.is_empty() || key.contains(' ')
    {
        return None;
    }
    let nearest = above
        .iter()
        .rev()
        .filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        .find(|line| indent(line) <= column)?;
    (indent(nearest) == column && nearest.trim_start().starts_with("- ")).then_some((key, column))
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}
