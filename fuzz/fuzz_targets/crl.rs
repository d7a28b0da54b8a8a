//! Revocation lists, as the complete one and as one of changes. Whatever is presented, a certificate that its issuer
//! revoked is not good.

#![no_main]

use std::sync::LazyLock;

use doorward_core::{Budget, BudgetExceeded, Meter};
use doorward_crypto::{
    Certificate, KnownSignatures, ListError, ListStatus, RevocationList, SignatureChecks,
    check_list,
};
use doorward_fuzz::pki::{KNOWN, now};
use libfuzzer_sys::fuzz_target;

struct Known {
    certificate: Certificate,
    issuer: Certificate,
    /// The complete list in which the certificate is on hold.
    held: Vec<u8>,
    changes: Vec<u8>,
}

static REVOKED: LazyLock<Known> = LazyLock::new(|| {
    let [certificate, issuer] = KNOWN.revoked();
    let mut lists = KNOWN.lists().into_iter().map(|(_, list)| list);
    let (held, changes) = (lists.next().expect("one"), lists.next().expect("two"));
    let known = Known {
        certificate,
        issuer,
        held,
        changes,
    };
    assert!(known.check(&known.held, Some(&known.changes)).is_ok());
    known
});

impl Known {
    fn check(&self, base: &[u8], changes: Option<&[u8]>) -> Result<(), ListError> {
        let base = RevocationList::from_der(base)?;
        let changes = changes.map(RevocationList::from_der).transpose()?;
        let (certificate, issuer) = (&self.certificate, &self.issuer);
        match counted(|checks| {
            check_list(certificate, issuer, &base, changes.as_ref(), now(), checks)
        })? {
            ListStatus::Revoked(revocation) => {
                assert_eq!(revocation.time, now());
                Ok(())
            }
            ListStatus::Good => panic!("the issuer never said so"),
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let known = &*REVOKED;
    let _ = known.check(bytes, None);
    let _ = known.check(bytes, Some(&known.changes));
    let _ = known.check(&known.held, Some(bytes));
});

/// What comes of checks on an account that is large enough.
fn counted<T>(check: impl FnOnce(&mut SignatureChecks<'_>) -> Result<T, BudgetExceeded>) -> T {
    let (mut meter, mut known) = (Meter::new(Budget::default()), KnownSignatures::new());
    check(&mut SignatureChecks::new(&mut meter, &mut known)).expect("within the budget")
}
