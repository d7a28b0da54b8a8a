//! Conditions: what they decide, and what they must not cost.

#![allow(clippy::expect_used, reason = "a test stops at what it cannot read")]

use doorward_core::json::{Limits, parse};
use doorward_documents::{Condition, ConditionError, Predicate};

fn predicate(text: &str) -> Predicate {
    Predicate::new(&parse(text.as_bytes(), Limits::bytes(16 << 20)).expect("JSON"))
}

fn decide(source: &str, document: &str) -> Result<bool, ConditionError> {
    Condition::parse(source)?.evaluate(&predicate(document))
}

const DOCUMENT: &str = r#"{
    "name": "app", "score": 7.5, "count": 3, "none": null, "flag": true,
    "builder": {"id": "https://ci.example/builder@v1"},
    "packages": [
        {"name": "musl", "licenses": ["MIT"]},
        {"name": "busybox", "licenses": ["GPL-2.0-only", "bzip2-1.0.4"]}
    ]
}"#;

#[test]
fn a_condition_is_true_or_false_of_a_document() {
    for (source, expected) in [
        ("predicate.name == 'app'", true),
        ("predicate.name != 'app'", false),
        ("predicate.score > 7", true),
        ("predicate.count == 3 && predicate.count < 3.5", true),
        (
            "predicate.builder.id.startsWith('https://ci.example/')",
            true,
        ),
        ("predicate['builder']['id'].endsWith('@v2')", false),
        ("has(predicate.builder.id) && !has(predicate.other)", true),
        ("predicate.packages.all(p, size(p.licenses) > 0)", true),
        (
            "predicate.packages.exists(p, p.licenses.exists(l, l.contains('GPL')))",
            true,
        ),
        (
            "size(predicate.packages.filter(p, p.name == 'musl')) == 1",
            true,
        ),
        (
            "predicate.packages.map(p, p.name) == ['musl', 'busybox']",
            true,
        ),
        (
            "predicate.packages.exists_one(p, 'MIT' in p.licenses)",
            true,
        ),
        ("predicate.none == null ? predicate.flag : false", true),
        ("type(predicate.count) == int", true),
        ("string(predicate.count) + '!' == '3!'", true),
        ("'name' in predicate", true),
        ("-predicate.count < 0 && !(predicate.count % 2 == 0)", true),
    ] {
        assert_eq!(decide(source, DOCUMENT), Ok(expected), "{source}");
    }
}

#[test]
fn a_member_that_is_missing_is_named() {
    for source in [
        "predicate.absent == 1",
        "predicate['absent'] == 1",
        "predicate.builder.absent.x == ''",
    ] {
        let missing = ConditionError::Missing {
            name: "absent".to_owned(),
        };
        assert_eq!(decide(source, DOCUMENT), Err(missing), "{source}");
    }
}

#[test]
fn a_value_that_is_not_true_or_false_is_no_answer() {
    for source in [
        "predicate",
        "1",
        "'true'",
        "predicate.packages",
        "null",
        "predicate.name",
    ] {
        assert!(
            matches!(
                decide(source, DOCUMENT),
                Err(ConditionError::NotBoolean { .. })
            ),
            "{source}"
        );
    }
}

#[test]
fn what_cannot_be_decided_is_no_answer() {
    for source in [
        "predicate.packages[2].name == ''",
        "1 / (predicate.count - 3) == 1",
        "1 % (predicate.count - 3) == 1",
        "predicate.name < 3",
        "predicate < predicate",
        "9223372036854775807 + predicate.count > 0",
        "-9223372036854775808 - predicate.count > 0",
        "(-9223372036854775808) / (predicate.count - 4) == 0",
        "(-9223372036854775808) % (predicate.count - 4) == 0",
        "-(-9223372036854775808) == predicate.count",
        "-9223372036854775808 * (predicate.count - 4) == 0",
        "int('x') == 1",
        "int(1e300) == 1",
        "uint(-1) == 1u",
        "predicate.name.contains(3)",
        "!predicate.name",
        "predicate.name && true",
        "predicate.packages[predicate.score].name == ''",
        "predicate.packages[-1].name == ''",
        "{1: 2, 1: 3}[1] == 2",
        "predicate.count.all(x, true)",
    ] {
        let decided = decide(source, DOCUMENT);
        assert!(
            matches!(
                decided,
                Err(ConditionError::Undecided { .. } | ConditionError::Missing { .. })
            ),
            "{source}: {decided:?}"
        );
    }
}

#[test]
fn what_conditions_do_not_have_is_refused_when_they_are_read() {
    for source in [
        "predicate.name.matches('a*')",
        "other == 1",
        "predicate.all(predicate, true)",
        "timestamp('2026-01-01T00:00:00Z') < timestamp('2026-01-01T00:00:00Z')",
        "duration('1h') == duration('1h')",
        "optional.of(1).hasValue()",
        "predicate.?name == 1",
        "[?predicate.name] == []",
        "Type{a: 1} == 1",
        "google.protobuf.Value{} == 1",
        "x.y.z()",
        "nonsense(1)",
        "@result == 1",
        "__result__ == 1",
        "`a` == 1",
    ] {
        assert!(
            matches!(
                Condition::parse(source),
                Err(ConditionError::Unknown { .. } | ConditionError::Syntax { .. })
            ),
            "{source}: {:?}",
            Condition::parse(source)
        );
    }
}

#[test]
fn text_that_is_no_condition_has_a_place() {
    let error = Condition::parse("predicate.name ==\n  == 1").expect_err("no CEL");
    assert!(
        matches!(error, ConditionError::Syntax { line: 2, .. }),
        "{error}"
    );
    for source in [
        "",
        " ",
        "predicate.",
        "(",
        "'",
        "1 +",
        "a b",
        "\u{0}",
        "\"\\x\"",
        "'''",
        "1 ? 2",
        "{",
        "//",
    ] {
        assert!(
            matches!(Condition::parse(source), Err(ConditionError::Syntax { .. })),
            "{source:?}: {:?}",
            Condition::parse(source)
        );
    }
}

