//! Everything that can be made to go wrong with an answer.

mod answer;
mod apply;
mod list;
mod rule;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub(crate) use answer::{Answer, Broken, FaultyBody};
pub(crate) use apply::REDIRECTED;
pub use rule::FaultRule;
pub(crate) use rule::{FaultRules, glob};

/// One way for an answer to go wrong.
///
/// A fault changes the answer that the server would have given; it is injected with a [`FaultRule`].
/// [`Fault::all`] lists one of each kind, so that a table test can run over every one. Faults of the body do nothing
/// to an answer without one, as to `HEAD`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Connection closed in an orderly way before any byte of an answer.
    Closed,
    /// Content type that does not belong to the content.
    ContentType(String),
    /// Answer delayed by this much, then given as it should be.
    Delayed(Duration),
    /// Status 200 with no bytes at all.
    Empty,
    /// Body that is sent in chunks and never ends.
    Endless,
    /// `Content-Encoding: gzip` over bytes that are not compressed.
    FalseGzip,
    /// The right body, compressed, with `Content-Encoding: gzip`, whether or not the client accepts it.
    Gzip,
    /// Status 200 with an HTML page, as a captive portal or a login page answers.
    Html,
    /// Headers of about this many bytes in total before the right body.
    HugeHeaders {
        /// Bytes of header values.
        bytes: usize,
    },
    /// The right body without `Docker-Content-Digest`.
    NoDigestHeader,
    /// Bytes that are not HTTP.
    NotHttp,
    /// Status 200 with the JSON value `null`.
    Null,
    /// The right body followed by filling, of this many bytes together, announced with the right length.
    Oversize {
        /// Length of the whole body in bytes.
        bytes: u64,
    },
    /// A redirect.
    Redirect(Redirect),
    /// TCP reset before any byte of an answer.
    Reset,
    /// TCP reset after this many bytes of the body.
    ResetInBody {
        /// Bytes sent before, at most all but one.
        after: usize,
    },
    /// The right body in small pieces.
    SlowDrip {
        /// Bytes of a piece.
        bytes: usize,
        /// Pause before each piece.
        every: Duration,
    },
    /// The connection stays open and silent before any byte of an answer.
    StallBeforeHeaders,
    /// The connection stays open and silent after this many bytes of the body.
    StallInBody {
        /// Bytes sent before, at most all but one.
        after: usize,
    },
    /// This status with an error document in the form of the OCI distribution specification.
    Status(u16),
    /// Status 429 with `Retry-After`, here in whole seconds.
    TooManyRequests {
        /// Seconds after which the client is asked to come back. `None` leaves the header out.
        retry_after: Option<u32>,
    },
    /// A body that ends early although its whole length was announced; the connection is closed in an orderly way.
    Truncated {
        /// Bytes sent before, at most all but one.
        after: usize,
    },
    /// Other content of the same length and type. Headers, `Docker-Content-Digest` included, still speak of the
    /// right content.
    WrongContent,
    /// The right body with the digest of other content in `Docker-Content-Digest`.
    WrongDigestHeader,
}

/// Where a redirect leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Redirect {
    /// To the same content without TLS on another port. The same as [`Redirect::OtherHost`] for a server that has
    /// no TLS to lose.
    Downgrade,
    /// To a file on the client's machine.
    File,
    /// To the address that was asked for, again and again.
    Loop,
    /// Nowhere: `Location` is missing.
    NoLocation,
    /// To the same content under another host name, where credentials must not be sent.
    OtherHost,
    /// To the same content on the same server, as a path without a host.
    SameHost,
    /// To an address where nothing listens.
    Unreachable,
}

/// What a careful client makes of a fault that does not go away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Nature {
    /// The server says that the thing does not exist.
    Absent,
    /// The answer is complete but cannot be what was asked for: it breaks the protocol, a bound or a digest.
    Dishonest,
    /// The client gets the right bytes and cannot tell a difference that matters.
    Harmless,
    /// The bytes are right but something said about them is wrong. To use them after checking them is as good as
    /// to refuse them.
    Misleading,
    /// The server says that the client may not have it.
    Refused,
    /// The client learns nothing about the thing.
    Unavailable,
}
