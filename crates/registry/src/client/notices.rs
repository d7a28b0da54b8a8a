//! Notices to a server that the operator named.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::RETRY_AFTER;
use thiserror::Error;
use url::Url;

use super::{Inner, RegistryClient};
use crate::ExchangeKind;
use crate::auth::ready_header;
use crate::origin::{Origin, host_of};
use crate::transport::{Hop, Request, asked_for};

/// The most bytes of an answer that are taken: the status says it all.
const MAX_ANSWER: usize = 0;

/// Where the operator wants notices: see [`Builder::notices`](crate::Builder::notices).
///
/// It is spoken to with the certificates, proxies and bounds of the client. Nothing is said there twice because of a redirect: none
/// is followed.
#[derive(Clone)]
pub struct Notices {
    inner: Arc<Inner>,
    url: Url,
}

/// A notice: what is posted.
#[derive(Clone)]
pub struct PostedNotice {
    /// Its media type.
    pub media_type: &'static str,
    /// Its content.
    pub body: Bytes,
    /// A token that is shown with it (RFC 6750, section 2.1).
    pub token: Option<String>,
}

/// Why a notice did not arrive.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NoticeError {
    /// The server will not have it, and would not have it later either; or the token cannot be sent.
    #[error("{detail}")]
    Refused {
        /// What it answered.
        detail: String,
    },
    /// It may arrive if it is sent again.
    #[error("{detail}")]
    Unavailable {
        /// What went wrong.
        detail: String,
        /// How long the server wants to be left alone (RFC 9110, section 10.2.3).
        wait: Option<Duration>,
    },
}

impl RegistryClient {
    /// Where notices go, if the operator said so.
    #[must_use]
    pub fn notices(&self) -> Option<Notices> {
        let url = self.inner.notices.clone()?;
        Some(Notices {
            inner: Arc::clone(&self.inner),
            url,
        })
    }
}

impl Notices {
    /// Posts a notice, once.
    ///
    /// # Errors
    /// [`NoticeError`], unless the server answered with a status of success.
    pub async fn post(&self, notice: &PostedNotice) -> Result<(), NoticeError> {
        let refused = |detail: String| NoticeError::Refused { detail };
        let mut request = Request::get(ExchangeKind::Notice, self.url.clone(), MAX_ANSWER);
        // Nobody else's images and policies come closer to it by that.
        request.hop = Hop::Operator;
        request.is_direct = true;
        request.question = Some((notice.media_type, notice.body.clone()));
        if let Some(token) = &notice.token {
            let origin = Origin::of(&self.url).ok_or_else(|| refused(self.host()))?;
            let shown = ready_header(origin, token)
                .map_err(|_| refused("the token for notices is none".to_owned()))?;
            request.authorization = Some(shown);
        }
        let within = self.inner.transport.timeouts.total;
        let sent = tokio::time::timeout(within, self.inner.transport.send_once(&request)).await;
        let unavailable = |detail| NoticeError::Unavailable { detail, wait: None };
        let reply = match sent {
            Err(_) => {
                let detail = format!("{} did not answer in time", self.host());
                return Err(unavailable(detail));
            }
            Ok(Err(failure)) => return Err(unavailable(failure.error.to_string())),
            Ok(Ok(reply)) => reply,
        };
        match reply.status().as_u16() {
            200..=299 => Ok(()),
            408 | 425 | 429 | 500..=599 => {
                let wait = reply.content().headers.get(RETRY_AFTER);
                Err(NoticeError::Unavailable {
                    detail: reply.told(),
                    wait: wait.and_then(|header| asked_for(header, SystemTime::now())),
                })
            }
            _ => Err(refused(reply.told())),
        }
    }

    fn host(&self) -> String {
        host_of(&self.url)
    }
}

impl fmt::Debug for Notices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Notices")
            .field("host", &self.host())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for PostedNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostedNotice")
            .field("media_type", &self.media_type)
            .field("bytes", &self.body.len())
            .field("shows_token", &self.token.is_some())
            .finish()
    }
}
