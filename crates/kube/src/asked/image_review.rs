//! `ImageReview` of `imagepolicy.k8s.io/v1alpha1`, which the API server sends where its plug-in `ImagePolicyWebhook` is on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{AskedError, namespace, read, within};
use crate::limits::Limits;

const API_VERSION: &str = "imagepolicy.k8s.io/v1alpha1";
const KIND: &str = "ImageReview";

/// The containers of a Pod that is to be made, without the Pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageReview {
    images: Vec<String>,
    namespace: Option<String>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageReviewAnswer {
    api_version: &'static str,
    kind: &'static str,
    status: Status,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    allowed: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    audit_annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
struct Form {
    api_version: Option<String>,
    kind: Option<String>,
    spec: Option<Spec>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Spec {
    containers: Option<Vec<Container>>,
    namespace: Option<String>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Container {
    image: Option<String>,
}

impl ImageReview {
    /// Reads a review.
    ///
    /// Its `annotations` are not looked at: the author of the Pod writes them.
    ///
    /// # Errors
    /// [`AskedError`]. A container without an image is one: nobody knows what would run.
    pub fn parse(body: &[u8], limits: &Limits) -> Result<Self, AskedError> {
        let form: Form = read(body, limits)?;
        if form.api_version.as_deref() != Some(API_VERSION) || form.kind.as_deref() != Some(KIND) {
            return Err(AskedError::Kind {
                expected: "an ImageReview of imagepolicy.k8s.io/v1alpha1",
            });
        }
        let spec = form.spec.ok_or(AskedError::NoImage)?;
        let containers = spec.containers.unwrap_or_default();
        let images: Option<Vec<_>> = containers
            .into_iter()
            .map(|container| container.image.filter(|image| !image.is_empty()))
            .collect();
        let images = images.ok_or(AskedError::NoImage)?;
        within(&images, limits)?;
        let name = spec.namespace.filter(|name| !name.is_empty());
        Ok(Self {
            images,
            namespace: name.map(namespace).transpose()?,
        })
    }

    /// The images, as they were written, at least one.
    #[must_use]
    pub fn images(&self) -> &[String] {
        &self.images
    }

    /// The namespace of the Pod.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }
}

impl ImageReviewAnswer {
    /// Lets the Pod be made, and has the API server write these annotations into its audit log.
    #[must_use]
    pub const fn allow(audit_annotations: BTreeMap<String, String>) -> Self {
        Self::new(true, String::new(), audit_annotations)
    }

    /// Has the Pod refused, for this reason.
    #[must_use]
    pub const fn refuse(reason: String, audit_annotations: BTreeMap<String, String>) -> Self {
        Self::new(false, reason, audit_annotations)
    }

    const fn new(
        allowed: bool,
        reason: String,
        audit_annotations: BTreeMap<String, String>,
    ) -> Self {
        Self {
            api_version: API_VERSION,
            kind: KIND,
            status: Status {
                allowed,
                reason,
                audit_annotations,
            },
        }
    }

    /// As it is sent.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings are written without an error.
        serde_json::to_string(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn parse(body: &Value) -> Result<ImageReview, AskedError> {
        ImageReview::parse(body.to_string().as_bytes(), &Limits::default())
    }

    fn review(spec: Value) -> Value {
        json!({"apiVersion": API_VERSION, "kind": KIND, "spec": spec})
    }

    #[test]
    fn the_images_of_all_containers_and_the_namespace_are_read() {
        let read = parse(&review(json!({
            "containers": [{"image": "a"}, {"image": "b"}],
            "annotations": {"a.image-policy.k8s.io/b": "c"},
            "namespace": "shop",
        })))
        .unwrap();
        assert_eq!(read.images(), ["a", "b"]);
        assert_eq!(read.namespace(), Some("shop"));
    }

    #[test]
    fn a_review_of_which_not_all_images_are_known_is_refused() {
        for spec in [
            Value::Null,
            json!({}),
            json!({"containers": []}),
            json!({"containers": [{"image": "a"}, {}]}),
            json!({"containers": [{"image": "a"}, {"image": ""}]}),
        ] {
            assert_eq!(
                parse(&review(spec.clone())),
                Err(AskedError::NoImage),
                "{spec}"
            );
        }
        let mut other = review(json!({"containers": [{"image": "a"}]}));
        other["apiVersion"] = "imagepolicy.k8s.io/v1".into();
        assert!(matches!(parse(&other), Err(AskedError::Kind { .. })));
        let elsewhere = json!({"containers": [{"image": "a"}], "namespace": "../x"});
        assert!(matches!(
            parse(&review(elsewhere)),
            Err(AskedError::Namespace { .. })
        ));
    }

    #[test]
    fn what_is_no_text_is_refused_also_where_nobody_looks() {
        let mut body = review(json!({"containers": [{"image": "a"}], "annotations": {"a": "?"}}))
            .to_string()
            .into_bytes();
        assert!(ImageReview::parse(&body, &Limits::default()).is_ok());
        let mark = body.iter().position(|byte| *byte == b'?').unwrap();
        body[mark] = 0xff;
        let error = ImageReview::parse(&body, &Limits::default()).unwrap_err();
        assert!(matches!(error, AskedError::Malformed { .. }), "{error:?}");
    }

    #[test]
    fn an_answer_says_why_only_where_it_refuses() {
        let allowed = ImageReviewAnswer::allow(BTreeMap::new()).to_json();
        let expected =
            json!({"apiVersion": API_VERSION, "kind": KIND, "status": {"allowed": true}});
        assert_eq!(serde_json::from_str::<Value>(&allowed).unwrap(), expected);
        let noted = BTreeMap::from([("code".to_owned(), "policy-no-match".to_owned())]);
        let refused = ImageReviewAnswer::refuse("no".to_owned(), noted).to_json();
        let refused: Value = serde_json::from_str(&refused).unwrap();
        assert_eq!(
            refused["status"],
            json!({"allowed": false, "reason": "no", "auditAnnotations": {"code": "policy-no-match"}})
        );
    }
}
