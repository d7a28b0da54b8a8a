//! What a server answers before any fault is applied.

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::Endpoint;

/// One request, read completely.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) endpoint: Endpoint,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Exchange {
    /// The text of a header, if it is there and is text.
    pub(crate) fn header(&self, name: impl http::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Every value of a query parameter, decoded, in order.
    pub(crate) fn query_values(&self, name: &str) -> Vec<String> {
        super::form::values(self.query.as_deref().unwrap_or_default(), name)
    }

    /// Path and query as the client sent them.
    pub(crate) fn target(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }
}

/// A complete answer.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether the length is not announced, so that HTTP/1.1 sends the body in chunks.
    pub(crate) chunked: bool,
}

impl Reply {
    pub(crate) fn new(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            chunked: false,
        }
    }

    pub(crate) fn ok(content_type: &str, body: impl Into<Bytes>) -> Self {
        Self::new(StatusCode::OK).with_body(content_type, body)
    }

    pub(crate) fn json(status: StatusCode, value: &serde_json::Value) -> Self {
        Self::new(status).with_body("application/json", value.to_string())
    }

    /// An error in the form of the OCI distribution specification, "Error Codes".
    pub(crate) fn oci_error(status: StatusCode, code: &str, message: &str) -> Self {
        let body = serde_json::json!({"errors": [{"code": code, "message": message}]});
        Self::json(status, &body)
    }

    pub(crate) fn not_found(message: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND).with_body("text/plain", format!("{message}\n"))
    }

    pub(crate) fn with_body(mut self, content_type: &str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.with_header(CONTENT_TYPE, content_type)
    }

    /// Does not announce the length.
    pub(crate) fn in_chunks(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// Replaces a header.
    pub(crate) fn with_header(mut self, name: impl Into<HeaderName>, value: &str) -> Self {
        self.headers.insert(name.into(), header_value(value));
        self
    }

    /// Adds a header beside those of the same name.
    pub(crate) fn and_header(mut self, name: impl Into<HeaderName>, value: &str) -> Self {
        self.headers.append(name.into(), header_value(value));
        self
    }

    /// The length that an honest server would announce: that of the body, unless a header says otherwise (an
    /// answer to HEAD announces what GET would send).
    pub(crate) fn announced_length(&self) -> u64 {
        self.headers
            .get(CONTENT_LENGTH)
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .unwrap_or(self.body.len() as u64)
    }
}

fn header_value(value: &str) -> HeaderValue {
    HeaderValue::from_bytes(value.as_bytes())
        .expect("a header value set by a test has no line breaks or control characters")
}
