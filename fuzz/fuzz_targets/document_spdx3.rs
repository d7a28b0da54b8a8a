//! SPDX 3: read, judged and asked a question, whatever the bytes.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| doorward_fuzz::documents::examine(bytes));
