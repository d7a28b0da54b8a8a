//! An API server's judgement of an object by a schema, as far as our schemas go: what strict validation of fields refuses, the
//! keywords of the schema, defaults and expressions.

use std::cell::RefCell;
use std::collections::HashMap;

use doorward_core::json::{self, Limits};
use doorward_documents::{Condition, Predicate};
use regex_automata::meta::Regex;
use serde_json::{Map, Value};

/// Everything that is wrong with `value`.
pub(super) fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    judge(schema, value, "", &mut found);
    found
}

fn judge(schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    if value.is_null() && schema["nullable"] == true && schema["enum"].is_null() {
        return;
    }
    let mut fault = |what: &str| found.push(format!("{path}: {what}"));
    let is_typed = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        // The list of values says what it may be.
        _ if schema["x-kubernetes-preserve-unknown-fields"] == true => true,
        _ => value.is_string() || value.is_i64() || value.is_u64(),
    };
    if !is_typed {
        return fault("type");
    }
    let bound = |name: &str| {
        schema[name]
            .as_u64()
            .map(|bound| usize::try_from(bound).unwrap())
    };
    let mut within = |size: usize, fewest: &str, most: &str| {
        if bound(fewest).is_some_and(|fewest| size < fewest) {
            fault(fewest);
        }
        if bound(most).is_some_and(|most| size > most) {
            fault(most);
        }
    };
    match value {
        Value::String(text) => {
            within(text.chars().count(), "minLength", "maxLength");
            let pattern = schema["pattern"].as_str();
            if pattern.is_some_and(|pattern| !matches(pattern, text)) {
                fault("pattern");
            }
        }
        Value::Number(number) => {
            let number = number.as_i64().unwrap();
            let most = schema["maximum"].as_i64().unwrap_or(i64::MAX);
            if number < schema["minimum"].as_i64().unwrap_or(i64::MIN) || number > most {
                fault("number");
            }
        }
        Value::Array(items) => within(items.len(), "minItems", "maxItems"),
        Value::Object(members) => within(members.len(), "minProperties", "maxProperties"),
        Value::Bool(_) | Value::Null => {}
    }
    let words = schema["enum"].as_array();
    if words.is_some_and(|words| !words.contains(value)) {
        fault("enum");
    }
    for rule in schema["x-kubernetes-validations"]
        .as_array()
        .into_iter()
        .flatten()
    {
        if !holds(rule["rule"].as_str().unwrap(), value) {
            fault(rule["message"].as_str().unwrap());
        }
    }
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                judge(&schema["items"], item, &format!("{path}[{index}]"), found);
            }
        }
        Value::Object(members) => inside(schema, members, path, found),
        _ => {}
    }
}

fn inside(schema: &Value, members: &Map<String, Value>, path: &str, found: &mut Vec<String>) {
    let properties = schema["properties"].as_object();
    let required = schema["required"].as_array().into_iter().flatten();
    for name in required.filter_map(Value::as_str) {
        // What may not be null is dropped before it is judged.
        if members.get(name).is_none_or(Value::is_null) {
            found.push(format!("{path}: {name} is required"));
        }
    }
    for (name, value) in members {
        let of = properties.and_then(|properties| properties.get(name));
        match (of, &schema["additionalProperties"]) {
            (Some(of), _) => {
                let is_dropped = value.is_null() && of["nullable"] != true;
                if !is_dropped {
                    judge(of, value, &format!("{path}.{name}"), found);
                }
            }
            // Kubernetes' own, such as the metadata.
            (None, Value::Null) if properties.is_none() => {}
            (None, Value::Null) => found.push(format!("{path}: unknown field {name}")),
            (None, of) => judge(of, value, &format!("{path}.{name}"), found),
        }
    }
}

// There are thousands of samples, and a few hundred patterns and expressions that each of them is held against.
thread_local! {
    static PATTERNS: RefCell<HashMap<String, Regex>> = RefCell::default();
    static CONDITIONS: RefCell<HashMap<String, Condition>> = RefCell::default();
}

pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    PATTERNS.with_borrow_mut(|patterns| {
        let made = || Regex::new(pattern).unwrap();
        let compiled = patterns.entry(pattern.to_owned()).or_insert_with(made);
        compiled.is_match(text)
    })
}

/// Whether an expression is true of a value. The engine is that of the conditions in policies.
fn holds(rule: &str, value: &Value) -> bool {
    // To the expressions of an API server, a field without a value is not there.
    let mut value = value.clone();
    if let Value::Object(members) = &mut value {
        members.retain(|_, member| !member.is_null());
    }
    let document = json::parse(value.to_string().as_bytes(), Limits::bytes(1 << 20)).unwrap();
    CONDITIONS.with_borrow_mut(|conditions| {
        let made = || Condition::parse(&rule.replace("self", "predicate")).unwrap();
        let condition = conditions.entry(rule.to_owned()).or_insert_with(made);
        // What cannot be evaluated is not true.
        condition
            .evaluate(&Predicate::new(&document))
            .unwrap_or(false)
    })
}

/// The object with the defaults of the schema, as an API server stores it.
pub(super) fn with_defaults(schema: &Value, mut value: Value) -> Value {
    match &mut value {
        Value::Array(items) => {
            for item in items {
                *item = with_defaults(&schema["items"], item.take());
            }
        }
        Value::Object(members) => {
            for (name, of) in schema["properties"].as_object().into_iter().flatten() {
                match members.get_mut(name) {
                    Some(member) => *member = with_defaults(of, member.take()),
                    None if of["default"].is_null() => {}
                    None => drop(members.insert(name.clone(), of["default"].clone())),
                }
            }
        }
        _ => {}
    }
    value
}
