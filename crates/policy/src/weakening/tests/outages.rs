//! Entries that admit during outages.

use super::*;

#[test]
fn while_outages_are_forgiven_another_store_counts_as_weaker() {
    let entry = |on: &str, place: &str| {
        body(&format!(
            "{{onUnavailable: {on}, simple: {{{place}requirements: [{{type: signedBy, keySecret: k}}]}}}}"
        ))
    };
    let demands = "ClusterImagePolicy p: entry \"a/*\" no longer demands all it did";
    let outages = "ClusterImagePolicy p: entry \"a/*\" admits during outages";
    let one = "storeURL: 'https://one.example', ";
    let places = [
        "",
        one,
        "storeURL: 'https://two.example', ",
        "storeURL: 'https://one.example', storeSecret: s, ",
    ];
    for other in places.into_iter().filter(|other| *other != one) {
        for (was, is) in [(one, other), (other, one)] {
            for (before, after, said) in [
                ("warn", "warn", &[demands][..]),
                ("deny", "warn", &[outages]),
                ("warn", "deny", &[]),
                ("deny", "deny", &[]),
            ] {
                let (before, after) = (entry(before, was), entry(after, is));
                assert_eq!(found(&before, &after), said, "{before} -> {after}");
            }
        }
    }
    for place in places {
        let same = entry("warn", place);
        assert_eq!(found(&same, &same), [] as [&str; 0]);
    }
    // What rejects everything asks nobody.
    let rejects = body(
        "{onUnavailable: warn, simple: {storeURL: 'https://two.example', requirements: [{type: reject}]}}",
    );
    assert_eq!(found(&entry("warn", one), &rejects), [] as [&str; 0]);
}

#[test]
fn while_outages_are_forgiven_another_trust_server_counts_as_weaker() {
    let entry = |server: &str| {
        body(&format!(
            "{{onUnavailable: warn, trust: {{enabled: true, trustServer: 'https://{server}.example'}}}}"
        ))
    };
    assert_eq!(found(&entry("one"), &entry("two")).len(), 1);
    assert_eq!(found(&entry("one"), &entry("one")).len(), 0);
}
