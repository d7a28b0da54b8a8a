//! Selectors of labels, as the API server goes by them.

use std::collections::BTreeMap;

use doorward_policy::LabelSelector;
use serde_json::Value;

/// Whether labels match a selector. What cannot be read matches nothing, so that what it would leave out is found.
pub(super) fn matches(selector: &Value, labels: &Value) -> bool {
    let labels = labels.as_object().into_iter().flatten();
    let labels = labels.filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)));
    let labels: BTreeMap<&str, &str> = labels.collect();
    LabelSelector::of_stored(selector).is_some_and(|selector| selector.is_met(&labels))
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
        for unreadable in [
            json!("x"),
            json!({"matchLabels": {"env": 7}}),
            json!({"matchLabels": []}),
            json!({"matchExpressions": {}}),
            json!({"matchExpressions": [{"operator": "Exists"}]}),
            json!({"matchExpressions": [{"key": "env", "operator": "In", "values": [7]}]}),
        ] {
            assert!(!matches(&unreadable, &labels), "{unreadable}");
        }
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
