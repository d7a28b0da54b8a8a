//! What was asked of a server.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use http::{HeaderMap, Method, StatusCode};

use super::{Endpoint, Exchange};

/// One request that a test server received, in the order of arrival.
///
/// Requests are recorded as soon as they have been read, so one that was never answered is here as well.
#[derive(Clone)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// Which of the server's listeners received it.
    pub endpoint: Endpoint,
    /// The number of the connection it came on, counted from 1 over all listeners of the server.
    pub connection: u64,
    /// The HTTP method.
    pub method: Method,
    /// The path, without the query.
    pub path: String,
    /// The query, without the question mark.
    pub query: Option<String>,
    /// All headers as received. `Debug` shows only their names.
    pub headers: HeaderMap,
    /// The length of the request body in bytes.
    pub body_len: usize,
    /// The status that was answered. `None` if no answer was begun: it hangs, or the connection was broken instead.
    pub status: Option<StatusCode>,
    /// The name of the fault that was applied to the answer, see [`Fault::name`](crate::Fault::name).
    pub fault: Option<&'static str>,
}

impl RecordedRequest {
    /// Whether the request carried any `Authorization` header.
    #[must_use]
    pub fn has_authorization(&self) -> bool {
        self.headers.contains_key(http::header::AUTHORIZATION)
    }

    /// The scheme of the `Authorization` header in lower case, `basic` or `bearer` as a rule.
    #[must_use]
    pub fn authorization_scheme(&self) -> Option<String> {
        let value = self.header("authorization")?;
        value
            .split_ascii_whitespace()
            .next()
            .map(str::to_ascii_lowercase)
    }

    /// The text of a header, if it is there and is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// `GET /v2/`, for assertions over a whole conversation.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

impl fmt::Debug for RecordedRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.keys().map(http::HeaderName::as_str).collect();
        f.debug_struct("RecordedRequest")
            .field("endpoint", &self.endpoint)
            .field("connection", &self.connection)
            .field("request", &self.line())
            .field("query", &self.query)
            .field("headers", &names)
            .field("status", &self.status)
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}

/// The requests of one server.
#[derive(Debug, Default)]
pub(crate) struct Log(Mutex<Vec<RecordedRequest>>);

impl Log {
    /// Records a request and returns its place.
    pub(crate) fn begin(&self, connection: u64, exchange: &Exchange) -> usize {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.push(RecordedRequest {
            endpoint: exchange.endpoint,
            connection,
            method: exchange.method.clone(),
            path: exchange.path.clone(),
            query: exchange.query.clone(),
            headers: exchange.headers.clone(),
            body_len: exchange.body.len(),
            status: None,
            fault: None,
        });
        entries.len() - 1
    }

    /// Adds what was answered. Nothing happens if the log was cleared in between.
    pub(crate) fn complete(
        &self,
        place: usize,
        status: Option<StatusCode>,
        fault: Option<&'static str>,
    ) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.get_mut(place) {
            entry.status = status;
            entry.fault = fault;
        }
    }

    pub(crate) fn snapshot(&self) -> Vec<RecordedRequest> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn take(&self) -> Vec<RecordedRequest> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
