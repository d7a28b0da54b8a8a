//! YAML: the same data as the JSON.

use serde::Serialize;

use crate::failure::{Failure, Outcome};

/// `value` as YAML.
///
/// # Errors
/// When it cannot be written, which would be a fault of this program.
pub(crate) fn text(value: &impl Serialize) -> Outcome<String> {
    serde_yaml::to_string(value).map_err(Failure::internal)
}
