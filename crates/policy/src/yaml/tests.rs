use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn values(text: &str) -> Vec<Result<Value, LintCode>> {
    parse("t.yaml", text)
        .into_iter()
        .map(|parsed| match parsed.root {
            Ok(node) => Ok(node.into_value(&mut |_, _| {})),
            Err(diagnostic) => Err(diagnostic.code),
        })
        .collect()
}

fn one(text: &str) -> Result<Value, LintCode> {
    let mut all = values(text);
    assert_eq!(all.len(), 1, "{text:?}: {all:?}");
    all.remove(0)
}

#[test]
fn json_is_read_as_it_is() {
    let text = "{\"a\":\t[1, true, null, \"x\\u00e9\\/\\ud83d\\ude00\"],\n\"b\" : {}}";
    assert_eq!(
        one(text),
        Ok(json!({"a": [1, true, null, "xé/😀"], "b": {}}))
    );
}

#[test]
fn places_count_from_one_in_characters() {
    let parsed = parse("t.yaml", "é: x\nlist:\n  - name: v\n");
    let root = parsed[0].root.as_ref().expect("valid");
    let Kind::Mapping(members) = &root.kind else {
        panic!("a mapping")
    };
    assert_eq!(
        (members[0].value.at.line, members[0].value.at.column),
        (1, 4)
    );
    let Kind::Sequence(items) = &members[1].value.kind else {
        panic!("a list")
    };
    let value = items[0].member("name").expect("there");
    assert_eq!(
        (value.at.line, value.at.column, value.at.length),
        (3, 11, 1)
    );
}

#[test]
fn a_broken_document_does_not_hide_the_next() {
    let all = values("a: 1\n---\nb: [1, 2\n---\nc: 3\n");
    assert_eq!(
        all,
        [
            Ok(json!({"a": 1})),
            Err(LintCode::Syntax),
            Ok(json!({"c": 3}))
        ]
    );
}

#[test]
fn merge_keys_fill_in_what_is_absent() {
    let text = "base: &b {x: 1, y: 2}\nm:\n  <<: *b\n  y: 3\n";
    assert_eq!(
        one(text),
        Ok(json!({"base": {"x": 1, "y": 2}, "m": {"x": 1, "y": 3}}))
    );
    assert_eq!(one("m:\n  <<: 3\n"), Err(LintCode::Syntax));
    assert_eq!(one("'<<': 3\n"), Ok(json!({"<<": 3})));
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..10 {
        let before = format!("*a{}", level - 1);
        let nine = [before.as_str(); 9].join(", ");
        text += &format!("a{level}: &a{level} [{nine}]\n");
    }
    assert_eq!(one(&text), Err(LintCode::LimitExceeded));
}

#[test]
fn a_long_string_cannot_be_multiplied_by_aliases() {
    let text = format!(
        "a: &a {}\nb: [{}]\n",
        "x".repeat(1 << 16),
        "*a, ".repeat(1000)
    );
    assert_eq!(one(&text), Err(LintCode::LimitExceeded));
}

#[test]
fn an_alias_to_its_own_container_is_refused() {
    assert_eq!(one("a: &a [*a]\n"), Err(LintCode::Syntax));
    assert_eq!(one("a: *b\n"), Err(LintCode::Syntax));
}

#[test]
fn deep_nesting_is_refused() {
    let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
    assert!(one(&nested(MAX_DEPTH)).is_ok());
    assert_eq!(one(&nested(MAX_DEPTH + 1)), Err(LintCode::LimitExceeded));
    assert_eq!(one(&nested(100_000)), Err(LintCode::LimitExceeded));
    let deep = format!(
        "a: &a {}\nb: {}*a{}\n",
        nested(40),
        "[".repeat(40),
        "]".repeat(40)
    );
    assert_eq!(one(&deep), Err(LintCode::LimitExceeded));
}

#[test]
fn keys_that_are_not_words_are_refused() {
    for text in ["? [a]\n: b\n", "{a: 1}: 2\n", "a: &k x\n*k : 1\n"] {
        assert!(one(text).is_err(), "{text}");
    }
}

#[test]
fn tags_other_than_the_core_ones_are_refused() {
    assert_eq!(one("!!str 1"), Ok(json!("1")));
    assert_eq!(one("!!int '1'"), Ok(json!(1)));
    for text in [
        "!!int x",
        "!secret x",
        "!!binary eA==",
        "!x {}",
        "!!set {}",
        "!y []",
    ] {
        assert_eq!(one(text), Err(LintCode::Syntax), "{text}");
    }
}

#[test]
fn duplicate_keys_are_kept_for_the_reader_to_report() {
    let mut found = Vec::new();
    let parsed = parse("t.yaml", "a: 1\na: 2\n");
    let root = parsed
        .into_iter()
        .next()
        .and_then(|p| p.root.ok())
        .expect("valid");
    let value = root.into_value(&mut |key, at| found.push((key.to_owned(), at.line)));
    assert_eq!((value, found), (json!({"a": 1}), vec![("a".to_owned(), 2)]));
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "[\\[\\]{}:,&*!|>'\"#a-c<\n \\-0-9?%]{0,120}") {
        let _ = values(&text);
    }

    #[test]
    fn json_written_by_the_general_writer_is_read_back(keys in proptest::collection::btree_map("[a-z]{1,4}", "\\PC{0,12}", 0..6)) {
        let text = serde_json::to_string_pretty(&keys).expect("serialises");
        prop_assert_eq!(one(&text), Ok(json!(keys)));
    }
}

