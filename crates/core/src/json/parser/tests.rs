use super::*;
use proptest::prelude::*;

fn read(text: &str) -> Result<Value, JsonError> {
    parse(text.as_bytes(), Limits::bytes(1 << 16))
}

#[test]
fn numbers_keep_their_spelling() {
    assert_eq!(read(" 1e0 "), Ok(Value::Number("1e0".into())));
    assert_eq!(read("-0.50"), Ok(Value::Number("-0.50".into())));
}

#[test]
fn malformed_numbers_are_refused() {
    for text in [
        "01", "1.", ".5", "+1", "1e", "-", "0x1", "NaN", "Infinity", "1e+",
    ] {
        assert!(
            matches!(read(text), Err(JsonError::Syntax { .. })),
            "{text}"
        );
    }
}

#[test]
fn duplicate_members_are_refused_even_when_one_is_escaped() {
    assert_eq!(
        read(r#"{"a":1,"\u0061":2}"#),
        Err(JsonError::DuplicateMember { name: "a".into() })
    );
    assert!(matches!(
        read(r#"[{"x":{"a":1,"a":1}}]"#),
        Err(JsonError::DuplicateMember { .. })
    ));
}

#[test]
fn surrogate_pairs_are_joined_and_halves_refused() {
    assert_eq!(read(r#""\ud83d\ude00""#), Ok(Value::String("😀".into())));
    for text in [
        r#""\ud83d""#,
        r#""\ude00""#,
        r#""\ud83d\u0041""#,
        r#""\ud83dx""#,
    ] {
        assert!(
            matches!(read(text), Err(JsonError::LoneSurrogate { .. })),
            "{text}"
        );
    }
}

#[test]
fn only_one_value_and_white_space_may_stand_in_a_document() {
    for text in [
        "",
        " ",
        "1 2",
        "{}x",
        "\u{feff}{}",
        "{}\0",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "'a'",
        "// c\n1",
        "\"a\nb\"",
        "\"a",
        "tru",
        "nul",
    ] {
        assert!(read(text).is_err(), "{text:?}");
    }
    assert!(read("\t\r\n {} \n").is_ok());
}

#[test]
fn nesting_beyond_the_limit_is_refused() {
    let nested = |n: usize| "[".repeat(n) + &"]".repeat(n);
    assert!(read(&nested(32)).is_ok());
    assert_eq!(read(&nested(33)), Err(JsonError::TooDeep { limit: 32 }));
}

#[test]
fn bytes_that_are_not_utf8_are_refused() {
    assert_eq!(
        parse(b"\"\xff\"", Limits::bytes(9)),
        Err(JsonError::NotUtf8)
    );
}

proptest! {
    #[test]
    fn whatever_is_accepted_means_the_same_to_the_general_parser(text in r#"[\[\]{}:,"a-c0-9eE.+\\u \-]{0,40}"#) {
        if let Ok(value) = read(&text) {
            let other: serde_json::Value = serde_json::from_str(&text).expect("the strict parser accepts only JSON");
            prop_assert_eq!(matches!(value, Value::Object(_)), other.is_object());
            prop_assert_eq!(matches!(value, Value::String(_)), other.is_string());
        }
    }

    #[test]
    fn no_bytes_make_the_parser_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = parse(&bytes, Limits::bytes(100));
    }
}

#[test]
fn a_duplicate_is_found_among_few_members_and_among_many() {
    for count in [2, 8, 9, 10, 100] {
        for (first, second) in [(0, 1), (0, count - 1), (count - 2, count - 1)] {
            let names = (0..count).map(|n| if n == second { first } else { n });
            let members: Vec<String> = names.map(|n| format!("\"m{n}\":{n}")).collect();
            let text = format!("{{{}}}", members.join(","));
            assert_eq!(
                parse(text.as_bytes(), Limits::bytes(1 << 16)),
                Err(JsonError::DuplicateMember {
                    name: format!("m{first}")
                }),
                "{text}"
            );
        }
        let members: Vec<String> = (0..count).map(|n| format!("\"m{n}\":1")).collect();
        let text = format!("{{{}}}", members.join(","));
        assert!(parse(text.as_bytes(), Limits::bytes(1 << 16)).is_ok());
    }
}
