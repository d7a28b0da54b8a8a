//! Time stamps. Whatever is presented proves the one time at which the authority stamped, or nothing.

#![no_main]

use std::sync::LazyLock;

use doorward_core::Timestamp;
use doorward_crypto::{Certificate, verify_timestamp};
use doorward_fuzz::pki::{KNOWN, MESSAGE};
use libfuzzer_sys::fuzz_target;

/// The anchor, and the signer.
static AUTHORITY: LazyLock<(Certificate, Certificate)> = LazyLock::new(|| {
    let anchor = KNOWN.anchor();
    for (name, token) in KNOWN.stamps() {
        let good = verify_timestamp(&token, MESSAGE, std::slice::from_ref(&anchor));
        assert!(good.is_ok(), "{name} {good:?}");
    }
    (anchor, KNOWN.stamper())
});

/// 2024-06-01, half a second after which the stamps were made.
const STAMPED: Timestamp = Timestamp::from_unix(1_717_200_000);

fuzz_target!(|bytes: &[u8]| {
    let (anchor, signer) = &*AUTHORITY;
    let Ok(stamp) = verify_timestamp(bytes, MESSAGE, std::slice::from_ref(anchor)) else {
        return;
    };
    assert_eq!(stamp.generated(), STAMPED);
    assert!(stamp.earliest() <= STAMPED && STAMPED < stamp.latest());
    assert_eq!(
        (stamp.chain().leaf(), stamp.chain().root()),
        (signer, anchor)
    );
});
