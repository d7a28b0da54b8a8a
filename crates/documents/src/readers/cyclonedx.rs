//! CycloneDX 1.4 to 1.7 in JSON (ECMA-424): an inventory, and a scan where it has vulnerabilities.

mod components;
mod vulnerabilities;

use doorward_core::json::Value;

use crate::member::Node;
use crate::{DocumentError, Inventory, Scan};

use super::Content;
use components::Components;

pub(super) fn read(root: &Node<'_>) -> Result<Content, DocumentError> {
    root.without_twins(&["metadata", "components", "services", "vulnerabilities"])?;
    let mut components = Components::new(root.effort());
    let metadata = root.member("metadata")?;
    if let Some(metadata) = &metadata {
        metadata.without_twins(&["component", "tools", "timestamp"])?;
        if let Some(component) = metadata.member("component")? {
            components.read(&component)?;
        }
    }
    for list in ["components", "services"] {
        for component in root.elements(list)? {
            components.read(&component)?;
        }
    }
    let (packages, called) = components.close()?;
    let findings = vulnerabilities::read(root, &packages, &called)?;
    let scan = if findings.is_empty() {
        None
    } else {
        Some(Scan {
            scanner: metadata.as_ref().map(scanner).transpose()?.flatten(),
            made: metadata
                .as_ref()
                .map(|m| m.time("timestamp"))
                .transpose()?
                .flatten(),
            findings,
        })
    };
    Ok(Content {
        inventory: Some(Inventory {
            packages,
            files: Vec::new(),
        }),
        scan,
        vex: None,
    })
}

/// The tools, in the form of 1.4 (a list) or of 1.5 and later (an object with components and services).
fn scanner(metadata: &Node<'_>) -> Result<Option<String>, DocumentError> {
    let Some(tools) = metadata.member("tools")? else {
        return Ok(None);
    };
    let mut names = Vec::new();
    if let Value::Array(_) = tools.value() {
        for tool in metadata.elements("tools")? {
            names.extend(tool.name("name")?.map(str::to_owned));
        }
    } else {
        for list in ["components", "services"] {
            for tool in tools.elements(list)? {
                names.extend(tool.name("name")?.map(str::to_owned));
            }
        }
    }
    names.sort();
    names.dedup();
    Ok((!names.is_empty()).then(|| names.join("+")))
}
