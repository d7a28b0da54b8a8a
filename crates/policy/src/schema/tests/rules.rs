//! Either side of every rule between fields.

use serde_json::{Value, json};

use super::{each, has, smallest, with};
use crate::LintCode;
use crate::schema::sample::value;
use crate::schema::{BODY, Mapping, Rule, Type};

/// The smallest object with these fields besides, or without the others.
fn set(mapping: &'static Mapping, there: &[&str], gone: &[&str]) -> Value {
    let mut object = smallest(mapping);
    let members = object.as_object_mut().unwrap();
    for name in gone {
        members.remove(*name);
    }
    for name in there {
        let of = mapping.field(name).unwrap().of;
        members.insert((*name).to_owned(), value(&of));
    }
    object
}

#[test]
fn a_rule_of_the_table_is_one_of_the_reader() {
    let mut rules = 0;
    each(|mapping, read| {
        for rule in mapping.rules {
            let mut refused: Vec<Value> = Vec::new();
            match rule {
                Rule::All(names) => {
                    refused.extend(names.iter().map(|name| set(mapping, &[], &[*name])));
                }
                Rule::AtLeastOne(names) => refused.push(set(mapping, &[], names)),
                Rule::ExactlyOne(names) => {
                    refused.extend([set(mapping, &[], names), set(mapping, names, &[])]);
                }
                Rule::Excludes(first, others) | Rule::ReadOnlyExcludes(first, others) => {
                    refused.extend(
                        others
                            .iter()
                            .map(|other| set(mapping, &[*first, *other], &[])),
                    );
                }
                Rule::NotEmpty => refused.push(json!({})),
                Rule::OnlyBeside(first, other) | Rule::ReadOnlyBeside(first, other) => {
                    refused.push(set(mapping, &[*first], &[*other]));
                }
                Rule::Unless(first, others) => {
                    refused.extend(others.iter().map(|name| set(mapping, &[], &[*name])));
                    assert_eq!(read(set(mapping, &[*first], others)), []);
                }
                // By name, below.
                Rule::Holds(..) => continue,
            }
            rules += 1;
            for object in refused {
                assert!(!read(object.clone()).is_empty(), "{rule:?}: {object}");
            }
        }
    });
    assert!(rules > 10, "{rules}");
}

#[test]
fn what_only_an_expression_can_say_is_refused_by_the_reader_as_well() {
    let mut expressions = 0;
    each(|mapping, read| {
        expressions += mapping
            .rules
            .iter()
            .filter(|rule| matches!(rule, Rule::Holds(..)))
            .count();
        let refused = match mapping.name {
            "`spec`" => json!({"floor": true, "repositories": []}),
            "an entry of `requirements`" => json!({"type": "signedBy"}),
            "an entry of `matchExpressions`" => json!({"key": "env", "operator": "In"}),
            _ => return,
        };
        assert!(!read(refused).is_empty(), "{}", mapping.name);
    });
    assert_eq!(expressions, 3, "each has its line above");
}

#[test]
fn unchecked_can_only_be_true() {
    each(|mapping, read| {
        for field in mapping.fields() {
            if let Type::True = field.of {
                assert_eq!(read(with(mapping, field.name, json!(true))), []);
                let found = read(with(mapping, field.name, json!(false)));
                assert!(has(&found, LintCode::InvalidValue), "{found:?}");
            }
        }
    });
    assert!(BODY.fields().any(|field| matches!(field.of, Type::True)));
}