/// Everything that is repeated until it is 2 KiB, so that a parser or evaluator that recurses would go deepest.
#[test]
fn nesting_of_every_kind_is_refused_or_read_and_never_overflows_the_stack() {
    let shapes: &[(&str, &str, &str)] = &[
        ("(", "1", ")"),
        ("(", "1", ""),
        ("(]", "1", ""),
        ("([)", "1", ""),
        ("'\\q((((((((((((((((((((", "1", "'"),
        ("'\\u00((((((((((((((((((((", "1", "'"),
        ("'\'\'((((((((((((((((((((", "1", "'\'\'"),
        ("r'\\'((((((((((((((((((((", "1", "'"),
        ("//'\n((((((((((((((((((((", "1", ""),
        ("[", "1", "]"),
        ("{1:", "1", "}"),
        ("!", "true", ""),
        ("-", "1", ""),
        ("- ", "1", ""),
        ("!-", "1", ""),
        ("(-", "1", ")"),
        ("1+", "1", ""),
        ("1-", "1", ""),
        ("1<", "1", ""),
        ("1 in ", "[1]", ""),
        ("true&&", "true", ""),
        ("true||", "true", ""),
        ("true?1:", "1", ""),
        ("true?", "true", ":1"),
        ("", "predicate", ".a"),
        ("", "predicate", "[0]"),
        ("", "predicate", ".all(a,true)"),
        ("predicate.all(a,", "true", ")"),
        ("[1].map(a,", "true", ")"),
        ("has(", "predicate.a", ")"),
        ("size(", "predicate", ")"),
        ("", "''", "+''"),
        ("", "predicate", ".size()"),
    ];
    for (before, middle, after) in shapes {
        for count in [
            1, 2, 4, 8, 16, 24, 32, 48, 64, 100, 128, 200, 256, 400, 512, 1000, 2000,
        ] {
            let source = format!("{}{middle}{}", before.repeat(count), after.repeat(count));
            if source.len() > 2048 {
                break;
            }
            let _ = decide(&source, DOCUMENT);
        }
    }
}

/// An inventory of this many packages.
fn inventory(packages: usize) -> Predicate {
    let package = r#"{"name": "package", "version": "1.2.3", "licenses": ["MIT", "GPL-2.0-only"]}"#;
    predicate(&format!(
        r#"{{"packages": [{}]}}"#,
        vec![package; packages].join(",")
    ))
}

#[test]
fn a_walk_through_a_large_document_is_decided() {
    let large = inventory(10_000);
    for source in [
        "predicate.packages.all(p, p.name != 'log4j-core')",
        "predicate.packages.all(p, p.licenses.all(l, !l.startsWith('AGPL')))",
        "!predicate.packages.exists(p, p.name in ['a', 'b', 'c'] && p.version == '1.0')",
    ] {
        assert_eq!(
            Condition::parse(source).and_then(|c| c.evaluate(&large)),
            Ok(true),
            "{source}"
        );
    }
}

#[test]
fn comparing_everything_with_everything_is_refused_for_a_large_document_and_not_awaited() {
    let large = inventory(10_000);
    for source in [
        "predicate.packages.all(p, predicate.packages.exists(q, q.name == p.name))",
        "predicate.packages.all(p, p in predicate.packages)",
        "predicate.packages.all(p, predicate == predicate)",
        "predicate.packages.all(p, (predicate < 1) || true)",
        "predicate.packages.all(p, predicate.packages.map(q, q.name) != [])",
    ] {
        let condition = Condition::parse(source);
        let decided = condition.and_then(|condition| condition.evaluate(&large));
        assert!(
            matches!(decided, Err(ConditionError::TooCostly { .. })),
            "{source}: {decided:?}"
        );
    }
    let small = "predicate.packages.all(p, predicate.packages.exists(q, q.name == p.name))";
    assert_eq!(
        Condition::parse(small).and_then(|c| c.evaluate(&inventory(200))),
        Ok(true)
    );
}

#[test]
fn copies_of_the_document_for_each_element_are_refused_when_the_condition_is_read() {
    let doubled = ".map(x, x + x)".repeat(20);
    for source in [
        "predicate.packages.map(p, predicate) != []".to_owned(),
        "predicate.packages.all(p, [predicate, predicate] != [])".to_owned(),
        "predicate.packages.map(p, predicate.packages.map(q, q)) != []".to_owned(),
        format!("['a']{doubled} != []"),
    ] {
        let read = Condition::parse(&source);
        assert!(
            matches!(read, Err(ConditionError::TooCostly { .. })),
            "{source}: {read:?}"
        );
    }
}

#[test]
fn a_third_loop_and_a_fourth_hundred_of_signs_are_refused() {
    let third = "predicate.all(a, predicate.all(b, predicate.all(c, true)))";
    assert!(matches!(
        Condition::parse(third),
        Err(ConditionError::TooLarge { limit: 2, .. })
    ));
    let long = format!("{}true", "true && ".repeat(200));
    assert!(matches!(
        Condition::parse(&long),
        Err(ConditionError::TooLarge { .. })
    ));
    let long = format!("'{}' == ''", "x".repeat(2048));
    assert!(matches!(
        Condition::parse(&long),
        Err(ConditionError::TooLarge { .. })
    ));
}

#[test]
fn conditions_and_documents_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Condition>();
    shared::<doorward_documents::Document>();
    shared::<ConditionError>();
}
