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
