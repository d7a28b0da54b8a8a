//! Documents made from the table: the smallest that can be used, with one field more.

use serde_json::{Map, Value, json};

use super::table::{ALL, BODY, DOCUMENT, LABEL_REQUIREMENT};
use super::{Field, Mapping, Need, Rule, Type};
use crate::{Group, PolicyKind};

/// A value that a field of this type takes.
pub(crate) fn value(of: &Type) -> Value {
    match of {
        Type::Bool | Type::BoolOr(_) | Type::True => json!(true),
        Type::Kubernetes => json!({}),
        Type::List { of, .. } => json!([value(of)]),
        Type::Mapping(mapping) => smallest(mapping),
        Type::Number(least, _) => json!(least),
        Type::Quorum(_) => json!("all"),
        Type::Text(text) => json!(text.example),
        Type::Texts { of, .. } => json!({"name": of.example}),
        Type::Word(words) => json!(words[0]),
    }
}

/// The smallest mapping that can be used.
pub(crate) fn smallest(mapping: &'static Mapping) -> Value {
    let mut object = Map::new();
    for field in mapping.fields().filter(|field| field.need != Need::Never) {
        object.insert(field.name.to_owned(), value(&field.of));
    }
    if mapping.name == LABEL_REQUIREMENT.name {
        // What its first operator compares with.
        object.insert("values".to_owned(), json!(["production"]));
    }
    // Beside a signature, everything else may stand.
    let mut first = |names: &[&str]| {
        let name = names.iter().find(|name| **name != "unchecked").unwrap();
        let of = mapping.field(name).unwrap().of;
        object.insert((*name).to_owned(), value(&of));
    };
    for rule in mapping.rules {
        match rule {
            Rule::All(names) | Rule::Unless(_, names) => {
                names.iter().for_each(|name| first(&[*name]));
            }
            Rule::AtLeastOne(names) => first(names),
            Rule::ExactlyOne(names) => first(names),
            Rule::NotEmpty => first(&[mapping.fields().next().unwrap().name]),
            Rule::Excludes(..)
            | Rule::Holds(..)
            | Rule::OnlyBeside(..)
            | Rule::ReadOnlyBeside(..)
            | Rule::ReadOnlyExcludes(..) => {}
        }
    }
    Value::Object(object)
}

/// Puts `value` into the field called `name`, and takes away what cannot stand beside it.
pub(crate) fn put(mapping: &'static Mapping, object: &mut Value, name: &str, new: Value) {
    let object = object.as_object_mut().unwrap();
    for rule in mapping.rules {
        match rule {
            Rule::ExactlyOne(names) if names.contains(&name) => {
                names.iter().for_each(|other| drop(object.remove(*other)));
            }
            Rule::Excludes(first, others) | Rule::ReadOnlyExcludes(first, others)
                if *first == name =>
            {
                others.iter().for_each(|other| drop(object.remove(*other)));
            }
            Rule::Excludes(first, others) | Rule::ReadOnlyExcludes(first, others)
                if others.contains(&name) =>
            {
                object.remove(*first);
            }
            _ => {}
        }
    }
    object.insert(name.to_owned(), new);
    for rule in mapping.rules {
        if let Rule::OnlyBeside(first, other) | Rule::ReadOnlyBeside(first, other) = rule
            && *first == name
            && !object.contains_key(*other)
        {
            let beside = value(&mapping.field(other).unwrap().of);
            let mut whole = Value::Object(std::mem::take(object));
            put(mapping, &mut whole, other, beside);
            *object = whole.as_object().unwrap().clone();
        }
    }
}

/// The way from a document to a mapping: the mappings on it, and the field of each that leads on.
pub(crate) type Way = Vec<(&'static Mapping, &'static Field)>;

/// One way to each mapping.
pub(crate) fn ways() -> Vec<(&'static Mapping, Way)> {
    let mut found: Vec<(&'static Mapping, Way)> = vec![(&DOCUMENT, Vec::new())];
    let mut next = 0;
    while next < found.len() {
        let (mapping, way) = found[next].clone();
        for field in mapping.fields() {
            let inner = match field.of {
                Type::Mapping(inner) => Some(inner),
                Type::List {
                    of: Type::Mapping(inner),
                    ..
                } => Some(*inner),
                _ => None,
            };
            if let Some(inner) = inner
                && !found.iter().any(|(known, _)| known.name == inner.name)
            {
                let mut way = way.clone();
                way.push((mapping, field));
                found.push((inner, way));
            }
        }
        next += 1;
    }
    assert_eq!(found.len(), ALL.len(), "the list has every mapping");
    assert!(found.iter().any(|(mapping, _)| mapping.name == BODY.name));
    found
}

/// A document with `inner` at the end of the way.
pub(crate) fn document(kind: PolicyKind, group: Group, way: &Way, inner: Value) -> Value {
    let mut inner = inner;
    for (mapping, field) in way.iter().rev() {
        let mut outer = smallest(mapping);
        let held = match field.of {
            Type::List { .. } => json!([inner]),
            _ => inner,
        };
        put(mapping, &mut outer, field.name, held);
        inner = outer;
    }
    let mut metadata = json!({"name": "sample"});
    if kind == PolicyKind::ImagePolicy {
        metadata["namespace"] = json!("shop");
    }
    inner["apiVersion"] = json!(group.api_version());
    inner["kind"] = json!(kind.as_str());
    inner["metadata"] = metadata;
    inner
}
