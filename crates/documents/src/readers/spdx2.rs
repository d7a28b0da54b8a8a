//! SPDX 2.2 and 2.3 in JSON (ISO/IEC 5962:2021; SPDX 2.3, clause 7).

use crate::member::{Node, push};
use crate::{DocumentError, Inventory, License, Package, bounds};

use super::{Content, told};

pub(super) fn read(root: &Node<'_>) -> Result<Content, DocumentError> {
    let mut packages = Vec::new();
    for package in root.elements("packages")? {
        push(
            &mut packages,
            read_package(&package)?,
            "packages",
            bounds::PACKAGES,
        )?;
    }
    Ok(Content {
        inventory: Some(Inventory { packages }),
        ..Content::default()
    })
}

fn read_package(package: &Node<'_>) -> Result<Package, DocumentError> {
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
