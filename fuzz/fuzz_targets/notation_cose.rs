//! Envelopes as COSE. What is verified is what was signed.

#![no_main]

use std::sync::LazyLock;

use doorward_core::{Budget, Meter};
use doorward_notation::{Envelope, KnownSignatures, SignatureChecks, SignedPayload};
use libfuzzer_sys::fuzz_target;

const MEDIA_TYPE: &str = "application/cose";
const SEEDS: [&[u8]; 4] = [
    include_bytes!("../seeds/notation_cose/envelopes-cose-ok-ec256.cose"),
    include_bytes!("../seeds/notation_cose/envelopes-cose-ok-sa-expiry.cose"),
    include_bytes!("../seeds/notation_cose/envelopes-cose-ext-noncrit.cose"),
    include_bytes!("../seeds/notation_cose/envelopes-cose-shape-ext-tagged.cose"),
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
    // The tag 18, in the shortest form or a longer one (RFC 9052, section 4.2).
    assert!(matches!(bytes[0], 0xd2 | 0xd8..=0xdb), "{:x}", bytes[0]);
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
