//! Pins as YAML to paste into a policy.

use doorward::notary::RootKey;

use super::Pin;
use crate::text::Text;

/// The `pins` block, with what it stands for in comments.
pub(super) fn block(pin: &Pin) -> Text {
    let mut text = Text::new();
    let mut say = |line: String| {
        text.line([format!("# {line}").into()]);
    };
    say(format!(
        "{}: root of trust, version {}, expires {}",
        pin.gun, pin.root.version, pin.root.expires
    ));
    say(format!("from {}", pin.source));
    if pin.first_use {
        say(
            "FIRST USE: nobody has checked this root; compare the key ID with one got in another way"
                .to_owned(),
        );
    }
    if pin.root.threshold > 1 {
        say(format!(
            "{} of these keys must sign each root",
            pin.root.threshold
        ));
    }
    let left_out = pin.root.keys.iter().filter(|key| !key.signed).count();
    if left_out > 0 {
        say(format!(
            "left out: {left_out} of its keys, which have not signed it or have no certificate that counts now"
        ));
    }
    text.prose("pins:\n  rootKeyIds:");
    for key in pin.root.keys.iter().filter(|key| key.signed) {
        entry(key, &mut text);
    }
    text
}

fn entry(key: &RootKey, text: &mut Text) {
    if let Some(certificate) = &key.certificate {
        let name = certificate.common_name.as_deref().unwrap_or("none");
        text.line([format!("  # certificate for {name}").into()])
            .line([format!(
                "  # valid {} to {}",
                certificate.not_before, certificate.not_after
            )
            .into()])
            .line([format!("  # sha256 {}", certificate.sha256).into()]);
    }
    text.line([format!("  - {}", key.id).into()]);
}
