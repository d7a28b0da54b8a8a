//! Updates decide what changed; what is being deleted passes.

use super::*;

#[test]
fn what_is_being_deleted_passes_whatever_else_is_wrong_with_it() {
    let secrets: Vec<_> = (0..33).map(|n| json!({"name": n.to_string()})).collect();
    let many: Vec<_> = (0..600).map(|n| json!({"name": n.to_string()})).collect();
    for spec in [
        json!({"imagePullSecrets": secrets}),
        json!({"volumes": many}),
        json!({"containers": "none"}),
        json!(null),
    ] {
        let stored =
            json!({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}, "spec": spec});
        let new = json!({"metadata": {}, "spec": spec});
        let asked = |old: &Value, new: &Value| {
            review(json!({"operation": "UPDATE", "oldObject": old, "object": new}))
        };
        let passed = asked(&stored, &new).unwrap();
        assert_eq!(
            passed.subject(),
            &Subject::Exempt(Exemption::Deleting),
            "{spec}"
        );
        // What the new object says of itself does not count.
        let claimed = asked(&new, &stored);
        assert!(
            claimed.is_err() || claimed.unwrap().workload().is_some(),
            "{spec}"
        );
    }
}

#[test]
fn an_update_decides_only_what_changed() {
    let old = json!([{"name": "a", "image": "x:1"}, {"name": "b", "image": "y:1"}]);
    assert!(update(old.clone(), old.clone()).is_empty());
    assert_eq!(
        update(
            old.clone(),
            json!([{"name": "b", "image": "y:1"}, {"name": "a", "image": "x:2"}])
        ),
        ["x:2"]
    );
}

#[test]
fn renamed_swapped_and_unnamed_containers_are_decided_anew() {
    let old = json!([{"name": "a", "image": "x:1"}, {"name": "b", "image": "y:1"}]);
    assert_eq!(
        update(old.clone(), json!([{"name": "c", "image": "x:1"}])),
        ["x:1"]
    );
    assert_eq!(
        update(
            old.clone(),
            json!([{"name": "a", "image": "y:1"}, {"name": "b", "image": "x:1"}])
        ),
        ["y:1", "x:1"]
    );
    assert_eq!(
        update(old, json!([{"name": "a", "image": "x:1 "}])),
        ["x:1 "]
    );
    assert_eq!(
        update(json!([{"image": "x:1"}]), json!([{"image": "x:1"}])),
        ["x:1"]
    );
}

#[test]
fn a_name_that_stands_twice_identifies_nothing() {
    let twice = json!([{"name": "a", "image": "x:1"}, {"name": "a", "image": "evil:1"}]);
    let once = json!([{"name": "a", "image": "x:1"}]);
    assert_eq!(update(once.clone(), twice.clone()), ["x:1", "evil:1"]);
    assert_eq!(update(twice, once), ["x:1"]);
}

#[test]
fn a_container_moved_to_another_list_is_decided_anew() {
    let old = json!({"spec": {"containers": [{"name": "a", "image": "x:1"}]}});
    let new = json!({"spec": {"initContainers": [{"name": "a", "image": "x:1"}]}});
    let review = review(json!({"operation": "UPDATE", "object": new, "oldObject": old})).unwrap();
    assert_eq!(undecided(&review), ["x:1"]);
}

#[test]
fn an_old_object_on_create_or_one_that_cannot_be_read_vouches_for_nothing() {
    let object = pod(json!([{"name": "a", "image": "x:1"}]));
    let create = review(json!({"object": object, "oldObject": object})).unwrap();
    assert_eq!(undecided(&create), ["x:1"]);
    for old in [json!("lol"), json!({}), Value::Null] {
        let update =
            review(json!({"operation": "UPDATE", "object": object, "oldObject": old})).unwrap();
        assert_eq!(undecided(&update), ["x:1"]);
    }
}

#[test]
fn only_the_stored_object_says_that_it_is_being_deleted() {
    let plain = pod(json!([{"name": "a", "image": "x:2"}]));
    let mut deleting = plain.clone();
    deleting["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    let passes = |operation: &str, object: &Value, old: &Value| {
        let review =
            review(json!({"operation": operation, "object": object, "oldObject": old})).unwrap();
        *review.subject() == Subject::Exempt(Exemption::Deleting)
    };
    let mut stored = pod(json!([{"name": "a", "image": "x:1"}]));
    stored["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    assert!(passes("UPDATE", &deleting, &stored));
    assert!(!passes("CREATE", &deleting, &stored));
    assert!(!passes("UPDATE", &deleting, &pod(json!([]))));
    assert!(!passes("UPDATE", &deleting, &Value::Null));
    assert!(!passes("CREATE", &deleting, &Value::Null));
}

#[test]
fn owners_and_annotations_exempt_nothing() {
    let mut object = pod(json!([{"name": "a", "image": "evil:1"}]));
    object["metadata"]["ownerReferences"] = json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "uid": "u", "controller": true}]);
    object["metadata"]["annotations"] =
        json!({"doorward.dev/original-images": "{\"containers/a\":\"evil:1\"}"});
    assert_eq!(
        undecided(&review(json!({"object": object})).unwrap()),
        ["evil:1"]
    );
}
