//! `POST /v1/check`: what a program asks that has no object.

use serde::Deserialize;

use super::{AskedError, namespace, read, within};
use crate::limits::Limits;
use crate::pull_secrets::PullSecrets;

/// Images, and on whose behalf they are asked about.
///
/// There are no credentials in it, only names of them; the one who answers has to know that the caller may use what it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckRequest {
    images: Vec<String>,
    namespace: Option<String>,
    service_account: Option<String>,
    pull_secrets: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object")]
struct Form {
    image: Option<String>,
    images: Option<Vec<String>>,
    namespace: Option<String>,
    service_account_name: Option<String>,
    image_pull_secrets: Option<Vec<String>>,
}

impl CheckRequest {
    /// Reads `{"image" | "images": […], "namespace", "serviceAccountName", "imagePullSecrets": [names]}`, of which all but the
    /// image may be absent.
    ///
    /// # Errors
    /// [`AskedError`]: also for a member of another name. Who misspells `namespace` is not answered for none.
    pub fn parse(body: &[u8], limits: &Limits) -> Result<Self, AskedError> {
        let form: Form = read(body, limits)?;
        let images = match (form.image, form.images) {
            (Some(_), Some(_)) => return Err(AskedError::TwoForms),
            (Some(image), None) => vec![image],
            (None, images) => images.unwrap_or_default(),
        };
        within(&images, limits)?;
        let pull_secrets = form.image_pull_secrets.unwrap_or_default();
        if pull_secrets.len() > limits.pull_secrets {
            return Err(AskedError::TooMany {
                what: "pull secrets",
                limit: limits.pull_secrets,
            });
        }
        let service_account = form.service_account_name.filter(|name| !name.is_empty());
        let namespace = form.namespace.filter(|name| !name.is_empty());
        let namespace = namespace.map(self::namespace).transpose()?;
        if namespace.is_none() && (service_account.is_some() || !pull_secrets.is_empty()) {
            return Err(AskedError::NoNamespace);
        }
        Ok(Self {
            images,
            namespace,
            service_account,
            pull_secrets,
        })
    }

    /// The images, as they were written, at least one.
    #[must_use]
    pub fn images(&self) -> &[String] {
        &self.images
    }

    /// The namespace that they are to run in.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The service account that they are to run as, if it is known.
    #[must_use]
    pub fn service_account(&self) -> Option<&str> {
        self.service_account.as_deref()
    }

    /// Whether it names a service account or pull secrets.
    #[must_use]
    pub fn names_credentials(&self) -> bool {
        self.service_account.is_some() || !self.pull_secrets.is_empty()
    }

    /// What a Pod of that namespace would pull with: the secrets that are named, else those of its service account.
    #[must_use]
    pub fn pull_secrets(&self) -> PullSecrets {
        PullSecrets::of_caller(self.pull_secrets.clone(), self.service_account())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Result<CheckRequest, AskedError> {
        CheckRequest::parse(body.as_bytes(), &Limits::default())
    }

    #[test]
    fn one_image_and_a_list_are_read_alike() {
        let one = parse(r#"{"image": "r.example/a:1", "namespace": "shop"}"#).unwrap();
        assert_eq!(
            parse(r#"{"images": ["r.example/a:1"], "namespace": "shop"}"#),
            Ok(one.clone())
        );
        assert_eq!(one.images(), ["r.example/a:1"]);
        assert_eq!(one.namespace(), Some("shop"));
        assert!(!one.names_credentials());
        assert!(one.pull_secrets().inherits());
    }

    #[test]
    fn secrets_that_are_named_stand_in_place_of_those_of_the_account() {
        let named = r#"{"image": "a", "namespace": "shop", "imagePullSecrets": ["p", "q", "p", " "], "serviceAccountName": "ci"}"#;
        let secrets = parse(named).unwrap().pull_secrets();
        assert_eq!(secrets.names(), ["p", "q"]);
        assert_eq!(secrets.service_account(), Some("ci"));
        assert!(!secrets.inherits());
    }

    #[test]
    fn a_request_that_can_be_misread_is_refused() {
        let malformed = |body| {
            let error = parse(body).unwrap_err();
            assert!(matches!(error, AskedError::Malformed { .. }), "{error:?}");
        };
        for body in [
            "",
            "null",
            "[]",
            r#"{"image": "a", "nameSpace": "shop"}"#,
            r#"{"image": "a", "image": "b"}"#,
            r#"{"image": 1}"#,
            r#"{"image": "a", "imagePullSecrets": [{"name": "p"}]}"#,
            r#"{"image": "a"} {}"#,
        ] {
            malformed(body);
        }
        assert_eq!(
            parse(r#"{"image": "a", "images": ["a"]}"#),
            Err(AskedError::TwoForms)
        );
        for body in ["{}", r#"{"images": []}"#, r#"{"image": null}"#] {
            assert_eq!(parse(body), Err(AskedError::NoImage), "{body}");
        }
    }

    #[test]
    fn a_namespace_that_none_can_have_is_refused() {
        for name in ["../kube-system", "a/b", "Shop", "-a", "a\\u0000", "a b"] {
            let body = format!(r#"{{"image": "a", "namespace": "{name}"}}"#);
            let error = parse(&body).unwrap_err();
            assert!(matches!(error, AskedError::Namespace { .. }), "{error:?}");
        }
    }

    #[test]
    fn credentials_without_a_namespace_are_refused() {
        for body in [
            r#"{"image": "a", "imagePullSecrets": ["p"]}"#,
            r#"{"image": "a", "serviceAccountName": "ci", "namespace": ""}"#,
        ] {
            assert_eq!(parse(body), Err(AskedError::NoNamespace), "{body}");
        }
    }

    #[test]
    fn what_is_over_a_bound_is_refused() {
        let many = |count| {
            let images = vec!["a"; count];
            serde_json::json!({ "images": images }).to_string()
        };
        let limit = Limits::default().containers;
        assert!(parse(&many(limit)).is_ok());
        let what = "images";
        assert_eq!(
            parse(&many(limit + 1)),
            Err(AskedError::TooMany { what, limit })
        );
        let long = format!(r#"{{"image": "{}"}}"#, "a".repeat(1025));
        assert_eq!(parse(&long), Err(AskedError::TooLong { limit: 1024 }));
        let limits = Limits {
            bytes: 4,
            ..Limits::default()
        };
        assert_eq!(
            CheckRequest::parse(b"{   }", &limits),
            Err(AskedError::TooLarge { limit: 4 })
        );
    }
}
