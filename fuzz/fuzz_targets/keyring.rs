//! Key rings. Whatever bytes are given as keys, a signature is accepted only by a ring that has the key that made it.

#![no_main]

use doorward_core::{Budget, Meter};
use doorward_fuzz::{KEYS, NOW, SIGNATURES, is_trusted, subject};
use doorward_simple_signing::{Keyring, Requirement, SignatureBlob, SignedIdentity, evaluate};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // Beside good keys the bytes may revoke one, and can never bring another.
    let beside = Keyring::with_revocations(KEYS, [bytes]);
    if let Ok(ring) = &beside {
        assert_eq!(ring.certificates().len(), KEYS.len());
    }
    let Ok(ring) = Keyring::parse([bytes]) else {
        return;
    };
    assert!(!ring.certificates().is_empty());
    for certificate in ring.certificates() {
        assert!(
            certificate
                .fingerprint()
                .bytes()
                .all(|b| b.is_ascii_hexdigit())
        );
        for user in certificate.user_ids() {
            assert!(user.chars().count() <= 256 && !user.contains(char::is_control));
        }
    }
    let fingerprints: Vec<_> = ring
        .certificates()
        .iter()
        .map(|c| c.fingerprint().to_owned())
        .collect();
    let requirement = Requirement::SignedBy {
        keyring: ring.into(),
        identity: SignedIdentity::MatchExact,
    };
    for signature in SIGNATURES {
        let mut meter = Meter::new(Budget::default());
        let blob = SignatureBlob::new(signature, "known");
        if let Ok(accepted) = evaluate(&[requirement.clone()], &subject(), &[blob], NOW, &mut meter)
        {
            for claim in accepted.claims() {
                assert!(fingerprints.iter().any(|f| f == claim.fingerprint()));
                assert!(
                    is_trusted(claim.fingerprint()),
                    "a ring that somebody made up accepts a real signature"
                );
            }
        }
    }
});
