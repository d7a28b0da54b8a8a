//! Time stamps. Whatever is presented proves the one time at which the authority stamped, or nothing.

#![no_main]

use std::sync::LazyLock;

use doorward_core::{Budget, BudgetExceeded, Meter, Timestamp};
use doorward_crypto::{Certificate, KnownSignatures, SignatureChecks, verify_timestamp};
use doorward_fuzz::pki::{KNOWN, MESSAGE};
use libfuzzer_sys::fuzz_target;

/// The anchor, and the signer.
static AUTHORITY: LazyLock<(Certificate, Certificate)> = LazyLock::new(|| {
    let anchor = KNOWN.anchor();
    for (name, token) in KNOWN.stamps() {
        let good = counted(|checks| {
            verify_timestamp(&token, MESSAGE, std::slice::from_ref(&anchor), checks)
        });
        assert!(good.is_ok(), "{name} {good:?}");
    }
    (anchor, KNOWN.stamper())
});

/// 2024-06-01, half a second after which the stamps were made.
const STAMPED: Timestamp = Timestamp::from_unix(1_717_200_000);

fuzz_target!(|bytes: &[u8]| {
    let (anchor, signer) = &*AUTHORITY;
    let Ok(stamp) =
        counted(|checks| verify_timestamp(bytes, MESSAGE, std::slice::from_ref(anchor), checks))
    else {
        return;
    };
    assert_eq!(stamp.generated(), STAMPED);
    assert!(stamp.earliest() <= STAMPED && STAMPED < stamp.latest());
    assert_eq!(
        (stamp.chain().leaf(), stamp.chain().root()),
        (signer, anchor)
    );
});

/// What comes of checks on an account that is large enough.
fn counted<T>(check: impl FnOnce(&mut SignatureChecks<'_>) -> Result<T, BudgetExceeded>) -> T {
    let (mut meter, mut known) = (Meter::new(Budget::default()), KnownSignatures::new());
    check(&mut SignatureChecks::new(&mut meter, &mut known)).expect("within the budget")
}
