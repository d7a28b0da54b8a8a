//! Envelopes with statements, as attestation layers have them: nothing is accepted that nobody has signed, and none of them says
//! that an image is signed.

#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use bytes::Bytes;
use doorward_core::Witness;
use doorward_fuzz::sigstore::{digests, judge, state};
use doorward_sigstore::Candidate;
use libfuzzer_sys::fuzz_target;

const STATED: [&[u8]; 2] = [
    include_bytes!("../seeds/sigstore_envelope/attest-legacy-0.json"),
    include_bytes!("../seeds/sigstore_envelope/attest-legacy-1.json"),
];

static STATED_OF: LazyLock<Vec<String>> = LazyLock::new(|| {
    let read = |seed| {
        let candidate = Candidate::attestation(Bytes::from_static(seed), &BTreeMap::new());
        let candidate = candidate.expect("the envelope is good");
        state(&candidate).expect("the statement is good");
        candidate
    };
    digests(STATED.map(read))
});

fuzz_target!(|bytes: &[u8]| {
    let bytes = Bytes::copy_from_slice(bytes);
    let Ok(candidate) = Candidate::attestation(bytes, &BTreeMap::new()) else {
        return;
    };
    assert!(judge(&candidate).is_none());
    if let Some(attested) = state(&candidate) {
        let digest = attested.digest().to_string();
        assert!(STATED_OF.contains(&digest), "{digest}");
        serde_json::from_slice::<&serde_json::value::RawValue>(attested.predicate())
            .expect("a predicate is JSON");
    }
});
