//! Whether somebody may do something, as the API server says.

use serde_json::{Value, json};

use super::api_server::ApiServer;
use super::error::ApiError;
use crate::object_name::is_label;
use crate::user::User;

/// The verb that anyone who breaks the glass needs on the namespace.
pub const BREAK_GLASS_VERB: &str = "breakglass";

const REVIEWS: &str = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
const TOKEN_REVIEWS: &str = "/apis/authentication.k8s.io/v1/tokenreviews";

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
        let answer = self
            .post(REVIEWS, &question(user, &breaking(namespace)))
            .await?;
        Ok(is_allowed(&answer))
    }

    /// Whether `user` may read every Secret of `namespace`. Needs `create` of `subjectaccessreviews`.
    ///
    /// # Errors
    /// [`ApiError`], if the server gave no answer. Then nobody knows.
    pub async fn may_read_secrets(&self, user: &User, namespace: &str) -> Result<bool, ApiError> {
        if !is_label(namespace) {
            return Ok(false);
        }
        let answer = self
            .post(REVIEWS, &question(user, &reading(namespace)))
            .await?;
        Ok(is_allowed(&answer))
    }

    /// Whether `user` may list the Pods of every namespace. Needs `create` of `subjectaccessreviews`.
    ///
    /// # Errors
    /// [`ApiError`], if the server gave no answer. Then nobody knows.
    pub async fn may_list_pods(&self, user: &User) -> Result<bool, ApiError> {
        let answer = self.post(REVIEWS, &question(user, &listing_pods())).await?;
        Ok(is_allowed(&answer))
    }

    /// Whose `token` this is, if it was issued for `audience` (`TokenReview`). Returns `None` for one that is nobody's, or was
    /// issued for others: such a one opens doors elsewhere and was not meant to be shown here. Needs `create` of
    /// `tokenreviews`.
    ///
    /// # Errors
    /// [`ApiError`], if the server gave no answer. Then nobody knows. The token is in no error.
    pub async fn whose_token(&self, token: &str, audience: &str) -> Result<Option<User>, ApiError> {
        let question = json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": token, "audiences": [audience]},
        });
        Ok(token_user(
            &self.post(TOKEN_REVIEWS, &question).await?,
            audience,
        ))
    }
}

/// The user of an answer that says that the token is valid, and for this audience. A server that does not know of audiences
/// names none, and is not believed (`TokenReviewStatus.audiences`).
fn token_user(answer: &Value, audience: &str) -> Option<User> {
    let status = answer.get("status")?;
    let audiences = status.get("audiences").and_then(Value::as_array)?;
    let is_valid = status.get("authenticated").and_then(Value::as_bool) == Some(true)
        && audiences.iter().any(|one| one.as_str() == Some(audience));
    let user = serde_json::from_value::<User>(status.get("user")?.clone()).ok()?;
    (is_valid && !user.username.is_empty()).then_some(user)
}

/// A namespace is no object in itself: a role within one, such as that of its administrators, gives no right on it.
fn breaking(namespace: &str) -> Value {
    json!({"group": "", "resource": "namespaces", "name": namespace, "verb": BREAK_GLASS_VERB})
}

/// Without a name: who may read some Secrets of a namespace may not have others read.
fn reading(namespace: &str) -> Value {
    json!({"group": "", "resource": "secrets", "namespace": namespace, "verb": "get"})
}

/// Without a namespace: those of all.
fn listing_pods() -> Value {
    json!({"group": "", "resource": "pods", "verb": "list"})
}

fn question(user: &User, wanted: &Value) -> Value {
    json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {
            "user": user.username,
            "uid": user.uid,
            "groups": user.groups,
            "extra": user.extra,
            "resourceAttributes": wanted,
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
        let spec = &question(&user, &breaking("shop"))["spec"];
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
    fn who_asks_about_what_runs_is_asked_about_every_namespace() {
        let wanted = listing_pods();
        assert_eq!(
            (&wanted["verb"], &wanted["resource"]),
            (&json!("list"), &json!("pods"))
        );
        assert_eq!(wanted["namespace"], Value::Null);
    }

    #[test]
    fn who_asks_about_secrets_is_asked_about_every_one_of_the_namespace() {
        let wanted = reading("shop");
        assert_eq!(wanted["namespace"], "shop");
        assert_eq!(
            (&wanted["verb"], &wanted["resource"]),
            (&json!("get"), &json!("secrets"))
        );
        assert_eq!(wanted.get("name"), None);
    }

    #[test]
    fn a_token_is_somebodys_only_if_it_is_valid_and_was_issued_for_this_program() {
        let answer = |authenticated: bool, audiences: Value| {
            json!({"status": {
                "authenticated": authenticated,
                "user": {"username": "system:serviceaccount:kyverno:kyverno", "groups": ["g"]},
                "audiences": audiences,
            }})
        };
        let user = token_user(&answer(true, json!(["x", "doorward"])), "doorward").unwrap();
        assert_eq!(user.username, "system:serviceaccount:kyverno:kyverno");
        assert_eq!(user.groups, ["g"]);
        let mut nameless = answer(true, json!(["doorward"]));
        nameless["status"]["user"]["username"] = "".into();
        let mut nobody = answer(true, json!(["doorward"]));
        nobody["status"]["user"] = Value::Null;
        for answer in [
            answer(false, json!(["doorward"])),
            answer(true, json!(["https://kubernetes.default.svc"])),
            answer(true, json!([])),
            answer(true, Value::Null),
            nameless,
            nobody,
            json!({}),
            Value::Null,
        ] {
            assert_eq!(token_user(&answer, "doorward"), None, "{answer}");
        }
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
