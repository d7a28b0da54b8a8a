//! What must not compile: making proofs without verifying, and reading a claim that nobody verified as if it were.

#![allow(missing_docs, reason = "a test")]

#[test]
fn proofs_cannot_be_made_and_claims_cannot_be_read_unverified() {
    trybuild::TestCases::new().compile_fail("tests/compile_fail/*.rs");
}
