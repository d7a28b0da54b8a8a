//! Either side of every bound.

use serde_json::{Map, Value, json};

use super::{each, has, with};
use crate::LintCode;
use crate::schema::sample::value;
use crate::schema::{Text, Type};

/// A text of this length that matches the pattern of its kind, where repetition can make one.
fn long(text: &Text, length: usize) -> String {
    let mut long = text.example.to_owned();
    let padding = if text.example.ends_with(|c: char| c.is_ascii_digit()) {
        "1"
    } else {
        "a"
    };
    while long.len() < length {
        long.push_str(padding);
    }
    long.truncate(length);
    long
}

#[test]
fn a_text_may_be_as_long_as_the_table_says_and_no_longer() {
    each(|mapping, read| {
        for field in mapping.fields() {
            let (text, wrap): (_, fn(String) -> Value) = match field.of {
                Type::Text(text) => (text, |text| json!(text)),
                Type::Texts { of, .. } => (of, |text| json!({"a": text})),
                Type::List {
                    of: Type::Text(text),
                    ..
                } => (*text, |text| json!([text])),
                _ => continue,
            };
            for (length, over) in [(text.most, false), (text.most + 1, true)] {
                let found = read(with(mapping, field.name, wrap(long(text, length))));
                let said = has(&found, LintCode::LimitExceeded);
                assert_eq!(
                    said, over,
                    "{}.{} of {length}: {found:?}",
                    mapping.name, field.name
                );
            }
            if let Type::Texts { of, .. } = field.of {
                let name = |length| json!({"a".repeat(length): "b"});
                for (length, over) in [(of.most, false), (of.most + 1, true)] {
                    let found = read(with(mapping, field.name, name(length)));
                    assert_eq!(has(&found, LintCode::LimitExceeded), over, "{}", field.name);
                }
            }
        }
    });
}

#[test]
fn a_list_may_have_as_many_items_as_the_table_says_and_no_more() {
    each(|mapping, read| {
        for field in mapping.fields() {
            // The bound of entries is that of an object of an API server: files may have more.
            if field.name == "repositories" {
                continue;
            }
            let (most, fewest, many): (_, _, Box<dyn Fn(usize) -> Value>) = match field.of {
                Type::List { of, most, fewest } => (
                    most,
                    fewest,
                    Box::new(move |count| json!(vec![value(of); count])),
                ),
                Type::Texts { of, fewest, most } => (
                    most,
                    fewest,
                    Box::new(move |count| {
                        let pairs = (0..count).map(|n| (format!("n{n}"), json!(of.example)));
                        Value::Object(pairs.collect::<Map<_, _>>())
                    }),
                ),
                _ => continue,
            };
            for (count, over) in [(most, false), (most + 1, true)] {
                let found = read(with(mapping, field.name, many(count)));
                let said = has(&found, LintCode::LimitExceeded);
                assert_eq!(said, over, "{}.{}: {count}", mapping.name, field.name);
            }
            let found = read(with(mapping, field.name, many(0)));
            let refused = !found.is_empty();
            assert_eq!(
                refused,
                fewest > 0,
                "{}.{}: {found:?}",
                mapping.name,
                field.name
            );
        }
    });
}

#[test]
fn a_number_is_whole_and_within_its_bounds() {
    let mut numbers = 0;
    each(|mapping, read| {
        for field in mapping.fields() {
            let Type::Number(least, most) = field.of else {
                continue;
            };
            numbers += 1;
            for taken in least..=most {
                assert_eq!(read(with(mapping, field.name, json!(taken))), []);
            }
            for refused in [
                json!(i16::from(least) - 1),
                json!(u16::from(most) + 1),
                json!(-1),
                json!(1e30),
                json!(f64::from(least) + 0.5),
                json!(256 + u16::from(least)),
            ] {
                let found = read(with(mapping, field.name, refused.clone()));
                assert!(!found.is_empty(), "{}: {refused}", field.name);
            }
        }
    });
    assert!(numbers > 0, "there is one");
}

#[test]
fn a_number_of_signatures_is_from_one_to_as_many_as_there_are() {
    each(|mapping, read| {
        for field in mapping.fields() {
            let Type::Quorum(most) = field.of else {
                continue;
            };
            for taken in [json!("any"), json!("all"), json!(1)] {
                assert_eq!(read(with(mapping, field.name, taken)), []);
            }
            for refused in [
                json!(0),
                json!(-1),
                json!(1.5),
                json!(2),
                json!(most + 1),
                json!("1"),
            ] {
                assert!(
                    !read(with(mapping, field.name, refused.clone())).is_empty(),
                    "{refused}"
                );
            }
        }
    });
}
