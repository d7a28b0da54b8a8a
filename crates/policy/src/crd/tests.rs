//! The definitions, held against the rules of Kubernetes and against the reader.

mod agreement;
pub(crate) mod judge;
mod portieris;
mod structural;

use serde_json::Value;

use super::definition;
use crate::{Group, PolicyKind};

/// Every definition.
fn definitions() -> Vec<(PolicyKind, Group, Value)> {
    let kinds = PolicyKind::ALL.into_iter();
    kinds
        .flat_map(|kind| Group::ALL.map(|group| (kind, group, definition(kind, group))))
        .collect()
}

/// The schema in a definition.
fn schema(definition: &Value) -> &Value {
    &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
}
