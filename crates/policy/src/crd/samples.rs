//! Objects, good and bad, that the schemas are tried with.

use serde_json::{Value, json};

use crate::schema::Type;
use crate::schema::sample::{document, put, smallest, value, ways};
use crate::{Group, PolicyKind, PolicyObject};

/// Whether the strict reader takes an object.
pub(crate) fn is_taken(object: &Value) -> bool {
    let (object, form) = PolicyObject::from_value("sample", object);
    form.is_empty() && object.meaning.is_empty()
}

/// Values for a field, good and bad, with one on either side of every bound.
fn values(of: &Type) -> Vec<Value> {
    let mut values = vec![
        value(of),
        Value::Null,
        json!(""),
        json!("?"),
        json!(1),
        json!(true),
        json!(false),
        json!([]),
        json!({}),
        json!({"unknown": 1}),
    ];
    match of {
        Type::List { of, most, .. } => {
            // The bound of entries is that of an API server alone.
            if *most <= 256 {
                values.extend([*most, most + 1].map(|count| json!(vec![value(of); count])));
            }
            values.extend(self::values(of).into_iter().map(|item| json!([item])));
        }
        Type::Text(text) => {
            values.extend([text.most, text.most + 1].map(|count| json!("a".repeat(count))));
        }
        Type::Texts { of, .. } => {
            values.push(json!({"a": ""}));
            values.extend([of.most, of.most + 1].map(|count| json!({"a": "a".repeat(count)})));
        }
        Type::BoolOr(words) => {
            values.extend([json!(false), json!("?"), json!(1)]);
            values.extend(words.iter().map(|word| json!(word)));
        }
        Type::Word(words) => values.extend(words.iter().map(|word| json!(word))),
        Type::Number(least, most) => values.extend([
            json!(most),
            json!(u16::from(*most) + 1),
            json!(i16::from(*least) - 1),
            json!(1.5),
        ]),
        Type::Quorum(most) => values.extend([json!("any"), json!(most), json!(most + 1)]),
        _ => {}
    }
    values
}

/// Objects of all kinds, of which some are good: with every value in every field, without each field, and with fields that
/// cannot stand beside each other.
pub(crate) fn objects(kind: PolicyKind, group: Group) -> Vec<Value> {
    let mut objects = Vec::new();
    for (mapping, way) in ways() {
        let mut inner = vec![smallest(mapping), json!({})];
        for field in mapping.fields().filter(|field| field.of.is_described()) {
            for new in values(&field.of) {
                let mut object = smallest(mapping);
                put(mapping, &mut object, field.name, new);
                inner.push(object);
            }
            let mut object = smallest(mapping);
            object.as_object_mut().unwrap().remove(field.name);
            inner.push(object);
            // And beside what excludes it.
            let mut object = smallest(mapping);
            object[field.name] = value(&field.of);
            inner.push(object);
        }
        inner.sort_by_cached_key(Value::to_string);
        inner.dedup();
        objects.extend(
            inner
                .into_iter()
                .map(|inner| document(kind, group, &way, inner)),
        );
    }
    objects
}
