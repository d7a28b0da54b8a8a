//! A body that says nothing is no permission.

use super::*;
use crate::Mode;
use crate::MutateImage;

#[test]
fn nothing_is_demanded_only_where_the_document_says_so() {
    let body = valid("unchecked: true");
    assert!(
        body.is_unchecked()
            && body.mutate_image == MutateImage::Everywhere
            && body.mode == Mode::Enforce
    );
    assert!(valid("{unchecked: true, mode: enforce}").is_unchecked());
    assert!(body.demands().is_empty());
}

/// The body that `policy` is in a cluster policy of `group`, and every mistake.
fn in_group(group: &str, policy: &str) -> (Vec<Diagnostic>, bool) {
    let text = format!(
        "{{\"apiVersion\": \"{group}\", \"kind\": \"ClusterImagePolicy\", \"metadata\": {{\"name\": \"p\"}}, \"spec\": {{\"repositories\": [{{\"name\": \"r.example/*\"{policy}}}]}}}}"
    );
    let (mut documents, mut errors) = read_documents("p.yaml", text.as_bytes());
    let Some(Document::Policy(object)) = documents.pop() else {
        panic!("a policy")
    };
    let (set, late) = PolicySet::compile(vec![object]);
    errors.extend(late);
    let Selection::Match(found) = set.select("r.example/a", None) else {
        panic!("the entry matches")
    };
    let unchecked = found
        .entries
        .iter()
        .all(|entry| entry.body.as_ref().is_ok_and(PolicyBody::is_unchecked));
    (errors, unchecked)
}

#[test]
fn a_body_that_is_absent_null_or_empty_denies() {
    for policy in [
        "",
        ", policy: ",
        ", policy: null",
        ", policy: ~",
        ", policy: {}",
    ] {
        let (errors, unchecked) = in_group("doorward.dev/v1", policy);
        assert!(!unchecked && !errors.is_empty(), "{policy:?}");
    }
}

#[test]
fn in_the_portieris_groups_only_an_empty_mapping_admits_unchecked() {
    for group in [
        "portieris.cloud.ibm.com/v1",
        "securityenforcement.admission.cloud.ibm.com/v1beta1",
    ] {
        assert_eq!(in_group(group, ", policy: {}"), (vec![], true));
        for policy in [
            "",
            ", policy: ",
            ", policy: null",
            ", policy: {mutateImage: true}",
            ", policy: {trust: {}}",
            ", policy: {trust: null}",
            ", policy: {trust: {enabled: false}}",
            ", policy: {simple: {requirements: []}}",
            ", policy: {simple: {storeURL: 'https://s.example'}}",
            ", policy: {vulnerability: {}}",
            ", policy: {unchecked: true}",
        ] {
            let (errors, unchecked) = in_group(group, policy);
            assert!(!unchecked && !errors.is_empty(), "{group} {policy:?}");
        }
    }
}

#[test]
fn a_check_without_what_makes_it_one_denies() {
    use LintCode::{InvalidValue, MissingField};
    let reject = "simple: {requirements: [{type: reject}]}";
    let with = |more: &str| format!("{reject}\n{more}");
    let cases = [
        ("trust: {enabled: false}".to_owned(), MissingField),
        ("trust: {}".to_owned(), MissingField),
        ("simple: {}".to_owned(), MissingField),
        (
            "simple: {storeURL: 'https://s.example'}".to_owned(),
            MissingField,
        ),
        ("simple: {requirements: []}".to_owned(), InvalidValue),
        ("vulnerability: {}".to_owned(), MissingField),
        (
            "vulnerability: {ICCRVA: {account: a}}".to_owned(),
            MissingField,
        ),
        (
            "vulnerability: {ICCRVA: {enabled: false}}".to_owned(),
            MissingField,
        ),
        ("mode: enforce".to_owned(), MissingField),
        ("mutateImage: false".to_owned(), MissingField),
        (
            with("trust: {trustServer: 'https://n.example'}"),
            MissingField,
        ),
        (with("vulnerability: {}"), MissingField),
        (with("attestations: []"), InvalidValue),
        (with("anyOf: []"), InvalidValue),
        (
            with("trust: {enabled: true, signerSecrets: []}"),
            InvalidValue,
        ),
        (
            with("trust: {enabled: true, trustServer: ''}"),
            MissingField,
        ),
        (
            "simple: {storeURL: '', requirements: [{type: reject}]}".to_owned(),
            MissingField,
        ),
        (
            "simple: {storeSecret: '', requirements: [{type: reject}]}".to_owned(),
            MissingField,
        ),
        (
            "simple: {requirements: [{type: signedBy, keySecret: k, keySecretNamespace: ''}]}"
                .to_owned(),
            MissingField,
        ),
    ];
    let cases: Vec<_> = cases
        .iter()
        .map(|(policy, code)| (policy.as_str(), *code))
        .collect();
    refused(&cases);
}

