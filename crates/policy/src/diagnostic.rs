use std::fmt;

use doorward_core::text::is_disruptive;

use crate::LintCode;

/// How grave a [`Diagnostic`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The document means what it says, but perhaps not what its author wants.
    Warning,
    /// The document is wrong. What it governs is denied.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// Where something stands in a text. Lines and columns count from 1, columns in characters; both are 0 if the
/// object did not come from a text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
    /// How many characters the value or key has on that line; 0 if that is not known.
    pub length: u32,
}

/// One thing that is wrong or risky in a policy document, and where.
///
/// `Display` is one line, `source:line:column: severity[code]: message`; [`Diagnostic::render`] adds the excerpt.
#[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[non_exhaustive]
pub struct Diagnostic {
    /// How grave it is.
    pub severity: Severity,
    /// Its stable name.
    pub code: LintCode,
    /// What is wrong: a lowercase fragment without a full stop.
    pub message: String,
    /// The file or object it was found in, as the caller named it.
    pub source: String,
    /// The line, from 1; 0 if the object did not come from a text.
    pub line: u32,
    /// The column in characters, from 1; 0 if the object did not come from a text.
    pub column: u32,
    /// How many characters are concerned; 0 if that is not known.
    pub length: u32,
    /// The field, such as `spec.repositories[0].policy.trust`; empty for the document itself.
    pub path: String,
    /// What was probably meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
}

impl Diagnostic {
    /// An object, called `source`, exceeds a bound of who reads it, so that it is not read. `why` is a fragment.
    #[must_use]
    pub fn limit_exceeded(source: &str, why: impl Into<String>) -> Self {
        Self::new(LintCode::LimitExceeded, why).at(source, Position::default())
    }

    pub(crate) fn new(code: LintCode, message: impl Into<String>) -> Self {
        Self {
            severity: code.severity(),
            code,
            message: message.into(),
            source: String::new(),
            line: 0,
            column: 0,
            length: 0,
            path: String::new(),
            suggestion: None,
        }
    }

    pub(crate) fn at(mut self, source: &str, position: Position) -> Self {
        source.clone_into(&mut self.source);
        self.line = position.line;
        self.column = position.column;
        self.length = position.length;
        self
    }

    pub(crate) fn in_field(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        self
    }

    pub(crate) fn suggesting(mut self, suggestion: Option<String>) -> Self {
        self.suggestion = suggestion;
        self
    }

    /// Whether what it concerns is denied.
    #[must_use]
    pub const fn is_error(&self) -> bool {
        matches!(self.severity, Severity::Error)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.source.is_empty() {
            f.write_str(&self.source)?;
            if self.line > 0 {
                write!(f, ":{}:{}", self.line, self.column)?;
            }
            f.write_str(": ")?;
        }
        write!(f, "{}[{}]: ", self.severity, self.code)?;
        // Without a line, the field is all there is to find the place by.
        if self.line == 0 && !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

/// Quotes a piece of somebody's document for a message: shortened, and without characters that steer a terminal.
pub(crate) fn quoted(text: &str) -> String {
    const MOST: usize = 80;
    let mut shown: String = text
        .chars()
        .take(MOST)
        .map(|c| if is_disruptive(c) { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    format!("`{shown}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_text_is_short_and_cannot_steer_a_terminal() {
        assert_eq!(quoted("a\u{1b}[2J"), "`a\u{fffd}[2J`");
        assert_eq!(quoted(&"a".repeat(1000)).chars().count(), 83);
    }

    #[test]
    fn a_diagnostic_without_a_line_names_the_field() {
        let diagnostic = Diagnostic::new(LintCode::WrongType, "expected a string")
            .at("ImagePolicy ns/p", Position::default())
            .in_field("spec.repositories");
        assert_eq!(
            diagnostic.to_string(),
            "ImagePolicy ns/p: error[wrong-type]: spec.repositories: expected a string"
        );
    }
}
