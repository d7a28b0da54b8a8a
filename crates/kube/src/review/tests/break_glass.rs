use serde_json::{Value, json};

use super::{pod, review};

fn asking(reason: Value, user: Value) -> crate::Review {
    let mut object = pod(json!([{"name": "a", "image": "a"}]));
    object["metadata"]["annotations"] = json!({"doorward.dev/break-glass": reason});
    review(json!({"object": object, "userInfo": user})).unwrap()
}

#[test]
fn who_asks_for_the_glass_to_be_broken_and_why_is_read() {
    let user = json!({"username": "jo", "uid": "1", "groups": ["a"], "extra": {"b": ["c"]}});
    let review = asking(json!(" INC-1 "), user);
    assert_eq!(review.workload().unwrap().break_glass(), Some("INC-1"));
    let user = review.user().unwrap();
    assert_eq!((user.username.as_str(), user.uid.as_str()), ("jo", "1"));
    assert_eq!(user.groups, ["a"]);
    assert_eq!(user.extra["b"], ["c"]);
}

#[test]
fn an_annotation_of_nothing_gives_no_reason_and_a_user_that_cannot_be_read_is_nobody() {
    let review = asking(json!("  "), json!({"username": 7}));
    assert_eq!(review.workload().unwrap().break_glass(), Some(""));
    assert_eq!(review.user(), None);
}

#[test]
fn what_stands_in_a_template_asks_for_nothing() {
    let template = json!({
        "metadata": {"annotations": {"doorward.dev/break-glass": "INC-1"}},
        "spec": {"containers": [{"name": "a", "image": "a"}]},
    });
    let object = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "w"},
        "spec": {"template": template},
    });
    let review = review(json!({
        "resource": {"group": "apps", "version": "v1", "resource": "deployments"},
        "object": object, "userInfo": {"username": "jo"},
    }))
    .unwrap();
    assert_eq!(review.workload().unwrap().break_glass(), None);
    assert_eq!(review.user(), None);
}

/// An update that writes this annotation over that one, which changes an image.
fn updating(new: Option<&str>, old: Option<&str>, sub_resource: Option<&str>) -> crate::Review {
    let object = |image: &str, reason: Option<&str>| {
        let mut object = pod(json!([{"name": "a", "image": image}]));
        object["metadata"]["annotations"] = json!({"doorward.dev/break-glass": reason});
        object
    };
    review(json!({
        "operation": "UPDATE", "subResource": sub_resource, "userInfo": {"username": "jo"},
        "object": object("a:2", new), "oldObject": object("a:1", old),
    }))
    .unwrap()
}

#[test]
fn what_somebody_left_in_an_object_asks_for_nothing_in_the_name_of_who_changes_it() {
    for (new, old, stood) in [
        (Some("INC-1"), Some("INC-1"), true),
        (Some("INC-1 "), Some(" INC-1"), true),
        (Some("INC-2"), Some("INC-1"), false),
        (Some("INC-1"), None, false),
        (None, Some("INC-1"), false),
    ] {
        let review = updating(new, old, None);
        let workload = review.workload().unwrap();
        assert_eq!(workload.break_glass_stood(), stood, "{new:?} over {old:?}");
    }
}

#[test]
fn an_update_of_something_that_is_not_shown_and_one_through_a_subresource_ask_for_nothing() {
    let review = updating(Some("INC-2"), None, Some("ephemeralcontainers"));
    assert!(review.workload().unwrap().break_glass_stood());
    let mut object = pod(json!([{"name": "a", "image": "a"}]));
    object["metadata"]["annotations"] = json!({"doorward.dev/break-glass": "INC-1"});
    for old in [json!(null), json!({"spec": 7})] {
        let review = super::review(json!({
            "operation": "UPDATE", "userInfo": {"username": "jo"}, "object": object, "oldObject": old,
        }))
        .unwrap();
        assert!(review.workload().unwrap().break_glass_stood(), "{old}");
    }
}

#[test]
fn what_is_created_asks_by_itself() {
    let review = asking(json!("INC-1"), json!({"username": "jo"}));
    assert!(!review.workload().unwrap().break_glass_stood());
}
