//! An answer as it goes over the wire, honest or not.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream;
use http::header::{CONTENT_LENGTH, HeaderValue};
use http::{HeaderMap, Response, StatusCode};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame;

use crate::http::Reply;

/// The body of an answer.
pub(crate) type FaultyBody = UnsyncBoxBody<Bytes, Broken>;

/// How long a connection that is to break lives on, so that what was sent before has left.
const LAST_WORDS: Duration = Duration::from_millis(10);
/// A block of an endless or oversized body.
const FILLING: Bytes = Bytes::from_static(&[b' '; 16 << 10]);

/// The connection ends here on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection was broken by an injected fault")
    }
}

impl std::error::Error for Broken {}

/// What a body does after its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Ends.
    End,
    /// Breaks the connection.
    Break,
    /// Stays silent for ever.
    Stall,
    /// Goes on with filling, for ever or for this many bytes.
    Fill(Option<u64>),
}

/// A head, the body that follows, and how it fails.
pub(crate) struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
    length: Option<u64>,
    then: Then,
    drip: Option<(usize, Duration)>,
    broken: bool,
}

impl Answer {
    /// The whole of `reply`.
    pub(crate) fn honest(reply: Reply) -> Self {
        Self {
            length: (!reply.chunked).then(|| reply.announced_length()),
            status: reply.status,
            headers: reply.headers,
            body: reply.body,
            then: Then::End,
            drip: None,
            broken: false,
        }
    }

    /// No answer: the connection ends.
    pub(crate) fn broken() -> Self {
        Self {
            broken: true,
            ..Self::honest(Reply::new(StatusCode::OK))
        }
    }

    /// The first `after` bytes of `reply`, but never all of them, under the announcement of all; then `then`.
    pub(crate) fn cut(reply: Reply, after: usize, then: Then) -> Self {
        let mut answer = Self::honest(reply);
        let keep = after.min(answer.body.len().saturating_sub(1));
        answer.length = answer.length.map(|length| length.max(1));
        answer.body.truncate(keep);
        answer.then = then;
        answer
    }

    /// `reply` and then filling until `total` bytes, or without end.
    pub(crate) fn filled(reply: Reply, total: Option<u64>) -> Self {
        let mut answer = Self::honest(reply);
        let rest = total.map(|total| total.saturating_sub(answer.body.len() as u64));
        answer.length = rest.map(|rest| rest + answer.body.len() as u64);
        answer.then = Then::Fill(rest);
        answer
    }

    /// `reply` in pieces of `bytes` bytes, each after a pause.
    pub(crate) fn dripping(reply: Reply, bytes: usize, every: Duration) -> Self {
        let mut answer = Self::honest(reply);
        answer.drip = Some((bytes.max(1), every));
        answer
    }

    pub(crate) fn into_response(mut self) -> Result<Response<FaultyBody>, Broken> {
        if self.broken {
            return Err(Broken);
        }
        self.headers.remove(CONTENT_LENGTH);
        let bodyless = self.status == StatusCode::NO_CONTENT
            || self.status == StatusCode::NOT_MODIFIED
            || self.status.is_informational();
        if let Some(length) = self.length
            && !bodyless
        {
            self.headers
                .insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        let (status, headers) = (self.status, std::mem::take(&mut self.headers));
        let body = if bodyless {
            Full::default()
                .map_err(|never| match never {})
                .boxed_unsync()
        } else {
            self.into_body()
        };
        let mut response = Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    fn into_body(self) -> FaultyBody {
        let frame = |bytes: Bytes| Ok::<_, Broken>(Frame::data(bytes));
        // A body that is known whole would be given its length on the way.
        if self.then == Then::End && self.drip.is_none() && self.length.is_some() {
            return Full::new(self.body)
                .map_err(|never| match never {})
                .boxed_unsync();
        }
        let first = match self.drip {
            None => stream::iter([self.body]).boxed(),
            Some((bytes, every)) => stream::unfold(self.body, move |mut rest| async move {
                if rest.is_empty() {
                    return None;
                }
                tokio::time::sleep(every).await;
                let piece = rest.split_to(bytes.min(rest.len()));
                Some((piece, rest))
            })
            .boxed(),
        };
        let first = first.filter(|bytes| std::future::ready(!bytes.is_empty()));
        let rest = match self.then {
            Then::End => stream::empty().boxed(),
            Then::Break => stream::once(async {
                tokio::time::sleep(LAST_WORDS).await;
                Err(Broken)
            })
            .boxed(),
            Then::Stall => stream::pending().boxed(),
            Then::Fill(None) => stream::repeat(FILLING).map(frame).boxed(),
            Then::Fill(Some(bytes)) => stream::iter(filling(bytes)).map(frame).boxed(),
        };
        StreamBody::new(first.map(frame).chain(rest)).boxed_unsync()
    }
}

/// Blocks of filling of `bytes` bytes together.
fn filling(bytes: u64) -> impl Iterator<Item = Bytes> {
    let block = FILLING.len() as u64;
    let last = usize::try_from(bytes % block).unwrap_or_default();
    (0..bytes / block)
        .map(|_| FILLING)
        .chain((last > 0).then(|| FILLING.slice(..last)))
}
