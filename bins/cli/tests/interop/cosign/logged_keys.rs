//! Signatures by a key that stand in a log as well.

use doorward_testkit::{SigstoreInstance, SigstoreLog};
use serde_json::Value;

use super::instance::Keyless;
use super::site::{ALLOWED, KEY, Maker, refused};

/// From now on `doorward` demands a signature by the key, and that it stands in a log of this trusted root.
fn demand_a_log(keyless: &Keyless, key: &str, root: &Value) {
    let (public, root) = (keyless.site.public(key), root.to_string());
    let secrets = [
        ("key", "cosign.pub", public.as_str()),
        ("root", "trusted_root.json", root.as_str()),
    ];
    let authority = "{keySecret: key, log: required, trustRootSecret: root}";
    keyless.site.govern(&secrets, authority);
}

#[test]
fn a_signature_by_a_key_counts_where_a_log_is_demanded_if_it_stands_in_that_log() {
    let Some(keyless) = Keyless::set_up() else {
        return;
    };
    let other = SigstoreInstance::start_blocking("other").trusted_root();
    for (name, log) in [
        ("first", SigstoreLog::First),
        ("second", SigstoreLog::Second),
    ] {
        let image = keyless.site.push(&format!("logged-{name}"));
        keyless.sign_with_key(log, &image);
        demand_a_log(&keyless, KEY, &keyless.root);
        assert_eq!(keyless.site.doorward(&image), ALLOWED, "{log:?}");
        demand_a_log(&keyless, "stranger", &keyless.root);
        let (exit, code) = keyless.site.doorward(&image);
        assert_eq!((exit, code), refused("sigstore-unknown-key"), "{log:?}");
        let mut root = keyless.root.clone();
        root["tlogs"] = other["tlogs"].clone();
        demand_a_log(&keyless, KEY, &root);
        assert_eq!(
            keyless.site.doorward(&image),
            refused("sigstore-log-untrusted"),
            "{log:?}"
        );
        // Nobody need ask the log where none is demanded.
        keyless.site.trust(KEY, "");
        assert_eq!(keyless.site.doorward(&image), ALLOWED, "{log:?}");
    }
}

#[test]
fn a_signature_by_a_key_that_stands_in_no_log_is_refused_where_one_is_demanded() {
    let Some(keyless) = Keyless::set_up() else {
        return;
    };
    demand_a_log(&keyless, KEY, &keyless.root);
    for (number, maker) in Maker::SIGNERS.into_iter().enumerate() {
        let image = keyless.site.push(&format!("unlogged-key{number}"));
        keyless.site.sign(maker, KEY, &[], &image);
        assert_eq!(
            keyless.site.doorward(&image),
            refused("sigstore-log-missing"),
            "{maker:?}"
        );
    }
}
