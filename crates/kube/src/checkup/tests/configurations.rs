use serde_json::json;

use super::super::*;
use super::given::{codes, installation, look, namespace, only, options, webhooks};

#[test]
fn no_configuration_at_all_is_one_finding_and_a_single_one_names_what_is_missing() {
    let mut given = installation();
    given.mutating = Answer::Known(Vec::new());
    let found = only(&given);
    assert_eq!(found.code, CheckupCode::MutatingMissing);
    given.validating = Answer::Known(Vec::new());
    assert_eq!(only(&given).code, CheckupCode::NotRegistered);
    // An object without webhooks in it is none.
    let empty = json!({"metadata": {"name": "doorward"}, "webhooks": []});
    given.validating = Answer::Known(vec![empty]);
    assert_eq!(only(&given).code, CheckupCode::NotRegistered);

    let mut given = installation();
    if let Answer::Known(list) = &mut given.validating {
        list.retain(|one| one["metadata"]["name"] != "doorward");
    }
    assert_eq!(codes(&given), [CheckupCode::ValidatingMissing]);
    let mut given = installation();
    if let Answer::Known(list) = &mut given.validating {
        list.retain(|one| one["metadata"]["name"] != "doorward-policies");
    }
    let found = only(&given);
    assert_eq!(found.code, CheckupCode::PoliciesMissing);
    assert_eq!(found.severity(), Severity::Warning);
}

#[test]
fn half_an_answer_does_not_say_that_nothing_is_registered() {
    let mut given = installation();
    given.validating = super::given::unanswered().validating;
    given.mutating = Answer::Known(Vec::new());
    assert_eq!(
        codes(&given),
        [CheckupCode::MutatingMissing, CheckupCode::NotAnswered]
    );
}

#[test]
fn configurations_of_others_are_nobody_s_fault_and_ours_under_another_name_is_ours() {
    let mut given = installation();
    let other = json!({"metadata": {"name": "other"}, "webhooks": [{
        "name": "other.example", "failurePolicy": "Ignore",
        "clientConfig": {"service": {"name": "other", "namespace": "other", "path": "/x"}},
    }]});
    let Answer::Known(list) = &mut given.mutating else {
        panic!()
    };
    list.push(other);
    list[0]["metadata"]["name"] = json!("by-hand");
    assert_eq!(look(&given), []);
}

#[test]
fn failure_policy_ignore_is_an_error_except_for_reviews_of_policies() {
    let mut given = installation();
    webhooks(&mut given, |webhook| {
        webhook["failurePolicy"] = json!("Ignore");
    });
    let found = look(&given);
    assert_eq!(codes(&given), [CheckupCode::FailurePolicyIgnore]);
    let names: Vec<_> = found.iter().map(|one| one.object.to_string()).collect();
    let expected = [
        "MutatingWebhookConfiguration doorward",
        "ValidatingWebhookConfiguration doorward",
    ];
    assert_eq!(names, expected);
    // Policies have to be mended while the webhook is down.
    let mut given = installation();
    let Answer::Known(list) = &mut given.validating else {
        panic!()
    };
    let policies = list
        .iter_mut()
        .find(|one| one["metadata"]["name"] == "doorward-policies")
        .unwrap();
    policies["webhooks"][0]["failurePolicy"] = json!("Fail");
    assert_eq!(codes(&given), [CheckupCode::ConfigurationDrifted]);
}

#[test]
fn a_configuration_that_leads_to_another_service_path_or_url_leads_elsewhere() {
    for (pointer, value) in [
        ("/clientConfig/service/name", json!("other")),
        ("/clientConfig/service/namespace", json!("other")),
        ("/clientConfig/service/path", json!("/healthy")),
        ("/clientConfig", json!({"url": "https://elsewhere.example"})),
    ] {
        let mut given = installation();
        webhooks(&mut given, |webhook| {
            *webhook.pointer_mut(pointer).unwrap() = value.clone();
        });
        let codes = codes(&given);
        assert!(
            codes.contains(&CheckupCode::PointsElsewhere),
            "{pointer}: {codes:?}"
        );
    }
}

