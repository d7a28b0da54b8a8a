//! SPDX 3.0 in JSON-LD: elements in a graph, with licences as elements of their own and relationships between them.

use std::collections::BTreeMap;

use doorward_core::json::Value;

use crate::license::Expression;
use crate::member::{Node, push};
use crate::{DocumentError, Inventory, License, Package, bounds};

use super::{Content, told};

/// How deep sets of licences may stand in each other, and how many elements one licence may be made of.
const SETS: usize = bounds::LICENSE_DEPTH;

pub(super) fn read(root: &Node<'_>) -> Result<Content, DocumentError> {
    if root.member("@graph")?.is_none() {
        return Err(root.malformed("an object with a member `@graph`"));
    }
    let graph = root.elements("@graph")?;
    let mut elements = BTreeMap::new();
    let mut licensed: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for element in &graph {
        // Two elements of one identifier would be two documents to two readers.
        if let Some(id) = identifier(element)?
            && elements.insert(id, element).is_some()
        {
            return Err(element.malformed("an identifier that no other element has"));
        }
        if kind(element)?.is_some_and(is_relationship) {
            let relation = element.text("relationshipType")?.unwrap_or_default();
            if matches!(relation, "hasConcludedLicense" | "hasDeclaredLicense") {
                let from = element.required_name("from")?;
                for to in element.elements("to")? {
                    licensed.entry(from).or_default().push(to.as_text()?);
                }
            }
        }
    }
    let mut packages = Vec::new();
    let mut budget = bounds::VALUES;
    for element in &graph {
        if !kind(element)?.is_some_and(is_package) {
            continue;
        }
        // A member under its whole address would not be found.
        let mut members = element.value().as_object().unwrap_or_default().iter();
        if members.any(|(name, _)| name.contains("://")) {
            return Err(element.malformed("an element with the short names of its members"));
        }
        let mut licenses = Vec::new();
        for id in identifier(element)?
            .and_then(|id| licensed.get(id))
            .into_iter()
            .flatten()
        {
            licenses.push(license(id, &elements, 0, &mut budget)?);
        }
        push(
            &mut packages,
            package(element, told(licenses))?,
            "packages",
            bounds::PACKAGES,
        )?;
    }
    Ok(Content {
        inventory: Some(Inventory { packages }),
        ..Content::default()
    })
}

fn identifier<'a>(element: &'a Node<'a>) -> Result<Option<&'a str>, DocumentError> {
    match element.name("spdxId")? {
        None => element.name("@id"),
        some => Ok(some),
    }
}

/// The type of an element, by its short name or its address.
fn kind<'a>(element: &'a Node<'a>) -> Result<Option<&'a str>, DocumentError> {
    match (element.text("type")?, element.text("@type")?) {
        (Some(one), Some(other)) if one != other => {
            Err(element.malformed("an element of one type"))
        }
        (one, other) => Ok(one.or(other)),
    }
}

/// The last part of an address. Short names have none.
fn short(kind: &str) -> &str {
    kind.rsplit(['/', '#']).next().unwrap_or(kind)
}

/// Packages and their subclasses (SPDX 3.0, profiles `Software`, `AI` and `Dataset`), by the short names of the context or by
/// the addresses of the model.
fn is_package(kind: &str) -> bool {
    let kind = short(kind);
    let kind = kind.rsplit(['_', ':']).next().unwrap_or(kind);
    matches!(kind, "Package" | "AIPackage" | "DatasetPackage")
}

fn is_relationship(kind: &str) -> bool {
    matches!(short(kind), "Relationship" | "LifecycleScopedRelationship")
}

fn package(element: &Node<'_>, licenses: Vec<License>) -> Result<Package, DocumentError> {
    let mut purls = Vec::new();
    purls.extend(element.purl("software_packageUrl")?);
    for other in element.elements("externalIdentifier")? {
        if other.text("externalIdentifierType")? == Some("packageUrl") {
            purls.extend(other.purl("identifier")?);
        }
    }
    Ok(Package {
        name: element.required_name("name")?.to_owned(),
        group: None,
        version: element.name("software_packageVersion")?.map(str::to_owned),
        purls,
        licenses,
    })
}

