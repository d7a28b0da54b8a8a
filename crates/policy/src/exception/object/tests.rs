use doorward_core::Timestamp;
use serde_json::json;

use super::*;
use crate::crd::exception_definition;
use crate::schema::{EXCEPTION_SPEC, Need};
use crate::{Document, LintCode, read_documents};

const GOOD: &str = "apiVersion: doorward.dev/v1
kind: ClusterImageException
metadata: {name: x}
spec:
  namespaceSelector: {matchLabels: {env: prod}}
  images: [r.example/team/web]
  codes: [simple-no-signature]
  until: 2026-12-01
  ticket: T-1
  reason: the fix comes on Friday
";

fn read(text: &str) -> (ExceptionObject, Vec<Diagnostic>) {
    let (mut documents, mut found) = read_documents("x.yaml", text.as_bytes());
    let Some(Document::Exception(exception)) = documents.pop() else {
        panic!("an exception");
    };
    found.extend(exception.meaning.clone());
    (exception, found)
}

fn codes(found: &[Diagnostic]) -> Vec<LintCode> {
    found.iter().map(|one| one.code).collect()
}

#[test]
fn a_whole_exception_is_read_as_it_is_written() {
    let (exception, found) = read(GOOD);
    assert_eq!(found, []);
    assert_eq!(exception.title(), "ClusterImageException x");
    let terms = exception.terms.unwrap();
    assert_eq!(terms.until, Timestamp::from_unix(1_796_083_200));
    assert_eq!(terms.reason, "the fix comes on Friday");
    assert_eq!(terms.ticket.as_deref(), Some("T-1"));
    assert!(terms.namespaces.is_some());
    assert_eq!(terms.codes[0].as_str(), "simple-no-signature");
}

#[test]
fn an_exception_with_a_mistake_in_it_overrides_nothing() {
    for (from, to, code) in [
        (
            "until: 2026-12-01",
            "until: tomorrow",
            LintCode::InvalidValue,
        ),
        ("  until: 2026-12-01\n", "", LintCode::MissingField),
        (
            "  reason: the fix comes on Friday\n",
            "",
            LintCode::MissingField,
        ),
        (
            "reason: the fix comes on Friday",
            "reason: ' '",
            LintCode::InvalidValue,
        ),
        (
            "reason: the fix comes on Friday",
            "reason:",
            LintCode::MissingField,
        ),
        ("[simple-no-signature]", "[]", LintCode::InvalidValue),
        (
            "[simple-no-signature]",
            "[simple-bad-signature]",
            LintCode::NeverExcepted,
        ),
        (
            "[simple-no-signature]",
            "[conflicting-digests]",
            LintCode::NeverExcepted,
        ),
        (
            "[simple-no-signature]",
            "[registry-unavailable]",
            LintCode::NeverExcepted,
        ),
        (
            "[simple-no-signature]",
            "[simple-no-signatures]",
            LintCode::UnknownValue,
        ),
        (
            "[simple-no-signature]",
            "simple-no-signature",
            LintCode::WrongType,
        ),
        ("[r.example/team/web]", "[]", LintCode::InvalidValue),
        (
            "[r.example/team/web]",
            "['r.example/web:1']",
            LintCode::InvalidValue,
        ),
        (
            "[r.example/team/web]",
            "['r.example/web@sha256:*']",
            LintCode::InvalidValue,
        ),
        ("ticket: T-1", "tickt: T-1", LintCode::UnknownField),
        (
            "namespaceSelector:",
            "namespaceSelectors:",
            LintCode::UnknownField,
        ),
        (
            "metadata: {name: x}",
            "metadata: {name: x, namespace: shop}",
            LintCode::MisplacedField,
        ),
        (
            "metadata: {name: x}",
            "metadata: {}",
            LintCode::MissingField,
        ),
        ("doorward.dev/v1", "doorward.dev/v2", LintCode::UnknownKind),
        (
            "  ticket: T-1\n",
            "  ticket: T-1\n  ticket: T-2\n",
            LintCode::DuplicateKey,
        ),
    ] {
        let (exception, found) = read(&GOOD.replace(from, to));
        assert!(codes(&found).contains(&code), "{to}: {found:?}");
        assert!(exception.terms.is_err(), "{to}");
    }
}

#[test]
fn a_code_that_is_misspelt_says_which_was_meant() {
    let (_, found) = read(&GOOD.replace("simple-no-signature", "simple-no-signatures"));
    assert_eq!(
        found[0].suggestion.as_deref(),
        Some("did you mean `simple-no-signature`?")
    );
    let (_, found) = read(&GOOD.replace("simple-no-signature", "simple-bad-signature"));
    assert!(found[0].message.contains("not intact"), "{}", found[0]);
}

