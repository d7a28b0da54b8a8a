//! Licences that are denied.

use doorward_documents::{InventoryRules, License, LicensePattern};

use crate::made::inventory;

#[test]
fn a_licence_is_denied_only_if_no_choice_is_left() {
    for (license, patterns, denied) in [
        ("MIT", &["MIT"][..], true),
        ("mit", &["MIT"], true),
        ("MIT", &["MI"], false),
        ("AGPL-3.0-only", &["AGPL-*"], true),
        ("LGPL-2.1-only", &["GPL-*"], false),
        ("MIT OR GPL-3.0-only", &["GPL-*"], false),
        ("MIT OR GPL-3.0-only", &["GPL-*", "MIT"], true),
        ("MIT AND GPL-3.0-only", &["GPL-*"], true),
        ("MIT OR Apache-2.0 AND GPL-3.0-only", &["GPL-*"], false),
        ("(MIT OR Apache-2.0) AND GPL-3.0-only", &["GPL-*"], true),
        (
            "(MIT OR GPL-2.0-only) AND (Zlib OR GPL-3.0-only)",
            &["GPL-*"],
            false,
        ),
        // SPDX 2.3, annex D.2: operators are matched in a case-sensitive manner.
        ("mit or gpl-3.0-only", &["GPL-*"], true),
        ("MIT Or GPL-3.0-only", &["GPL-*"], true),
        (
            "GPL-2.0-only WITH Classpath-exception-2.0",
            &["GPL-2.0-only"],
            true,
        ),
        (
            "GPL-2.0-only WITH Classpath-exception-2.0",
            &["GPL-2.0-only WITH Classpath-*"],
            true,
        ),
        ("GPL-2.0-only", &["GPL-2.0-only WITH Classpath-*"], false),
        ("GPL-2.0", &["GPL-2.0-only"], true),
        ("GPL-2.0-only", &["GPL-2.0"], true),
        ("GPL-2.0+", &["GPL-2.0-or-later"], true),
        ("GPL-2.0-or-later", &["GPL-2.0+"], true),
        ("GPL-2.0-or-later", &["GPL-2.0"], true),
        ("GPL-2.0-or-later", &["GPL-2.0-only"], false),
        ("Apache-2.0+", &["Apache-2.0"], true),
        ("LicenseRef-Acme", &["licenseref-*"], true),
        ("DocumentRef-x:LicenseRef-Acme", &["*LicenseRef-Acme"], true),
        ("NOASSERTION", &["*"], false),
        ("NOASSERTION", &["NOASSERTION"], true),
        ("noassertion", &["noassertion"], true),
        ("NONE", &["NONE"], true),
        // What is no expression must not hide a licence in it.
        ("MIT/GPL-3.0-only", &["GPL-*"], true),
        (
            "Apache License, Version 2.0",
            &["Apache License, Version 2.0"],
            true,
        ),
        ("licensed under GPL-3.0-only.", &["GPL-*"], true),
        ("(MIT OR GPL-3.0-only", &["GPL-*"], true),
        ("MIT GPL-3.0-only", &["GPL-*"], true),
        ("MIT OR OR GPL-3.0-only", &["GPL-*"], true),
        ("", &["MIT"], false),
    ] {
        let patterns: Vec<_> = patterns
            .iter()
            .map(|pattern| LicensePattern::parse(pattern).unwrap())
            .collect();
        assert_eq!(
            License::parse(license).denied(&patterns).is_some(),
            denied,
            "{license}"
        );
    }
    let nested = format!("{}GPL-3.0-only{}", "(".repeat(5000), ")".repeat(5000));
    let gpl = [LicensePattern::parse("GPL-*").unwrap()];
    assert!(License::parse(&nested).denied(&gpl).is_some());
}

#[test]
fn a_package_without_a_licence_is_denied_only_where_that_is_listed() {
    for (licenses, denied) in [
        ("[]", true),
        (r#"[{"license": {"name": "NOASSERTION"}}]"#, true),
        (
            r#"[{"license": {"id": "MIT"}}, {"expression": "NOASSERTION"}]"#,
            false,
        ),
    ] {
        let document = inventory(&format!(r#"{{"name": "a", "licenses": {licenses}}}"#));
        let judge = |pattern: &str| {
            let rules =
                InventoryRules::new(Vec::new(), vec![LicensePattern::parse(pattern).unwrap()])
                    .unwrap();
            let violations = rules.judge(document.inventory().unwrap());
            violations.first().map(ToString::to_string)
        };
        assert_eq!(judge("NOASSERTION").is_some(), denied, "{licenses}");
        assert_eq!(judge("GPL-*"), None, "{licenses}");
    }
    let document = inventory(
        r#"{"name": "a\nb", "version": "1", "licenses": [{"expression": "GPL-3.0-only"}]}"#,
    );
    let rules =
        InventoryRules::new(Vec::new(), vec![LicensePattern::parse("gpl-*").unwrap()]).unwrap();
    assert_eq!(
        rules.judge(document.inventory().unwrap())[0].to_string(),
        "package a\\nb 1 is under GPL-3.0-only, which gpl-* denies"
    );
}