/// The licence that an element stands for (SPDX 3.0, profiles `SimpleLicensing` and `ExpandedLicensing`).
fn license<'a>(
    id: &str,
    elements: &BTreeMap<&'a str, &'a Node<'a>>,
    depth: usize,
    budget: &mut usize,
) -> Result<License, DocumentError> {
    *budget = budget.checked_sub(1).ok_or(DocumentError::TooMany {
        what: "references to licences",
        limit: bounds::VALUES,
    })?;
    let Some(element) = elements.get(id) else {
        return Ok(by_address(id));
    };
    // A circle of sets is deeper than any bound.
    if depth > SETS {
        return Err(DocumentError::TooMany {
            what: "sets of licences in each other",
            limit: SETS,
        });
    }
    let mut inner = |id: &str| license(id, elements, depth + 1, budget);
    Ok(match short(kind(element)?.unwrap_or_default()) {
        "simplelicensing_LicenseExpression" => License::parse(
            element
                .text("simplelicensing_licenseExpression")?
                .ok_or_else(|| element.malformed("a licence expression"))?,
        ),
        "expandedlicensing_ConjunctiveLicenseSet" => {
            combined(members(element, &mut inner)?, " AND ", Expression::All)
        }
        "expandedlicensing_DisjunctiveLicenseSet" => {
            let parts = members(element, &mut inner)?;
            // An empty choice would be denied by nothing and everything.
            if parts.is_empty() {
                return Err(element.malformed("licences to choose from"));
            }
            combined(parts, " OR ", Expression::Any)
        }
        "expandedlicensing_OrLaterOperator" => {
            let subject = one(element, "expandedlicensing_subjectLicense", &mut inner)?;
            License::parse(&format!("{subject}+"))
        }
        "expandedlicensing_WithAdditionOperator" => {
            let license = one(
                element,
                "expandedlicensing_subjectExtendableLicense",
                &mut inner,
            )?;
            let addition = element
                .name("expandedlicensing_subjectAddition")?
                .unwrap_or_default();
            License::parse(&format!("{license} WITH {}", last_part(addition)))
        }
        // A listed or custom licence: its identifier says which, and its name is what people know.
        _ => match element.name("name")? {
            Some(name) => combined(
                vec![by_address(id), License::parse(name)],
                " ",
                Expression::All,
            ),
            None => by_address(id),
        },
    })
}

fn members(
    element: &Node<'_>,
    inner: &mut impl FnMut(&str) -> Result<License, DocumentError>,
) -> Result<Vec<License>, DocumentError> {
    let mut parts = Vec::new();
    for member in element.elements("expandedlicensing_member")? {
        parts.push(inner(member.as_text()?)?);
    }
    Ok(parts)
}

fn one(
    element: &Node<'_>,
    name: &str,
    inner: &mut impl FnMut(&str) -> Result<License, DocumentError>,
) -> Result<License, DocumentError> {
    let Some(member) = element.member(name)? else {
        return Err(element.malformed("an operator with a licence"));
    };
    match member.value() {
        Value::String(id) => inner(id),
        _ => Err(member.malformed("the identifier of a licence")),
    }
}

fn combined(
    parts: Vec<License>,
    between: &str,
    several: fn(Vec<Expression>) -> Expression,
) -> License {
    let text = parts
        .iter()
        .map(License::as_str)
        .collect::<Vec<_>>()
        .join(between);
    License::combined(
        text,
        several(parts.into_iter().map(License::into_expression).collect()),
    )
}

/// The licence that an address stands for, by its last part: `https://spdx.org/licenses/MIT`, and the individuals
/// `NoAssertionLicense` and `NoneLicense`.
fn by_address(id: &str) -> License {
    match last_part(id) {
        "NoAssertion" | "NoAssertionLicense" | "expandedlicensing_NoAssertionLicense" => {
            License::no_assertion()
        }
        "None" | "NoneLicense" | "expandedlicensing_NoneLicense" => License::term("NONE"),
        part => License::term(part),
    }
}

fn last_part(address: &str) -> &str {
    address.rsplit(['/', '#']).next().unwrap_or(address)
}