#[test]
fn only_one_of_the_cluster_selects_namespaces() {
    let own = GOOD
        .replace("ClusterImageException", "ImageException")
        .replace("{name: x}", "{name: x, namespace: shop}");
    let (exception, found) = read(&own);
    assert_eq!(codes(&found), [LintCode::MisplacedField]);
    assert!(exception.terms.is_err());
}

#[test]
fn no_beginning_of_an_exception_overrides_more_than_the_whole() {
    let whole = read(GOOD).0.terms.unwrap();
    let mut read_whole = 0;
    for end in 0..GOOD.len() {
        let Some(text) = GOOD.get(..end) else {
            continue;
        };
        let (documents, _) = read_documents("x.yaml", text.as_bytes());
        for document in documents {
            let Document::Exception(exception) = document else {
                continue;
            };
            let Ok(terms) = exception.terms else { continue };
            read_whole += 1;
            assert_eq!(terms.images, whole.images, "{text}");
            assert_eq!(terms.codes, whole.codes, "{text}");
            assert_eq!(terms.until, whole.until, "{text}");
            assert_eq!(terms.namespaces, whole.namespaces, "{text}");
        }
    }
    assert_eq!(
        read_whole, 0,
        "a text that breaks off in its last value is none"
    );
}

#[test]
fn a_selector_behind_all_that_is_required_is_noted() {
    let selector = "  namespaceSelector: {matchLabels: {env: prod}}\n";
    let late = format!("{}{selector}", GOOD.replace(selector, ""));
    let noted = |text: &str| codes(read(text).0.notes()).contains(&LintCode::SelectorLast);
    assert!(noted(&late) && !noted(GOOD));
}

#[test]
fn the_kind_of_an_exception_that_is_misspelt_denies_and_says_which_was_meant() {
    let text = GOOD.replace("ClusterImageException", "ClusterImageExceptions");
    let (documents, found) = read_documents("x.yaml", text.as_bytes());
    assert!(matches!(&documents[0], Document::Policy(policy) if policy.is_unreadable()));
    assert!(
        found[0].message.contains("`ClusterImageException`"),
        "{}",
        found[0]
    );
}

#[test]
fn an_exception_of_another_group_is_not_read_and_that_is_said() {
    let text = GOOD.replace("doorward.dev/v1", "other.example/v1");
    let (documents, _) = read_documents("x.yaml", text.as_bytes());
    let found = documents[0].foreign_policy("x.yaml").unwrap();
    assert_eq!(found.code, LintCode::ForeignKind);
}

#[test]
fn when_the_api_server_made_it_is_read_and_nonsense_is_refused() {
    let object = |created: &str| {
        json!({
            "apiVersion": "doorward.dev/v1", "kind": "ImageException",
            "metadata": {"name": "x", "namespace": "shop", "creationTimestamp": created},
            "spec": {
                "images": ["r.example/*"], "codes": ["simple-no-signature"], "until": "2026-12-01", "reason": "why",
            },
        })
    };
    let (exception, found) = ExceptionObject::from_value("x", &object("2026-11-29T00:00:00Z"));
    assert_eq!(found, []);
    assert!(exception.created.is_some() && exception.terms.is_ok());
    let (exception, found) = ExceptionObject::from_value("x", &object("yesterday"));
    assert_eq!(codes(&found), [LintCode::InvalidValue]);
    assert!(exception.terms.is_err());
}

#[test]
fn the_definitions_require_and_bound_what_the_reader_does() {
    for kind in ExceptionKind::ALL {
        let definition = exception_definition(kind);
        let schema = &definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
        let spec = &schema["properties"]["spec"];
        let required: Vec<&str> = EXCEPTION_SPEC
            .fields()
            .filter(|field| field.need == Need::Always)
            .map(|field| field.name)
            .collect();
        assert_eq!(spec["required"], json!(required));
        let words = &spec["properties"]["codes"]["items"]["enum"];
        let named: Vec<&str> = ExceptionCode::all().map(ExceptionCode::as_str).collect();
        assert_eq!(words, &json!(named));
        let rules = spec["x-kubernetes-validations"]
            .as_array()
            .map_or(0, Vec::len);
        assert_eq!(rules, usize::from(kind == ExceptionKind::ImageException));
        let columns = definition["spec"]["versions"][0]["additionalPrinterColumns"].to_string();
        for path in [".spec.until", ".spec.reason", ".spec.codes"] {
            assert!(columns.contains(path), "{path}");
        }
    }
}
