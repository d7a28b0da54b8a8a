use super::*;

use serde::Deserialize as _;

use crate::WorkloadKind;
use crate::asking::{EPHEMERAL, rules};

const GUIDE: &str = include_str!("../../../../docs/guides/install.md");

fn armament() -> Armament {
    Armament {
        service: "doorward".to_owned(),
        port: 443,
        home: "doorward".to_owned(),
        timeout: Duration::from_secs(10),
        authorities: b"-----BEGIN CERTIFICATE-----".to_vec(),
        excluded: Vec::new(),
        extra: Vec::new(),
    }
}

/// Every configuration in the guide.
fn of_the_guide() -> Vec<Value> {
    let blocks = GUIDE.split("```yaml\n").skip(1);
    let blocks = blocks.filter_map(|block| block.split("```").next());
    let documents = blocks
        .filter(|block| block.starts_with("apiVersion: admissionregistration.k8s.io/v1\n"))
        .flat_map(serde_yaml::Deserializer::from_str);
    documents
        .map(|document| Value::deserialize(document).unwrap())
        .collect()
}

/// What the API server would fill in, and in one order.
fn filled(mut webhook: Value) -> Value {
    webhook["clientConfig"]["caBundle"] = "".into();
    let service = &mut webhook["clientConfig"]["service"];
    service["port"] = service.get("port").cloned().unwrap_or(443.into());
    for (field, value) in [
        ("matchPolicy", json!("Equivalent")),
        ("namespaceSelector", json!({})),
        ("objectSelector", json!({})),
    ] {
        if webhook[field].is_null() {
            webhook[field] = value;
        }
    }
    for rule in webhook["rules"].as_array_mut().unwrap() {
        rule["scope"] = "*".into();
        let resources = rule["resources"].as_array_mut().unwrap();
        resources.sort_by_key(|resource| resource.as_str().unwrap().to_owned());
    }
    webhook
}

#[test]
fn the_configurations_are_those_of_the_guide() {
    let guide = of_the_guide();
    assert_eq!(guide.len(), 3);
    for ours in armament().configurations() {
        let theirs = guide
            .iter()
            .find(|other| other["kind"] == ours.kind && other["metadata"]["name"] == ours.name);
        let theirs = theirs.unwrap_or_else(|| panic!("{} {}", ours.kind, ours.name));
        assert_eq!(
            filled(ours.webhooks[0].clone()),
            filled(theirs["webhooks"][0].clone())
        );
        assert_eq!(ours.webhooks.as_array().unwrap().len(), 1);
    }
}

#[test]
fn every_kind_that_is_walked_is_sent_and_the_door_never_ignores_failures() {
    for configuration in &armament().configurations()[..2] {
        let webhook = &configuration.webhooks[0];
        assert_eq!(webhook["failurePolicy"], "Fail");
        let resources = webhook["rules"][0]["resources"].as_array().unwrap();
        for kind in WorkloadKind::ALL {
            assert!(resources.contains(&kind.resource().into()), "{kind}");
            for (group, _) in kind.versions() {
                let groups = webhook["rules"][0]["apiGroups"].as_array().unwrap();
                assert!(groups.contains(&json!(group)), "{kind}");
            }
        }
        assert!(resources.contains(&EPHEMERAL.into()));
    }
}

#[test]
fn a_timeout_with_a_fraction_is_rounded_up_and_stays_within_what_the_api_server_takes() {
    for (timeout, seconds) in [(2_000, 2), (2_500, 3), (30_000, 30), (99_000, 30), (0, 1)] {
        let armament = Armament {
            timeout: Duration::from_millis(timeout),
            ..armament()
        };
        assert_eq!(
            armament.configurations()[0].webhooks[0]["timeoutSeconds"],
            seconds
        );
    }
}

#[test]
fn only_the_own_namespace_and_those_that_are_named_are_left_out() {
    let values = |excluded: &[&str]| {
        let armament = Armament {
            excluded: excluded.iter().map(|&name| name.to_owned()).collect(),
            ..armament()
        };
        let [validating, mutating, policies] = armament.configurations();
        let selector = mutating.webhooks[0]["namespaceSelector"].clone();
        assert_eq!(selector, validating.webhooks[0]["namespaceSelector"]);
        assert_eq!(policies.webhooks[0]["namespaceSelector"], json!({}));
        assert_eq!(
            selector.as_object().unwrap().len(),
            1,
            "nothing else selects"
        );
        selector["matchExpressions"][0].clone()
    };
    let key = "kubernetes.io/metadata.name";
    assert_eq!(
        values(&[]),
        json!({"key": key, "operator": "NotIn", "values": ["doorward"]})
    );
    assert_eq!(
        values(&["kube-system", "doorward", "kube-system"])["values"],
        json!(["doorward", "kube-system"])
    );
}

#[test]
fn resources_of_custom_workloads_have_rules_of_their_own() {
    let extra = |group: &str, version: &str, resource: &str| GroupVersionResource {
        group: group.to_owned(),
        version: version.to_owned(),
        resource: resource.to_owned(),
    };
    let rules = rules(&[
        extra("argoproj.io", "v1alpha1", "rollouts"),
        extra("example.com", "", "things"),
    ]);
    assert_eq!(
        rules.as_array().unwrap()[1..],
        [
            json!({"apiGroups": ["argoproj.io"], "apiVersions": ["v1alpha1"], "operations": ["CREATE", "UPDATE"],
                   "resources": ["rollouts"], "scope": "*"}),
            json!({"apiGroups": ["example.com"], "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"],
                   "resources": ["things"], "scope": "*"}),
        ]
    );
}

#[test]
fn differences_name_the_fields_and_never_their_content() {
    let [_, mutating, _] = armament().configurations();
    let wanted = &mutating.webhooks;
    assert_eq!(differences(wanted, wanted), "");
    let mut weak = wanted.clone();
    weak[0]["failurePolicy"] = "Ignore".into();
    weak[0]["rules"] = json!([]);
    weak[0]["matchConditions"] = json!([{"name": "never", "expression": "false"}]);
    assert_eq!(
        differences(&weak, wanted),
        "mutate.doorward.dev: failurePolicy, matchConditions, rules"
    );
    assert_eq!(
        differences(&json!(null), wanted),
        "mutate.doorward.dev: missing"
    );
    let other = json!([wanted[0], {"name": "x"}]);
    assert_eq!(differences(&other, wanted), "one webhook more");
}
