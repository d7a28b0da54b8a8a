//! Free annotations of descriptors, manifests and indexes.

use std::collections::BTreeMap;

use super::{DescriptorError, present};
use crate::json::Value;

/// The most annotations of one object. Builders write a dozen.
const MAX_ANNOTATIONS: usize = 256;
/// The longest key in bytes. Keys are domain names backwards with a word behind them.
const MAX_KEY: usize = 1 << 10;
/// The longest value in bytes: some tools keep a certificate chain or a whole log entry in one.
const MAX_VALUE: usize = 64 << 10;

/// The annotations of `value` (OCI image specification, "Annotations"): text by keys. Keys are told apart by every
/// byte of them, also by case.
pub(crate) fn annotations(value: &Value) -> Result<BTreeMap<String, String>, DescriptorError> {
    let Some(annotations) = present(value, "annotations") else {
        return Ok(BTreeMap::new());
    };
    let form = DescriptorError::Form {
        member: "annotations",
    };
    let members = annotations.as_object().ok_or_else(|| form.clone())?;
    if members.len() > MAX_ANNOTATIONS {
        return Err(DescriptorError::Annotations);
    }
    members
        .iter()
        .map(|(key, value)| {
            let value = value.as_str().ok_or_else(|| form.clone())?;
            if key.len() > MAX_KEY || value.len() > MAX_VALUE {
                return Err(DescriptorError::Annotations);
            }
            Ok((key.clone(), value.to_owned()))
        })
        .collect()
}
