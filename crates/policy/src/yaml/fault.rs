//! Why a document cannot be read, and where.

use granit_parser::{ErrorKind, ScanError, Span};

use crate::{Diagnostic, LintCode, Position};

/// Why a document cannot be read.
pub(super) struct Fault {
    pub(super) code: LintCode,
    pub(super) message: String,
    pub(super) at: Position,
}

impl Fault {
    pub(super) fn new(code: LintCode, message: impl Into<String>, at: Position) -> Self {
        Self {
            code,
            message: message.into(),
            at,
        }
    }

    pub(super) fn diagnostic(self, source: &str) -> Diagnostic {
        Diagnostic::new(self.code, self.message).at(source, self.at)
    }
}

impl Fault {
    /// What the parser found, in a text that begins at `origin` in the whole.
    pub(super) fn new_at(error: &ScanError, origin: Position) -> Self {
        let marker = error.marker();
        let at = Position {
            line: count(marker.line()),
            column: count(marker.col()).saturating_add(1),
            length: 1,
        };
        let code = match error.kind() {
            ErrorKind::RecursionLimitExceeded => LintCode::LimitExceeded,
            _ => LintCode::Syntax,
        };
        Self::new(
            code,
            format!("the document cannot be read: {}", error.info()),
            within(at, origin),
        )
    }
}

/// A place of a text in the whole that the text is a part of. `origin` says how many lines are before it, and how many
/// characters are before it on its first line.
pub(super) fn within(at: Position, origin: Position) -> Position {
    let column = if at.line <= 1 {
        at.column.saturating_add(origin.column)
    } else {
        at.column
    };
    Position {
        line: at.line.saturating_add(origin.line),
        column,
        length: at.length,
    }
}

fn count(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// Where an event stands.
pub(super) fn position(span: &Span) -> Position {
    Position {
        line: count(span.start.line()),
        column: count(span.start.col()).saturating_add(1),
        length: count(span.len()),
    }
}
