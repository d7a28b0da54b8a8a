//! Mistakes in documents, for people.

use doorward_policy::{Diagnostic, Severity};

use crate::text::Text;
use crate::tone::Tone;

/// The diagnostic with an excerpt of the text that it was found in, its first word in the colour of its severity.
pub(crate) fn text(diagnostic: &Diagnostic, read: Option<&str>) -> Text {
    let rendered = diagnostic.render(read);
    let word = diagnostic.severity.to_string();
    let tone = match diagnostic.severity {
        Severity::Error => Tone::Bad,
        Severity::Warning => Tone::Warn,
    };
    let mut text = Text::new();
    // The line breaks are those of the form: what the document holds has none left in it.
    for (number, line) in rendered.lines().enumerate() {
        match line.strip_prefix(&word) {
            Some(rest) if number == 0 => text.line([tone.of(word.as_str()), rest.into()]),
            _ => text.line([line.into()]),
        };
    }
    text
}
