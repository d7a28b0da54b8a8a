//! Statements of in-toto: read, and their predicates as documents, whatever the bytes.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doorward_fuzz::origins::state(bytes));
