//! Requests to the API server.

use std::sync::Arc;
use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, Method};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};

use super::ApiServer;
use super::papers::Papers;
use crate::http::runtime;

/// A strategic merge patch, which is what `kubectl patch` sends.
const STRATEGIC: &str = "application/strategic-merge-patch+json";
/// Longer than any webhook may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What the API server answered.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct ApiAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The texts of the `Warning` headers, in order.
    pub warnings: Vec<String>,
    /// The object, or the `Status` that says why there is none; a string where it is no JSON.
    pub body: Value,
}

impl ApiAnswer {
    /// The object.
    ///
    /// # Panics
    /// If the request failed; the message is the answer.
    #[track_caller]
    pub fn succeeded(self) -> Value {
        assert!((200..300).contains(&self.status), "{self:#?}");
        self.body
    }

    /// The message of the `Status` of a request that was refused.
    ///
    /// # Panics
    /// If the request succeeded.
    #[must_use]
    #[track_caller]
    pub fn refused(&self) -> &str {
        assert!(self.status >= 400, "{self:#?}");
        self.body["message"].as_str().unwrap_or_default()
    }
}

/// A client that may do everything. Its connections live on the test kit's runtime, since they outlast a test's.
#[derive(Clone)]
pub(crate) struct Api {
    client: reqwest::Client,
    url: String,
}

impl Api {
    pub(crate) fn new(url: &str, papers: &Papers) -> Self {
        let mut roots = RootCertStore::empty();
        let authority = certificate(papers.authority.ca_pem());
        roots.add(authority).expect("an authority is one");
        let key = PrivateKeyDer::from_pem_slice(papers.admin.key_pem.as_bytes())
            .expect("an issued key is PEM");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the provider supports the default versions")
            .with_root_certificates(roots)
            .with_client_auth_cert(vec![certificate(&papers.admin.certificate_pem)], key)
            .expect("an issued certificate fits its key");
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .timeout(TIMEOUT)
            .build()
            .expect("a client for one server can be made");
        Self {
            client,
            url: url.to_owned(),
        }
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        media: &str,
        body: Option<&Value>,
    ) -> Result<ApiAnswer, reqwest::Error> {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        if let Some(body) = body {
            request = request.header(CONTENT_TYPE, media).body(body.to_string());
        }
        let exchange = async move {
            let response = request.send().await?;
            let status = response.status().as_u16();
            let warnings = warnings(response.headers());
            let text = response.text().await?;
            let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
            Ok(ApiAnswer {
                status,
                warnings,
                body,
            })
        };
        runtime::handle()
            .spawn(exchange)
            .await
            .expect("a request does not panic")
    }

    pub(crate) async fn try_get(&self, path: &str) -> Result<ApiAnswer, reqwest::Error> {
        self.send(Method::GET, path, "", None).await
    }

    pub(crate) async fn post(&self, path: &str, object: &Value) -> ApiAnswer {
        self.send(Method::POST, path, "application/json", Some(object))
            .await
            .unwrap_or_else(|error| panic!("POST {path}: {error:?}"))
    }
}

impl ApiServer {
    /// Sends a request with a body of this media type.
    ///
    /// # Panics
    /// If there is no answer within a minute.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        media: &str,
        body: Option<&Value>,
    ) -> ApiAnswer {
        let sent = self.api.send(method, path, media, body).await;
        sent.unwrap_or_else(|error| panic!("{path}: {error:?}"))
    }

    /// Reads an object or a list.
    ///
    /// # Panics
    /// As [`ApiServer::send`].
    pub async fn get(&self, path: &str) -> ApiAnswer {
        self.send(Method::GET, path, "", None).await
    }

    /// Creates an object in a collection.
    ///
    /// # Panics
    /// As [`ApiServer::send`].
    pub async fn post(&self, path: &str, object: &Value) -> ApiAnswer {
        let method = Method::POST;
        self.send(method, path, "application/json", Some(object))
            .await
    }

    /// Replaces an object.
    ///
    /// # Panics
    /// As [`ApiServer::send`].
    pub async fn put(&self, path: &str, object: &Value) -> ApiAnswer {
        let method = Method::PUT;
        self.send(method, path, "application/json", Some(object))
            .await
    }

    /// Changes an object by a strategic merge patch.
    ///
    /// # Panics
    /// As [`ApiServer::send`].
    pub async fn patch(&self, path: &str, patch: &Value) -> ApiAnswer {
        self.send(Method::PATCH, path, STRATEGIC, Some(patch)).await
    }

    /// Deletes an object.
    ///
    /// # Panics
    /// As [`ApiServer::send`].
    pub async fn delete(&self, path: &str) -> ApiAnswer {
        self.send(Method::DELETE, path, "", None).await
    }
}

/// A ServiceAccount whose token no Pod mounts, so that none waits for it.
pub(crate) fn service_account(name: &str) -> Value {
    json!({"metadata": {"name": name}, "automountServiceAccountToken": false})
}

fn certificate(pem: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_slice(pem.as_bytes()).expect("an issued certificate is PEM")
}

/// The texts of `299 - "text"`, as the API server writes them.
fn warnings(headers: &HeaderMap) -> Vec<String> {
    headers
        .get_all("warning")
        .iter()
        .map(|value| {
            let value = String::from_utf8_lossy(value.as_bytes());
            let text = value
                .strip_prefix("299 - \"")
                .and_then(|text| text.strip_suffix('"'));
            text.map_or_else(|| value.to_string(), unquoted)
        })
        .collect()
}

/// A quoted string of HTTP without its backslashes (RFC 9110 section 5.6.4).
fn unquoted(text: &str) -> String {
    let mut characters = text.chars();
    let mut unquoted = String::new();
    while let Some(character) = characters.next() {
        unquoted.extend(match character {
            '\\' => characters.next(),
            other => Some(other),
        });
    }
    unquoted
}
