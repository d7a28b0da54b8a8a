//! Selectors of labels, as the API server goes by them.

use serde_json::Value;

/// Whether labels match a selector: all of `matchLabels` and `matchExpressions`. What cannot be read matches nothing, so that
/// what it would leave out is told of.
pub(super) fn matches(selector: &Value, labels: &Value) -> bool {
    let label = |key: &str| labels.get(key).and_then(Value::as_str);
    let equal = selector["matchLabels"].as_object().into_iter().flatten();
    let is_equal = |(key, value): (&String, &Value)| {
        value
            .as_str()
            .is_some_and(|value| label(key) == Some(value))
    };
    let expressions = selector["matchExpressions"]
        .as_array()
        .into_iter()
        .flatten();
    let holds = |expression: &Value| {
        let Some(key) = expression["key"].as_str() else {
            return false;
        };
        let values = expression["values"].as_array().into_iter().flatten();
        let is_among = |wanted: &str| values.clone().any(|value| value == wanted);
        match expression["operator"].as_str() {
            Some("In") => label(key).is_some_and(is_among),
            Some("NotIn") => !label(key).is_some_and(is_among),
            Some("Exists") => label(key).is_some(),
            Some("DoesNotExist") => label(key).is_none(),
            _ => false,
        }
    };
    equal.into_iter().all(is_equal) && expressions.into_iter().all(holds)
}

/// Whether a selector matches whatever labels there are.
pub(super) fn is_everything(selector: &Value) -> bool {
    let is_empty = |member: &Value| match member {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    };
    match selector {
        Value::Null => true,
        Value::Array(list) => list.is_empty(),
        Value::Object(members) => members.values().all(is_empty),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_operator_goes_by_what_the_api_server_says_of_labels_that_are_not_there() {
        let labels = json!({"env": "prod", "team": "a"});
        let expression = |operator: &str, key: &str, values: Value| {
            let selector =
                json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]});
            matches(&selector, &labels)
        };
        assert!(expression("In", "env", json!(["prod", "dev"])));
        assert!(!expression("In", "env", json!(["dev"])));
        assert!(!expression("In", "none", json!(["prod"])));
        assert!(!expression("NotIn", "env", json!(["prod"])));
        assert!(expression("NotIn", "none", json!(["prod"])));
        assert!(expression("Exists", "env", json!(null)));
        assert!(expression("DoesNotExist", "none", json!(null)));
        assert!(!expression("DoesNotExist", "env", json!(null)));
        assert!(!expression("Maybe", "env", json!(["prod"])));
        assert!(matches(
            &json!({"matchLabels": {"env": "prod", "team": "a"}}),
            &labels
        ));
        assert!(!matches(
            &json!({"matchLabels": {"env": "prod", "team": "b"}}),
            &labels
        ));
        assert!(matches(&json!({}), &Value::Null));
    }

    #[test]
    fn only_an_empty_selector_is_everything() {
        for all in [
            json!(null),
            json!({}),
            json!({"matchLabels": {}, "matchExpressions": []}),
        ] {
            assert!(is_everything(&all), "{all}");
        }
        for some in [
            json!({"matchLabels": {"a": "b"}}),
            json!({"matchExpressions": [{"key": "a", "operator": "Exists"}]}),
            json!("x"),
        ] {
            assert!(!is_everything(&some), "{some}");
        }
    }
}
