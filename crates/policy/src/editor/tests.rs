use serde_json::{Value, json};

use super::editor_schema;
use crate::crd::samples::{is_taken, objects};
use crate::crd::tests::judge::matches;
use crate::schema::BODY;
use crate::schema::sample::{document, smallest, ways};
use crate::{Group, PolicyKind};

/// Whether an instance is valid (JSON Schema draft 7, as far as the schema goes).
fn is_valid(root: &Value, schema: &Value, instance: &Value) -> bool {
    let inner = |schema: &Value| is_valid(root, schema, instance);
    if let Some(name) = schema["$ref"].as_str() {
        return inner(
            root.pointer(name.trim_start_matches('#'))
                .expect("it is defined"),
        );
    }
    for (keyword, value) in schema.as_object().expect("a schema") {
        let many = || value.as_array().map_or(&[][..], Vec::as_slice);
        let bound = || usize::try_from(value.as_u64().unwrap()).unwrap();
        let holds = match (keyword.as_str(), instance) {
            ("$schema" | "title" | "description" | "definitions" | "then" | "else", _) => true,
            ("type", _) => match value.as_str().unwrap() {
                "object" => instance.is_object(),
                "array" => instance.is_array(),
                "string" => instance.is_string(),
                "boolean" => instance.is_boolean(),
                "integer" => instance.is_i64() || instance.is_u64(),
                other => panic!("no such type: {other}"),
            },
            ("const", _) => instance == value,
            ("enum", _) => many().contains(instance),
            ("allOf", _) => many().iter().all(inner),
            ("anyOf", _) => many().iter().any(inner),
            ("oneOf", _) => many().iter().filter(|one| inner(one)).count() == 1,
            ("not", _) => !inner(value),
            ("if", _) if inner(value) => inner(&schema["then"]),
            ("if", _) => schema.get("else").is_none_or(inner),
            ("minLength", Value::String(text)) => text.chars().count() >= bound(),
            ("maxLength", Value::String(text)) => text.chars().count() <= bound(),
            ("pattern", Value::String(text)) => matches(value.as_str().unwrap(), text),
            ("minimum", Value::Number(number)) => number.as_i64() >= value.as_i64(),
            ("maximum", Value::Number(number)) => number.as_i64() <= value.as_i64(),
            ("minItems", Value::Array(items)) => items.len() >= bound(),
            ("maxItems", Value::Array(items)) => items.len() <= bound(),
            ("items", Value::Array(items)) => items.iter().all(|item| is_valid(root, value, item)),
            ("minProperties", Value::Object(members)) => members.len() >= bound(),
            ("maxProperties", Value::Object(members)) => members.len() <= bound(),
            ("required", Value::Object(members)) => many()
                .iter()
                .all(|name| members.contains_key(name.as_str().unwrap())),
            ("properties", Value::Object(members)) => members
                .iter()
                .filter_map(|(name, member)| Some((value.get(name)?, member)))
                .all(|(of, member)| is_valid(root, of, member)),
            ("additionalProperties", Value::Object(members)) => members
                .iter()
                .filter(|(name, _)| schema["properties"].get(name).is_none())
                .all(|(_, member)| *value != false && is_valid(root, value, member)),
            (
                "minLength"
                | "maxLength"
                | "pattern"
                | "minimum"
                | "maximum"
                | "minItems"
                | "maxItems"
                | "items"
                | "minProperties"
                | "maxProperties"
                | "required"
                | "properties"
                | "additionalProperties",
                _,
            ) => true,
            (other, _) => panic!("no such keyword: {other}"),
        };
        if !holds {
            return false;
        }
    }
    true
}

#[test]
fn the_schema_for_editors_refuses_nothing_that_the_reader_takes() {
    let schema = editor_schema();
    for kind in PolicyKind::ALL {
        let (mut taken, mut refused) = (0, 0);
        for object in objects(kind, Group::Doorward) {
            let is_valid = is_valid(&schema, &schema, &object);
            if is_taken(&object) {
                assert!(is_valid, "{object}");
                taken += 1;
            }
            refused += usize::from(!is_valid);
        }
        assert!(taken > 200 && refused > 1000, "{taken} and {refused}");
    }
}

#[test]
fn the_schema_for_editors_refuses_an_unknown_field_everywhere_and_another_group() {
    let schema = editor_schema();
    let kind = PolicyKind::ClusterImagePolicy;
    for (mapping, way) in ways() {
        let good = document(kind, Group::Doorward, &way, smallest(mapping));
        assert!(is_valid(&schema, &schema, &good), "{good}");
        let mut inner = smallest(mapping);
        inner["unknown"] = json!(1);
        let bad = document(kind, Group::Doorward, &way, inner);
        assert!(!is_valid(&schema, &schema, &bad), "{bad}");
        let other = document(kind, Group::Portieris, &way, smallest(mapping));
        assert!(!is_valid(&schema, &schema, &other), "{other}");
    }
}

#[test]
fn the_schema_for_editors_knows_what_stands_beside_what() {
    let schema = editor_schema();
    let (_, way) = ways()
        .into_iter()
        .find(|(mapping, _)| mapping.name == BODY.name)
        .unwrap();
    for (policy, expected) in [
        (json!({"unchecked": true}), true),
        (
            json!({"unchecked": true, "trust": {"enabled": true}}),
            false,
        ),
        (json!({"mode": "warn"}), false),
        (
            json!({"sigstore": {"authorities": [{"keySecret": "a"}]}}),
            true,
        ),
        (json!({"sigstore": {"authorities": [{"name": "a"}]}}), false),
        (
            json!({"sigstore": {"authorities": [{"keySecret": "a", "keyless": {"issuer": "i", "subject": "s"}}]}}),
            false,
        ),
        (
            json!({"sigstore": {"require": 65, "authorities": [{"keySecret": "a"}]}}),
            false,
        ),
        (
            json!({"notation": {"require": "any", "trustStores": [], "trustedIdentities": ["*"]}}),
            false,
        ),
        (json!({"notation": {}}), false),
        (json!({"trust": {"enabled": true}, "image": {}}), false),
    ] {
        let object = document(PolicyKind::ImagePolicy, Group::Doorward, &way, policy);
        assert_eq!(is_valid(&schema, &schema, &object), expected, "{object}");
    }
}
