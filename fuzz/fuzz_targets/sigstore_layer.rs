//! Layers of signature manifests with their annotations: one object, whose member `payload` is the claim.

#![no_main]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use doorward_core::Witness;
use doorward_fuzz::sigstore::{digests, judge};
use doorward_sigstore::Candidate;
use libfuzzer_sys::fuzz_target;

const SIGNED: [&[u8]; 5] = [
    include_bytes!("../seeds/sigstore_layer/legacy-key.json"),
    include_bytes!("../seeds/sigstore_layer/legacy-ed25519.json"),
    include_bytes!("../seeds/sigstore_layer/legacy-email.json"),
    include_bytes!("../seeds/sigstore_layer/legacy-tsa.json"),
    include_bytes!("../seeds/sigstore_layer/key-rekor1-legacy.json"),
];

fn read(bytes: &[u8]) -> Option<Candidate> {
    let mut annotations: BTreeMap<String, String> = serde_json::from_slice(bytes).ok()?;
    let payload = annotations.remove("payload")?;
    Candidate::layer(payload.into(), &annotations).ok()
}

static SIGNED_FOR: LazyLock<Vec<String>> = LazyLock::new(|| {
    let read = |seed| {
        let candidate = read(seed).expect("the layer is good");
        judge(&candidate).expect("the signature is good");
        candidate
    };
    digests(SIGNED.map(read))
});

fuzz_target!(|bytes: &[u8]| {
    let Some(candidate) = read(bytes) else {
        return;
    };
    let _ = candidate.unverified_signer();
    if let Some(accepted) = judge(&candidate) {
        let digest = accepted.digest().to_string();
        assert!(SIGNED_FOR.contains(&digest), "{digest}");
    }
});
