//! Stored signatures. Arbitrary bytes beside the image are accepted only if one of the trusted keys signed this very
//! claim; showing them without verifying never fails otherwise than by saying so.

#![no_main]

use doorward_core::{Budget, Meter};
use doorward_fuzz::{DIGEST, IMAGE, NOW, is_trusted, requirement, subject};
use doorward_simple_signing::{SignatureBlob, evaluate, unframe, unverified_claim};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = unverified_claim(bytes);
    if let Ok(message) = unframe(bytes) {
        assert!(bytes.ends_with(message));
    }
    let mut meter = Meter::new(Budget::default());
    let blob = SignatureBlob::new(bytes, "fuzz");
    let verdict = evaluate(&[requirement()], &subject(), &[blob], NOW, &mut meter);
    assert!(
        meter.signatures() <= 16,
        "one blob cost {} verifications",
        meter.signatures()
    );
    if let Ok(accepted) = verdict {
        let [claim] = accepted.claims() else {
            panic!("accepted without a claim");
        };
        assert_eq!(claim.reference(), IMAGE);
        assert_eq!(claim.digest(), &*DIGEST);
        assert!(is_trusted(claim.fingerprint()));
    }
});
