//! Text for people: lines of pieces, each with a tone.
//!
//! Names, fields, file names and answers of servers become pieces of a [`Text`], and there is one way from a text to a
//! stream: [`Text::render`]. There every piece is made visible, so nothing from outside can end a line, move the cursor
//! or reorder what is read; and colour is added there from the tones, so nothing that stands in a piece is ever taken
//! for colour of ours.

use std::borrow::Cow;

use doorward_core::text::visible;

use crate::style::Style;
use crate::tone::Tone;

/// The column after which words of a sentence go to the next line.
const WIDTH: usize = 100;

impl Tone {
    /// A piece of this tone. What the text holds is shown, whatever it is.
    pub(crate) fn of(self, text: impl Into<String>) -> Piece {
        Piece {
            tone: self,
            text: text.into(),
        }
    }
}

/// A part of a line.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    tone: Tone,
    text: String,
}

impl From<&str> for Piece {
    fn from(text: &str) -> Self {
        Tone::Plain.of(text)
    }
}

impl From<String> for Piece {
    fn from(text: String) -> Self {
        Tone::Plain.of(text)
    }
}

/// Lines for people.
#[derive(Clone, Debug, Default)]
pub(crate) struct Text {
    lines: Vec<Vec<Piece>>,
}

impl Text {
    /// No line.
    pub(crate) const fn new() -> Self {
        Self { lines: Vec::new() }
    }

    /// Adds a line of these pieces.
    pub(crate) fn line<const N: usize>(&mut self, pieces: [Piece; N]) -> &mut Self {
        self.lines.push(pieces.into());
        self
    }

    /// Adds an empty line.
    pub(crate) fn blank(&mut self) -> &mut Self {
        self.line([])
    }

    /// Adds lines of our own. Only what stands in the program has line breaks that count.
    pub(crate) fn prose(&mut self, text: &'static str) -> &mut Self {
        for line in text.lines() {
            self.line([line.into()]);
        }
        self
    }

    /// Adds a line that begins with `head` and goes on with `value`, broken between words. Further lines are indented
    /// by `indent` columns, which is as wide as the head is. A word that is longer than the line stays whole, so that
    /// digests and references can be copied.
    pub(crate) fn wrapped<const N: usize>(
        &mut self,
        head: [Piece; N],
        value: &str,
        indent: usize,
    ) -> &mut Self {
        let mut pieces: Vec<Piece> = head.into();
        for (number, line) in wrap(&visible(value), indent).into_iter().enumerate() {
            if number > 0 {
                pieces.push(" ".repeat(indent).into());
            }
            pieces.push(line.into());
            self.lines.push(std::mem::take(&mut pieces));
        }
        self
    }

    /// Adds rows in aligned columns, two spaces apart.
    pub(crate) fn columns<R: AsRef<[String]>>(&mut self, rows: &[R]) -> &mut Self {
        let rows: Vec<Vec<Cow<'_, str>>> = rows
            .iter()
            .map(|row| row.as_ref().iter().map(|cell| visible(cell)).collect())
            .collect();
        let mut widths = vec![0; rows.iter().map(Vec::len).max().unwrap_or(0)];
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count());
            }
        }
        for row in &rows {
            let cells: Vec<String> = row
                .iter()
                .zip(&widths)
                .map(|(cell, width)| format!("{cell:<width$}"))
                .collect();
            self.line([cells.join("  ").trim_end().into()]);
        }
        self
    }

    /// Adds all lines of another text.
    pub(crate) fn append(&mut self, other: Self) -> &mut Self {
        self.lines.extend(other.lines);
        self
    }

    /// The bytes for a stream: every piece made visible, then coloured, every line ended.
    pub(crate) fn render(&self, style: Style) -> String {
        let mut out = String::new();
        for line in &self.lines {
            for piece in line {
                out.push_str(&style.paint(piece.tone, &visible(&piece.text)));
            }
            out.push('\n');
        }
        out
    }
}

/// `text` broken between words, for lines of which `indent` columns are taken.
fn wrap(text: &str, indent: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut column = indent;
    for (number, word) in text.split(' ').enumerate() {
        let length = word.chars().count();
        if number > 0 {
            if column + 1 + length > WIDTH {
                lines.push(std::mem::take(&mut line));
                column = indent;
            } else {
                line.push(' ');
                column += 1;
            }
        }
        line.push_str(word);
        column += length;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use doorward_core::text::is_disruptive;
    use proptest::prelude::*;

    use super::*;

    const TONES: [Tone; 7] = [
        Tone::Bad,
        Tone::Faint,
        Tone::Good,
        Tone::Note,
        Tone::Plain,
        Tone::Strong,
        Tone::Warn,
    ];

    /// One of every way in which text from outside gets into a text.
    fn said(hostile: &str) -> Text {
        let mut text = Text::new();
        text.line([Tone::Strong.of(hostile), hostile.into()])
            .wrapped([Tone::Bad.of("error:"), " ".into()], hostile, 7)
            .columns(&[[hostile.to_owned(), "b".to_owned()]]);
        text
    }

    proptest! {
        /// Whatever an image, a file, a field, a Secret or a registry says.
        #[test]
        fn no_bytes_from_outside_steer_a_terminal_or_end_a_line(
            bytes in prop::collection::vec(any::<u8>(), 0..64),
            escape in any::<prop::sample::Index>(),
        ) {
            let hostile = ["\u{1b}[31m", "\u{9b}2J", "\r\n", "\u{202e}", "\u{2028}", "\u{200b}"];
            let mut name = String::from_utf8_lossy(&bytes).into_owned();
            name.push_str(escape.get::<&str>(&hostile));
            let text = said(&name);
            let plain = text.render(Style::plain());
            let stray = |c: char| is_disruptive(c) && c != '\n';
            prop_assert!(!plain.contains(stray), "{plain:?}");
            let words = visible(&name).split(' ').count();
            prop_assert!(plain.lines().count() <= 2 + words);

            // With colour there is no other escape sequence than ours.
            let mut coloured = text.render(Style::coloured());
            for tone in TONES {
                coloured = coloured.replace(&Style::coloured().opening(tone), "");
            }
            prop_assert_eq!(coloured.replace("\u{1b}[0m", ""), plain);
        }
    }

    #[test]
    fn a_text_that_looks_like_our_colour_is_shown_and_not_obeyed() {
        let mut text = Text::new();
        text.line([
            Tone::Good.of("ALLOWED"),
            "  \u{1b}[1;32mALLOWED\u{1b}[0m".into(),
        ]);
        assert_eq!(
            text.render(Style::coloured()),
            "\u{1b}[1;32mALLOWED\u{1b}[0m  \\u{1b}[1;32mALLOWED\\u{1b}[0m\n"
        );
    }

    #[test]
    fn words_longer_than_a_line_stay_whole() {
        let digest = "x".repeat(150);
        let mut text = Text::new();
        text.wrapped([], &format!("the image resolves to {digest} now"), 4);
        let wrapped = text.render(Style::plain());
        assert!(wrapped.contains(&digest));
        assert_eq!(wrapped.lines().count(), 3);
        assert!(wrapped.lines().skip(1).all(|line| line.starts_with("    ")));
    }

    #[test]
    fn columns_are_aligned_by_what_is_shown() {
        let mut text = Text::new();
        text.columns(&[
            ["a\u{1b}".to_owned(), "x".to_owned()],
            ["b".to_owned(), "y".to_owned()],
        ]);
        assert_eq!(text.render(Style::plain()), "a\\u{1b}  x\nb        y\n");
    }
}
