//! OCSP responses. Whatever is presented, a certificate that its issuer revoked is not good.

#![no_main]

use std::sync::LazyLock;

use doorward_core::{Budget, BudgetExceeded, Meter};
use doorward_crypto::{
    Certificate, KnownSignatures, OcspResponse, OcspStatus, SignatureChecks, check_ocsp,
};
use doorward_fuzz::pki::{KNOWN, now};
use libfuzzer_sys::fuzz_target;

static REVOKED: LazyLock<[Certificate; 2]> = LazyLock::new(|| {
    let [certificate, issuer] = KNOWN.revoked();
    let says: Vec<_> = KNOWN
        .responses()
        .iter()
        .map(|(_, response)| {
            counted(|checks| check_ocsp(response, &certificate, &issuer, now(), checks)).is_ok()
        })
        .collect();
    assert_eq!(says, [true, true, false, false]);
    [certificate, issuer]
});

fuzz_target!(|bytes: &[u8]| {
    let [certificate, issuer] = &*REVOKED;
    let Ok(response) = counted(|checks| check_ocsp(bytes, certificate, issuer, now(), checks))
    else {
        return;
    };
    match response {
        OcspResponse::Confirmed {
            status: OcspStatus::Revoked(revocation),
            ..
        } => {
            assert_eq!(revocation.time, now());
        }
        other => panic!("the issuer never said so: {other:?}"),
    }
});

/// What comes of checks on an account that is large enough.
fn counted<T>(check: impl FnOnce(&mut SignatureChecks<'_>) -> Result<T, BudgetExceeded>) -> T {
    let (mut meter, mut known) = (Meter::new(Budget::default()), KnownSignatures::new());
    check(&mut SignatureChecks::new(&mut meter, &mut known)).expect("within the budget")
}
