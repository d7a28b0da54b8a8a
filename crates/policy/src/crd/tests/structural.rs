//! What Kubernetes demands of a schema, and what we demand beyond that.

use serde_json::{Value, json};

use super::{definitions, schema};
use crate::Group;

/// Calls `judge` with every node of a schema: its path, how often it can be there, and whether it stands in a copy.
fn each(node: &Value, path: &str, times: u64, judge: &mut dyn FnMut(&Value, &str, u64)) {
    judge(node, path, times);
    for (name, inner) in node["properties"].as_object().into_iter().flatten() {
        each(inner, &format!("{path}.{name}"), times, judge);
    }
    for (name, by) in [
        ("items", node["maxItems"].as_u64()),
        ("additionalProperties", node["maxProperties"].as_u64()),
    ] {
        if !node[name].is_null() {
            let by = by.unwrap_or_else(|| panic!("{path} is bounded"));
            each(&node[name], &format!("{path}[]"), times * by, judge);
        }
    }
}

fn keeps_unknown(node: &Value) -> bool {
    !node["x-kubernetes-preserve-unknown-fields"].is_null()
}

#[test]
fn every_schema_is_structural_closed_and_bounded() {
    for (kind, group, definition) in definitions() {
        each(schema(&definition), "", 1, &mut |node, path, _| {
            let at = format!("{kind} of {group}: {path}");
            let members = node.as_object().unwrap();
            for forbidden in [
                "$ref",
                "not",
                "allOf",
                "anyOf",
                "oneOf",
                "uniqueItems",
                "x-kubernetes-embedded-resource",
            ] {
                assert!(!members.contains_key(forbidden), "{at} has {forbidden}");
            }
            match node["type"].as_str() {
                Some("object") => {
                    let known = members.contains_key("properties");
                    let named = members.contains_key("additionalProperties");
                    assert!(known != named || path == ".metadata", "{at}");
                    for name in node["required"].as_array().into_iter().flatten() {
                        let field = &node["properties"][name.as_str().unwrap()];
                        assert!(field.is_object(), "{at} requires {name}");
                        assert!(field["nullable"].is_null(), "{at}.{name} cannot be null");
                    }
                }
                Some("array") => assert!(members.contains_key("items"), "{at}"),
                Some("string") => {
                    let bounded = members.contains_key("maxLength") || members.contains_key("enum");
                    assert!(bounded, "{at} is bounded");
                }
                Some("boolean" | "integer") => {}
                None if keeps_unknown(node) => {
                    // The list of values is what keeps everything else out.
                    let values = node["enum"].as_array().unwrap();
                    let is_plain = |value: &Value| value.is_boolean() || value.is_string();
                    assert!(!values.is_empty() && values.iter().all(is_plain), "{at}");
                }
                None => assert_eq!(node["x-kubernetes-int-or-string"], json!(true), "{at}"),
                Some(other) => panic!("{at} is of type {other}"),
            }
            assert!(node["type"].is_null() || !keeps_unknown(node), "{at}");
            assert!(
                node["default"].is_null() || group == Group::Doorward,
                "{at}"
            );
        });
    }
}

#[test]
fn what_is_not_required_may_be_null_so_that_the_reader_sees_it() {
    for (_, _, definition) in definitions() {
        each(
            &schema(&definition)["properties"]["spec"],
            "",
            1,
            &mut |node, path, _| {
                let required: Vec<_> = node["required"].as_array().into_iter().flatten().collect();
                for (name, field) in node["properties"].as_object().into_iter().flatten() {
                    let is_required = required.contains(&&json!(name));
                    assert_eq!(
                        field["nullable"] == json!(true),
                        !is_required,
                        "{path}.{name}"
                    );
                }
            },
        );
    }
}

#[test]
fn every_field_is_described_but_in_what_is_there_once_more() {
    for (_, _, definition) in definitions() {
        each(schema(&definition), "", 1, &mut |node, path, _| {
            let is_copy = path.contains(".anyOf[]") || path.contains(".signedBy");
            for (name, field) in node["properties"].as_object().into_iter().flatten() {
                let is_described = field["description"]
                    .as_str()
                    .is_some_and(|text| text.len() > 3);
                assert_eq!(
                    is_described,
                    !is_copy && name != "metadata",
                    "{path}.{name}"
                );
            }
        });
    }
}

/// What an API server reckons that an expression costs, from above: each field that it names, each operator, each text.
fn reckoned(rule: &str) -> u64 {
    let count = |what: &str| u64::try_from(rule.matches(what).count()).unwrap();
    2 * count("self.") + count("!") + count("size(") + count("=") + count(">") + count("'")
}

#[test]
fn the_expressions_of_a_definition_cost_less_than_an_api_server_lets_them() {
    for (kind, group, definition) in definitions() {
        let (mut all, mut rules) = (0, 0);
        each(schema(&definition), "", 1, &mut |node, path, times| {
            for rule in node["x-kubernetes-validations"]
                .as_array()
                .into_iter()
                .flatten()
            {
                let message = rule["message"].as_str().unwrap();
                assert!(message.len() > 10 && !message.contains('\n'), "{path}");
                let cost = times * reckoned(rule["rule"].as_str().unwrap());
                assert!(
                    cost <= super::super::rules::MOST_OF_ONE,
                    "{path}: {cost} of {rule}"
                );
                all += cost;
                rules += 1;
            }
        });
        // `StaticEstimatedCRDCostLimit` of `k8s.io/apiextensions-apiserver`.
        assert!(all <= 100_000_000, "{kind} of {group}: {all}");
        let is_strict = group == Group::Doorward;
        assert_eq!(rules > 10, is_strict, "{kind} of {group}: {rules}");
    }
}

#[test]
fn a_definition_is_small_enough_for_the_annotation_that_kubectl_apply_makes() {
    for (kind, group, definition) in definitions() {
        let size = definition.to_string().len();
        // All annotations of an object together (`TotalAnnotationSizeLimitB` of `k8s.io/apimachinery`): 256 KiB.
        assert!(size < 200 << 10, "{kind} of {group}: {size}");
    }
}

#[test]
fn a_definition_names_its_kind_as_kubernetes_wants_and_takes_no_short_name() {
    for (kind, group, definition) in definitions() {
        let spec = &definition["spec"];
        let names = &spec["names"];
        let plural = names["plural"].as_str().unwrap();
        assert_eq!(definition["metadata"]["name"], format!("{plural}.{group}"));
        assert_eq!(
            plural,
            format!("{}ies", kind.as_str().to_lowercase().trim_end_matches('y'))
        );
        assert!(names["shortNames"].is_null());
        assert_eq!(names["categories"], json!(["doorward"]));
        let version = &spec["versions"][0];
        assert_eq!(
            format!("{group}/{}", version["name"].as_str().unwrap()),
            group.api_version()
        );
        assert_eq!(version["subresources"], json!({"status": {}}));
        let required = &schema(&definition)["required"];
        assert_eq!(*required, json!(["spec"]), "nobody need write a status");
    }
}
