//! One reader per format. Each reads what the rules need and leaves the rest to conditions.

mod cyclonedx;
mod identifier;
mod licenses;
mod openvex;
mod sarif;
mod spdx2;
mod spdx3;
mod trivy;

use doorward_core::json::Value;

use crate::effort::Effort;
use crate::member::Node;
use crate::{DocumentError, Format, Inventory, Scan, Vex};

/// What a document says, in the terms of the rules.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    pub(crate) inventory: Option<Inventory>,
    pub(crate) scan: Option<Scan>,
    pub(crate) vex: Option<Vex>,
}

pub(crate) fn read(
    format: Format,
    json: &Value,
    effort: &Effort,
) -> Result<Content, DocumentError> {
    let root = Node::root(json, effort);
    match format {
        Format::CycloneDx => cyclonedx::read(&root),
        Format::OpenVex => openvex::read(&root),
        Format::Sarif => sarif::read(&root),
        Format::Spdx2 => spdx2::read(&root),
        Format::Spdx3 => spdx3::read(&root),
        Format::TrivyJson => trivy::read(&root),
    }
}
