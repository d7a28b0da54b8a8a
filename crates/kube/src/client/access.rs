//! Whether somebody may do something, as the API server says.

use serde_json::{Value, json};

use super::api_server::ApiServer;
use super::error::ApiError;
use super::resource::is_label;
use crate::user::User;

/// The verb that anyone who breaks the glass needs on the namespace.
pub const BREAK_GLASS_VERB: &str = "breakglass";

const REVIEWS: &str = "/apis/authorization.k8s.io/v1/subjectaccessreviews";

impl ApiServer {
    /// Whether `user` may break the glass in `namespace`: whether a right on the cluster's objects lets them use the verb
    /// [`BREAK_GLASS_VERB`] on it. What a role within the namespace gives does not count: those who administer a namespace
    /// have every right there, and must not have this one by that. Needs `create` of `subjectaccessreviews`.
    ///
    /// # Errors
    /// [`ApiError`], if the server gave no answer. Then nobody knows.
    pub async fn may_break_glass(&self, user: &User, namespace: &str) -> Result<bool, ApiError> {
        // There is no such namespace to have a right on.
        if !is_label(namespace) {
            return Ok(false);
        }
        let answer = self.post(REVIEWS, &question(user, namespace)).await?;
        Ok(is_allowed(&answer))
    }
}

fn question(user: &User, namespace: &str) -> Value {
    json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": user.username,
            "uid": user.uid,
            "groups": user.groups,
            "extra": user.extra,
            "resourceAttributes": {
                "group": "",
                "resource": "namespaces",
                // A namespace is no object in itself: a role within one, such as that of its administrators, gives no right
                // on it.
                "name": namespace,
                "verb": BREAK_GLASS_VERB,
            },
        },
    })
}

/// An answer that says nothing else than yes is a no.
fn is_allowed(answer: &Value) -> bool {
    let is = |name: &str| answer.pointer(name).and_then(Value::as_bool);
    is("/status/allowed") == Some(true) && is("/status/denied") != Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_names_the_user_with_all_that_is_known_of_them() {
        let user = User {
            username: "jo".to_owned(),
            uid: "u-1".to_owned(),
            groups: vec!["on-call".to_owned()],
            extra: [("scopes".to_owned(), vec!["a".to_owned()])].into(),
        };
        let spec = &question(&user, "shop")["spec"];
        assert_eq!(spec["user"], "jo");
        assert_eq!(spec["uid"], "u-1");
        assert_eq!(spec["groups"], json!(["on-call"]));
        assert_eq!(spec["extra"], json!({"scopes": ["a"]}));
        let wanted = &spec["resourceAttributes"];
        assert_eq!(
            (&wanted["verb"], &wanted["resource"]),
            (&json!("breakglass"), &json!("namespaces"))
        );
        assert_eq!(
            (&wanted["name"], &wanted["namespace"]),
            (&json!("shop"), &Value::Null)
        );
    }

    #[test]
    fn only_a_plain_yes_is_one() {
        assert!(is_allowed(&json!({"status": {"allowed": true}})));
        for answer in [
            json!({"status": {"allowed": true, "denied": true}}),
            json!({"status": {"allowed": false}}),
            json!({"status": {"allowed": "true"}}),
            json!({"status": {}}),
            json!({}),
            json!(null),
        ] {
            assert!(!is_allowed(&answer), "{answer}");
        }
    }
}
