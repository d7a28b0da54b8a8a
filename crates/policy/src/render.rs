use std::fmt::Write as _;

use doorward_core::text::{is_disruptive, visible};

use crate::Diagnostic;

/// The most characters of a source line that an excerpt shows.
const MOST_COLUMNS: usize = 160;

impl Diagnostic {
    /// The diagnostic as text for people: message, place, an excerpt of `text` with the place underlined, and what
    /// was probably meant. No line breaks but its own, and nothing that steers a terminal. `text` is what was read under
    /// the name in [`Diagnostic::source`]; without it, or when the diagnostic has no line, the excerpt is left out. Ends
    /// with a line break.
    #[must_use]
    pub fn render(&self, text: Option<&str>) -> String {
        let mut out = format!(
            "{}[{}]: {}\n",
            self.severity,
            self.code,
            visible(&self.message)
        );
        let excerpt = text.and_then(|text| self.excerpt(text));
        let margin = " ".repeat(self.line.to_string().len());
        if !self.source.is_empty() {
            let _ = write!(out, "{margin}--> {}", visible(&self.source));
            if self.line > 0 {
                let _ = write!(out, ":{}:{}", self.line, self.column);
            }
            out.push('\n');
        }
        if let Some((line, underline)) = excerpt {
            let _ = writeln!(out, "{margin} |");
            let _ = writeln!(out, "{} | {line}", self.line);
            let _ = writeln!(out, "{margin} | {underline}");
        }
        if !self.path.is_empty() {
            let _ = writeln!(out, "{margin} = field: {}", visible(&self.path));
        }
        if let Some(suggestion) = &self.suggestion {
            let _ = writeln!(out, "{margin} = help: {}", visible(suggestion));
        }
        out
    }

    /// The line concerned and the carets under it, or nothing if the text does not have that place.
    fn excerpt(&self, text: &str) -> Option<(String, String)> {
        let index = usize::try_from(self.line).ok()?.checked_sub(1)?;
        let before = usize::try_from(self.column).ok()?.checked_sub(1)?;
        let line = text.lines().nth(index)?;
        if before >= MOST_COLUMNS || before > line.chars().count() {
            return None;
        }
        let printable = |c: char| match c {
            '\t' => ' ',
            c if is_disruptive(c) => '\u{fffd}',
            c => c,
        };
        let shown: String = line.chars().take(MOST_COLUMNS).map(printable).collect();
        let room = shown.chars().count().saturating_sub(before).max(1);
        let carets = usize::try_from(self.length).unwrap_or(1).clamp(1, room);
        let underline = " ".repeat(before) + &"^".repeat(carets);
        Some((shown, underline))
    }
}

#[cfg(test)]
mod tests {
    use crate::{Diagnostic, LintCode, Position};

    fn at(line: u32, column: u32, length: u32) -> Diagnostic {
        let position = Position {
            line,
            column,
            length,
        };
        Diagnostic::new(LintCode::UnknownField, "unknown field `x`").at("p.yaml", position)
    }

    #[test]
    fn the_excerpt_underlines_the_place() {
        let text = "a: 1\n\tlong: 2\n";
        assert_eq!(
            at(2, 2, 4).render(Some(text)),
            "error[unknown-field]: unknown field `x`\n --> p.yaml:2:2\n  |\n2 |  long: 2\n  |  ^^^^\n"
        );
    }

    #[test]
    fn a_place_outside_of_the_text_has_no_excerpt() {
        for diagnostic in [at(9, 1, 1), at(1, 90, 1), at(0, 0, 0), at(1, 0, 4)] {
            assert!(!diagnostic.render(Some("a: 1")).contains(" | "));
        }
    }

    #[test]
    fn control_characters_of_the_source_do_not_reach_the_terminal() {
        let text = at(1, 1, 3).render(Some("x: \u{1b}[31mred"));
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn no_name_of_a_file_or_field_forges_a_line_or_steers_the_terminal() {
        let hostile = "\u{1b}[2J\nerror: x\u{202e}\u{9b}";
        let mut diagnostic = at(1, 1, 3).in_field(hostile);
        hostile.clone_into(&mut diagnostic.message);
        hostile.clone_into(&mut diagnostic.source);
        diagnostic.suggestion = Some(hostile.to_owned());
        let text = diagnostic.render(Some("x: \u{202e}\u{200b}\u{1b}"));
        assert_eq!(text.lines().count(), 7, "{text}");
        assert!(
            text.chars()
                .all(|c| c == '\n' || !doorward_core::text::is_disruptive(c)),
            "{text:?}"
        );
    }

    #[test]
    fn a_very_long_line_is_cut() {
        let text = at(1, 1, 100_000).render(Some(&"a".repeat(100_000)));
        assert!(text.len() < 600, "{}", text.len());
    }
}
