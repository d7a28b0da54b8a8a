use serde_json::{Value, json};

use super::super::*;
use super::given::{binding, codes, installation, look, only, role};

fn with(rules: Value, subjects: Value) -> Installation {
    let mut given = installation();
    let (Answer::Known(roles), Answer::Known(bindings)) = (&mut given.roles, &mut given.bindings)
    else {
        panic!()
    };
    roles.push(role("theirs", rules));
    bindings.push(binding("theirs", "theirs", subjects));
    given
}

fn account() -> Value {
    json!([{"kind": "ServiceAccount", "namespace": "ci", "name": "deployer"}])
}

fn of_configurations(verbs: Value, names: Value) -> Value {
    json!([{
        "apiGroups": ["admissionregistration.k8s.io"], "resources": ["validatingwebhookconfigurations"],
        "verbs": verbs, "resourceNames": names,
    }])
}

#[test]
fn who_may_delete_or_change_the_configurations_is_named_with_the_role() {
    let found = only(&with(
        of_configurations(json!(["get", "delete"]), json!([])),
        account(),
    ));
    assert_eq!(found.code, CheckupCode::RightsConfigurations);
    assert_eq!(found.severity(), Severity::Warning);
    assert_eq!(found.object.to_string(), "ServiceAccount ci/deployer");
    assert!(
        found
            .message
            .contains("may delete the webhook configurations"),
        "{}",
        found.message
    );
    assert!(
        found.message.contains("ClusterRole theirs"),
        "{}",
        found.message
    );
    for rules in [
        of_configurations(json!(["*"]), json!(["doorward"])),
        json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["patch"], "resourceNames": ["doorward-policies"]}]),
    ] {
        let codes = codes(&with(rules.clone(), account()));
        assert!(
            codes.contains(&CheckupCode::RightsConfigurations),
            "{rules}"
        );
    }
}

#[test]
fn who_may_read_create_or_change_others_is_not_named() {
    for rules in [
        of_configurations(json!(["get", "list", "watch", "create"]), json!([])),
        of_configurations(json!(["*"]), json!(["somebody-elses"])),
        json!([{"apiGroups": ["apps"], "resources": ["*"], "verbs": ["*"]}]),
        json!([{"nonResourceURLs": ["*"], "verbs": ["*"]}]),
    ] {
        assert_eq!(look(&with(rules.clone(), account())), [], "{rules}");
    }
    // A binding to a role that is not there gives nothing.
    let mut given = installation();
    let Answer::Known(bindings) = &mut given.bindings else {
        panic!()
    };
    bindings.push(binding("dangling", "gone", account()));
    assert_eq!(look(&given), []);
}

#[test]
fn who_may_write_policies_or_exceptions_everywhere_is_named() {
    for resource in ["clusterimagepolicies", "imageexceptions", "*"] {
        let rules =
            json!([{"apiGroups": ["doorward.dev"], "resources": [resource], "verbs": ["create"]}]);
        let found = only(&with(rules, account()));
        assert_eq!(found.code, CheckupCode::RightsPolicies, "{resource}");
    }
    let status = json!([{"apiGroups": ["doorward.dev"], "resources": ["imagepolicies/status"], "verbs": ["patch"]}]);
    assert_eq!(look(&with(status, account())), []);
}

#[test]
fn a_right_of_everybody_is_an_error() {
    let rules = || of_configurations(json!(["update"]), json!([]));
    for name in [
        "system:authenticated",
        "system:unauthenticated",
        "system:serviceaccounts:shop",
    ] {
        let found = only(&with(rules(), json!([{"kind": "Group", "name": name}])));
        assert_eq!(found.code, CheckupCode::RightsOpen, "{name}");
    }
    let mut given = installation();
    let Answer::Known(bindings) = &mut given.bindings else {
        panic!()
    };
    let everybody = json!([{"kind": "Group", "name": "system:authenticated"}]);
    bindings.push(binding("open", "cluster-admin", everybody));
    assert_eq!(codes(&given), [CheckupCode::RightsOpen]);
}

#[test]
fn who_else_administers_the_cluster_is_one_finding() {
    let mut given = installation();
    let Answer::Known(bindings) = &mut given.bindings else {
        panic!()
    };
    bindings.push(binding(
        "kubeadm",
        "cluster-admin",
        json!([{"kind": "Group", "name": "kubeadm:cluster-admins"}]),
    ));
    assert_eq!(look(&given), []);
    let Answer::Known(bindings) = &mut given.bindings else {
        panic!()
    };
    bindings.push(binding("ci", "cluster-admin", account()));
    bindings.push(binding(
        "jo",
        "cluster-admin",
        json!([{"kind": "User", "name": "jo"}]),
    ));
    let found = only(&given);
    assert_eq!(found.object.to_string(), "ClusterRole cluster-admin");
    assert!(
        found
            .message
            .contains("ServiceAccount ci/deployer, User jo"),
        "{}",
        found.message
    );
}

#[test]
fn a_binding_that_only_looks_like_one_of_kubernetes_hides_nobody() {
    for (name, labels, subject) in [
        (
            "theirs",
            json!({"kubernetes.io/bootstrapping": "rbac-defaults"}),
            json!({"kind": "ServiceAccount", "namespace": "kube-system", "name": "x"}),
        ),
        (
            "system:controller:x",
            json!({}),
            json!({"kind": "ServiceAccount", "namespace": "kube-system", "name": "x"}),
        ),
        (
            "system:controller:x",
            json!({"kubernetes.io/bootstrapping": "rbac-defaults"}),
            json!({"kind": "User", "name": "jo"}),
        ),
        (
            "system:controller:x",
            json!({"kubernetes.io/bootstrapping": "rbac-defaults"}),
            json!({"kind": "ServiceAccount", "namespace": "ci", "name": "x"}),
        ),
    ] {
        let mut given = with(
            of_configurations(json!(["delete"]), json!([])),
            json!([subject]),
        );
        let Answer::Known(bindings) = &mut given.bindings else {
            panic!()
        };
        let last = bindings.last_mut().unwrap();
        last["metadata"] = json!({"name": name, "labels": labels});
        assert_eq!(
            codes(&given),
            [CheckupCode::RightsConfigurations],
            "{name} {subject}"
        );
    }
}
