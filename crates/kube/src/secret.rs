//! Secrets, as manifests and the API give them.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::text::one_line;
use serde::Deserialize;
use serde_json::Value;

use crate::limits::Limits;

/// The type of a secret that names none.
const DEFAULT_TYPE: &str = "Opaque";

/// The decoded items of a Secret, with its type and labels.
///
/// `Debug` shows the names of the items and never their content.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretData {
    kind: String,
    labels: BTreeMap<String, String>,
    items: BTreeMap<String, Vec<u8>>,
}

impl SecretData {
    /// The `type`, such as `kubernetes.io/dockerconfigjson`; `Opaque` if it names none.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The value of a label.
    #[must_use]
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.get(name).map(String::as_str)
    }

    /// The items, by name.
    #[must_use]
    pub const fn items(&self) -> &BTreeMap<String, Vec<u8>> {
        &self.items
    }

    /// The items, by name.
    #[must_use]
    pub fn into_items(self) -> BTreeMap<String, Vec<u8>> {
        self.items
    }
}

impl fmt::Debug for SecretData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretData")
            .field("kind", &self.kind)
            .field("items", &self.items.keys())
            .finish()
    }
}

/// Why a Secret cannot be used. A lowercase fragment that never shows content.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretDataError {
    /// An item of `data` is not base64 (RFC 4648 section 4, line breaks allowed).
    #[error("item {item:?} of data is not base64")]
    NotBase64 {
        /// The name of the item.
        item: String,
    },
    /// `data`, `stringData` or an item in them has the wrong type.
    #[error("{part} does not map names to texts")]
    Malformed {
        /// `data` or `stringData`.
        part: &'static str,
    },
    /// The items are larger than Kubernetes allows.
    #[error("the items are larger than {limit} bytes together")]
    TooLarge {
        /// The bound.
        limit: usize,
    },
}

impl SecretData {
    /// Reads the `type`, `data` and `stringData` of a Secret. As in the API, an item of `stringData` wins over one of
    /// the same name in `data`, and `null` is an empty item.
    ///
    /// # Errors
    /// If an item is not text or not base64, or all of them are larger than [`Limits::secret_bytes`].
    pub fn read(secret: &Value, limits: &Limits) -> Result<Self, SecretDataError> {
        let texts = |part: &'static str| {
            let value = secret.get(part).unwrap_or(&Value::Null);
            Option::<BTreeMap<String, Option<String>>>::deserialize(value)
                .map(Option::unwrap_or_default)
                .map_err(|_| SecretDataError::Malformed { part })
        };
        let too_large = SecretDataError::TooLarge {
            limit: limits.secret_bytes,
        };
        let mut items = BTreeMap::new();
        for (name, text) in texts("data")? {
            let mut text = text.unwrap_or_default();
            text.retain(|c| !matches!(c, '\r' | '\n'));
            if text.len() / 4 * 3 > limits.secret_bytes + 3 {
                return Err(too_large);
            }
            let bytes = STANDARD
                .decode(text)
                .map_err(|_| SecretDataError::NotBase64 {
                    item: one_line(&name, 253),
                })?;
            items.insert(name, bytes);
        }
        for (name, text) in texts("stringData")? {
            items.insert(name, text.unwrap_or_default().into_bytes());
        }
        let size: usize = items.values().map(Vec::len).sum();
        if size > limits.secret_bytes {
            return Err(too_large);
        }
        // A label that is no text is none: the API server takes no other.
        let labels = secret
            .pointer("/metadata/labels")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
            .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
            .collect();
        let kind = secret
            .get("type")
            .and_then(Value::as_str)
            .filter(|kind| !kind.is_empty());
        Ok(Self {
            kind: kind.unwrap_or(DEFAULT_TYPE).to_owned(),
            labels,
            items,
        })
    }
}

