//! The list of all faults, their names and their natures.

use std::time::Duration;

use super::{Fault, Nature, Redirect};

/// Statuses that a server, a proxy or a gateway really answers with.
const STATUSES: [u16; 14] = [
    204, 400, 401, 403, 404, 405, 406, 408, 410, 500, 501, 502, 503, 504,
];

/// More than any document that Doorward reads, and still quick to send.
const OVERSIZE: u64 = 64 << 20;

impl Fault {
    /// One fault of every kind, with parameters that show its effect within a second (those that stall do so until
    /// the client gives up).
    ///
    /// ```
    /// use doorward_testkit::{Fault, Nature};
    ///
    /// for fault in Fault::all() {
    ///     println!("{}: expect {:?}", fault.name(), fault.nature());
    /// }
    /// assert!(Fault::all().iter().any(|fault| fault.nature() == Nature::Unavailable));
    /// ```
    #[must_use]
    pub fn all() -> Vec<Self> {
        let mut all: Vec<_> = STATUSES.into_iter().map(Self::Status).collect();
        all.extend([
            Self::Closed,
            Self::ContentType("application/octet-stream; charset=\u{fffd}".to_owned()),
            Self::Delayed(Duration::from_millis(50)),
            Self::Empty,
            Self::Endless,
            Self::FalseGzip,
            Self::Gzip,
            Self::Html,
            Self::HugeHeaders { bytes: 256 << 10 },
            Self::NoDigestHeader,
            Self::NotHttp,
            Self::Null,
            Self::Oversize { bytes: OVERSIZE },
            Self::Redirect(Redirect::Downgrade),
            Self::Redirect(Redirect::File),
            Self::Redirect(Redirect::Loop),
            Self::Redirect(Redirect::NoLocation),
            Self::Redirect(Redirect::OtherHost),
            Self::Redirect(Redirect::SameHost),
            Self::Redirect(Redirect::Unreachable),
            Self::Reset,
            Self::ResetInBody { after: 10 },
            Self::SlowDrip {
                bytes: 64,
                every: Duration::from_millis(5),
            },
            Self::StallBeforeHeaders,
            Self::StallInBody { after: 10 },
            Self::TooManyRequests {
                retry_after: Some(1),
            },
            Self::TooManyRequests { retry_after: None },
            Self::Truncated { after: 0 },
            Self::Truncated { after: 10 },
            Self::WrongContent,
            Self::WrongDigestHeader,
        ]);
        all
    }

    /// The kind of the fault in kebab-case, for test output and [`RecordedRequest::fault`].
    ///
    /// [`RecordedRequest::fault`]: crate::RecordedRequest::fault
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::ContentType(_) => "content-type",
            Self::Delayed(_) => "delayed",
            Self::Empty => "empty",
            Self::Endless => "endless",
            Self::FalseGzip => "false-gzip",
            Self::Gzip => "gzip",
            Self::Html => "html",
            Self::HugeHeaders { .. } => "huge-headers",
            Self::NoDigestHeader => "no-digest-header",
            Self::NotHttp => "not-http",
            Self::Null => "null",
            Self::Oversize { .. } => "oversize",
            Self::Redirect(Redirect::Downgrade) => "redirect-downgrade",
            Self::Redirect(Redirect::File) => "redirect-file",
            Self::Redirect(Redirect::Loop) => "redirect-loop",
            Self::Redirect(Redirect::NoLocation) => "redirect-no-location",
            Self::Redirect(Redirect::OtherHost) => "redirect-other-host",
            Self::Redirect(Redirect::SameHost) => "redirect-same-host",
            Self::Redirect(Redirect::Unreachable) => "redirect-unreachable",
            Self::Reset => "reset",
            Self::ResetInBody { .. } => "reset-in-body",
            Self::SlowDrip { .. } => "slow-drip",
            Self::StallBeforeHeaders => "stall-before-headers",
            Self::StallInBody { .. } => "stall-in-body",
            Self::Status(_) => "status",
            Self::TooManyRequests { .. } => "too-many-requests",
            Self::Truncated { .. } => "truncated",
            Self::WrongContent => "wrong-content",
            Self::WrongDigestHeader => "wrong-digest-header",
        }
    }

    /// What a careful client makes of the fault if it meets it every time.
    #[must_use]
    pub const fn nature(&self) -> Nature {
        match self {
            Self::Status(404) => Nature::Absent,
            Self::Status(401 | 403) => Nature::Refused,
            Self::Delayed(_)
            | Self::Gzip
            | Self::NoDigestHeader
            | Self::Redirect(Redirect::OtherHost | Redirect::SameHost)
            | Self::SlowDrip { .. } => Nature::Harmless,
            Self::ContentType(_) | Self::WrongDigestHeader => Nature::Misleading,
            Self::Empty
            | Self::Endless
            | Self::FalseGzip
            | Self::Html
            | Self::Null
            | Self::Oversize { .. }
            | Self::Status(200..=399)
            | Self::WrongContent => Nature::Dishonest,
            Self::Closed
            | Self::HugeHeaders { .. }
            | Self::NotHttp
            | Self::Redirect(_)
            | Self::Reset
            | Self::ResetInBody { .. }
            | Self::StallBeforeHeaders
            | Self::StallInBody { .. }
            | Self::Status(_)
            | Self::TooManyRequests { .. }
            | Self::Truncated { .. } => Nature::Unavailable,
        }
    }
}
