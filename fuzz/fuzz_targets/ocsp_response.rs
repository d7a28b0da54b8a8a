//! OCSP responses. Whatever is presented, a certificate that its issuer revoked is not good.

#![no_main]

use std::sync::LazyLock;

use doorward_crypto::{Certificate, OcspResponse, OcspStatus, check_ocsp};
use doorward_fuzz::pki::{KNOWN, now};
use libfuzzer_sys::fuzz_target;

static REVOKED: LazyLock<[Certificate; 2]> = LazyLock::new(|| {
    let [certificate, issuer] = KNOWN.revoked();
    let says: Vec<_> = KNOWN
        .responses()
        .iter()
        .map(|(_, response)| check_ocsp(response, &certificate, &issuer, now()).is_ok())
        .collect();
    assert_eq!(says, [true, true, false, false]);
    [certificate, issuer]
});

fuzz_target!(|bytes: &[u8]| {
    let [certificate, issuer] = &*REVOKED;
    let Ok(response) = check_ocsp(bytes, certificate, issuer, now()) else {
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