#[test]
fn a_field_without_a_value_denies() {
    let sound = "mode: enforce\nmutateImage: true\nonUnavailable: deny\ntrust: {enabled: true, trustServer: 'https://n.example', signerSecrets: [{name: a, namespace: n}], pins: {caSecrets: [{name: c, namespace: n}], trustOnFirstUse: false}, maxStaleness: 1h}\nsimple: {storeURL: 'https://s.example', storeSecret: s, requirements: [{type: signedBy, keySecret: k, keySecretNamespace: n, signedIdentity: {type: matchRepository}}]}\nvulnerability: {report: {maxSeverity: high, maxAge: 1h, signedBy: {trust: {enabled: true}}}}\n";
    let (mistakes, admitted) = (read(sound).1, read(sound).0.is_ok());
    assert!(admitted, "{mistakes:?}");
    let mut fields = 0;
    let is_key = |c: char| c.is_ascii_alphanumeric();
    for (colon, _) in sound.match_indices(": ") {
        let key = sound[..colon].rfind(|c| !is_key(c)).map_or(0, |i| i + 1);
        let value = &sound[colon + 2..];
        // The value ends where its brackets do, or at the next separator.
        let mut depth = 0_i32;
        let end = value
            .find(|c| {
                match c {
                    '{' | '[' => depth += 1,
                    '}' | ']' if depth == 0 => return true,
                    '}' | ']' => depth -= 1,
                    ',' | '\n' if depth == 0 => return true,
                    _ => {}
                }
                false
            })
            .unwrap_or(value.len());
        for null in ["null", "~", ""] {
            let text = format!("{}{null}{}", &sound[..colon + 2], &value[end..]);
            let (body, errors) = read(&text);
            assert!(
                body.is_err() && !errors.is_empty(),
                "{} in {text}",
                &sound[key..colon]
            );
        }
        fields += 1;
    }
    assert!(fields > 25);
}

#[test]
fn unchecked_is_said_in_one_way_and_beside_no_demand() {
    use LintCode::{InvalidValue, MisplacedField, MissingField, WrongType};
    refused(&[
        ("unchecked: false", InvalidValue),
        ("unchecked:", MissingField),
        ("unchecked: null", MissingField),
        ("unchecked: 'true'", WrongType),
        ("unchecked: yes", WrongType),
        ("unchecked: 1", WrongType),
        ("unchecked: [true]", WrongType),
        (
            "unchecked: true\nsimple: {requirements: [{type: reject}]}",
            InvalidValue,
        ),
        ("unchecked: true\ntrust: {enabled: false}", InvalidValue),
        ("unchecked: true\ntrust:", MissingField),
        ("unchecked: true\nanyOf: []", InvalidValue),
        ("unchecked: true\nattestations: []", InvalidValue),
        (
            "unchecked: false\nsimple: {requirements: [{type: reject}]}",
            InvalidValue,
        ),
        ("anyOf: [{unchecked: true}]", MisplacedField),
    ]);
}
