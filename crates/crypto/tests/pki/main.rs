//! Chains, time stamps, OCSP responses and revocation lists as authorities make them, and with what an attacker would
//! change.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by a panic"
)]

mod account;
mod certificates;
mod fold;
mod leaves;
mod lists;
mod names;
mod ocsp;
mod ordered;
mod timestamps;

use doorward_core::{Budget, BudgetExceeded, Meter, Timestamp};
use doorward_crypto::{Certificate, KnownSignatures, SignatureChecks};
use doorward_testkit::Certified;

/// As the verifier reads it.
fn read(certified: &Certified) -> Certificate {
    Certificate::from_der(certified.der()).expect("a certificate")
}

/// What comes of checks on an account that is large enough.
fn counted<T>(check: impl FnOnce(&mut SignatureChecks<'_>) -> Result<T, BudgetExceeded>) -> T {
    let (mut meter, mut known) = (Meter::new(Budget::default()), KnownSignatures::new());
    check(&mut SignatureChecks::new(&mut meter, &mut known)).expect("within the budget")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}