/// A Secret as policies name it, with what its type or label says it was made for.
#[cfg(feature = "engine")]
impl From<&SecretData> for doorward::Secret {
    fn from(data: &SecretData) -> Self {
        let secret = Self::new(data.items.clone());
        let is_for_stores = data.kind() == Self::STORE_TYPE
            || data.label(Self::PURPOSE_LABEL) == Some(Self::STORE_PURPOSE);
        if is_for_stores {
            secret.for_stores()
        } else {
            secret
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(secret: Value) -> Result<SecretData, SecretDataError> {
        SecretData::read(&secret, &Limits::default())
    }

    #[test]
    fn data_is_decoded_and_string_data_wins() {
        let secret = read(json!({
            "type": "kubernetes.io/dockercfg",
            "data": {"a": "aGVs\nbG8=\n", "b": "aGVsbG8=", "c": null},
            "stringData": {"b": "plain"},
        }))
        .unwrap();
        assert_eq!(secret.kind(), "kubernetes.io/dockercfg");
        assert_eq!(secret.items()["a"], b"hello");
        assert_eq!(secret.items()["b"], b"plain");
        assert_eq!(secret.items()["c"], b"");
    }

    #[test]
    fn a_secret_without_items_or_type_is_empty_and_opaque() {
        let secret = read(json!({"data": null})).unwrap();
        assert_eq!((secret.kind(), secret.items().len()), ("Opaque", 0));
    }

    #[test]
    fn errors_and_debug_output_name_items_and_never_show_content() {
        let error = read(json!({"data": {"key": "hunter2!"}})).unwrap_err();
        assert_eq!(error.to_string(), r#"item "key" of data is not base64"#);
        let error = read(json!({"data": {"key": {"hunter2": 1}}})).unwrap_err();
        assert_eq!(error.to_string(), "data does not map names to texts");
        let error = read(json!({"stringData": "hunter2"})).unwrap_err();
        assert_eq!(error.to_string(), "stringData does not map names to texts");
        let shown = format!(
            "{:?}",
            read(json!({"stringData": {"key": "hunter2"}})).unwrap()
        );
        assert_eq!(shown, r#"SecretData { kind: "Opaque", items: ["key"] }"#);
    }

    #[test]
    fn unpadded_and_url_safe_base64_are_refused_as_the_api_server_does() {
        for text in ["aGVsbG8", "-_-_", "aGVs bG8="] {
            assert!(
                matches!(
                    read(json!({"data": {"k": text}})),
                    Err(SecretDataError::NotBase64 { .. })
                ),
                "{text}"
            );
        }
    }

    #[test]
    fn more_than_a_mebibyte_is_refused() {
        let limit = 1 << 20;
        assert!(read(json!({"stringData": {"k": "x".repeat(limit)}})).is_ok());
        assert_eq!(
            read(json!({"stringData": {"k": "x".repeat(limit), "l": "x"}})),
            Err(SecretDataError::TooLarge { limit })
        );
        assert_eq!(
            read(json!({"data": {"k": "A".repeat(2 * limit)}})),
            Err(SecretDataError::TooLarge { limit })
        );
    }

    #[cfg(feature = "engine")]
    #[test]
    fn only_its_type_or_its_label_makes_a_secret_the_credentials_of_a_store() {
        let login = json!({"username": "u", "password": "p"});
        let is_marked = |kind: &str, labels: Value| {
            let secret = json!({
                "type": kind,
                "metadata": {"name": "s", "labels": labels, "annotations": {"doorward.dev/purpose": "store-credentials"}},
                "stringData": login,
            });
            doorward::Secret::from(&read(secret).unwrap())
                .store_login(doorward::policy::PolicyKind::ImagePolicy)
                .is_ok()
        };
        assert!(is_marked("doorward.dev/store-credentials", Value::Null));
        assert!(is_marked(
            "Opaque",
            json!({"doorward.dev/purpose": "store-credentials"})
        ));
        for (kind, labels) in [
            ("Opaque", Value::Null),
            // Logins of databases have this type.
            ("kubernetes.io/basic-auth", Value::Null),
            ("Opaque", json!({"doorward.dev/purpose": "keys"})),
            ("Opaque", json!({"doorward.dev/purpose": true})),
            ("Opaque", json!({"purpose": "store-credentials"})),
            ("Opaque", json!(["doorward.dev/purpose"])),
            ("store-credentials", json!({})),
        ] {
            assert!(!is_marked(kind, labels.clone()), "{kind} {labels}");
        }
    }
}
