//! The licences of one document, each read once however many packages are under it.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::effort::Effort;
use crate::{DocumentError, License, bounds};

/// What a licence takes beside its text, in bytes: two places in maps, and the licence.
const EACH: usize = 200;

pub(super) struct Licenses<'e> {
    known: BTreeMap<Arc<str>, License>,
    effort: &'e Effort,
    parse: fn(&str) -> License,
}

impl<'e> Licenses<'e> {
    /// Licences by expressions in capitals.
    pub(super) const fn new(effort: &'e Effort) -> Self {
        Self {
            known: BTreeMap::new(),
            effort,
            parse: License::parse,
        }
    }

    /// Licences by expressions of SPDX 3.
    pub(super) const fn of_spdx3(effort: &'e Effort) -> Self {
        Self {
            known: BTreeMap::new(),
            effort,
            parse: License::parse_3,
        }
    }

    /// The licence that a text stands for.
    pub(super) fn read(&mut self, text: &str) -> Result<License, DocumentError> {
        if text.len() > bounds::LICENSE {
            return Err(DocumentError::TooMany {
                what: "bytes of a licence",
                limit: bounds::LICENSE,
            });
        }
        if let Some(known) = self.known.get(text) {
            return Ok(known.clone());
        }
        self.effort.hold(EACH + 2 * text.len())?;
        let license = (self.parse)(text);
        self.known.insert(text.into(), license.clone());
        Ok(license)
    }
}

/// The licences that a document states. `NOASSERTION`, or nothing, beside one of them says nothing.
pub(super) fn told(licenses: Vec<License>) -> Vec<License> {
    licenses
        .into_iter()
        .filter(|license| !license.is_silent())
        .collect()
}
