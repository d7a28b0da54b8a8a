//! SPDX 2.2 and 2.3 in JSON (ISO/IEC 5962:2021; SPDX 2.3, clause 7).

use std::collections::BTreeMap;

use crate::member::{Node, push};
use crate::{DocumentError, Inventory, License, Package, bounds};

use super::{Content, told};

/// Names of licences by their identifiers in the document, in lower case.
type Extracted = BTreeMap<String, Vec<License>>;

pub(super) fn read(root: &Node<'_>) -> Result<Content, DocumentError> {
    let mut packages = Vec::new();
    // 10.1 and 10.3: what people call a licence that has no identifier of its own.
    let mut extracted = Extracted::new();
    for license in root.elements("hasExtractedLicensingInfos")? {
        let names: Vec<License> = license
            .name("name")?
            .map(License::parse)
            .into_iter()
            .collect();
        if let Some(id) = license.name("licenseId")? {
            extracted
                .entry(id.to_ascii_lowercase())
                .or_default()
                .extend(told(names));
        }
    }
    for package in root.elements("packages")? {
        push(
            &mut packages,
            read_package(&package, &extracted)?,
            "packages",
            bounds::PACKAGES,
        )?;
    }
    Ok(Content {
        inventory: Some(Inventory { packages }),
        ..Content::default()
    })
}

fn read_package(package: &Node<'_>, extracted: &Extracted) -> Result<Package, DocumentError> {
    let mut purls = Vec::new();
    for reference in package.elements("externalRefs")? {
        // 7.21; the category has been written with a hyphen and with an underscore, and makes no difference here.
        if reference.text("referenceType")? == Some("purl") {
            purls.extend(reference.purl("referenceLocator")?);
        }
    }
    let mut licenses = Vec::new();
    // 7.13 and 7.15: what the author concludes, and what the package's own author declares. Both are judged: a rule
    // that denies must not depend on which of the two a tool fills in.
    for member in ["licenseConcluded", "licenseDeclared"] {
        if let Some(text) = package.text(member)? {
            licenses.push(License::parse(text));
        }
    }
    // 7.14: what was found in its files, whatever is concluded from that.
    for text in package.elements("licenseInfoFromFiles")? {
        licenses.push(License::parse(text.as_text()?));
    }
    let is_part = |c: char| !(c.is_ascii_alphanumeric() || "-.:".contains(c));
    let mut named = Vec::new();
    for license in &licenses {
        for term in license.as_str().split(is_part) {
            if let Some(names) = extracted.get(&term.to_ascii_lowercase()) {
                let names = names.iter().cloned();
                for name in names {
                    push(&mut named, name, "names of licences", bounds::LICENSE_TERMS)?;
                }
            }
        }
    }
    licenses.extend(named);
    Ok(Package {
        name: package.required_name("name")?.to_owned(),
        group: None,
        // "NOASSERTION" as a version is what tools write that know none.
        version: package
            .name("versionInfo")?
            .filter(|version| *version != "NOASSERTION")
            .map(str::to_owned),
        purls,
        licenses: told(licenses),
    })
}
