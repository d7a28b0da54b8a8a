//! The Secret that replicas share a serving certificate in.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::text::one_line;
use serde_json::{Map, Value, json};

use super::api_server::ApiServer;
use super::error::ApiError;
use super::resource::Resource;
use crate::limits::Limits;
use crate::secret::SecretData;

/// The label of a Secret that this program made or took over. Not `app.kubernetes.io/managed-by`: what lays down an empty
/// Secret for it sets that one, and sets it again.
pub(super) const SERVING: &str = "doorward.dev/serving-certificate";
/// Its value.
const OWN: &str = "self-managed";
/// The bytes of all items together: certificates and keys have a few thousand.
const MOST: usize = 256 << 10;

/// One Secret by its name. Needs `create` of Secrets in the namespace, and `get` and `update` of this one.
#[derive(Clone, Debug)]
pub struct ServingSecret {
    server: ApiServer,
    collection: String,
    path: String,
    name: String,
}

/// What stands under the name. `Debug` shows no content.
#[derive(Clone)]
#[non_exhaustive]
pub enum StoredSecret {
    /// Nothing.
    Absent,
    /// A Secret of somebody else, with content. It is left alone.
    Foreign {
        /// How it can be told: a lowercase fragment.
        why: String,
    },
    /// A Secret that is ours, or one without content that may become so.
    Ours {
        /// The items by name. Empty too if they cannot be read.
        items: BTreeMap<String, Vec<u8>>,
        /// What replaces this version of it and no other.
        version: SecretVersion,
    },
}

/// A Secret as it was read.
#[derive(Clone)]
pub struct SecretVersion(Value);

impl ServingSecret {
    /// `None` if `namespace` or `name` is not one of an object.
    #[must_use]
    pub fn new(server: ApiServer, namespace: &str, name: &str) -> Option<Self> {
        let path = Resource::Secret.path(namespace, name)?;
        Some(Self {
            server,
            collection: format!("/api/v1/namespaces/{namespace}/secrets"),
            path,
            name: name.to_owned(),
        })
    }

    /// What stands there now.
    ///
    /// # Errors
    /// If the API server gives no answer, or forbids it.
    pub async fn read(&self) -> Result<StoredSecret, ApiError> {
        Ok(match self.server.get(&self.path).await? {
            None => StoredSecret::Absent,
            Some(object) => stored(object),
        })
    }

    /// Writes these items, and no others, over the version that was read, or where nothing was.
    ///
    /// # Errors
    /// [`ApiError::Conflict`] if somebody else has written meanwhile: read again. Otherwise as [`ServingSecret::read`].
    pub async fn write(
        &self,
        over: Option<SecretVersion>,
        items: &BTreeMap<&'static str, Vec<u8>>,
    ) -> Result<(), ApiError> {
        let data: Map<String, Value> = items
            .iter()
            .map(|(name, bytes)| ((*name).to_owned(), STANDARD.encode(bytes).into()))
            .collect();
        let Some(SecretVersion(mut object)) = over else {
            let object = json!({
                "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "data": data,
                "metadata": {"name": self.name, "labels": {SERVING: OWN}},
            });
            return self.server.create(&self.collection, &object).await;
        };
        if let Some(members) = object.as_object_mut() {
            members.insert("data".to_owned(), data.into());
            members.remove("stringData");
            let metadata = members.entry("metadata").or_insert_with(|| json!({}));
            match metadata.get_mut("labels").and_then(Value::as_object_mut) {
                Some(labels) => {
                    labels.insert(SERVING.to_owned(), OWN.into());
                }
                None => {
                    if let Some(metadata) = metadata.as_object_mut() {
                        metadata.insert("labels".to_owned(), json!({SERVING: OWN}));
                    }
                }
            }
        }
        self.server.replace(&self.path, &object).await
    }
}

fn stored(object: Value) -> StoredSecret {
    let label = object
        .pointer("/metadata/labels")
        .and_then(|labels| labels.get(SERVING)?.as_str());
    let is_ours = label == Some(OWN);
    let has_content = object
        .get("data")
        .and_then(Value::as_object)
        .is_some_and(|data| {
            data.values()
                .any(|value| value.as_str().is_none_or(|text| !text.is_empty()))
        });
    if !is_ours && has_content {
        let why = match label {
            None => format!("it has content, and no label {SERVING}={OWN}"),
            Some(other) => format!(
                "it has content, and its label {SERVING} says {:?}",
                one_line(other, 63)
            ),
        };
        return StoredSecret::Foreign { why };
    }
    let limits = Limits {
        secret_bytes: MOST,
        ..Limits::default()
    };
    // What cannot be read is replaced as what says nothing.
    let items = SecretData::read(&object, &limits)
        .map(SecretData::into_items)
        .unwrap_or_default();
    StoredSecret::Ours {
        items,
        version: SecretVersion(object),
    }
}

impl fmt::Debug for StoredSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("Absent"),
            Self::Foreign { why } => f.debug_struct("Foreign").field("why", why).finish(),
            Self::Ours { items, .. } => f
                .debug_struct("Ours")
                .field("items", &items.keys())
                .finish_non_exhaustive(),
        }
    }
}

impl fmt::Debug for SecretVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretVersion").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(labels: Value, data: Value) -> StoredSecret {
        stored(json!({"metadata": {"name": "x", "labels": labels}, "data": data}))
    }

    #[test]
    fn a_secret_with_content_and_without_our_label_is_foreign_and_says_why() {
        let filled = json!({"tls.key": "eA=="});
        for labels in [
            json!(null),
            json!({}),
            json!({"app.kubernetes.io/managed-by": "doorward-webhook"}),
            json!({SERVING: "by hand"}),
            json!({SERVING: 1}),
        ] {
            let StoredSecret::Foreign { why } = secret(labels.clone(), filled.clone()) else {
                panic!("{labels}");
            };
            assert!(why.contains(SERVING), "{why}");
        }
        assert!(matches!(
            secret(json!({}), json!({"x": 1})),
            StoredSecret::Foreign { .. }
        ));
    }

    #[test]
    fn one_without_content_may_become_ours() {
        for data in [
            json!(null),
            json!({}),
            json!({"tls.crt": "", "tls.key": ""}),
        ] {
            let ours = secret(json!({"app.kubernetes.io/managed-by": "Helm"}), data);
            assert!(matches!(ours, StoredSecret::Ours { .. }), "{ours:?}");
        }
    }

    #[test]
    fn our_own_whose_content_cannot_be_read_or_is_too_large_has_none() {
        for data in [
            json!({"tls.crt": "?"}),
            json!({"tls.crt": 1}),
            json!("x"),
            json!({"tls.crt": "A".repeat(MOST * 2)}),
        ] {
            let StoredSecret::Ours { items, .. } = secret(json!({SERVING: OWN}), data) else {
                panic!("ours");
            };
            assert!(items.is_empty());
        }
    }

    #[test]
    fn debug_output_shows_names_of_items_and_no_content() {
        let ours = secret(json!({SERVING: OWN}), json!({"tls.key": "c2VjcmV0"}));
        let StoredSecret::Ours { version, items } = &ours else {
            panic!("ours");
        };
        assert_eq!(items["tls.key"], b"secret");
        let shown = format!("{ours:?} {version:?}");
        assert!(shown.contains("tls.key"), "{shown}");
        assert!(
            !shown.contains("c2VjcmV0") && !shown.contains("115"),
            "{shown}"
        );
    }
}
