//! Chains, time stamps, OCSP responses and revocation lists as authorities make them, and with what an attacker would
//! change.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by a panic"
)]

mod certificates;
mod fold;
mod leaves;
mod lists;
mod ocsp;
mod ordered;
mod timestamps;

use doorward_core::Timestamp;
use doorward_crypto::Certificate;
use doorward_testkit::Certified;

/// As the verifier reads it.
fn read(certified: &Certified) -> Certificate {
    Certificate::from_der(certified.der()).expect("a certificate")
}

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}
