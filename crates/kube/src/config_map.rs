//! `ConfigMap`s, as manifests give them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::text::one_line;
use serde::Deserialize;
use serde_json::Value;

use crate::limits::Limits;

/// Why a `ConfigMap` cannot be used. A lowercase fragment.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConfigMapError {
    /// An item is in `data` and in `binaryData`. The API server takes no such object.
    #[error("item {item:?} is in data and in binaryData")]
    Both {
        /// The name of the item.
        item: String,
    },
    /// `data` or `binaryData` or an item in them has the wrong type.
    #[error("{part} does not map names to texts")]
    Malformed {
        /// `data` or `binaryData`.
        part: &'static str,
    },
    /// An item of `binaryData` is not base64 (RFC 4648 section 4, line breaks allowed).
    #[error("item {item:?} of binaryData is not base64")]
    NotBase64 {
        /// The name of the item.
        item: String,
    },
    /// The items are larger than Kubernetes allows.
    #[error("the items are larger than {limit} bytes together")]
    TooLarge {
        /// The bound.
        limit: usize,
    },
}

/// Reads the items: `data` holds text, `binaryData` base64. Kubernetes bounds them as it does those of a Secret.
pub(crate) fn read(
    object: &Value,
    limits: &Limits,
) -> Result<BTreeMap<String, Vec<u8>>, ConfigMapError> {
    let texts = |part: &'static str| {
        let value = object.get(part).unwrap_or(&Value::Null);
        Option::<BTreeMap<String, Option<String>>>::deserialize(value)
            .map(Option::unwrap_or_default)
            .map_err(|_| ConfigMapError::Malformed { part })
    };
    let limit = limits.secret_bytes;
    let mut items = BTreeMap::new();
    for (item, text) in texts("data")? {
        items.insert(item, text.unwrap_or_default().into_bytes());
    }
    for (item, text) in texts("binaryData")? {
        let mut text = text.unwrap_or_default();
        text.retain(|c| !matches!(c, '\r' | '\n'));
        if text.len() / 4 * 3 > limit.saturating_add(3) {
            return Err(ConfigMapError::TooLarge { limit });
        }
        let shown = || one_line(&item, 253);
        let bytes = STANDARD
            .decode(text)
            .map_err(|_| ConfigMapError::NotBase64 { item: shown() })?;
        if items.contains_key(&item) {
            return Err(ConfigMapError::Both { item: shown() });
        }
        items.insert(item, bytes);
    }
    if items.values().map(Vec::len).sum::<usize>() > limit {
        return Err(ConfigMapError::TooLarge { limit });
    }
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(object: Value) -> Result<BTreeMap<String, Vec<u8>>, ConfigMapError> {
        super::read(&object, &Limits::default())
    }

    #[test]
    fn texts_are_taken_as_they_are_and_binary_items_are_decoded() {
        let items = read(json!({"data": {"a.pem": "aGk="}, "binaryData": {"a.der": "aG\nk="}}));
        let items = items.unwrap();
        assert_eq!(items["a.pem"], b"aGk=");
        assert_eq!(items["a.der"], b"hi");
        assert_eq!(read(json!({"data": null})), Ok(BTreeMap::new()));
    }

    #[test]
    fn what_the_api_server_would_not_take_is_not_usable() {
        use ConfigMapError::{Both, Malformed, NotBase64, TooLarge};
        let item = || "a".to_owned();
        let limit = Limits::default().secret_bytes;
        let large = "A".repeat(limit + 4);
        for (object, expected) in [
            (json!({"data": ["a"]}), Malformed { part: "data" }),
            (json!({"data": {"a": 1}}), Malformed { part: "data" }),
            (json!({"binaryData": "a"}), Malformed { part: "binaryData" }),
            (
                json!({"binaryData": {"a": "aGk"}}),
                NotBase64 { item: item() },
            ),
            (
                json!({"data": {"a": "x"}, "binaryData": {"a": "aGk="}}),
                Both { item: item() },
            ),
            (json!({"data": {"a": large}}), TooLarge { limit }),
            (
                json!({"binaryData": {"a": large.repeat(2)}}),
                TooLarge { limit },
            ),
        ] {
            assert_eq!(read(object), Err(expected));
        }
    }
}
