//! Pins as YAML to paste into a policy.

use std::fmt::Write as _;

use super::Pin;
use crate::style::printable;
use crate::trust::RootKey;

/// The `pins` block, with what it stands for in comments.
pub(super) fn block(pin: &Pin) -> String {
    let mut text = String::new();
    let mut say = |line: &str| {
        let _ = writeln!(text, "# {}", printable(line));
    };
    say(&format!(
        "{}: root of trust, version {}, expires {}",
        pin.gun, pin.root.version, pin.root.expires
    ));
    say(&format!("from {}", pin.source));
    if pin.first_use {
        say(
            "FIRST USE: nobody has checked this root; compare the key ID with one got in another way",
        );
    }
    if pin.root.threshold > 1 {
        say(&format!(
            "{} of these keys must sign each root",
            pin.root.threshold
        ));
    }
    let left_out = pin.root.keys.iter().filter(|key| !key.signed).count();
    if left_out > 0 {
        say(&format!(
            "left out: {left_out} of its keys, which have not signed it or have no certificate that counts now"
        ));
    }
    text.push_str("pins:\n  rootKeyIds:\n");
    for key in pin.root.keys.iter().filter(|key| key.signed) {
        entry(key, &mut text);
    }
    text
}

fn entry(key: &RootKey, text: &mut String) {
    if let Some(certificate) = &key.certificate {
        let name = certificate.common_name.as_deref().unwrap_or("none");
        let _ = writeln!(
            text,
            "  # certificate for {}\n  # valid {} to {}\n  # sha256 {}",
            printable(name),
            certificate.not_before,
            certificate.not_after,
            certificate.sha256
        );
    }
    let _ = writeln!(text, "  - {}", key.id);
}
