//! Bundles of sigstore: nothing is accepted that nobody has signed, and what is read can be judged.

#![no_main]

use std::sync::LazyLock;

use bytes::Bytes;
use doorward_core::Witness;
use doorward_fuzz::sigstore::{digests, judge, state};
use doorward_sigstore::{COSIGN_SIGNATURE, Candidate};
use libfuzzer_sys::fuzz_target;

const SIGNED: [&[u8]; 5] = [
    include_bytes!("../seeds/sigstore_bundle/bundle-key.json"),
    include_bytes!("../seeds/sigstore_bundle/bundle-key-annot.json"),
    include_bytes!("../seeds/sigstore_bundle/v1-email.json"),
    include_bytes!("../seeds/sigstore_bundle/v1-notsa.json"),
    include_bytes!("../seeds/sigstore_bundle/v2-email.json"),
];
const STATED: [&[u8]; 1] = [include_bytes!(
    "../seeds/sigstore_bundle/attest-bundle.json"
)];
/// By a key that is trusted, too, and in a log beside.
const LOGGED: &[u8] = include_bytes!("../seeds/sigstore_bundle/key-rekor1-bundle.json");

fn read(seed: &[u8]) -> Candidate {
    Candidate::bundle(Bytes::copy_from_slice(seed)).expect("the bundle is good")
}

static SIGNED_FOR: LazyLock<Vec<String>> = LazyLock::new(|| {
    for seed in SIGNED {
        judge(&read(seed)).expect("the signature is good");
    }
    digests(SIGNED.into_iter().chain([LOGGED]).map(read))
});

static STATED_OF: LazyLock<Vec<String>> = LazyLock::new(|| {
    for seed in STATED {
        state(&read(seed)).expect("the statement is good");
    }
    digests(STATED.map(read))
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(candidate) = Candidate::bundle(Bytes::copy_from_slice(bytes)) else {
        return;
    };
    let _ = (
        candidate.unverified_signer(),
        candidate.unverified_key_hint(),
    );
    if let Some(accepted) = judge(&candidate) {
        let digest = accepted.digest().to_string();
        assert!(SIGNED_FOR.contains(&digest), "{digest}");
    }
    if let Some(attested) = state(&candidate)
        && attested.predicate_type() != COSIGN_SIGNATURE
    {
        let digest = attested.digest().to_string();
        assert!(STATED_OF.contains(&digest), "{digest}");
    }
});
