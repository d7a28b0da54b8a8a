//! CycloneDX 1.4 to 1.7 in JSON (ECMA-424): an inventory, and a scan where it has vulnerabilities.

use std::collections::BTreeMap;

use doorward_core::json::Value;

use crate::member::{Node, push};
use crate::{
    DocumentError, Finding, Fix, Inventory, License, Package, PackageUrl, Scan, Severity, bounds,
};

use super::{Content, told};

/// What a component is called where a vulnerability names what it affects.
type References = BTreeMap<String, Vec<usize>>;

pub(super) fn read(root: &Node<'_>) -> Result<Content, DocumentError> {
    let mut packages = Vec::new();
    let mut references = References::new();
    let metadata = root.member("metadata")?;
    if let Some(metadata) = &metadata
        && let Some(component) = metadata.member("component")?
    {
        read_component(&component, &mut packages, &mut references)?;
    }
    for component in root.elements("components")? {
        read_component(&component, &mut packages, &mut references)?;
    }
    for service in root.elements("services")? {
        read_component(&service, &mut packages, &mut references)?;
    }
    let mut findings = Vec::new();
    for vulnerability in root.elements("vulnerabilities")? {
        let finding = read_vulnerability(&vulnerability, &packages, &references)?;
        push(&mut findings, finding, "findings", bounds::FINDINGS)?;
    }
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
        inventory: Some(Inventory { packages }),
        scan,
        vex: None,
    })
}

/// A component or service, those that stand in it, and those that it was made of. The depth of JSON bounds the recursion.
fn read_component(
    component: &Node<'_>,
    packages: &mut Vec<Package>,
    references: &mut References,
) -> Result<(), DocumentError> {
    let mut licenses = Vec::new();
    read_licenses(component, &mut licenses)?;
    // What was found in it, whatever is declared.
    if let Some(evidence) = component.member("evidence")? {
        read_licenses(&evidence, &mut licenses)?;
    }
    let package = Package {
        name: component.required_name("name")?.to_owned(),
        group: component.name("group")?.map(str::to_owned),
        version: component.name("version")?.map(str::to_owned),
        purls: component.purl("purl")?.into_iter().collect(),
        licenses: told(licenses),
    };
    if let Some(reference) = component.name("bom-ref")? {
        references
            .entry(reference.to_owned())
            .or_default()
            .push(packages.len());
    }
    push(packages, package, "packages", bounds::PACKAGES)?;
    for member in ["components", "services"] {
        for inner in component.elements(member)? {
            read_component(&inner, packages, references)?;
        }
    }
    if let Some(pedigree) = component.member("pedigree")? {
        for ancestor in pedigree.elements("ancestors")? {
            read_component(&ancestor, packages, references)?;
        }
    }
    Ok(())
}

/// The licences that a component, or the evidence about it, names.
fn read_licenses(of: &Node<'_>, licenses: &mut Vec<License>) -> Result<(), DocumentError> {
    for choice in of.elements("licenses")? {
        if let Some(expression) = choice.text("expression")? {
            licenses.push(License::parse(expression));
        }
        if let Some(license) = choice.member("license")? {
            // Either of the two is there. A name is text of the tool's choosing, often an identifier or expression.
            for member in ["id", "name"] {
                if let Some(text) = license.text(member)? {
                    licenses.push(License::parse(text));
                }
            }
        }
    }
    Ok(())
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

fn read_vulnerability(
    vulnerability: &Node<'_>,
    packages: &[Package],
    references: &References,
) -> Result<Finding, DocumentError> {
    let mut aliases = Vec::new();
    for reference in vulnerability.elements("references")? {
        if let Some(id) = reference.name("id")? {
            push(
                &mut aliases,
                id.to_owned(),
                "aliases of a vulnerability",
                bounds::ALIASES,
            )?;
        }
    }
    // A list of ratings has one per source; which of them is right nobody here can tell.
    let mut severity = None;
    for rating in vulnerability.elements("ratings")? {
        severity = severity.max(Some(read_rating(&rating)?));
    }
    let affected = affected(vulnerability, packages, references)?;
    let (package, version) = match affected.first() {
        Some(first) => (Some(first.name.clone()), first.version.clone()),
        None => (None, None),
    };
    let every = affected.iter().all(|package| !package.purls.is_empty());
    let purls: Vec<PackageUrl> = affected
        .iter()
        .flat_map(|p| p.purls.iter().cloned())
        .collect();
    Ok(Finding {
        id: vulnerability.required_name("id")?.to_owned(),
        aliases,
        mentions: Vec::new(),
        severity: severity.unwrap_or(Severity::Unknown),
        package,
        version,
        purls: if every { purls } else { Vec::new() },
        // `recommendation` is prose: that there is none does not say that there is no fix.
        fix: Fix::Unknown,
    })
}

/// A rating without a severity or score is unknown; of the two, the graver one counts.
fn read_rating(rating: &Node<'_>) -> Result<Severity, DocumentError> {
    let mut told = rating.name("severity")?.map(Severity::reported);
    // A score of OWASP or SSVC is on another scale.
    let cvss = rating
        .text("method")?
        .is_some_and(|method| method.starts_with("CVSSv"));
    if let Some(score) = rating.member("score")?.filter(|_| cvss) {
        let Value::Number(number) = score.value() else {
            return Err(score.malformed("a number"));
        };
        let score: f64 = number.parse().unwrap_or(f64::NAN);
        // A score of zero beside a severity says no more than that.
        if score != 0.0 || told.is_none() {
            told = told.max(Some(Severity::from_cvss(score)));
        }
    }
    Ok(told.unwrap_or(Severity::Unknown))
}

/// The components that a vulnerability affects; empty if one of them is not in the document.
fn affected<'p>(
    vulnerability: &Node<'_>,
    packages: &'p [Package],
    references: &References,
) -> Result<Vec<&'p Package>, DocumentError> {
    let mut affected = Vec::new();
    for entry in vulnerability.elements("affects")? {
        let reference = entry.required_name("ref")?;
        // A BOM-Link names an element of some document after `#`; of another document, it is not known here.
        let Some(found) = references.get(reference) else {
            return Ok(Vec::new());
        };
        affected.extend(found.iter().filter_map(|position| packages.get(*position)));
        if affected.len() > bounds::ALIASES * bounds::ALIASES {
            return Err(DocumentError::TooMany {
                what: "components that one vulnerability affects",
                limit: bounds::ALIASES * bounds::ALIASES,
            });
        }
    }
    Ok(affected)
}
