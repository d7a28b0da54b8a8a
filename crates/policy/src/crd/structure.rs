//! What a structural schema says of the table.

use serde_json::{Map, Value, json};

use crate::schema::{ALTERNATIVE, Absent, Field, Mapping, Need, Rule, SIGNERS, Type};

use super::object;
use super::place::Place;
use super::rules::expressions;
use super::status::status;

impl Place {
    fn requires(self, mapping: &Mapping, field: &Field) -> bool {
        match field.need {
            Need::Always => true,
            Need::InDoorward => self.is_strict(),
            Need::Never => {
                self.is_strict()
                    && mapping
                        .rules
                        .iter()
                        .any(|rule| matches!(rule, Rule::All(names) if names.contains(&field.name)))
            }
        }
    }

    /// The schema of a mapping.
    pub(super) fn mapping(self, mapping: &Mapping) -> Map<String, Value> {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in mapping.fields() {
            let needed = self.requires(mapping, field);
            properties.insert(field.name.to_owned(), self.field(mapping, field, needed));
            if needed && field.of.is_described() {
                required.push(field.name);
            }
        }
        let mut schema = object([
            ("type", json!("object")),
            ("properties", Value::Object(properties)),
        ]);
        if !required.is_empty() {
            schema.insert("required".to_owned(), json!(required));
        }
        let not_empty = |rule: &Rule| matches!(rule, Rule::NotEmpty);
        if self.is_strict() && mapping.rules.iter().any(not_empty) {
            schema.insert("minProperties".to_owned(), json!(1));
        }
        let validations: Vec<_> = expressions(mapping, self)
            .iter()
            .map(super::rules::Expression::value)
            .collect();
        if !validations.is_empty() {
            schema.insert("x-kubernetes-validations".to_owned(), json!(validations));
        }
        schema
    }

    fn field(self, mapping: &Mapping, field: &Field, needed: bool) -> Value {
        if let Type::Kubernetes = field.of {
            return match field.name {
                "status" => status(),
                "metadata" => json!({"type": "object"}),
                _ => json!({"type": "string", "maxLength": 253, "description": field.doc}),
            };
        }
        let mut schema = self.value(&field.of);
        if self.is_described {
            schema.insert("description".to_owned(), json!(field.doc));
        }
        if !needed {
            schema.insert("nullable".to_owned(), json!(true));
        }
        if let Some(default) = self.default_of(mapping, field) {
            schema.insert("default".to_owned(), default);
        }
        Value::Object(schema)
    }

    /// What an API server may write where the field is absent, because it changes nothing.
    fn default_of(self, mapping: &Mapping, field: &Field) -> Option<Value> {
        // Beside a field that excludes it, a default would be one too many.
        let is_ruled = mapping.rules.iter().any(|rule| match rule {
            Rule::AtLeastOne(names) | Rule::All(names) => names.contains(&field.name),
            Rule::ExactlyOne(names) => names.contains(&field.name),
            Rule::Excludes(first, others)
            | Rule::ReadOnlyExcludes(first, others)
            | Rule::Unless(first, others) => *first == field.name || others.contains(&field.name),
            Rule::OnlyBeside(first, other) | Rule::ReadOnlyBeside(first, other) => {
                [first, other].contains(&&field.name)
            }
            Rule::Holds(text, _) => text.contains(field.name),
            Rule::NotEmpty => true,
        });
        if is_ruled || !self.is_strict() || !self.allows(field.only) {
            return None;
        }
        match field.absent {
            Absent::Word(word) => Some(json!(word)),
            Absent::True => Some(json!(true)),
            // What is off by default is shorter left out.
            Absent::False | Absent::Says(_) => None,
        }
    }

    /// The schema of a value.
    fn value(self, of: &Type) -> Map<String, Value> {
        match of {
            Type::Bool => object([("type", json!("boolean"))]),
            // No type holds both a truth and a word. A structural schema may leave the type out only where unknown fields
            // are kept, and the list of values lets none in.
            Type::BoolOr(words) if self.is_strict() => {
                let truths = [json!(true), json!(false)].into_iter();
                let values: Vec<_> = truths.chain(words.iter().map(|word| json!(word))).collect();
                object([
                    ("x-kubernetes-preserve-unknown-fields", json!(true)),
                    ("enum", json!(values)),
                ])
            }
            Type::BoolOr(_) => object([("type", json!("boolean"))]),
            Type::Kubernetes => object([("type", json!("object"))]),
            Type::List { of, fewest, most } => {
                let each = Self {
                    times: self
                        .times
                        .saturating_mul(u64::try_from(*most).unwrap_or(u64::MAX)),
                    ..self
                };
                let mut list = object([
                    ("type", json!("array")),
                    ("items", Value::Object(each.value(of))),
                    ("maxItems", json!(most)),
                    ("x-kubernetes-list-type", json!("atomic")),
                ]);
                if *fewest > 0 && self.is_strict() {
                    list.insert("minItems".to_owned(), json!(fewest));
                }
                list
            }
            Type::Mapping(mapping) => {
                let again = [ALTERNATIVE.name, SIGNERS.name].contains(&mapping.name);
                let inner = Self {
                    is_described: self.is_described && !again,
                    ..self
                };
                inner.mapping(mapping)
            }
            Type::Number(least, most) => object([
                ("type", json!("integer")),
                ("minimum", json!(least)),
                ("maximum", json!(most)),
            ]),
            // Of a text, the length and the pattern count; of a number, the bounds.
            Type::Quorum(most) => object([
                ("x-kubernetes-int-or-string", json!(true)),
                ("maxLength", json!(3)),
                ("pattern", json!("^(any|all)$")),
                ("minimum", json!(1)),
                ("maximum", json!(most)),
            ]),
            Type::Text(text) => {
                let mut schema =
                    object([("type", json!("string")), ("maxLength", json!(text.most))]);
                if self.is_strict() {
                    if !text.may_be_empty {
                        schema.insert("minLength".to_owned(), json!(1));
                    }
                    if let Some(pattern) = text.pattern {
                        schema.insert("pattern".to_owned(), json!(pattern));
                    }
                }
                schema
            }
            Type::Texts { of, fewest, most } => {
                let each = object([("type", json!("string")), ("maxLength", json!(of.most))]);
                let mut schema = object([
                    ("type", json!("object")),
                    ("additionalProperties", Value::Object(each)),
                    ("maxProperties", json!(most)),
                ]);
                if self.is_strict() && *fewest > 0 {
                    schema.insert("minProperties".to_owned(), json!(fewest));
                }
                schema
            }
            Type::True => {
                let mut schema = object([("type", json!("boolean"))]);
                if self.is_strict() {
                    schema.insert("enum".to_owned(), json!([true]));
                }
                schema
            }
            Type::Word(words) => object([("type", json!("string")), ("enum", json!(words))]),
        }
    }
}
