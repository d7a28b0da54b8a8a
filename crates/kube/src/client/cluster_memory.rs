//! Remembered trust in objects of the cluster, which replicas share.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use doorward_core::{Digest, StateError, StateFuture, StateKey, StateQuota, StateStore, Stored};
use serde_json::{Map, Value, json};

use super::api_server::ApiServer;
use super::error::ApiError;
use super::resource::Resource;

/// What is remembered, in an object of its own.
const CONTENT: &str = "doorward-trust-";
/// That something was ever remembered, in an object that nothing changes.
const KNOWN: &str = "doorward-trust-known-";
/// The label that tells these objects from others.
const ROLE: &str = "doorward.dev/trust";
/// The label with the share that an object counts for.
const SHARE: &str = "doorward.dev/trust-share";
/// The annotation with what is remembered, for people.
const ABOUT: &str = "doorward.dev/about";
/// The annotation with how many bytes the content has.
const LENGTH: &str = "doorward.dev/bytes";
/// The item with the bytes.
const ITEM: &str = "state";
/// The bytes of a share, unless another quota is set: room for five hundred collections. All shares together lie in what
/// holds the whole cluster.
const SHARE_BYTES: u64 = 8 << 20;
/// The most bytes of one remembered thing: an object may have 1 MiB, and the rest of it needs some.
const MAX_BYTES: usize = 1_000_000;

/// Remembered trust in `ConfigMap`s of one namespace, which should be the webhook's own: nobody else may write there, or roll
/// back what is trusted.
///
/// The API server gives each write a version. Of two replicas that write at a time, the one that comes second learns of it and
/// begins again. Each scope and namespace has a share of [`StateQuota`] bytes, as in a
/// directory. It counts when something new is remembered; writers who do that at the same moment may exceed it by what
/// they write.
///
/// Needs `get`, `list`, `create` and `update` of `ConfigMap`s in that namespace.
#[derive(Clone, Debug)]
pub struct ClusterMemory {
    server: ApiServer,
    namespace: String,
    quota: StateQuota,
}

impl ClusterMemory {
    /// The memory in a namespace. The server is not asked yet.
    #[must_use]
    pub fn new(server: ApiServer, namespace: impl Into<String>) -> Self {
        Self {
            server,
            namespace: namespace.into(),
            quota: StateQuota {
                bytes: SHARE_BYTES,
                ..StateQuota::default()
            },
        }
    }

    /// The same with another quota for each share.
    #[must_use]
    pub const fn with_quota(mut self, quota: StateQuota) -> Self {
        self.quota = quota;
        self
    }

    fn path(&self, name: &str) -> Result<String, StateError> {
        let path = Resource::ConfigMap.path(&self.namespace, name);
        path.ok_or_else(|| StateError::Unavailable {
            detail: format!("{:?} is not the name of a namespace", self.namespace),
        })
    }

    async fn object(&self, prefix: &str, key: &StateKey) -> Result<Option<Value>, StateError> {
        let path = self.path(&format!("{prefix}{}", key.digest().hex()))?;
        self.server.get(&path).await.map_err(unavailable)
    }

    async fn load_now(&self, key: &StateKey) -> Result<Stored, StateError> {
        if let Some(object) = self.object(CONTENT, key).await? {
            return content(&object).map(Stored::Found);
        }
        if self.object(KNOWN, key).await?.is_none() {
            return Ok(Stored::Nothing);
        }
        // The content is written first: where the rest is there and the content still is not, it is lost.
        match self.object(CONTENT, key).await? {
            Some(object) => content(&object).map(Stored::Found),
            None => Ok(Stored::Lost),
        }
    }

    async fn replace_now(
        &self,
        namespace: &str,
        key: &StateKey,
        expected: Option<&Bytes>,
        new: &Bytes,
    ) -> Result<bool, StateError> {
        if new.len() > MAX_BYTES {
            return Err(StateError::Full {
                detail: format!("an object holds {MAX_BYTES} bytes"),
            });
        }
        let present = self.object(CONTENT, key).await?;
        let stored = present.as_ref().map(content).transpose()?;
        if stored.as_ref() != expected {
            return Ok(false);
        }
        let before = stored
            .as_ref()
            .map_or(0, |bytes| self.quota.charge(bytes.len()));
        let share = present
            .as_ref()
            .and_then(|object| object.pointer("/metadata/labels")?.get(SHARE)?.as_str())
            .map_or_else(|| share(key.scope(), namespace), str::to_owned);
        let after = self.quota.charge(new.len());
        if after > before {
            self.check_share(key, namespace, &share, before, after)
                .await?;
        }
        let written = match present {
            Some(object) => self.update(object, new).await,
            None => self.create(CONTENT, key, &share, Some(new)).await,
        };
        match written {
            Ok(()) => {}
            Err(ApiError::Conflict { .. }) => return Ok(false),
            Err(error) => return Err(unavailable(error)),
        }
        // Also where it should be there already: the one who wrote the content may have ended before this.
        match self.create(KNOWN, key, &share, None).await {
            Ok(()) | Err(ApiError::Conflict { .. }) => Ok(true),
            Err(error) => Err(unavailable(error)),
        }
    }

