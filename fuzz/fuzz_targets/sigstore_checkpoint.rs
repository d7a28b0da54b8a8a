//! The checkpoint of a log: whatever stands in its place in a bundle that is good, the bundle counts only with the tree head that
//! the log signed.

#![no_main]

use std::sync::LazyLock;

use bytes::Bytes;
use doorward_fuzz::sigstore::judge;
use doorward_sigstore::Candidate;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

/// The first version of the log, which also promises, and the second, for which the checkpoint is all there is.
const BUNDLES: [&[u8]; 2] = [
    include_bytes!("../seeds/sigstore_bundle/v1-email.json"),
    include_bytes!("../seeds/sigstore_bundle/v2-email.json"),
];
const CHECKPOINT: &str = "/verificationMaterial/tlogEntries/0/inclusionProof/checkpoint/envelope";

/// A bundle, and its own checkpoint.
struct Logged {
    bundle: Value,
    envelope: String,
}

static LOGGED: LazyLock<[Logged; 2]> = LazyLock::new(|| {
    BUNDLES.map(|bytes| {
        let bundle: Value = serde_json::from_slice(bytes).expect("the bundle is JSON");
        let envelope = bundle.pointer(CHECKPOINT).and_then(Value::as_str);
        let envelope = envelope.expect("the bundle has a checkpoint").to_owned();
        let logged = Logged { bundle, envelope };
        assert!(
            logged.counts_with(&logged.envelope),
            "the checkpoint is good"
        );
        logged
    })
});

/// What is signed of a checkpoint: all before the blank line.
fn head(envelope: &str) -> &str {
    envelope.split("\n\n").next().unwrap_or_default()
}

impl Logged {
    fn counts_with(&self, envelope: &str) -> bool {
        let mut bundle = self.bundle.clone();
        *bundle.pointer_mut(CHECKPOINT).expect("a checkpoint") = envelope.into();
        let bytes = Bytes::from(bundle.to_string());
        Candidate::bundle(bytes).is_ok_and(|candidate| judge(&candidate).is_some())
    }
}

fuzz_target!(|envelope: &str| {
    for logged in &*LOGGED {
        if logged.counts_with(envelope) {
            assert_eq!(head(envelope), head(&logged.envelope));
        }
    }
});
