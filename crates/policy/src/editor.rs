//! The format as a JSON Schema (draft 7), for editors.

use serde_json::{Map, Value, json};

use crate::schema::{
    DOCUMENT, EXCEPTION, Field, Mapping, Need, Rule, Type, exception_mappings, mappings,
};
use crate::{ExceptionKind, Group, PolicyKind};

/// The JSON Schema of policies of `doorward.dev/v1`, which editors complete and check against.
///
/// It says less than the linter: it knows neither what must parse nor what holds between an entry and its object.
#[must_use]
pub fn editor_schema() -> Value {
    let exceptions = exception_mappings().iter();
    let each = mappings().iter().chain(exceptions);
    let definitions: Map<_, _> = each
        .map(|mapping| (key(mapping), object(mapping)))
        .collect();
    let of = |mapping| value(&Type::Mapping(mapping));
    let kinds = ExceptionKind::ALL.map(ExceptionKind::as_str);
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Image policies of Doorward, and exceptions to them",
        "definitions": definitions,
        "type": "object",
        "required": ["kind"],
        "if": {"properties": {"kind": {"enum": kinds}}},
        "then": of(&EXCEPTION),
        "else": of(&DOCUMENT),
    })
}

/// What a mapping is called among the definitions: its name without the marks.
fn key(mapping: &Mapping) -> String {
    mapping.name.replace('`', "").replace(' ', "-")
}

fn object(mapping: &Mapping) -> Value {
    let mut required: Vec<_> = mapping
        .fields()
        .filter(|field| field.need != Need::Never)
        .map(|field| field.name)
        .collect();
    let mut all = Vec::new();
    for rule in mapping.rules {
        match rule {
            Rule::All(names) => required.extend(*names),
            Rule::AtLeastOne(names) => all.push(json!({"anyOf": each(names)})),
            Rule::ExactlyOne(names) => all.push(json!({"oneOf": each(names)})),
            Rule::Excludes(first, others) | Rule::ReadOnlyExcludes(first, others) => {
                let alone = json!({"not": {"anyOf": each(others)}});
                all.push(json!({"if": {"required": [first]}, "then": alone}));
            }
            Rule::NotEmpty => all.push(json!({"minProperties": 1})),
            Rule::OnlyBeside(first, other) | Rule::ReadOnlyBeside(first, other) => {
                all.push(json!({"if": {"required": [first]}, "then": {"required": [other]}}));
            }
            Rule::Unless(first, others) => {
                all.push(json!({"anyOf": [{"required": [first]}, {"required": others}]}));
            }
            // An expression over values, which has no words here.
            Rule::Holds(..) => {}
        }
    }
    let properties: Map<_, _> = mapping
        .fields()
        .map(|field| (field.name.to_owned(), described(mapping, field)))
        .collect();
    let mut schema = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
    });
    if let Value::Object(schema) = &mut schema {
        if !required.is_empty() {
            schema.insert("required".to_owned(), json!(required));
        }
        if !all.is_empty() {
            schema.insert("allOf".to_owned(), json!(all));
        }
    }
    schema
}

fn each(names: &[&str]) -> Vec<Value> {
    names
        .iter()
        .map(|name| json!({"required": [name]}))
        .collect()
}

fn described(mapping: &Mapping, field: &Field) -> Value {
    let is_exception = mapping.name == EXCEPTION.name;
    let mut schema = match (field.of, field.name) {
        (Type::Kubernetes, "apiVersion") => json!({"const": Group::Doorward.api_version()}),
        (Type::Kubernetes, "kind") if is_exception => {
            json!({"enum": ExceptionKind::ALL.map(ExceptionKind::as_str)})
        }
        (Type::Kubernetes, "kind") => json!({"enum": PolicyKind::ALL.map(PolicyKind::as_str)}),
        (of, _) => value(&of),
    };
    // Beside a reference nothing else counts in this draft.
    if schema.get("$ref").is_some() {
        schema = json!({"allOf": [schema]});
    }
    if let Value::Object(schema) = &mut schema {
        schema.insert("description".to_owned(), json!(field.doc));
    }
    schema
}

fn value(of: &Type) -> Value {
    match of {
        Type::Bool => json!({"type": "boolean"}),
        Type::BoolOr(words) => {
            let truths = [json!(true), json!(false)].into_iter();
            let values: Vec<_> = truths.chain(words.iter().map(|word| json!(word))).collect();
            json!({"enum": values})
        }
        Type::Kubernetes => json!({"type": "object"}),
        Type::List { of, fewest, most } => {
            json!({"type": "array", "items": value(of), "minItems": fewest, "maxItems": most})
        }
        Type::Mapping(mapping) => json!({"$ref": format!("#/definitions/{}", key(mapping))}),
        Type::Number(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
        Type::Quorum(most) => json!({"anyOf": [
            {"enum": ["any", "all"]},
            {"type": "integer", "minimum": 1, "maximum": most},
        ]}),
        Type::Text(text) => {
            let mut schema = json!({"type": "string", "maxLength": text.most});
            if let Value::Object(schema) = &mut schema {
                if !text.may_be_empty {
                    schema.insert("minLength".to_owned(), json!(1));
                }
                if let Some(pattern) = text.pattern {
                    schema.insert("pattern".to_owned(), json!(pattern));
                }
            }
            schema
        }
        Type::Texts { of, fewest, most } => json!({
            "type": "object",
            "additionalProperties": {"type": "string", "maxLength": of.most},
            "minProperties": fewest,
            "maxProperties": most,
        }),
        Type::True => json!({"const": true}),
        Type::Word(words) => json!({"enum": words}),
    }
}

#[cfg(test)]
mod tests;
