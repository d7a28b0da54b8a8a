//! `POST /audit`: of which namespaces what runs is to be judged.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{AskedError, namespace, read};
use crate::limits::Limits;

/// The most namespaces that one request may name.
const MAX_NAMESPACES: usize = 1000;

/// Who asks what runs wants to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRequest {
    namespaces: Option<BTreeSet<String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, expecting = "an object")]
struct Form {
    namespaces: Option<Vec<String>>,
}

impl AuditRequest {
    /// Reads `{"namespaces": [names]}`, which may be absent: then it is about all.
    ///
    /// # Errors
    /// [`AskedError`]: also for a member of another name, and for a list of none. Who means some is not answered for all.
    pub fn parse(body: &[u8], limits: &Limits) -> Result<Self, AskedError> {
        let form: Form = read(body, limits)?;
        let Some(names) = form.namespaces else {
            return Ok(Self { namespaces: None });
        };
        if names.is_empty() {
            return Err(AskedError::Namespace {
                name: String::new(),
            });
        }
        if names.len() > MAX_NAMESPACES {
            return Err(AskedError::TooMany {
                what: "namespaces",
                limit: MAX_NAMESPACES,
            });
        }
        let names = names.into_iter().map(namespace);
        let namespaces = names.collect::<Result<_, _>>()?;
        Ok(Self {
            namespaces: Some(namespaces),
        })
    }

    /// Whether this namespace is named.
    #[must_use]
    pub fn names(&self, namespace: &str) -> bool {
        let names = self.namespaces.as_ref();
        names.is_some_and(|names| names.contains(namespace))
    }

    /// Whether what runs in this namespace is asked about.
    #[must_use]
    pub fn is_about(&self, namespace: &str) -> bool {
        self.namespaces
            .as_ref()
            .is_none_or(|names| names.contains(namespace))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(body: &str) -> Result<AuditRequest, AskedError> {
        AuditRequest::parse(body.as_bytes(), &Limits::default())
    }

    #[test]
    fn without_names_it_is_about_everything_and_with_names_about_nothing_else() {
        for body in ["{}", r#"{"namespaces": null}"#] {
            let all = parse(body).unwrap();
            assert!(all.is_about("shop") && !all.names("shop"), "{body}");
        }
        let some = parse(r#"{"namespaces": ["shop", "bank", "shop"]}"#).unwrap();
        assert!(some.is_about("shop") && some.is_about("bank"));
        assert!(some.names("shop"));
        assert!(!some.is_about("kube-system") && !some.names("kube-system"));
    }

    #[test]
    fn a_request_that_can_be_misread_is_refused() {
        for body in [
            "",
            "null",
            "[]",
            r#"{"namespace": "shop"}"#,
            r#"{"namespaces": "shop"}"#,
            r#"{"namespaces": []}"#,
            r#"{"namespaces": ["../a"]}"#,
            r#"{"namespaces": ["a"], "namespaces": ["b"]}"#,
        ] {
            assert!(parse(body).is_err(), "{body}");
        }
        let many: Vec<_> = (0..=MAX_NAMESPACES).map(|n| format!("n{n}")).collect();
        let many = serde_json::json!({ "namespaces": many }).to_string();
        assert!(matches!(parse(&many), Err(AskedError::TooMany { .. })));
    }
}
