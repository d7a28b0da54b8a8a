//! Provenance and verification summaries: read and held against rules, whatever the predicate.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doorward_fuzz::origins::examine(bytes));