    async fn create(
        &self,
        prefix: &str,
        key: &StateKey,
        share: &str,
        bytes: Option<&Bytes>,
    ) -> Result<(), ApiError> {
        let role = if bytes.is_some() { "content" } else { "known" };
        let mut object = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {
                "name": format!("{prefix}{}", key.digest().hex()),
                "labels": {ROLE: role, SHARE: share},
                "annotations": {ABOUT: doorward_core::text::one_line(&key.to_string(), 2048)},
            },
        });
        match (bytes, object.as_object_mut()) {
            (Some(bytes), Some(members)) => {
                set(members, bytes);
            }
            (None, Some(members)) => {
                members.insert("immutable".to_owned(), true.into());
            }
            (_, None) => {}
        }
        let path = format!("/api/v1/namespaces/{}/configmaps", self.namespace);
        self.server.create(&path, &object).await
    }

    async fn update(&self, mut object: Value, new: &Bytes) -> Result<(), ApiError> {
        let name = object.pointer("/metadata/name").and_then(Value::as_str);
        let path = format!(
            "/api/v1/namespaces/{}/configmaps/{}",
            self.namespace,
            name.unwrap_or_default()
        );
        if let Some(members) = object.as_object_mut() {
            set(members, new);
        }
        // It has the version that was read, and replaces no other.
        self.server.replace(&path, &object).await
    }

    /// Whether the share has room for something that counted `before` and comes to count `after`.
    async fn check_share(
        &self,
        key: &StateKey,
        namespace: &str,
        share: &str,
        before: u64,
        after: u64,
    ) -> Result<(), StateError> {
        let path = format!(
            "/api/v1/namespaces/{}/configmaps?labelSelector={ROLE}%3Dcontent%2C{SHARE}%3D{share}",
            self.namespace
        );
        let all = self.server.metadata(&path).await.map_err(unavailable)?;
        let counted = all
            .iter()
            .map(|metadata| self.quota.charge(length(metadata)));
        let all = counted.fold(0, u64::saturating_add);
        if self.quota.admits(all.saturating_sub(before), before, after) {
            Ok(())
        } else {
            Err(self.quota.exceeded(key.scope(), namespace))
        }
    }
}

/// Puts the bytes into an object, and how many they are.
fn set(object: &mut Map<String, Value>, bytes: &Bytes) {
    object.insert(
        "binaryData".to_owned(),
        json!({ITEM: STANDARD.encode(bytes)}),
    );
    let metadata = object.get_mut("metadata").and_then(Value::as_object_mut);
    let annotations =
        metadata.map(|metadata| metadata.entry("annotations").or_insert_with(|| json!({})));
    if let Some(annotations) = annotations.and_then(Value::as_object_mut) {
        annotations.insert(LENGTH.to_owned(), bytes.len().to_string().into());
    }
}

fn length(metadata: &Value) -> usize {
    let text = metadata
        .get("annotations")
        .and_then(|all| all.get(LENGTH)?.as_str());
    text.and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// The label of a share: names of scopes and namespaces are longer than a label may be.
fn share(scope: &str, namespace: &str) -> String {
    let text = format!("{}:{scope}:{namespace}", scope.len());
    Digest::sha256(text.as_bytes())
        .hex()
        .chars()
        .take(40)
        .collect()
}

fn content(object: &Value) -> Result<Bytes, StateError> {
    let text = object
        .pointer("/binaryData")
        .and_then(|items| items.get(ITEM)?.as_str());
    let bytes = text.and_then(|text| STANDARD.decode(text).ok());
    bytes.map(Bytes::from).ok_or_else(|| {
        let name = object.pointer("/metadata/name").and_then(Value::as_str);
        StateError::Invalid {
            detail: format!(
                "ConfigMap {} has no item {ITEM:?} in base64",
                name.unwrap_or_default()
            ),
        }
    })
}

fn unavailable(error: ApiError) -> StateError {
    StateError::Unavailable {
        detail: error.to_string(),
    }
}

impl StateStore for ClusterMemory {
    fn load<'a>(&'a self, key: &'a StateKey) -> StateFuture<'a, Stored> {
        Box::pin(self.load_now(key))
    }

    fn replace<'a>(
        &'a self,
        key: &'a StateKey,
        expected: Option<&'a Bytes>,
        new: Bytes,
    ) -> StateFuture<'a, bool> {
        self.replace_for("", key, expected, new)
    }

    fn replace_for<'a>(
        &'a self,
        namespace: &'a str,
        key: &'a StateKey,
        expected: Option<&'a Bytes>,
        new: Bytes,
    ) -> StateFuture<'a, bool> {
        Box::pin(async move { self.replace_now(namespace, key, expected, &new).await })
    }
}
