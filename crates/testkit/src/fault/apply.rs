//! How each fault changes an answer.

use std::io::Write as _;

use bytes::Bytes;
use doorward_core::Digest;
use http::StatusCode;
use http::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, LOCATION, RETRY_AFTER,
};

use super::answer::Then;
use super::{Answer, Fault, Redirect};
use crate::http::{Addresses, Exchange, Reply, WireOrders};

/// In front of a path that an injected redirect to the same host leads to.
pub(crate) const REDIRECTED: &str = "/testkit/redirected";

const DIGEST_HEADER: HeaderName = HeaderName::from_static("docker-content-digest");

const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Sign in</title></head>\
    <body><form action=\"/login\"><input name=\"user\"></form></body></html>\n";

impl Fault {
    /// What goes over the wire instead of `reply`.
    pub(crate) async fn apply(
        self,
        exchange: &Exchange,
        reply: Reply,
        addresses: &Addresses,
        orders: &WireOrders,
    ) -> Answer {
        match self {
            Self::Closed => Answer::broken(),
            Self::ContentType(text) => Answer::honest(reply.with_header(CONTENT_TYPE, &text)),
            Self::Delayed(time) => {
                tokio::time::sleep(time).await;
                Answer::honest(reply)
            }
            Self::Empty => Answer::honest(with_content(reply, Bytes::new())),
            Self::Endless => Answer::filled(succeeding(reply), None),
            Self::FalseGzip => Answer::honest(reply.with_header(CONTENT_ENCODING, "gzip")),
            Self::Gzip => Answer::honest(compressed(reply)),
            Self::Html => Answer::honest(Reply::ok("text/html; charset=utf-8", PAGE)),
            Self::HugeHeaders { bytes } => Answer::honest(padded(reply, bytes)),
            Self::NoDigestHeader => {
                let mut reply = reply;
                reply.headers.remove(DIGEST_HEADER);
                Answer::honest(reply)
            }
            Self::NotHttp => {
                orders.speak_garbage();
                Answer::honest(reply)
            }
            Self::Null => Answer::honest(Reply::ok("application/json", "null")),
            Self::Oversize { bytes } => Answer::filled(succeeding(reply), Some(bytes)),
            Self::Redirect(redirect) => Answer::honest(redirect.reply(exchange, addresses)),
            Self::Reset => {
                orders.reset();
                Answer::broken()
            }
            Self::ResetInBody { after } => {
                orders.reset();
                Answer::cut(reply, after, Then::Break)
            }
            Self::SlowDrip { bytes, every } => Answer::dripping(reply, bytes, every),
            Self::StallBeforeHeaders => std::future::pending().await,
            Self::StallInBody { after } => Answer::cut(reply, after, Then::Stall),
            Self::Status(status) => Answer::honest(error(status)),
            Self::TooManyRequests { retry_after } => {
                let reply = error(StatusCode::TOO_MANY_REQUESTS.as_u16());
                Answer::honest(match retry_after {
                    Some(seconds) => reply.with_header(RETRY_AFTER, &seconds.to_string()),
                    None => reply,
                })
            }
            Self::Truncated { after } => Answer::cut(reply, after, Then::Break),
            Self::WrongContent => {
                let other = altered(&reply.body);
                Answer::honest(with_content(reply, other))
            }
            Self::WrongDigestHeader => {
                let other = Digest::sha256(b"some other content");
                Answer::honest(reply.with_header(DIGEST_HEADER, other.as_str()))
            }
        }
    }
}

impl Redirect {
    fn reply(self, exchange: &Exchange, addresses: &Addresses) -> Reply {
        let target = exchange.target();
        let location = match self {
            Self::Downgrade => format!("{}{target}", addresses.plaintext_url),
            Self::File => "file:///etc/passwd".to_owned(),
            Self::Loop => format!("{}{target}", addresses.main_url),
            Self::NoLocation => return Reply::new(StatusCode::TEMPORARY_REDIRECT),
            Self::OtherHost => format!("{}{target}", addresses.elsewhere_url),
            Self::SameHost => format!("{REDIRECTED}{target}"),
            // Nothing listens on the port reserved for a multiplexer that nobody runs.
            Self::Unreachable => format!("http://127.0.0.1:1{target}"),
        };
        Reply::new(StatusCode::TEMPORARY_REDIRECT).with_header(LOCATION, &location)
    }
}

/// An error document for a status, with the code that the specification has for it.
fn error(status: u16) -> Reply {
    let status = StatusCode::from_u16(status).expect("a fault names a status from 100 to 999");
    let code = match status.as_u16() {
        401 => "UNAUTHORIZED",
        403 => "DENIED",
        404 => "MANIFEST_UNKNOWN",
        429 => "TOOMANYREQUESTS",
        400..=499 => "UNSUPPORTED",
        _ => "UNKNOWN",
    };
    Reply::oci_error(status, code, "injected by a test")
}

/// A body that is too long is announced with a status that makes clients read it.
fn succeeding(mut reply: Reply) -> Reply {
    reply.status = StatusCode::OK;
    reply
}

/// Other content under the same headers and a status of success.
fn with_content(mut reply: Reply, body: Bytes) -> Reply {
    reply.headers.remove(CONTENT_LENGTH);
    reply.body = body;
    succeeding(reply)
}

/// Content of the same length in which one byte differs. A blank or a letter is chosen so that JSON stays JSON: a
/// letter inside a text is raised or lowered. The run of digits is as long as names and digests are: content in base64
/// has one of nine now and then.
fn altered(body: &Bytes) -> Bytes {
    let mut bytes = body.to_vec();
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let place = bytes
        .windows(32)
        .position(|run| run.iter().all(|&b| hex(b)))
        .or_else(|| bytes.len().checked_sub(1));
    match place.and_then(|place| bytes.get_mut(place)) {
        Some(byte @ b'0'..=b'8') => *byte += 1,
        Some(byte @ b'9') => *byte = b'0',
        Some(byte) => *byte ^= 1,
        None => bytes.push(b' '),
    }
    bytes.into()
}

fn compressed(mut reply: Reply) -> Reply {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder
        .write_all(&reply.body)
        .expect("writing to memory cannot fail");
    reply.body = encoder
        .finish()
        .expect("writing to memory cannot fail")
        .into();
    reply.headers.remove(CONTENT_LENGTH);
    reply.with_header(CONTENT_ENCODING, "gzip")
}

fn padded(mut reply: Reply, bytes: usize) -> Reply {
    const LINE: usize = 1 << 10;
    let filling = "x".repeat(LINE);
    for _ in 0..bytes.div_ceil(LINE) {
        reply = reply.and_header(HeaderName::from_static("x-filling"), &filling);
    }
    reply
}
