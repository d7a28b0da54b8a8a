//! Tags: the few that YAML's core schema knows.

use granit_parser::{ScalarStyle, Tag};

use super::Fault;
use crate::diagnostic::quoted;
use crate::node::Kind;
use crate::{LintCode, Position};

/// What a scalar means.
pub(super) fn scalar(
    text: String,
    style: ScalarStyle,
    tag: Option<&Tag>,
    at: Position,
) -> Result<Kind, Fault> {
    let resolved = match tag.map(|tag| (tag.core_suffix(), tag)) {
        None if style == ScalarStyle::Plain => return Ok(crate::scalar::resolve(&text)),
        None | Some((Some("str"), _)) => return Ok(Kind::String(text)),
        Some((Some(name), tag)) => {
            let kind = crate::scalar::resolve(&text);
            let fits = matches!(
                (name, &kind),
                ("null", Kind::Null) | ("bool", Kind::Bool(_)) | ("int" | "float", Kind::Number(_))
            );
            fits.then_some(kind).ok_or_else(|| tag.original())
        }
        Some((None, tag)) => Err(tag.original()),
    };
    resolved.map_err(|tag| {
        let message = format!("the tag {} has no meaning here", quoted(&tag));
        Fault::new(LintCode::Syntax, message, at)
    })
}

/// Refuses every tag of a collection but `allowed`.
pub(super) fn refuse(tag: Option<&Tag>, allowed: &str, at: Position) -> Result<(), Fault> {
    match tag {
        Some(tag) if tag.core_suffix() != Some(allowed) => {
            let message = format!("the tag {} has no meaning here", quoted(&tag.original()));
            Err(Fault::new(LintCode::Syntax, message, at))
        }
        _ => Ok(()),
    }
}
