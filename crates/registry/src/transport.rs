//! HTTP exchanges: one request and its bounded answer, with redirects and retries.

mod body;
mod redirect;
mod retry;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use doorward_core::{FetchError, MediaType};
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, StatusCode};
use url::Url;

use crate::endpoint::host_of;
use crate::{Exchange, ExchangeKind, ExchangeOutcome, Observer, Retries, Timeouts};

pub(crate) use redirect::is_loopback;

/// One request.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) kind: ExchangeKind,
    pub(crate) url: Url,
    pub(crate) authorization: Option<HeaderValue>,
    pub(crate) accept: Option<HeaderValue>,
    /// A form to be posted; without one the request is a `GET`.
    pub(crate) form: Option<Vec<(&'static str, String)>>,
    /// The largest body taken if the answer is 200.
    pub(crate) max_bytes: usize,
}

impl Request {
    pub(crate) const fn get(kind: ExchangeKind, url: Url, max_bytes: usize) -> Self {
        Self {
            kind,
            url,
            authorization: None,
            accept: None,
            form: None,
            max_bytes,
        }
    }
}

/// One answer.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// All of the body if the status is 200, else as much of it as explains the status.
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn is_ok(&self) -> bool {
        self.status == StatusCode::OK
    }

    /// The media type that the server claims.
    pub(crate) fn media_type(&self) -> Option<MediaType> {
        let text = self.headers.get(CONTENT_TYPE)?.to_str().ok()?;
        Some(MediaType::new(text))
    }

    /// What a status other than 200 means for a fetch.
    pub(crate) fn failure(&self, host: &str) -> FetchError {
        let detail = format!("{host} answered {}", self.summary());
        match self.status.as_u16() {
            401 | 403 => FetchError::Unauthorized { detail },
            404 => FetchError::NotFound,
            // These two are about the resource: there in no type that was asked for, or there no longer (RFC 9110,
            // sections 15.5.7 and 15.5.11). Whoever may push or delete can bring them about, so they are no outage.
            406 | 410 => FetchError::Malformed { detail },
            // Whatever else it is, it says nothing about the resource.
            _ => FetchError::Unavailable {
                detail: match self.headers.get(RETRY_AFTER).map(HeaderValue::to_str) {
                    Some(Ok(when)) if when.len() <= 40 => format!("{detail}, retry after {when}"),
                    _ => detail,
                },
            },
        }
    }

    /// Whether the server says that something is wrong with the request itself, as with 400, 405 or 431.
    pub(crate) fn is_refused_request(&self) -> bool {
        self.status.is_client_error()
            && !self.is_trouble()
            && !matches!(self.status.as_u16(), 401 | 403 | 404 | 406 | 410)
    }

    /// Whether the server is in trouble, or was asked too slowly, too early or too often: another time it may answer
    /// the same request otherwise.
    pub(crate) fn is_trouble(&self) -> bool {
        matches!(self.status.as_u16(), 408 | 425 | 429 | 500..=599)
    }

    /// The status and, if the body names one, the error code of the distribution specification.
    pub(crate) fn summary(&self) -> String {
        match body::error_code(&self.body) {
            Some(code) => format!("{} {code}", self.status.as_u16()),
            None => self.status.as_u16().to_string(),
        }
    }
}

/// Why an exchange brought no answer.
struct Failure {
    error: FetchError,
    /// Whether the same request may well succeed.
    again: bool,
}

/// Sends requests.
pub(crate) struct Transport {
    pub(crate) common: reqwest::Client,
    /// Clients for hosts that have roots of their own, by `host` or `host:port`.
    pub(crate) by_host: BTreeMap<String, reqwest::Client>,
    pub(crate) timeouts: Timeouts,
    pub(crate) retries: Retries,
    pub(crate) observer: Option<Arc<dyn Observer>>,
}

impl Transport {
    /// Sends a request until there is an answer or no use in trying again.
    ///
    /// Any status is an answer. What is an error is that there is none, or that it breaks a bound.
    pub(crate) async fn send(&self, request: &Request) -> Result<Reply, FetchError> {
        let mut tried = 0;
        loop {
            let outcome = redirect::follow(self, request).await;
            // Only what can be repeated without effect is repeated.
            let wait = (request.form.is_none() && tried < self.retries.count)
                .then(|| match &outcome {
                    Ok(reply) => self.retries.after_status(tried, reply),
                    Err(failure) if failure.again => Some(self.retries.backoff(tried)),
                    Err(_) => None,
                })
                .flatten();
            let Some(wait) = wait else {
                return outcome.map_err(|failure| failure.error);
            };
            tried += 1;
            tokio::time::sleep(wait).await;
        }
    }

