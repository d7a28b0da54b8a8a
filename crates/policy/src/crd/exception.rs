//! The definitions of exceptions.

use serde_json::{Value, json};

use super::place::Place;
use crate::schema::EXCEPTION;
use crate::{ExceptionKind, PolicyKind};

/// The `CustomResourceDefinition` (`apiextensions.k8s.io/v1`) of a kind of exception.
#[must_use]
pub fn exception_definition(kind: ExceptionKind) -> Value {
    let scope = match kind {
        ExceptionKind::ClusterImageException => "Cluster",
        ExceptionKind::ImageException => "Namespaced",
    };
    let names = (kind.as_str(), exception_plural(kind));
    let columns = super::columns::of_exceptions();
    super::described(names, scope, ExceptionKind::GROUP, schema(kind), columns)
}

/// The name of a kind in addresses and in the names of its definitions.
#[must_use]
pub const fn exception_plural(kind: ExceptionKind) -> &'static str {
    match kind {
        ExceptionKind::ClusterImageException => "clusterimageexceptions",
        ExceptionKind::ImageException => "imageexceptions",
    }
}

fn schema(kind: ExceptionKind) -> Value {
    // What belongs to the cluster stands where it does for policies.
    let (reach, about) = match kind {
        ExceptionKind::ClusterImageException => (
            PolicyKind::ClusterImagePolicy,
            "What runs in the cluster although a policy refuses it, where the policy allows that, and until when.",
        ),
        ExceptionKind::ImageException => (
            PolicyKind::ImagePolicy,
            "What runs in its namespace although a policy refuses it, where the policy allows that, and until when.",
        ),
    };
    let mut schema = Place::outermost(reach, ExceptionKind::GROUP).mapping(&EXCEPTION);
    schema.insert("description".to_owned(), json!(about));
    let mut schema = Value::Object(schema);
    if let Some(described) = schema.pointer_mut("/properties/status/description") {
        *described = json!("What became of the exception; written by the webhook.");
    }
    schema
}