#[test]
fn rules_that_miss_a_kind_or_an_operation_name_what_they_miss() {
    let mut given = installation();
    webhooks(&mut given, |webhook| {
        let rule = &mut webhook["rules"][0];
        let resources = rule["resources"].as_array_mut().unwrap();
        resources.retain(|one| one != "cronjobs" && one != "pods/ephemeralcontainers");
    });
    let found = look(&given).remove(0);
    assert_eq!(codes(&given), [CheckupCode::RulesIncomplete]);
    for missing in ["CREATE of cronjobs", "UPDATE of pods/ephemeralcontainers"] {
        assert!(found.message.contains(missing), "{}", found.message);
    }
    assert!(!found.message.contains("of pods,"), "{}", found.message);

    for (member, value, missing) in [
        ("operations", json!(["CREATE"]), "UPDATE of deployments"),
        ("apiGroups", json!(["", "batch"]), "CREATE of deployments"),
        ("scope", json!("Cluster"), "CREATE of pods"),
        ("apiVersions", json!([]), "CREATE of pods"),
    ] {
        let mut given = installation();
        webhooks(&mut given, |webhook| {
            webhook["rules"][0][member] = value.clone();
        });
        let found = look(&given);
        assert_eq!(codes(&given), [CheckupCode::RulesIncomplete], "{member}");
        assert!(found[0].message.contains(missing), "{}", found[0].message);
    }
}

#[test]
fn rules_that_say_the_same_in_other_words_miss_nothing() {
    for rules in [
        json!([{"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*/*"]}]),
        json!([{"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*", "pods/*"]}]),
        // The API server turns what comes in by another version into these.
        json!([
            {"apiGroups": [""], "apiVersions": ["v1"], "operations": ["UPDATE", "CREATE"],
             "resources": ["podtemplates", "pods", "pods/ephemeralcontainers", "replicationcontrollers"]},
            {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["UPDATE", "CREATE"],
             "resources": ["deployments", "replicasets", "statefulsets", "daemonsets"]},
            {"apiGroups": ["batch"], "apiVersions": ["v1"], "operations": ["UPDATE", "CREATE"],
             "resources": ["jobs", "cronjobs"], "scope": "Namespaced"},
        ]),
    ] {
        let mut given = installation();
        webhooks(&mut given, |webhook| webhook["rules"] = rules.clone());
        assert_eq!(look(&given), [], "{rules}");
        // With an exact match it is not.
        if rules[1].is_object() {
            webhooks(&mut given, |webhook| {
                webhook["matchPolicy"] = json!("Exact");
            });
            assert_eq!(codes(&given), [CheckupCode::RulesIncomplete]);
        }
    }
}

#[test]
fn a_custom_workload_that_the_webhook_knows_has_to_be_asked_about() {
    let mut given = installation();
    options(&mut given, &["--workload=argo-rollouts"]);
    let found = look(&given).remove(0);
    assert_eq!(codes(&given), [CheckupCode::RulesIncomplete]);
    assert!(found.message.contains("rollouts"), "{}", found.message);
}

#[test]
fn an_exact_rule_for_one_version_of_a_custom_resource_is_incomplete() {
    let mut given = installation();
    options(&mut given, &["--workload=argo-rollouts"]);
    let asks = |given: &mut Installation, version: &str| {
        webhooks(given, |webhook| {
            let rules = webhook["rules"].as_array_mut().unwrap();
            rules.retain(|rule| rule["apiGroups"][0] != "argoproj.io");
            rules.push(json!({
                "apiGroups": ["argoproj.io"], "apiVersions": [version], "operations": ["CREATE", "UPDATE"],
                "resources": ["rollouts"],
            }));
        });
    };
    asks(&mut given, "v1");
    assert_eq!(look(&given), []);
    webhooks(&mut given, |webhook| {
        webhook["matchPolicy"] = json!("Exact");
        for rule in webhook["rules"].as_array_mut().unwrap() {
            if rule["apiGroups"][0] != "argoproj.io" {
                rule["apiVersions"] = json!(["*"]);
                rule["apiGroups"] = json!(["", "apps", "batch", "extensions"]);
            }
        }
    });
    assert_eq!(codes(&given), [CheckupCode::RulesIncomplete]);
    let found = look(&given).remove(0);
    assert!(found.message.contains("rollouts"), "{}", found.message);
    asks(&mut given, "*");
    assert_eq!(look(&given), []);
}

#[test]
fn options_that_come_from_other_objects_are_not_known_and_nothing_is_called_wrong_by_defaults() {
    for (member, value) in [
        ("envFrom", json!([{"configMapRef": {"name": "x"}}])),
        (
            "env",
            json!([{"name": "DOORWARD_TIMEOUT", "valueFrom": {"configMapKeyRef": {"name": "x", "key": "y"}}}]),
        ),
    ] {
        let mut given = installation();
        let Answer::Known(Some(deployment)) = &mut given.deployment else {
            unreachable!("a Deployment");
        };
        deployment["spec"]["template"]["spec"]["containers"][0][member] = value;
        assert!(!given.setup().is_known);
        assert_eq!(codes(&given), [CheckupCode::NotAnswered], "{member}");
    }
}

