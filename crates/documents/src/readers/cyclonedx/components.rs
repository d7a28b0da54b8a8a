//! Components and services, with the names under which vulnerabilities refer to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward_core::json::Value;

use crate::effort::Effort;
use crate::member::{Node, push};
use crate::readers::licenses::{Licenses, told};
use crate::scan::Places;
use crate::{DocumentError, License, Package, PackageUrl, bounds};

/// What a reference takes beside its text, in bytes.
const REFERENCE: usize = 96;

pub(super) struct Components<'e> {
    packages: Vec<Package>,
    /// What a component is called where a vulnerability names what it affects.
    references: BTreeMap<String, Vec<usize>>,
    licenses: Licenses<'e>,
    effort: &'e Effort,
}

/// The components that go by a reference. It should name one alone, and several share it in documents that some tools write.
pub(super) struct Called {
    pub(super) first: usize,
    pub(super) count: usize,
    /// Their package URLs, shared by all that refer to them; `None` if one of them has none.
    pub(super) purls: Option<Places>,
}

impl<'e> Components<'e> {
    pub(super) const fn new(effort: &'e Effort) -> Self {
        Self {
            packages: Vec::new(),
            references: BTreeMap::new(),
            licenses: Licenses::new(effort),
            effort,
        }
    }

    /// All packages, and what is called by which reference.
    pub(super) fn close(self) -> Result<(Vec<Package>, BTreeMap<String, Called>), DocumentError> {
        let Self {
            packages,
            references,
            effort,
            ..
        } = self;
        let mut called = BTreeMap::new();
        for (reference, places) in references {
            effort.hold(size_of::<Places>() * (1 + places.len()))?;
            let named = places.iter().filter_map(|place| packages.get(*place));
            let purls: Option<Places> = named
                .map(|package| (!package.purls.is_empty()).then(|| Arc::clone(&package.purls)))
                .collect();
            let Some(first) = places.first() else {
                continue;
            };
            let entry = Called {
                first: *first,
                count: places.len(),
                purls,
            };
            called.insert(reference, entry);
        }
        Ok((packages, called))
    }

    /// A component or service, those that stand in it, and those that it was made of. The depth of JSON bounds the recursion.
    pub(super) fn read(&mut self, component: &Node<'_>) -> Result<(), DocumentError> {
        component.without_twins(&[
            "name",
            "group",
            "version",
            "purl",
            "bom-ref",
            "licenses",
            "evidence",
            "components",
            "services",
            "pedigree",
        ])?;
        let mut licenses = Vec::new();
        self.read_licenses(component, &mut licenses)?;
        let mut purls: Vec<PackageUrl> = component.purl("purl")?.into_iter().collect();
        // What was found in it, whatever is declared.
        if let Some(evidence) = component.member("evidence")? {
            evidence.without_twins(&["licenses", "identity"])?;
            self.read_licenses(&evidence, &mut licenses)?;
            read_identity(&evidence, &mut purls)?;
        }
        let package = Package {
            name: component.required_name("name")?.into(),
            group: component.name("group")?.map(Into::into),
            version: component.name("version")?.map(Into::into),
            purls: purls.into(),
            licenses: told(licenses),
        };
        self.effort.hold(package.held())?;
        if let Some(reference) = component.name("bom-ref")? {
            self.effort.hold(REFERENCE + reference.len())?;
            self.references
                .entry(reference.to_owned())
                .or_default()
                .push(self.packages.len());
        }
        push(&mut self.packages, package, "packages", bounds::PACKAGES)?;
        for member in ["components", "services"] {
            for inner in component.elements(member)? {
                self.read(&inner)?;
            }
        }
        if let Some(pedigree) = component.member("pedigree")? {
            pedigree.without_twins(&["ancestors"])?;
            for ancestor in pedigree.elements("ancestors")? {
                self.read(&ancestor)?;
            }
        }
        Ok(())
    }

    /// The licences that a component, or the evidence about it, names.
    fn read_licenses(
        &mut self,
        of: &Node<'_>,
        licenses: &mut Vec<License>,
    ) -> Result<(), DocumentError> {
        for choice in of.elements("licenses")? {
            choice.without_twins(&["expression", "license"])?;
            if let Some(expression) = choice.text("expression")? {
                licenses.push(self.licenses.read(expression)?);
            }
            if let Some(license) = choice.member("license")? {
                license.without_twins(&["id", "name"])?;
                // Either of the two is there. A name is text of the tool's choosing, often an identifier or expression.
                for member in ["id", "name"] {
                    if let Some(text) = license.text(member)? {
                        licenses.push(self.licenses.read(text)?);
                    }
                }
            }
        }
        Ok(())
    }
}

/// The package URLs that a component was taken for (1.5: `evidence.identity`, one or, since 1.6, a list).
fn read_identity(evidence: &Node<'_>, purls: &mut Vec<PackageUrl>) -> Result<(), DocumentError> {
    let Some(identity) = evidence.member("identity")? else {
        return Ok(());
    };
    match identity.value() {
        Value::Array(_) => {
            for identity in evidence.elements("identity")? {
                read_one_identity(&identity, purls)?;
            }
            Ok(())
        }
        _ => read_one_identity(&identity, purls),
    }
}

fn read_one_identity(
    identity: &Node<'_>,
    purls: &mut Vec<PackageUrl>,
) -> Result<(), DocumentError> {
    identity.without_twins(&["field", "concludedValue", "methods"])?;
    if identity.text("field")? != Some("purl") {
        return Ok(());
    }
    let mut found = Vec::new();
    found.extend(identity.purl("concludedValue")?);
    for method in identity.elements("methods")? {
        method.without_twins(&["value"])?;
        // What a method found may be of any form. Only a package URL names a package.
        if let Some(text) = method.text("value")?
            && let Ok(url) = PackageUrl::parse(text)
        {
            identity.effort().hold(url.held())?;
            found.push(url);
        }
    }
    for url in found {
        if !purls.contains(&url) {
            push(purls, url, "package URLs of a component", bounds::ALIASES)?;
        }
    }
    Ok(())
}
