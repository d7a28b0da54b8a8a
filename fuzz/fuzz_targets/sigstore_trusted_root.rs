//! Trusted roots: what is read is read in one way, and its ends can be told.

#![no_main]

use doorward_sigstore::TrustedRoot;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(root) = TrustedRoot::parse(bytes) else {
        return;
    };
    let again = TrustedRoot::parse(bytes).expect("it was read before");
    assert_eq!(root.digest(), again.digest());
    let expiries = root.expiries();
    assert!(expiries.len() <= 4);
    assert_eq!(expiries, again.expiries());
    let _ = (
        root.has_log(),
        root.has_certificate_log(),
        root.has_timestamp_authority(),
    );
});
