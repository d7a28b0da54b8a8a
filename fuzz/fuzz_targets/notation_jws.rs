//! Envelopes as JWS. What is read, a general parser reads in the same way, and what is verified is what was signed.

#![no_main]

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use doorward_core::{Budget, Meter};
use doorward_notation::{Envelope, KnownSignatures, SignatureChecks, SignedPayload};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const MEDIA_TYPE: &str = "application/jose+json";
const SEEDS: [&[u8]; 4] = [
    include_bytes!("../seeds/notation_jws/envelopes-jws-ok-ec521.jws"),
    include_bytes!("../seeds/notation_jws/envelopes-jws-ok-sa.jws"),
    include_bytes!("../seeds/notation_jws/envelopes-jws-ok-expiry.jws"),
    include_bytes!("../seeds/notation_jws/envelopes-jws-ext-noncrit.jws"),
];

static KNOWN: LazyLock<Vec<SignedPayload>> = LazyLock::new(|| {
    let read = |seed| verify(seed).expect("the envelope is good");
    SEEDS.into_iter().map(read).collect()
});

fn verify(bytes: &[u8]) -> Option<SignedPayload> {
    let envelope = Envelope::parse(MEDIA_TYPE, bytes).ok()?;
    let mut meter = Meter::new(Budget::default());
    let mut known = KnownSignatures::new();
    let signed = envelope
        .verify(None, &mut SignatureChecks::new(&mut meter, &mut known))
        .ok();
    assert!(meter.signatures() <= 11);
    signed
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(envelope) = Envelope::parse(MEDIA_TYPE, bytes) else {
        return;
    };
    let general: Value = serde_json::from_slice(bytes).expect("JSON");
    let members = general.as_object().expect("an object");
    assert_eq!(members.len(), 4, "{members:?}");
    let protected = general["protected"].as_str().expect("a text");
    let protected = URL_SAFE_NO_PAD.decode(protected).expect("base64");
    // Numbers in attributes may be such as no machine number can hold.
    if let Ok(protected) = serde_json::from_slice::<Value>(&protected) {
        assert_eq!(protected["alg"], envelope.unverified_algorithm());
        let scheme = protected["io.cncf.notary.signingScheme"].as_str();
        assert_eq!(scheme, envelope.unverified_scheme());
    }
    let certificates = envelope.unverified_certificates();
    assert!((1..=10).contains(&certificates.len()));
    let _ = envelope.unverified_payload();
    if let Some(signed) = verify(bytes) {
        let known = KNOWN
            .iter()
            .find(|known| known.signature() == signed.signature());
        // Other seeds are signed as well; nothing else is.
        if let Some(known) = known {
            assert_eq!(known.payload(), signed.payload());
            assert_eq!(known.chain(), signed.chain());
            assert_eq!(known.signing_time(), signed.signing_time());
            assert_eq!(known.expiry(), signed.expiry());
            assert_eq!(known.extended_attributes(), signed.extended_attributes());
        }
    }
});
