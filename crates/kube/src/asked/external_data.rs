//! Gatekeeper's external data: `ProviderRequest` and `ProviderResponse` of `externaldata.gatekeeper.sh`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{AskedError, namespace, read, within};
use crate::limits::Limits;

/// The version that Gatekeeper sends, and that which it sent before; their fields are the same.
const API_VERSIONS: [&str; 2] = [
    "externaldata.gatekeeper.sh/v1beta1",
    "externaldata.gatekeeper.sh/v1alpha1",
];
const REQUEST: &str = "ProviderRequest";
const RESPONSE: &str = "ProviderResponse";

/// The keys that a constraint or a mutation asks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderRequest {
    api_version: &'static str,
    keys: Vec<String>,
}

/// One key: an image, and the namespace that it is to run in.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageKey {
    /// The namespace, if the key says one.
    pub namespace: Option<String>,
    /// The image, as it was written.
    pub image: String,
}

/// What is said of one key.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProviderItem {
    /// The key, as it came.
    pub key: String,
    /// What a constraint looks at, or what a mutation puts in place.
    pub value: Value,
    /// Why there is no such value; empty if there is one.
    pub error: String,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProviderResponse {
    api_version: &'static str,
    kind: &'static str,
    response: Response,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    idempotent: bool,
    items: Vec<ProviderItem>,
    system_error: String,
}

// Others than these may come with a later version of the same kind; nothing is decided by their absence.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
struct Form {
    api_version: Option<String>,
    kind: Option<String>,
    request: Option<Keys>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Keys {
    keys: Option<Vec<String>>,
}

impl ProviderRequest {
    /// Reads a request.
    ///
    /// # Errors
    /// [`AskedError`]. A single key that cannot be read is no error of the request: see [`ImageKey::read`].
    pub fn parse(body: &[u8], limits: &Limits) -> Result<Self, AskedError> {
        let form: Form = read(body, limits)?;
        let found = form.api_version.unwrap_or_default();
        let version = API_VERSIONS.into_iter().find(|one| *one == found);
        let (Some(api_version), Some(REQUEST)) = (version, form.kind.as_deref()) else {
            return Err(AskedError::Kind {
                expected: "a ProviderRequest of externaldata.gatekeeper.sh/v1beta1",
            });
        };
        let keys = form.request.and_then(|request| request.keys);
        let keys = keys.unwrap_or_default();
        within(&keys, limits)?;
        Ok(Self { api_version, keys })
    }

    /// The keys, at least one.
    #[must_use]
    pub fn keys(&self) -> &[String] {
        &self.keys
    }

    /// The answer to it, with what is said of each key.
    #[must_use]
    pub fn answer(&self, items: Vec<ProviderItem>) -> ProviderResponse {
        ProviderResponse::new(self.api_version, items, String::new())
    }
}

impl ProviderResponse {
    fn new(api_version: &'static str, items: Vec<ProviderItem>, system_error: String) -> Self {
        Self {
            api_version,
            kind: RESPONSE,
            response: Response {
                // Without it, Gatekeeper refuses the answer for mutation. What is put in place is a digest of what was asked
                // about, and of that the same.
                idempotent: true,
                items,
                system_error,
            },
        }
    }

    /// The answer to what cannot be answered, key by key or at all. Nothing is admitted on it.
    #[must_use]
    pub fn refuse(why: impl Into<String>) -> Self {
        let [version, _] = API_VERSIONS;
        Self::new(version, Vec::new(), why.into())
    }

    /// As it is sent.
    #[must_use]
    pub fn to_json(&self) -> String {
        // Strings and JSON values are written without an error.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl ImageKey {
    /// Reads `image` or `[namespace]image`, as users of Ratify write it. Brackets with nothing in them say that the object is in
    /// no namespace.
    ///
    /// # Errors
    /// If the bracket is not closed, no namespace has such a name, or there is no image. No reference begins with a bracket.
    pub fn read(key: &str) -> Result<Self, AskedError> {
        let (name, image) = match key.strip_prefix('[') {
            None => (None, key),
            Some(rest) => {
                let (name, image) = rest.split_once(']').ok_or(AskedError::NoImage)?;
                (Some(name).filter(|name| !name.is_empty()), image)
            }
        };
        if image.is_empty() {
            return Err(AskedError::NoImage);
        }
        Ok(Self {
            namespace: name.map(str::to_owned).map(namespace).transpose()?,
            image: image.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &Value) -> Result<ProviderRequest, AskedError> {
        ProviderRequest::parse(body.to_string().as_bytes(), &Limits::default())
    }

    fn request(keys: &[&str]) -> Value {
        serde_json::json!({
            "apiVersion": "externaldata.gatekeeper.sh/v1beta1",
            "kind": "ProviderRequest",
            "request": {"keys": keys},
        })
    }

    #[test]
    fn a_key_names_an_image_and_perhaps_its_namespace() {
        let key = |namespace: Option<&str>, image: &str| {
            Ok(ImageKey {
                namespace: namespace.map(str::to_owned),
                image: image.to_owned(),
            })
        };
        assert_eq!(ImageKey::read("r.example/a:1"), key(None, "r.example/a:1"));
        assert_eq!(
            ImageKey::read("[shop]r.example/a:1"),
            key(Some("shop"), "r.example/a:1")
        );
        assert_eq!(
            ImageKey::read("[]r.example/a:1"),
            key(None, "r.example/a:1")
        );
    }

    #[test]
    fn a_key_that_can_be_misread_is_refused() {
        for wrong in [
            "",
            "[shop]",
            "[shop",
            "[Shop]a",
            "[a/b]a",
            "[[shop]]a",
            "[ ]a",
        ] {
            assert!(ImageKey::read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_answer_has_the_version_of_its_request() {
        let mut older = request(&["a"]);
        older["apiVersion"] = "externaldata.gatekeeper.sh/v1alpha1".into();
        for request in [request(&["a"]), older] {
            let item = ProviderItem {
                key: "a".to_owned(),
                value: Value::Null,
                error: "no".to_owned(),
            };
            let answer = parse(&request).unwrap().answer(vec![item]);
            let answer: Value = serde_json::from_str(&answer.to_json()).unwrap();
            assert_eq!(answer["apiVersion"], request["apiVersion"]);
            assert_eq!(answer["kind"], "ProviderResponse");
            assert_eq!(answer["response"]["idempotent"], true);
            assert_eq!(answer["response"]["systemError"], "");
            let item = &answer["response"]["items"][0];
            assert_eq!(
                *item,
                serde_json::json!({"key": "a", "value": null, "error": "no"})
            );
        }
    }

    #[test]
    fn another_kind_or_version_is_not_answered() {
        for (place, wrong) in [
            ("apiVersion", "externaldata.gatekeeper.sh/v2"),
            ("apiVersion", "admission.k8s.io/v1"),
            ("kind", "ProviderResponse"),
        ] {
            let mut request = request(&["a"]);
            request[place] = wrong.into();
            let error = parse(&request).unwrap_err();
            assert!(matches!(error, AskedError::Kind { .. }), "{error:?}");
        }
        assert_eq!(parse(&request(&[])), Err(AskedError::NoImage));
        let mut without = request(&["a"]);
        without["request"] = Value::Null;
        assert_eq!(parse(&without), Err(AskedError::NoImage));
    }
}
