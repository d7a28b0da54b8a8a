//! SPDX 3.0 in JSON-LD: elements in a graph, with licences as elements of their own and relationships between them.

mod graph;
mod licensing;

use std::collections::{BTreeMap, BTreeSet};

use doorward_core::text::one_line;

use crate::member::{Node, push};
use crate::{DocumentError, Inventory, License, LicensedFile, Package, bounds};

use super::Content;
use super::licenses::told;
use graph::{bare, identifier, is_package, is_relationship, kind};
use licensing::Licensing;

/// The longest name of something that is no package, in characters.
const SHOWN: usize = 200;

pub(super) fn read(root: &Node<'_>) -> Result<Content, DocumentError> {
    graph::check(root)?;
    let mut elements = BTreeMap::new();
    let mut licensed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for element in root.elements("@graph")? {
        let kind = kind(&element)?.map(str::to_owned);
        // Two elements of one identifier would be two documents to two readers.
        if let Some(id) = identifier(&element)? {
            root.effort().hold(id.len() + 128)?;
            if elements.insert(id.to_owned(), element).is_some() {
                return Err(element.malformed("an identifier that no other element has"));
            }
        }
        if kind.as_deref().is_some_and(is_relationship) {
            let relation = element.text("relationshipType")?.unwrap_or_default();
            if matches!(bare(relation), "hasConcludedLicense" | "hasDeclaredLicense") {
                let licenses = licensed
                    .entry(element.required_name("from")?.to_owned())
                    .or_default();
                root.effort().hold(128)?;
                for to in element.elements("to")? {
                    let to = to.as_text()?;
                    root.effort().hold(to.len() + 32)?;
                    licenses.push(to.to_owned());
                }
            }
        }
    }
    let mut licensing = Licensing::new(&elements, root.effort());
    let mut packages = Vec::new();
    let mut seen = BTreeSet::new();
    for element in root.elements("@graph")? {
        if !kind(&element)?.is_some_and(is_package) {
            continue;
        }
        let mut licenses = Vec::new();
        if let Some(id) = identifier(&element)? {
            for license in licensed.get(id).into_iter().flatten() {
                licenses.push(licensing.read(license)?);
            }
            seen.insert(id.to_owned());
        }
        let package = package(&element, told(licenses))?;
        root.effort().hold(package.held())?;
        push(&mut packages, package, "packages", bounds::PACKAGES)?;
    }
    // Files and whatever else has a licence.
    let mut files = Vec::new();
    let mut known = BTreeSet::new();
    for (id, licenses) in licensed.iter().filter(|(id, _)| !seen.contains(*id)) {
        for license in licenses {
            let license: License = licensing.read(license)?;
            if !license.is_no_assertion() && known.insert(license.place()) {
                let name = elements.get(id).map(|element| element.name("name"));
                let name = name.transpose()?.flatten().unwrap_or(id);
                let name = one_line(name, SHOWN).into();
                root.effort().hold(SHOWN)?;
                files.push(LicensedFile { name, license });
            }
        }
    }
    Ok(Content {
        inventory: Some(Inventory { packages, files }),
        ..Content::default()
    })
}

fn package(element: &Node<'_>, licenses: Vec<License>) -> Result<Package, DocumentError> {
    let mut purls = Vec::new();
    purls.extend(element.purl("software_packageUrl")?);
    for other in element.elements("externalIdentifier")? {
        let kind = other.text("externalIdentifierType")?;
        if kind.is_some_and(|kind| bare(kind) == "packageUrl") {
            purls.extend(other.purl("identifier")?);
        }
    }
    Ok(Package {
        name: element.required_name("name")?.into(),
        group: None,
        version: element.name("software_packageVersion")?.map(Into::into),
        purls: purls.into(),
        licenses,
    })
}