    /// One exchange, without redirects.
    async fn exchange(
        &self,
        request: &Request,
        url: &Url,
        authorization: Option<&HeaderValue>,
    ) -> Result<Reply, Failure> {
        let host = host_of(url);
        let mut watch = Watch::start(self.observer.as_deref(), request.kind, &host);
        let client = self.by_host.get(&host).unwrap_or(&self.common);
        let mut builder = match &request.form {
            Some(form) => client.post(url.clone()).form(form),
            None => client.get(url.clone()),
        };
        if let Some(accept) = &request.accept {
            builder = builder.header(ACCEPT, accept);
        }
        if let Some(authorization) = authorization {
            builder = builder.header(AUTHORIZATION, authorization);
        }
        // The connection has its own, shorter bound within this one.
        let bound = self.timeouts.connect + self.timeouts.idle;
        let response = match tokio::time::timeout(bound, builder.send()).await {
            Err(_) => {
                watch.outcome = ExchangeOutcome::TimedOut;
                return Err(Failure {
                    error: FetchError::Unavailable {
                        detail: format!("{host} did not answer in time"),
                    },
                    again: false,
                });
            }
            Ok(Err(error)) => {
                watch.outcome = if error.is_timeout() {
                    ExchangeOutcome::TimedOut
                } else {
                    ExchangeOutcome::Broken
                };
                return Err(body::not_sent(&host, error));
            }
            Ok(Ok(response)) => response,
        };
        let status = response.status();
        let headers = response.headers().clone();
        let read = if status == StatusCode::OK {
            body::read(
                response,
                request.max_bytes,
                self.timeouts.idle,
                &host,
                &mut watch.bytes,
            )
            .await
        } else {
            Ok(body::read_error(response, self.timeouts.idle, &mut watch.bytes).await)
        };
        watch.outcome = match &read {
            Ok(_) => ExchangeOutcome::Answered(status.as_u16()),
            Err(body::ReadError::Silent(_)) => ExchangeOutcome::TimedOut,
            Err(body::ReadError::TooLarge(_)) => ExchangeOutcome::TooLarge,
            Err(body::ReadError::Broken(_)) => ExchangeOutcome::Broken,
        };
        Ok(Reply {
            status,
            headers,
            body: read.map_err(|error| Failure {
                error: error.into(),
                again: false,
            })?,
        })
    }
}

/// Tells the observer of an exchange when it is over, however it ends.
struct Watch<'a> {
    observer: Option<&'a dyn Observer>,
    kind: ExchangeKind,
    host: &'a str,
    start: Instant,
    outcome: ExchangeOutcome,
    bytes: usize,
}

impl<'a> Watch<'a> {
    fn start(observer: Option<&'a dyn Observer>, kind: ExchangeKind, host: &'a str) -> Self {
        Self {
            observer,
            kind,
            host,
            start: Instant::now(),
            outcome: ExchangeOutcome::Cancelled,
            bytes: 0,
        }
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let duration = self.start.elapsed();
        tracing::debug!(kind = %self.kind, host = self.host, outcome = ?self.outcome, ?duration, bytes = self.bytes, "http exchange");
        if let Some(observer) = self.observer {
            observer.exchange(&Exchange {
                kind: self.kind,
                host: self.host.to_owned(),
                outcome: self.outcome,
                duration,
                bytes: self.bytes,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_that_says_nothing_about_the_resource_is_no_verdict_on_it() {
        for status in 201..=999 {
            let failure = Reply {
                status: StatusCode::from_u16(status).expect("a status"),
                headers: HeaderMap::new(),
                body: Bytes::new(),
            }
            .failure("r.example");
            let is_right = match status {
                401 | 403 => matches!(failure, FetchError::Unauthorized { .. }),
                404 => failure == FetchError::NotFound,
                406 | 410 => matches!(failure, FetchError::Malformed { .. }),
                _ => matches!(failure, FetchError::Unavailable { .. }),
            };
            assert!(is_right, "{status}: {failure:?}");
        }
    }
}
