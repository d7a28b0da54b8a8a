//! Where elements stand, and of which types they are.

use doorward_core::json::Value;

use crate::DocumentError;
use crate::member::Node;

/// Refuses a document with elements that would not be found: those that stand in others, and those with members under
/// addresses.
///
/// Stricter than JSON-LD, in which an element may stand wherever it is referred to.
pub(super) fn check(root: &Node<'_>) -> Result<(), DocumentError> {
    if root.member("@graph")?.is_none() {
        return Err(root.malformed("an object with a member `@graph`"));
    }
    if is_judged(root.value()) {
        return Err(root.malformed("a graph that is no element itself"));
    }
    for (name, member) in root.members() {
        if name != "@graph" {
            stands_alone(&member)?;
        }
    }
    for element in root.elements("@graph")? {
        for (name, member) in element.members() {
            // A member under its whole address, or a shortened one, would not be found.
            if name.contains(':') && is_judged(element.value()) {
                return Err(element.malformed("an element with the short names of its members"));
            }
            stands_alone(&member)?;
        }
    }
    Ok(())
}

/// Refuses an element anywhere in `node`. The depth of JSON bounds the recursion.
fn stands_alone(node: &Node<'_>) -> Result<(), DocumentError> {
    node.effort().step(1)?;
    match node.value() {
        Value::Array(elements) => {
            // The path of what is wrong is that of the list.
            for value in elements {
                stands_alone(&node.with(value))?;
            }
            Ok(())
        }
        Value::Object(_) => {
            if is_judged(node.value()) || node.value().get("spdxId").is_some() {
                return Err(node.malformed("the identifier of an element in `@graph`"));
            }
            for (_, member) in node.members() {
                stands_alone(&member)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Whether rules may judge it: a package, a relationship or a licence, by either of the names of its type.
fn is_judged(value: &Value) -> bool {
    ["type", "@type"].into_iter().any(|name| {
        let kinds = match value.get(name) {
            Some(Value::Array(kinds)) => kinds.as_slice(),
            Some(kind) => std::slice::from_ref(kind),
            None => &[],
        };
        kinds
            .iter()
            .filter_map(Value::as_str)
            .any(|kind| is_package(kind) || is_relationship(kind) || is_license(kind))
    })
}

pub(super) fn identifier<'a>(element: &'a Node<'a>) -> Result<Option<&'a str>, DocumentError> {
    match (element.name("spdxId")?, element.name("@id")?) {
        (Some(one), Some(other)) if one != other => {
            Err(element.malformed("an element of one identifier"))
        }
        (one, other) => Ok(one.or(other)),
    }
}

/// The type of an element, by its short name or its address.
pub(super) fn kind<'a>(element: &'a Node<'a>) -> Result<Option<&'a str>, DocumentError> {
    match (element.text("type")?, element.text("@type")?) {
        (Some(one), Some(other)) if one != other => {
            Err(element.malformed("an element of one type"))
        }
        (one, other) => Ok(one.or(other)),
    }
}

/// The last part of an address, without the name of a profile before it: `LicenseExpression` of
/// `simplelicensing_LicenseExpression` and of `https://spdx.org/rdf/3.0.1/terms/SimpleLicensing/LicenseExpression`.
pub(super) fn bare(name: &str) -> &str {
    let last = name.rsplit(['/', '#']).next().unwrap_or(name);
    last.rsplit(['_', ':']).next().unwrap_or(last)
}

/// Packages and their subclasses (SPDX 3.0, profiles `Software`, `AI` and `Dataset`).
pub(super) fn is_package(kind: &str) -> bool {
    matches!(bare(kind), "Package" | "AIPackage" | "DatasetPackage")
}

pub(super) fn is_relationship(kind: &str) -> bool {
    matches!(bare(kind), "Relationship" | "LifecycleScopedRelationship")
}

/// Licences, sets of them and operators on them (SPDX 3.0, profiles `SimpleLicensing` and `ExpandedLicensing`).
fn is_license(kind: &str) -> bool {
    let kind = bare(kind);
    kind.ends_with("License")
        || kind.ends_with("LicenseSet")
        || matches!(
            kind,
            "LicenseExpression"
                | "OrLaterOperator"
                | "WithAdditionOperator"
                | "SimpleLicensingText"
        )
}
