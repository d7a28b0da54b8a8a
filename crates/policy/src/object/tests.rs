use crate::{Document, LintCode, PolicySet, Selection, lint, read_documents};

const GROUPS: [&str; 2] = ["doorward.dev/v1", "portieris.cloud.ibm.com/v1"];
const BASE: &str = "---\napiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {name: base}\n\
                    spec: {repositories: [{name: '*', policy: {unchecked: true}}]}\n";
const REJECT: &str = "spec:\n  repositories:\n  - name: 'r.example/*'\n    policy: {simple: {requirements: [{type: reject}]}}\n";

/// What `text` says: the set, the codes of errors, and those of warnings.
fn read(text: &str) -> (PolicySet, Vec<LintCode>, Vec<LintCode>) {
    let (documents, mut mistakes) = read_documents("p.yaml", text.as_bytes());
    let policies: Vec<_> = documents
        .into_iter()
        .filter_map(|document| match document {
            Document::Policy(policy) => Some(policy),
            Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
        })
        .collect();
    let warnings = lint(&policies).iter().map(|found| found.code).collect();
    let (set, meaning) = PolicySet::compile(policies);
    mistakes.extend(meaning);
    (
        set,
        mistakes.iter().map(|mistake| mistake.code).collect(),
        warnings,
    )
}

/// Whether an entry with a mistake governs the image.
fn is_denied(set: &PolicySet, image: &str, namespace: &str) -> bool {
    match set.select(image, Some(namespace)) {
        Selection::Match(found) => found.entries.iter().any(|entry| entry.body.is_err()),
        Selection::NoMatch { .. } | Selection::NoPolicy | Selection::Unknown { .. } => true,
    }
}

/// A policy of the cluster whose only entry has this body.
fn with_body(group: &str, body: &str) -> String {
    format!(
        "apiVersion: {group}\nkind: ClusterImagePolicy\nmetadata: {{name: p}}\nspec:\n  repositories:\n  \
         - name: '*'\n    policy: {body}\n"
    )
}

