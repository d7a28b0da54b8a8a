//! What is wrong with an installation, as text for people.

use doorward_kube::checkup::{CheckupFinding, Severity};

use super::words::count;
use crate::commands::doctor::Summary;
use crate::text::Text;
use crate::tone::Tone;

/// The column at which sentences begin.
const INDENT: usize = 9;

/// Each finding: how bad, what, where; then what is wrong, and what to do. Last, how many there are.
pub(crate) fn text(findings: &[CheckupFinding], summary: Summary) -> Text {
    let mut text = Text::new();
    for found in findings {
        let tone = match found.severity() {
            Severity::Error => Tone::Bad,
            Severity::Warning => Tone::Warn,
            _ => Tone::Note,
        };
        let word = found.severity().as_str();
        text.line([
            tone.of(format!("{word:<INDENT$}")),
            Tone::Strong.of(found.code.as_str()),
            format!("  {}", found.object).into(),
        ]);
        let indent = " ".repeat(INDENT);
        text.wrapped([indent.into()], &found.message, INDENT);
        let head = [" ".repeat(INDENT).into(), Tone::Faint.of("do: ")];
        text.wrapped(head, &found.remedy, INDENT + 4).blank();
    }
    let Summary {
        errors,
        unknown,
        warnings,
    } = summary;
    let mut said = Vec::new();
    if errors > 0 {
        said.push(count(errors, "error"));
    }
    if unknown > 0 {
        said.push(format!("{} without an answer", count(unknown, "question")));
    }
    if warnings > 0 {
        said.push(count(warnings, "warning"));
    }
    match (said.is_empty(), errors + unknown) {
        (true, _) => text.line([Tone::Good.of("nothing is wrong")]),
        (false, 0) => text.line([
            Tone::Good.of("nothing is wrong"),
            format!("; {}", said.join(", ")).into(),
        ]),
        (false, _) => text.line([said.join(", ").into()]),
    };
    text
}
