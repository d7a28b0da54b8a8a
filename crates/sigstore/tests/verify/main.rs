//! What verifying refuses, and by which code. Whatever is allowed here is a control: the same without the fault.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs,
    unreachable_pub,
    reason = "a test reads its cases from files and stops at what it cannot read"
)]

mod attested;
mod bounds;
mod flips;
mod keyless;
mod keys;
mod log;
mod made;
mod own_authority;
mod own_signers;
mod roots;
#[path = "../support/mod.rs"]
mod support;

use doorward_core::{Code, Rejection};

/// The code of a refusal.
fn code<T: std::fmt::Debug>(outcome: Result<T, Rejection>) -> Code {
    outcome.expect_err("it is refused").code()
}
