//! Exchanges that brought no answer, and why.

use std::io::{self, ErrorKind};
use std::net::IpAddr;
use std::time::Duration;

use doorward_core::{FetchError, OutageCause};

use super::address::is_local;
use super::exhaustion::is_exhaustion;
use super::resolver::ResolveError;
use crate::tls;

/// Why an exchange brought no answer.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What it means for the fetch. Never an outage: whether it is evidence of one is judged elsewhere.
    pub(crate) error: FetchError,
    /// What was seen of the server, if that is the whole reason.
    pub(crate) cause: Option<OutageCause>,
    /// Whether the same request may well succeed.
    pub(super) again: bool,
    /// Whether nothing was sent, because the server said to others in the same name that it is asked too often.
    pub(crate) is_held_back: bool,
}

impl Failure {
    /// One that says nothing about the server.
    pub(super) const fn of(error: FetchError) -> Self {
        Self {
            error,
            cause: None,
            again: false,
            is_held_back: false,
        }
    }

    /// One that was not sent: the server is left alone for a while.
    pub(super) const fn held_back(detail: String) -> Self {
        Self {
            error: FetchError::Unavailable { detail },
            cause: None,
            again: false,
            is_held_back: true,
        }
    }

    /// One that is the server's.
    pub(super) const fn seen(cause: OutageCause, detail: String, again: bool) -> Self {
        Self {
            error: FetchError::Unavailable { detail },
            cause: Some(cause),
            again,
            is_held_back: false,
        }
    }

    /// A bound of time was reached after `took`. If that is much later than it should have been, this process was too
    /// busy to look, and what it saw says nothing about the server.
    pub(super) fn late(
        cause: OutageCause,
        detail: String,
        bound: Duration,
        took: Duration,
    ) -> Self {
        let slack = bound / 4 + Duration::from_millis(500);
        Self {
            error: FetchError::Unavailable { detail },
            cause: (took <= bound + slack).then_some(cause),
            again: false,
            is_held_back: false,
        }
    }

    /// The same, of a request that may have gone through a proxy: what failed may be the proxy.
    pub(super) fn behind_proxy(mut self) -> Self {
        if let FetchError::Unavailable { detail } = &mut self.error {
            detail.push_str("; or the proxy that the environment names cannot be asked");
        }
        self
    }

    /// A request that brought no answer.
    pub(super) fn not_sent(
        host: &str,
        error: reqwest::Error,
        bound: Duration,
        took: Duration,
    ) -> Self {
        // A redirect may have put a signed URL into the error.
        let error = error.without_url();
        if let Some(unresolved) = causes(&error).find_map(|c| c.downcast_ref::<ResolveError>()) {
            return match unresolved {
                ResolveError::Busy => Self::of(FetchError::Unavailable {
                    detail: format!("{host} could not be looked up: {unresolved}"),
                }),
                ResolveError::Exhausted => exhausted(host),
                ResolveError::Unsettled => Self {
                    error: FetchError::Unavailable {
                        detail: format!("the name of {host} could not be looked up: {unresolved}"),
                    },
                    cause: None,
                    again: true,
                    is_held_back: false,
                },
                ResolveError::NotAllowed(address) => Self::of(not_allowed(host, *address)),
                ResolveError::NotResolved => Self::seen(
                    OutageCause::NameNotResolved,
                    format!("the name of {host} does not resolve"),
                    true,
                ),
            };
        }
        let io = || {
            causes(&error)
                .filter_map(|cause| cause.downcast_ref::<io::Error>())
                .flat_map(nested)
        };
        if io().any(is_exhaustion) {
            return exhausted(host);
        }
        let tls = causes(&error)
            .find_map(|cause| cause.downcast_ref::<rustls::Error>())
            .or_else(|| io().find_map(|error| error.get_ref()?.downcast_ref::<rustls::Error>()));
        if let Some(tls) = tls {
            // A certificate that is not believed now will not be believed in a moment.
            return Self::of(FetchError::Handshake(tls::handshake(host, tls)));
        }
        if error.is_timeout() {
            let detail = format!("{host} could not be connected to in time");
            return Self::late(OutageCause::NoConnection, detail, bound, took);
        }
        let detail = format!("{host} could not be asked: {}", root_cause(&error));
        match io().find_map(|error| cause_of(error.kind())) {
            Some(cause) => Self::seen(cause, detail, true),
            None => Self {
                error: FetchError::Unavailable { detail },
                is_held_back: false,
                cause: None,
                again: !error.is_builder(),
            },
        }
    }
}

/// What an error of the system says about the server. Returns `None` if it may be about this machine.
const fn cause_of(kind: ErrorKind) -> Option<OutageCause> {
    match kind {
        ErrorKind::ConnectionRefused => Some(OutageCause::ConnectionRefused),
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => Some(OutageCause::NoRoute),
        ErrorKind::ConnectionAborted
        | ErrorKind::ConnectionReset
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof => Some(OutageCause::ConnectionLost),
        _ => None,
    }
}

/// That an address may not be asked. It is not named: anyone who chose the host may not learn what it stands for here.
pub(super) fn not_allowed(host: &str, address: IpAddr) -> FetchError {
    let kind = if is_local(address) {
        "an address of this machine or its network link"
    } else {
        "an address that is not of the public internet"
    };
    FetchError::AddressNotAllowed {
        detail: format!("{host} is {kind}, which nobody allowed to be asked"),
    }
}

fn exhausted(host: &str) -> Failure {
    Failure::of(FetchError::Internal {
        detail: format!("no file or port is left for a connection to {host}"),
    })
}

/// An error of the system and those that it wraps. What it wraps is not its source.
fn nested(error: &io::Error) -> impl Iterator<Item = &io::Error> {
    std::iter::successors(Some(error), |error| {
        error.get_ref()?.downcast_ref::<io::Error>()
    })
}

pub(super) fn causes<'a>(
    error: &'a (dyn std::error::Error + 'static),
) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(
        Some(error),
        |error: &&'a (dyn std::error::Error + 'static)| error.source(),
    )
}

fn root_cause(error: &reqwest::Error) -> String {
    causes(error)
        .last()
        .map_or_else(|| error.to_string(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn running_out_of_files_is_a_fault_here_and_no_outage() {
        for number in [23, 24] {
            assert!(is_exhaustion(&io::Error::from_raw_os_error(number)));
        }
        for kind in [ErrorKind::AddrNotAvailable, ErrorKind::OutOfMemory] {
            assert!(is_exhaustion(&kind.into()) && cause_of(kind).is_none());
        }
        assert!(!is_exhaustion(&ErrorKind::ConnectionRefused.into()));
        assert_eq!(cause_of(ErrorKind::PermissionDenied), None);
        let failure = exhausted("r.example");
        assert!(failure.cause.is_none() && !failure.error.is_unavailable());
    }

    #[test]
    fn an_error_is_seen_through_what_wraps_it() {
        let refused = io::Error::from(ErrorKind::ConnectionRefused);
        let twice = io::Error::other(io::Error::other(refused));
        assert!(nested(&twice).any(|error| cause_of(error.kind()).is_some()));
    }

    #[test]
    fn a_bound_that_was_noticed_late_says_nothing_about_the_server() {
        let bound = Duration::from_secs(2);
        let late = |took| Failure::late(OutageCause::Silent, String::new(), bound, took).cause;
        assert_eq!(late(bound), Some(OutageCause::Silent));
        assert_eq!(late(bound * 2), None);
    }
}
