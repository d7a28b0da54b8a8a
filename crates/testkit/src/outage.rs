//! What a transport says of a server that is out.

use doorward_core::{FetchError, Outage, OutageCause};

/// The error of a fetch from a server that is out, with the evidence that a real transport would have.
///
/// ```
/// assert!(doorward_testkit::outage("r.example is down").outage().is_some());
/// ```
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "stands in for the transport in tests without one"
)]
pub fn outage(detail: &str) -> FetchError {
    FetchError::Outage(Outage::witnessed(OutageCause::ConnectionRefused, detail))
}