#[test]
fn a_policy_of_a_namespace_that_cannot_exist_denies_everywhere() {
    for group in GROUPS {
        for namespace in [
            "Shop",
            "' shop'",
            "'shop,prod'",
            "'*'",
            "''",
            "",
            "~",
            "\"shop\\n\"",
            "a.b",
        ] {
            let text = format!(
                "apiVersion: {group}\nkind: ImagePolicy\nmetadata:\n  name: a\n  namespace: {namespace}\n{REJECT}{BASE}"
            );
            let (set, mistakes, _) = read(&text);
            assert_eq!(mistakes.len(), 1, "{group} {namespace}: {mistakes:?}");
            for image in ["r.example/a", "s.example/b"] {
                for namespace in ["shop", "prod", "default"] {
                    assert!(
                        is_denied(&set, image, namespace),
                        "{text}{image} {namespace}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_field_without_a_value_is_a_mistake_in_every_group() {
    let lax = "simple: {requirements: [{type: insecureAcceptAnything}]}";
    let bodies = [
        format!("{{{lax}, vulnerability: }}"),
        format!("{{{lax}, vulnerability: {{ICCRVA: }}}}"),
        format!("{{{lax}, attestations: }}"),
        format!("{{{lax}, notation: ~}}"),
        format!("{{{lax}, sigstore: null}}"),
        format!("{{{lax}, anyOf: }}"),
        format!("{{{lax}, trust: }}"),
        format!("{{{lax}, trust: {{enabled: }}}}"),
        format!("{{{lax}, mode: }}"),
        "{trust: {enabled: true}, simple: }".to_owned(),
        "{trust: {enabled: true}, simple: {requirements: }}".to_owned(),
        "{trust: {enabled: true, signerSecrets: }}".to_owned(),
        "{trust: {enabled: true, signerSecrets: [{name: a, namespace: }]}}".to_owned(),
        "{trust: {enabled: true, trustServer: }}".to_owned(),
        "{trust: {enabled: true, pins: }}".to_owned(),
        "{simple: {requirements: [{type: signedBy, keySecret: k, signedIdentity: }]}}".to_owned(),
        "{simple: {requirements: [{type: signedBy, keySecret: k, keySecretNamespace: }]}}"
            .to_owned(),
        "".to_owned(),
    ];
    for group in GROUPS {
        for body in &bodies {
            let (set, mistakes, _) = read(&with_body(group, body));
            assert!(is_denied(&set, "r.example/a", "n"), "{group} {body}");
            assert!(
                mistakes.contains(&LintCode::MissingField),
                "{group} {body}: {mistakes:?}"
            );
        }
        let head =
            format!("apiVersion: {group}\nkind: ClusterImagePolicy\nmetadata: {{name: p}}\n");
        for spec in [
            "spec:\n",
            "spec:\n  repositories:\n",
            "spec: {repositories: ~}\n",
        ] {
            let (set, mistakes, _) = read(&format!("{head}{spec}{BASE}"));
            assert!(is_denied(&set, "r.example/a", "n"), "{group} {spec}");
            assert_eq!(mistakes, [LintCode::MissingField], "{group} {spec}");
        }
    }
}

#[test]
fn what_is_written_empty_keeps_its_meaning_in_the_groups_of_portieris() {
    let lax = "simple: {requirements: [{type: insecureAcceptAnything}]}";
    for (body, warning) in [
        ("{}".to_owned(), LintCode::UncheckedEntry),
        (
            format!("{{{lax}, trust: {{enabled: false}}}}"),
            LintCode::DisabledCheck,
        ),
        (
            format!("{{{lax}, vulnerability: {{}}}}"),
            LintCode::DisabledCheck,
        ),
        (
            "{trust: {enabled: true, signerSecrets: []}}".to_owned(),
            LintCode::DisabledCheck,
        ),
        (
            "{trust: {enabled: true}, simple: {requirements: []}}".to_owned(),
            LintCode::DisabledCheck,
        ),
    ] {
        let (set, mistakes, warnings) = read(&with_body(GROUPS[1], &body));
        assert_eq!(mistakes, [], "{body}");
        assert!(!is_denied(&set, "r.example/a", "n"), "{body}");
        assert!(warnings.contains(&warning), "{body}: {warnings:?}");
    }
}

#[test]
fn a_body_that_merges_nothing_is_not_one_that_is_written_empty() {
    for body in ["{<<: {}}", "{<<: []}", "{<<: [{}, {}]}"] {
        let (set, mistakes, _) = read(&with_body(GROUPS[1], body));
        assert!(is_denied(&set, "r.example/a", "n"), "{body}");
        assert!(!mistakes.is_empty(), "{body}");
    }
}

#[test]
fn an_empty_list_of_pins_is_a_mistake() {
    for group in GROUPS {
        for pins in [
            "{rootKeyIds: [], trustOnFirstUse: true}",
            "{caSecrets: []}",
            "{certificateSecrets: [], trustOnFirstUse: true}",
        ] {
            let body = format!("{{trust: {{enabled: true, pins: {pins}}}}}");
            let (set, mistakes, _) = read(&with_body(group, &body));
            assert_eq!(mistakes, [LintCode::InvalidValue], "{group} {pins}");
            assert!(is_denied(&set, "r.example/a", "n"), "{group} {pins}");
        }
    }
}

#[test]
fn a_list_of_more_signers_or_pins_than_are_read_is_a_mistake() {
    let list = |item: &str, length: usize| vec![item; length].join(", ");
    for group in GROUPS {
        for (length, mistakes) in [(64, &[][..]), (65, &[LintCode::LimitExceeded][..])] {
            let secrets = list("{name: c, namespace: n}", length);
            let ids = list(&format!("'{}'", "a".repeat(64)), length);
            for trust in [
                format!("pins: {{trustOnFirstUse: true}}, signerSecrets: [{secrets}]"),
                format!("pins: {{caSecrets: [{secrets}]}}"),
                format!("pins: {{certificateSecrets: [{secrets}]}}"),
                format!("pins: {{rootKeyIds: [{ids}]}}"),
            ] {
                let body = format!("{{trust: {{enabled: true, {trust}}}}}");
                let (set, found, _) = read(&with_body(group, &body));
                assert_eq!(found, mistakes, "{group} {trust}");
                let denied = is_denied(&set, "r.example/a", "n");
                assert_eq!(denied, length > 64, "{group} {trust}");
            }
        }
    }
}

#[test]
fn a_floor_that_says_so_behind_its_entries_is_reported() {
    let text = |spec: &str| {
        format!(
            "apiVersion: doorward.dev/v1\nkind: ClusterImagePolicy\nmetadata: {{name: p}}\nspec:\n{spec}"
        )
    };
    let entries =
        "  repositories:\n  - name: '*'\n    policy: {simple: {requirements: [{type: reject}]}}\n";
    let reported = |text: &str| {
        let (_, mistakes, warnings) = read(text);
        assert_eq!(mistakes, []);
        warnings.contains(&LintCode::FloorLast)
    };
    assert!(reported(&text(&format!("{entries}  floor: true\n"))));
    assert!(!reported(&text(&format!("  floor: true\n{entries}"))));
    assert!(!reported(&text(&format!("{entries}  floor: false\n"))));
}
