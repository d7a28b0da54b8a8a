//! The table and the strict reader agree: in every mapping, about every field, word, bound and rule.

mod bounds;
mod rules;

use serde_json::{Value, json};

use super::sample::{document, put, smallest, value, ways};
use super::{Mapping, Need, Rule, Type};
use crate::{Diagnostic, Group, LintCode, PolicyKind, PolicyObject};

/// Calls `judge` with every mapping, and with what makes a document of one, and reads it: all mistakes in it.
fn each(mut judge: impl FnMut(&'static Mapping, &dyn Fn(Value) -> Vec<Diagnostic>)) {
    for (mapping, way) in ways() {
        judge(mapping, &|inner| {
            let text = document(PolicyKind::ClusterImagePolicy, Group::Doorward, &way, inner);
            let (object, mut found) = PolicyObject::from_value("sample", &text);
            found.extend(object.meaning);
            found
        });
    }
}

fn with(mapping: &'static Mapping, name: &str, new: Value) -> Value {
    let mut object = smallest(mapping);
    put(mapping, &mut object, name, new);
    object
}

fn has(found: &[Diagnostic], code: LintCode) -> bool {
    found.iter().any(|diagnostic| diagnostic.code == code)
}

#[test]
fn every_field_of_the_table_takes_a_value_of_its_type() {
    each(|mapping, read| {
        assert_eq!(read(smallest(mapping)), [], "{}", mapping.name);
        for field in mapping.fields() {
            let object = with(mapping, field.name, value(&field.of));
            assert_eq!(read(object.clone()), [], "{}: {object}", mapping.name);
        }
    });
}

#[test]
fn every_field_of_the_table_refuses_a_value_of_another_type() {
    let others = [
        json!(1.5),
        json!("1"),
        json!(true),
        json!([1]),
        json!({"a": 1}),
    ];
    let takes = |of: &Type, other: &Value| match of {
        Type::Bool | Type::True => other.is_boolean(),
        Type::BoolOr(_) => other.is_boolean() || other.is_string(),
        Type::Kubernetes => true,
        Type::List { .. } => other.is_array(),
        Type::Mapping(_) | Type::Texts { .. } => other.is_object(),
        Type::Number(..) => other.is_number(),
        Type::Quorum(_) => other.is_string() || other.is_number(),
        Type::Text(_) | Type::Word(_) => other.is_string(),
    };
    each(|mapping, read| {
        for field in mapping.fields() {
            for other in &others {
                let refused = |new: Value| {
                    let object = with(mapping, field.name, new);
                    let found = read(object.clone());
                    assert!(
                        has(&found, LintCode::WrongType),
                        "{}: {object}",
                        mapping.name
                    );
                };
                if !takes(&field.of, other) {
                    refused(other.clone());
                }
                if let Type::List { of, .. } = field.of
                    && !takes(of, other)
                {
                    refused(json!([other]));
                }
            }
            if let Type::Texts { .. } = field.of {
                let found = read(with(mapping, field.name, json!({"a": 1})));
                assert!(has(&found, LintCode::WrongType), "{}", field.name);
            }
        }
    });
}

#[test]
fn the_words_of_the_table_are_those_that_the_reader_takes() {
    each(|mapping, read| {
        for field in mapping.fields() {
            let (words, wrap): (_, fn(Value) -> Value) = match field.of {
                Type::Word(words) => (words, |word| word),
                Type::List {
                    of: Type::Word(words),
                    ..
                } => (*words, |word| json!([word])),
                _ => continue,
            };
            let said = |word: &str| {
                let found = read(with(mapping, field.name, wrap(json!(word))));
                let unknown = found
                    .into_iter()
                    .find(|diagnostic| diagnostic.code == LintCode::UnknownValue);
                unknown.map(|diagnostic| diagnostic.message)
            };
            for word in words {
                assert_eq!(said(word), None, "{}", field.name);
                for other in [format!("{word}x"), format!("{word} "), word.to_uppercase()] {
                    assert!(
                        words.contains(&other.as_str()) || said(&other).is_some(),
                        "{other}"
                    );
                }
            }
            // The reader lists the words that it knows.
            let message = said("?").expect("not a word");
            let listed: Vec<_> = message.split('`').skip(3).step_by(2).collect();
            let spoken: Vec<_> = words
                .iter()
                .copied()
                .filter(|word| !word.is_empty())
                .collect();
            assert_eq!(listed, spoken, "{}.{}", mapping.name, field.name);
        }
    });
}

#[test]
fn what_the_table_requires_is_missed_where_it_is_left_out() {
    each(|mapping, read| {
        let together = mapping.rules.iter().flat_map(|rule| match rule {
            Rule::All(names) | Rule::Unless(_, names) => *names,
            _ => &[],
        });
        let required = mapping
            .fields()
            .filter(|field| field.need != Need::Never && !matches!(field.of, Type::Kubernetes))
            .map(|field| field.name)
            .chain(together.copied());
        for name in required {
            let mut object = smallest(mapping);
            object.as_object_mut().unwrap().remove(name);
            let found = read(object);
            assert!(
                has(&found, LintCode::MissingField),
                "{}.{name}",
                mapping.name
            );
        }
    });
}

#[test]
fn a_field_without_a_value_is_refused_wherever_it_stands() {
    each(|mapping, read| {
        for field in mapping.fields() {
            let found = read(with(mapping, field.name, Value::Null));
            let refused = !found.is_empty() || matches!(field.of, Type::Kubernetes);
            assert!(refused, "{}.{}", mapping.name, field.name);
        }
    });
}

#[test]
fn a_field_has_one_sentence_of_plain_text_and_the_bounds_of_a_description() {
    each(|mapping, _| {
        for field in mapping.fields() {
            assert!(field.doc.ends_with('.'), "{}", field.name);
            assert!(!field.doc.contains("]("), "{}: no links", field.name);
            assert!(
                !field.more.ends_with('.'),
                "{}: the book adds the full stop",
                field.name
            );
        }
    });
}
