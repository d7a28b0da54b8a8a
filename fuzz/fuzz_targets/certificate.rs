//! Certificates, alone and in bundles. Whatever is presented, the path to a known authority is there only for the key
//! and name that it certified, and only while it did.

#![no_main]

use std::sync::LazyLock;

use doorward_core::Timestamp;
use doorward_crypto::{Certificate, Purpose, verify_chain};
use doorward_fuzz::notary::NOW;
use libfuzzer_sys::fuzz_target;

/// Seeds that were taken out of one case of the Notary vectors: the authority, and the chain that it certified.
const AUTHORITIES: &[u8] = include_bytes!("../seeds/certificate/pin-ca-serverauth-eku-ca0.pem");
const CHAIN: &[u8] = include_bytes!("../seeds/certificate/pin-ca-serverauth-eku.pem");

const PURPOSES: [Purpose; 3] = [Purpose::CodeSigning, Purpose::ServerAuth, Purpose::Any];

/// The authorities and, checked, the chain that one of them certified.
struct Known {
    authorities: Vec<Certificate>,
    chain: Vec<Certificate>,
}

static KNOWN: LazyLock<Known> = LazyLock::new(|| {
    let read = |pem| Certificate::from_pem(pem).expect("the certificates are good");
    let (authorities, chain) = (read(AUTHORITIES), read(CHAIN));
    assert!(accepted(&chain, &authorities, NOW), "the chain is good");
    Known { authorities, chain }
});

fn accepted(chain: &[Certificate], anchors: &[Certificate], now: Timestamp) -> bool {
    let Some((leaf, issuers)) = chain.split_first() else {
        return false;
    };
    let Ok(proof) = verify_chain(leaf, issuers, anchors, &PURPOSES, now) else {
        return false;
    };
    // The proof is about what was presented, and about nothing else.
    assert_eq!((proof.leaf(), proof.verified_at()), (leaf, now));
    assert!(
        proof
            .intermediates()
            .iter()
            .all(|used| issuers.contains(used))
    );
    assert!(anchors.contains(proof.anchor()));
    assert!(proof.path().all(|certificate| certificate.is_valid_at(now)));
    true
}

fuzz_target!(|bytes: &[u8]| {
    let known = &*KNOWN;
    let presented = match Certificate::from_der(bytes) {
        Ok(certificate) => {
            assert!(
                Certificate::from_pem(bytes).is_err(),
                "no bytes are both forms"
            );
            vec![certificate]
        }
        Err(_) => match Certificate::from_pem(bytes) {
            Ok(certificates) => certificates,
            Err(_) => return,
        },
    };
    assert!(!presented.is_empty() && presented.len() <= 256);
    for certificate in &presented {
        assert_eq!(
            Certificate::from_der(certificate.der()).as_ref(),
            Ok(certificate)
        );
    }
    // As it is, and with the issuers that belong to the known one.
    let mut completed = vec![presented[0].clone()];
    completed.extend(known.chain.iter().skip(1).cloned());
    for chain in [&presented, &completed] {
        for now in [NOW, chain[0].not_after(), chain[0].not_after().plus(1)] {
            if !accepted(chain, &known.authorities, now) {
                continue;
            }
            let leaf = &chain[0];
            let certified = known.chain.iter().chain(&known.authorities).any(|known| {
                known.key() == leaf.key()
                    && known.common_name() == leaf.common_name()
                    && (known.not_before(), known.not_after())
                        == (leaf.not_before(), leaf.not_after())
            });
            assert!(
                certified,
                "a certificate that no authority signed: {leaf:?}"
            );
            assert!(leaf.is_valid_at(now), "not valid at {now}: {leaf:?}");
        }
    }
    // Nothing presented is an authority by itself for the known chain, unless it is one of its own.
    if accepted(&known.chain, &presented, NOW) {
        let own = |key| {
            known
                .chain
                .iter()
                .chain(&known.authorities)
                .any(|known| known.key() == key)
        };
        assert!(presented.iter().any(|anchor| own(anchor.key())));
    }
});
