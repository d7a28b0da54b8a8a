use super::*;

fn owner(uid: &str) -> Value {
    json!([{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "name": "doorward", "uid": uid}])
}

fn with(labels: Value, owners: Value) -> Value {
    json!({"metadata": {"labels": labels, "ownerReferences": owners}})
}

#[test]
fn a_configuration_without_our_label_or_of_another_namespace_is_foreign() {
    let ours = json!({MANAGED_BY: OWN, HOME: "doorward"});
    let own = owner("1");
    let is_foreign = |object: &Value| foreign(object, "doorward", Some(&own));
    assert_eq!(is_foreign(&with(ours, json!(null))), None);
    for labels in [
        json!(null),
        json!({}),
        json!({MANAGED_BY: "Helm", HOME: "doorward"}),
        json!({HOME: "doorward"}),
        json!({MANAGED_BY: [OWN]}),
    ] {
        let why = is_foreign(&with(labels, json!([]))).expect("foreign");
        assert!(
            why.contains("no label app.kubernetes.io/managed-by"),
            "{why}"
        );
    }
    let elsewhere = json!({MANAGED_BY: OWN, HOME: "other"});
    let why = is_foreign(&with(elsewhere, json!(null))).expect("foreign");
    assert!(why.contains("namespace other"), "{why}");
}

#[test]
fn one_that_lost_its_labels_and_belongs_to_our_owner_is_ours_and_to_another_owner_is_not() {
    let own = owner("1");
    let is_foreign =
        |owners: Value| foreign(&with(json!({}), owners), "doorward", Some(&own)).is_some();
    assert!(!is_foreign(owner("1")));
    assert!(is_foreign(owner("2")));
    let both = [owner("1")[0].clone(), owner("2")[0].clone()];
    assert!(is_foreign(json!(both)));
    assert!(foreign(&with(json!({}), owner("1")), "doorward", None).is_some());
}

#[test]
fn labels_and_annotations_of_others_stay_and_webhooks_and_owners_do_not() {
    let wanted = Configuration {
        plural: "p",
        kind: "K",
        name: "n",
        webhooks: json!([{"name": "w"}]),
    };
    let there = json!({
        "metadata": {"name": "n", "resourceVersion": "7", "labels": {"a": "b"}, "annotations": {"c": "d"},
                     "ownerReferences": owner("2")},
        "webhooks": [{"name": "other"}],
    });
    let made = object(&wanted, "doorward", &owner("1"), Some(&there));
    assert_eq!(
        made["metadata"],
        json!({
            "name": "n", "resourceVersion": "7", "annotations": {"c": "d"},
            "labels": {"a": "b", MANAGED_BY: OWN, HOME: "doorward"}, "ownerReferences": owner("1"),
        })
    );
    assert_eq!(made["webhooks"], wanted.webhooks);
}
