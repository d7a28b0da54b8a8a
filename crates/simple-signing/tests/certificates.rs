//! Certificates put together packet by packet: what is revoked stays refused wherever the revocation stands, and what
//! cannot be read harms nothing but itself.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_methods,
    missing_docs,
    unreachable_pub,
    reason = "a test stops at what it does not expect"
)]

#[path = "certificates/build.rs"]
mod build;
#[path = "certificates/forbids.rs"]
mod forbids;
#[path = "certificates/gnupg.rs"]
mod gnupg;
#[path = "certificates/made.rs"]
mod made;
#[path = "certificates/odd.rs"]
mod odd;
#[path = "certificates/passed_over.rs"]
mod passed_over;
#[path = "certificates/ranks.rs"]
mod ranks;
#[path = "certificates/revocations.rs"]
mod revocations;
#[path = "certificates/wherever.rs"]
mod wherever;