#[test]
fn a_time_that_is_too_short_is_an_error_and_a_longer_one_is_drift() {
    let mut given = installation();
    webhooks(&mut given, |webhook| webhook["timeoutSeconds"] = json!(5));
    let found = look(&given).remove(0);
    assert_eq!(codes(&given), [CheckupCode::TimeoutTooShort]);
    assert!(
        found.message.contains("waits 5 seconds"),
        "{}",
        found.message
    );
    webhooks(&mut given, |webhook| webhook["timeoutSeconds"] = json!(20));
    assert_eq!(codes(&given), [CheckupCode::ConfigurationDrifted]);
    options(&mut given, &["--timeout", "20s"]);
    let found = look(&given);
    assert!(found.is_empty(), "the last option counts: {found:?}");
}

#[test]
fn drift_names_the_fields_and_what_this_version_does_not_know_is_drift_too() {
    let mut given = installation();
    webhooks(&mut given, |webhook| {
        webhook["sideEffects"] = json!("NoneOnDryRun");
        if webhook["reinvocationPolicy"].is_string() {
            webhook["reinvocationPolicy"] = json!("Never");
        }
        webhook["someNewSelector"] = json!({"x": "y"});
        webhook["emptyNews"] = json!([]);
    });
    let found = look(&given).remove(0);
    assert_eq!(codes(&given), [CheckupCode::ConfigurationDrifted]);
    let fields = "reinvocationPolicy, sideEffects, someNewSelector";
    assert!(found.message.ends_with(fields), "{}", found.message);
}

#[test]
fn namespaces_that_are_left_out_are_named_and_its_own_is_not() {
    let mut given = installation();
    webhooks(&mut given, |webhook| {
        webhook["namespaceSelector"] = json!({"matchExpressions": [
            {"key": "env", "operator": "NotIn", "values": ["prod"]},
            {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["doorward"]},
        ]});
    });
    let found = look(&given).remove(0);
    assert_eq!(codes(&given), [CheckupCode::NamespacesExcluded]);
    assert!(
        found.message.contains("namespaces shop: "),
        "{}",
        found.message
    );
    // One that matches all of today leaves out none, and is not the planned one.
    given.namespaces = Answer::Known(vec![namespace("shop", &[("env", "dev")])]);
    assert_eq!(codes(&given), [CheckupCode::ConfigurationDrifted]);
    // Without the namespaces, that there may be some is said.
    given.namespaces = super::given::unanswered().namespaces;
    assert_eq!(
        codes(&given),
        [CheckupCode::NamespacesExcluded, CheckupCode::NotAnswered]
    );
}

#[test]
fn namespaces_that_the_installation_leaves_out_are_a_warning() {
    let selector = json!({"matchExpressions": [
        {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["doorward", "kube-system"]},
    ]});
    let mut given = installation();
    webhooks(&mut given, |webhook| {
        webhook["namespaceSelector"] = selector.clone();
    });
    assert_eq!(
        codes(&given),
        [CheckupCode::NamespacesExcluded],
        "nobody told the webhook"
    );
    options(&mut given, &["--exclude-namespace=kube-system"]);
    let found = look(&given).remove(0);
    assert_eq!(codes(&given), [CheckupCode::NamespacesLeftOut]);
    assert!(found.message.contains("kube-system"), "{}", found.message);
    // Where the chart writes the configurations, the webhook has no options for it.
    let mut given = installation();
    webhooks(&mut given, |webhook| {
        webhook["namespaceSelector"] = selector.clone();
    });
    let Answer::Known(Some(deployment)) = &mut given.deployment else {
        panic!()
    };
    let args = &mut deployment["spec"]["template"]["spec"]["containers"][0]["args"];
    args.as_array_mut().unwrap().retain(|word| word != "--arm");
    assert_eq!(codes(&given), [CheckupCode::NamespacesLeftOut]);
}

#[test]
fn objects_that_are_left_out_by_label_or_condition_are_an_error() {
    for (member, value) in [
        ("objectSelector", json!({"matchLabels": {"judge": "me"}})),
        (
            "matchConditions",
            json!([{"name": "x", "expression": "false"}]),
        ),
    ] {
        let mut given = installation();
        webhooks(&mut given, |webhook| webhook[member] = value.clone());
        let found = look(&given).remove(0);
        assert_eq!(codes(&given), [CheckupCode::ObjectsExcluded]);
        assert!(found.message.contains(member), "{}", found.message);
        webhooks(&mut given, |webhook| {
            webhook[member] = json!(if member == "objectSelector" {
                json!({})
            } else {
                json!([])
            });
        });
        assert_eq!(look(&given), []);
    }
}
