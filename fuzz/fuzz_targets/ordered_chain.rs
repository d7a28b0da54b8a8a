//! Chains that are given in order. What is accepted keeps the rules, and nobody certified a key that is not known.

#![no_main]

use std::sync::LazyLock;

use doorward_core::{Budget, BudgetExceeded, Meter};
use doorward_crypto::{Certificate, KnownSignatures, Profile, SignatureChecks, verify_ordered};
use doorward_fuzz::pki::{KNOWN, now};
use libfuzzer_sys::fuzz_target;

static CERTIFICATES: LazyLock<Vec<Certificate>> = LazyLock::new(|| {
    for (name, pem) in KNOWN.chains() {
        let chain = Certificate::from_pem(&pem).expect("certificates");
        let profiles = [Profile::CodeSigning, Profile::TimeStamping];
        let good = profiles
            .into_iter()
            .any(|profile| counted(|checks| verify_ordered(&chain, profile, None, checks)).is_ok());
        assert!(good, "{name}");
    }
    KNOWN.all()
});

fuzz_target!(|bytes: &[u8]| {
    let known = &*CERTIFICATES;
    let Ok(chain) = Certificate::from_pem(bytes) else {
        return;
    };
    for certificate in &chain {
        // What is decoded on demand ends, with something or nothing.
        let _ = (certificate.subject(), certificate.alternative_names());
        let _ = (certificate.ocsp_addresses(), certificate.list_addresses());
    }
    for profile in [Profile::CodeSigning, Profile::TimeStamping] {
        let Ok(proof) = counted(|checks| verify_ordered(&chain, profile, None, checks)) else {
            continue;
        };
        assert!(proof.certificates().eq(&chain) && chain.len() <= 10);
        assert!(!proof.leaf().is_authority() && proof.root().is_self_issued());
        assert!(chain.iter().skip(1).all(Certificate::is_authority));
        for pair in chain.windows(2) {
            assert_eq!(pair[0].issuer_der(), pair[1].subject_der());
        }
        let valid = chain
            .iter()
            .all(|certificate| certificate.is_valid_at(now()));
        assert_eq!(proof.valid_at(now()).is_ok(), valid);
        for certificate in &chain {
            let certified = known.iter().any(|known| known.key() == certificate.key());
            assert!(
                certified,
                "a certificate that nobody signed: {certificate:?}"
            );
        }
    }
});

/// What comes of checks on an account that is large enough.
fn counted<T>(check: impl FnOnce(&mut SignatureChecks<'_>) -> Result<T, BudgetExceeded>) -> T {
    let (mut meter, mut known) = (Meter::new(Budget::default()), KnownSignatures::new());
    check(&mut SignatureChecks::new(&mut meter, &mut known)).expect("within the budget")
}
