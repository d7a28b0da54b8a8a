//! The definitions of the custom resources, made from the table of the format.
//!
//! Their schemas are closed. In `doorward.dev` they refuse what the strict reader refuses, as far as a schema can say it. In the
//! groups of Portieris they take what Portieris' own schema takes, so that files and objects move over unchanged: types and
//! words are checked, and what they mean is for the reader to judge. A field without a value is kept, not dropped, so that the
//! reader sees it and refuses: a check that was emptied must not be one that was never there.

mod columns;
mod exception;
mod place;
mod rules;
mod status;
mod structure;

use serde_json::{Map, Value, json};

use crate::schema::DOCUMENT;
use crate::{Group, PolicyKind};

use self::place::Place;

pub use self::exception::{exception_definition, exception_plural};
pub use self::status::{MAX_FINDINGS, MAX_MESSAGE, MAX_PATH};

/// The category of every kind: `kubectl get doorward` shows them all.
pub const CATEGORY: &str = "doorward";

/// The `CustomResourceDefinition` (`apiextensions.k8s.io/v1`) of a kind in a group.
///
/// It has no short name: other projects' kinds are called alike, and `kubectl` would take the one for the other.
#[must_use]
pub fn definition(kind: PolicyKind, group: Group) -> Value {
    let scope = match kind {
        PolicyKind::ClusterImagePolicy => "Cluster",
        PolicyKind::ImagePolicy => "Namespaced",
    };
    let columns = columns::columns(kind, group);
    let names = (kind.as_str(), plural(kind));
    described(names, scope, group, schema(kind, group), columns)
}

/// The definition of a kind of this name and plural.
fn described(
    (kind, plural): (&str, &str),
    scope: &str,
    group: Group,
    schema: Value,
    columns: Value,
) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": format!("{plural}.{group}"),
            "labels": {"app.kubernetes.io/part-of": "doorward"},
        },
        "spec": {
            "group": group.as_str(),
            "names": {
                "categories": [CATEGORY],
                "kind": kind,
                "listKind": format!("{kind}List"),
                "plural": plural,
                "singular": kind.to_ascii_lowercase(),
            },
            "scope": scope,
            "versions": [{
                "name": group.version(),
                "served": true,
                "storage": true,
                "schema": {"openAPIV3Schema": schema},
                "subresources": {"status": {}},
                "additionalPrinterColumns": columns,
            }],
        },
    })
}

/// The name of a kind in addresses and in the names of its definitions.
#[must_use]
pub const fn plural(kind: PolicyKind) -> &'static str {
    match kind {
        PolicyKind::ClusterImagePolicy => "clusterimagepolicies",
        PolicyKind::ImagePolicy => "imagepolicies",
    }
}

/// The schema of an object.
fn schema(kind: PolicyKind, group: Group) -> Value {
    let mut schema = Place::outermost(kind, group).mapping(&DOCUMENT);
    let about = match kind {
        PolicyKind::ClusterImagePolicy => {
            "What images must meet in every namespace that has no ImagePolicy; a floor holds beside those as well."
        }
        PolicyKind::ImagePolicy => "What images must meet in its namespace.",
    };
    schema.insert("description".to_owned(), json!(about));
    Value::Object(schema)
}

/// The members of an object in alphabetical order, whatever order they are put in.
fn object<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
pub(crate) mod tests;