/// JSON as encoders of other languages write it, with every character beyond ASCII as it is, or with each escaped.
fn json_text(value: &Value, escaped: bool) -> String {
    let text = serde_json::to_string(value).expect("JSON");
    let mut out = String::new();
    for c in text.chars() {
        if escaped && (c == '\u{7f}' || !c.is_ascii()) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}

#[test]
fn a_character_that_yaml_does_not_take_raw_spoils_no_json() {
    for c in [
        '\u{7f}', '\u{80}', '\u{85}', '\u{9f}', '\u{2028}', '\u{feff}', '\u{fffe}', '\u{ffff}',
    ] {
        let value = json!({"a": format!("x{c}y"), format!("k{c}"): [1]});
        assert_eq!(one(&json_text(&value, false)), Ok(value.clone()), "{c:?}");
        let two = format!(
            "\u{feff} {}\n{}",
            json_text(&value, false),
            json_text(&value, true)
        );
        assert_eq!(values(&two), [Ok(value.clone()), Ok(value)], "{c:?}");
    }
    // What is no JSON, or has one outside of a string, is no better than it was.
    for text in ["{a: 'x\u{7f}'}", "{\"a\": \u{7f}1}", "{\"a\": \"x\u{7f}"] {
        assert!(one(text).is_err(), "{text:?}");
    }
}

fn json_value() -> impl Strategy<Value = Value> {
    let text = prop_oneof![
        any::<String>(),
        "[\u{7f}-\u{a1}\u{2028}\u{feff}\u{fffd}-\u{ffff}\u{1fffe}\u{10ffff}\"\\\\a]{0,6}"
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i32>().prop_map(Value::from),
        text.clone().prop_map(Value::String),
    ];
    leaf.prop_recursive(3, 16, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            proptest::collection::vec((text.clone(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn a_json_text_and_its_escaped_spelling_read_alike(value in json_value()) {
        let value = json!({"value": value});
        let (raw, escaped) = (one(&json_text(&value, false)), one(&json_text(&value, true)));
        prop_assert_eq!(&raw, &escaped);
        prop_assert_eq!(raw, Ok(value));
    }
}

/// What kubectl 1.32 writes of an object with `note` in its annotations.
fn exported(note: &str) -> String {
    format!(
        "apiVersion: v1\nitems:\n- kind: A\n  metadata:\n    annotations:\n      note: {note}\n    name: p\n- kind: B\n\
         kind: List\n"
    )
}

#[test]
fn a_line_break_of_yaml_1_1_in_what_kubectl_exports_makes_nothing_unreadable() {
    for note in [
        "|-\n        a\n\u{2028}        b",
        "|-\n        a\n\u{85}        b",
        "|\n        x\n\u{2029}        y",
        "|-\n        a\u{2028}        b",
        "|4-\n\n\u{2028}",
    ] {
        let text = exported(note);
        let parsed = parse("x", &text);
        assert_eq!(parsed.len(), 1, "{note:?}");
        let root = parsed[0].root.as_ref().expect(note);
        let Kind::Mapping(members) = &root.kind else {
            panic!("{note:?}")
        };
        let keys: Vec<_> = members.iter().map(|member| member.key.as_str()).collect();
        assert_eq!(keys, ["apiVersion", "items", "kind"], "{note:?}");
    }
}

#[test]
fn a_value_that_ends_in_such_breaks_keeps_no_object_behind_it_from_being_read() {
    let text = "items:\n- kind: A\n  type: |2+\n\n\u{2028}\u{2029}- kind: B\n  type: |2+\n\n\u{85}kind: List\n";
    let value = one(text).expect("read as kubectl writes it");
    let kinds = [
        &value["kind"],
        &value["items"][0]["kind"],
        &value["items"][1]["kind"],
    ];
    assert_eq!(kinds, [&json!("List"), &json!("A"), &json!("B")]);
}

#[test]
fn what_follows_such_a_break_at_the_margin_becomes_no_document_and_no_field() {
    for c in ['\u{85}', '\u{2028}', '\u{2029}'] {
        for hidden in ["---", "kind: C", "\t- x", "{", "..."] {
            let twice = format!("a: |-\n  x{c}{c}{hidden}\n");
            assert_eq!(breaks::of_1_1(&twice), None, "{twice:?}");
            let broken = format!("a: |-\n  x{c}{hidden}\nb: [\n");
            assert!(
                parse("x", &broken).iter().any(|one| one.root.is_err()),
                "{broken:?}"
            );
            let read = parse("x", &format!("a: |-\n  x{c}{hidden}\n"));
            assert!(read.len() == 1 && read[0].root.is_ok(), "{hidden}");
        }
    }
}
