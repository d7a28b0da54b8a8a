//! The way to an API server.

use std::path::Path;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use serde_json::Value;
use tokio::time::timeout;

use super::error::ApiError;

/// How long an answer may take. The webhook is asked by this very server, and has seconds for all of a review.
const ANSWER: Duration = Duration::from_secs(5);
/// How long the server may say nothing on a connection: longer than a watch is open, so that one whose other end is gone is
/// found out.
const SILENCE: Duration = Duration::from_secs(90);

const JSON: &str = "application/json";
/// RFC 7396.
const MERGE_PATCH: &str = "application/merge-patch+json";

/// The API server of one cluster, and who asks it. Cheap to clone.
#[derive(Clone)]
pub struct ApiServer {
    client: Client,
}

/// Why there is no way to an API server. A lowercase fragment.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The kubeconfig cannot be used.
    #[error("the kubeconfig cannot be used")]
    Kubeconfig(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// This is no Pod with a service account.
    #[error("not running in a Pod with a service account; name a kubeconfig otherwise")]
    NoPod(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// What the configuration says makes no client.
    #[error("the client of the API server cannot be set up")]
    Setup(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ApiServer {
    /// The server that `kubeconfig` names in its current context, or without one, that of the cluster whose Pod this is. It
    /// is not asked yet. A token in a file is read again as it is renewed.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect(kubeconfig: Option<&Path>) -> Result<Self, ConnectError> {
        match kubeconfig {
            None => {
                let config = Config::incluster();
                Self::of(config.map_err(|error| ConnectError::NoPod(error.into()))?)
            }
            Some(path) => {
                let kubeconfig = Kubeconfig::read_from(path).map_err(unusable)?;
                Self::of_kubeconfig(kubeconfig, None).await
            }
        }
    }

    /// The server that `kubectl` would ask: of the file that is named, else of those in `KUBECONFIG`, else of that in the
    /// home directory, and where there is none of these, that of the cluster whose Pod this is. Of a file, `context` or the
    /// current one counts. It is not asked yet. As with `kubectl`, a file may name a program that gets credentials, which is run.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect_as_kubectl(
        kubeconfig: Option<&Path>,
        context: Option<&str>,
    ) -> Result<Self, ConnectError> {
        let read = match kubeconfig {
            Some(path) => Kubeconfig::read_from(path),
            None => Kubeconfig::read(),
        };
        match read {
            Ok(read) => Self::of_kubeconfig(read, context).await,
            Err(error) if kubeconfig.is_some() || context.is_some() => Err(unusable(error)),
            // Where nobody has a file and this is no Pod, the file is what is missed.
            Err(error) => match Config::incluster() {
                Ok(config) => Self::of(config),
                Err(_) => Err(unusable(error)),
            },
        }
    }

    async fn of_kubeconfig(
        kubeconfig: Kubeconfig,
        context: Option<&str>,
    ) -> Result<Self, ConnectError> {
        let options = KubeConfigOptions {
            context: context.map(str::to_owned),
            ..KubeConfigOptions::default()
        };
        let config = Config::from_custom_kubeconfig(kubeconfig, &options);
        Self::of(config.await.map_err(unusable)?)
    }

    fn of(mut config: Config) -> Result<Self, ConnectError> {
        config.read_timeout = Some(SILENCE);
        // Who asks waits and tells by itself: unseen waits would pass for answers that are under way.
        config.default_retry = false;
        let client = Client::try_from(config).map_err(|error| ConnectError::Setup(error.into()))?;
        Ok(Self { client })
    }

    pub(super) fn client(&self) -> Client {
        self.client.clone()
    }

    /// The object under a path, or `None` if there is none.
    pub(super) async fn get(&self, path: &str) -> Result<Option<Value>, ApiError> {
        match self.ask(http::Method::GET, path, JSON, Vec::new()).await {
            Ok(object) => Ok(Some(object)),
            Err(ApiError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes an object in the collection under a path. One of its name that is there already is a conflict.
    pub(super) async fn create(&self, path: &str, object: &Value) -> Result<(), ApiError> {
        self.post(path, object).await.map(drop)
    }

    /// As [`create`](Self::create). Returns what the server made of it.
    pub(super) async fn post(&self, path: &str, object: &Value) -> Result<Value, ApiError> {
        let body = object.to_string().into_bytes();
        self.ask(http::Method::POST, path, JSON, body).await
    }

    /// Replaces the object under a path. If `object` names a version, it replaces that one alone.
    pub(super) async fn replace(&self, path: &str, object: &Value) -> Result<(), ApiError> {
        self.put(path, object).await.map(drop)
    }

    /// As [`replace`](Self::replace). Returns what the server made of it.
    pub(super) async fn put(&self, path: &str, object: &Value) -> Result<Value, ApiError> {
        let body = object.to_string().into_bytes();
        self.ask(http::Method::PUT, path, JSON, body).await
    }

    /// Deletes the object under a path, if it still has this version. That there is none is well.
    pub(super) async fn delete(&self, path: &str, version: &str) -> Result<(), ApiError> {
        let options = serde_json::json!({
            "apiVersion": "v1", "kind": "DeleteOptions", "preconditions": {"resourceVersion": version},
        });
        let body = options.to_string().into_bytes();
        match self.ask(http::Method::DELETE, path, JSON, body).await {
            Ok(_) | Err(ApiError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Changes the object under a path.
    pub(super) async fn merge(&self, path: &str, patch: &Value) -> Result<(), ApiError> {
        let body = patch.to_string().into_bytes();
        self.ask(http::Method::PATCH, path, JSON, body)
            .await
            .map(drop)
    }

    /// The metadata of each object in a list. `path` has a query already.
    pub(super) async fn metadata(&self, path: &str) -> Result<Vec<Value>, ApiError> {
        const METADATA: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
        let mut found = Vec::new();
        let mut page = String::new();
        loop {
            let path = format!("{path}&limit=500{page}");
            let mut list = self
                .ask(http::Method::GET, &path, METADATA, Vec::new())
                .await?;
            if let Some(items) = list.get_mut("items").and_then(Value::as_array_mut) {
                let metadata = items
                    .iter_mut()
                    .filter_map(|object| object.get_mut("metadata"));
                found.extend(metadata.map(Value::take));
            }
            let next = list.pointer("/metadata/continue").and_then(Value::as_str);
            match next.filter(|token| !token.is_empty()) {
                Some(token) => page = format!("&continue={}", encoded(token)),
                None => return Ok(found),
            }
        }
    }

    async fn ask(
        &self,
        method: http::Method,
        path: &str,
        accept: &str,
        body: Vec<u8>,
    ) -> Result<Value, ApiError> {
        let media = match method {
            http::Method::PATCH => MERGE_PATCH,
            _ => JSON,
        };
        let request = http::Request::builder()
            .method(method)
            .uri(path)
            .header(http::header::ACCEPT, accept)
            .header(http::header::CONTENT_TYPE, media)
            .body(body)
            .map_err(|error| ApiError::Refused {
                path: path.to_owned(),
                detail: error.to_string(),
            })?;
        // As text: what the client cannot parse it would log, be it a Secret.
        let text = match timeout(ANSWER, self.client.request_text(request)).await {
            Ok(answer) => answer.map_err(|error| ApiError::of(path, &error))?,
            Err(_) => return Err(ApiError::too_slow(path)),
        };
        serde_json::from_str(&text).map_err(|error| ApiError::malformed(path, &error))
    }
}

fn unusable(error: KubeconfigError) -> ConnectError {
    ConnectError::Kubeconfig(Box::new(error))
}

/// A text as the value of a parameter.
pub(super) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

impl std::fmt::Debug for ApiServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiServer").finish_non_exhaustive()
    }
}
