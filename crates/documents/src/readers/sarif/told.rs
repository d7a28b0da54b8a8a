//! What the text of a rule or result tells in lines such as `Severity: HIGH`.

use std::sync::Arc;

use doorward_core::text::one_line;

use crate::effort::Effort;
use crate::member::Node;
use crate::{DocumentError, Severity, bounds};

/// The longest package or version that is kept, in characters.
const SHOWN: usize = 200;

/// What a text tells. Of severities the worst, of everything else what comes first.
#[derive(Default)]
pub(super) struct Told {
    pub(super) severity: Option<Severity>,
    pub(super) fixed: Option<Arc<str>>,
    pub(super) package: Option<Arc<str>>,
    pub(super) version: Option<Arc<str>>,
    pub(super) mentions: Vec<Arc<str>>,
}

impl Told {
    /// Reads the plain text of the message `name` of `node` (3.11.8).
    pub(super) fn by(node: &Node<'_>, name: &str) -> Result<Self, DocumentError> {
        let Some(message) = node.member(name)? else {
            return Ok(Self::default());
        };
        message.without_twins(&["text"])?;
        match message.text("text")? {
            Some(text) => Self::of(text, node.effort()),
            None => Ok(Self::default()),
        }
    }

    fn of(text: &str, effort: &Effort) -> Result<Self, DocumentError> {
        let mut told = Self::default();
        let mut installed = None;
        for line in text.lines() {
            // An identifier is no longer than a name, and one that is cannot be the one that a policy lists.
            if let Some(id) = line.trim().strip_prefix("Vulnerability ")
                && id.len() <= bounds::NAME
                && told.mentions.len() < bounds::ALIASES
            {
                effort.hold(32 + id.len())?;
                told.mentions.push(id.trim().into());
            }
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            let value = value.trim();
            let place = match name.trim() {
                "Severity" => {
                    told.severity = told.severity.max(Some(Severity::reported(value)));
                    continue;
                }
                "Fixed Version" | "Fix Version" => &mut told.fixed,
                "Package" => &mut told.package,
                "Installed Version" | "Version" => &mut installed,
                _ => continue,
            };
            if place.is_none() && !value.is_empty() {
                let shown = one_line(value, SHOWN);
                effort.hold(32 + shown.len())?;
                *place = Some(shown.into());
            }
        }
        told.version = installed;
        told.mentions.dedup();
        Ok(told)
    }
}
