//! The webhook configurations that have the API server ask this program, as the install guide gives them.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_policy::{ExceptionKind, Group, PolicyKind, crd};
use serde_json::{Value, json};

use crate::asking::{about_workloads, mutating};
use crate::resource::GroupVersionResource;

/// What a review of a policy may take. It computes, and asks nobody.
const POLICY_TIMEOUT: u64 = 5;

/// What configurations say of this installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Armament {
    /// The Service that leads to the webhook.
    pub service: String,
    /// The Service's port.
    pub port: u16,
    /// The namespace of the Service and of the webhook, which is not judged.
    pub home: String,
    /// How long the API server waits for an answer. Whole seconds count, those begun too.
    pub timeout: Duration,
    /// The authorities of the serving certificate, PEM.
    pub authorities: Vec<u8>,
    /// Namespaces that are not judged either.
    pub excluded: Vec<String>,
    /// What carries workloads beside the kinds of Kubernetes. An empty version stands for all.
    pub extra: Vec<GroupVersionResource>,
}

/// One configuration.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Configuration {
    /// The plural of its kind.
    pub(crate) plural: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) name: &'static str,
    /// Its webhooks, with every field that the API server would fill in otherwise.
    pub(crate) webhooks: Value,
}

/// Kinds and names of the configurations of an installation: plural, kind, name.
pub(crate) const CONFIGURATIONS: [(&str, &str, &str); 3] = [
    (
        "validatingwebhookconfigurations",
        "ValidatingWebhookConfiguration",
        "doorward",
    ),
    (
        "mutatingwebhookconfigurations",
        "MutatingWebhookConfiguration",
        "doorward",
    ),
    (
        "validatingwebhookconfigurations",
        "ValidatingWebhookConfiguration",
        "doorward-policies",
    ),
];

impl Armament {
    /// The configurations, in the order of [`CONFIGURATIONS`].
    pub(crate) fn configurations(&self) -> [Configuration; 3] {
        let validating = json!([self.workloads("validate.doorward.dev", "/validate")]);
        let mutating = json!([mutating(self.workloads("mutate.doorward.dev", "/mutate"))]);
        let webhooks = [validating, mutating, json!([self.policies()])];
        let mut webhooks = webhooks.into_iter();
        CONFIGURATIONS.map(|(plural, kind, name)| Configuration {
            plural,
            kind,
            name,
            webhooks: webhooks.next().unwrap_or_default(),
        })
    }

    fn client(&self, path: &str) -> Value {
        json!({
            "service": {"name": self.service, "namespace": self.home, "path": path, "port": self.port},
            "caBundle": STANDARD.encode(&self.authorities),
        })
    }

    fn workloads(&self, name: &str, path: &str) -> Value {
        let left_out = [std::slice::from_ref(&self.home), &self.excluded].concat();
        about_workloads(
            name,
            self.client(path),
            self.timeout,
            &left_out,
            &self.extra,
        )
    }

    /// Reviews of policies help those who write them. They are no door: `Ignore`, so that policies can be mended while the
    /// webhook is down.
    fn policies(&self) -> Value {
        let policies = PolicyKind::ALL.map(crd::plural).into_iter();
        let exceptions = ExceptionKind::ALL.into_iter().map(crd::exception_plural);
        let resources: Vec<&str> = policies.chain(exceptions).collect();
        json!({
            "name": "policies.doorward.dev",
            "clientConfig": self.client("/policies"),
            "rules": [{
                "apiGroups": Group::ALL.map(Group::as_str), "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"],
                "resources": resources,
                "scope": "*",
            }],
            "failurePolicy": "Ignore",
            "timeoutSeconds": POLICY_TIMEOUT,
            "sideEffects": "None",
            "matchPolicy": "Equivalent",
            "admissionReviewVersions": ["v1"],
            "namespaceSelector": {},
            "objectSelector": {},
        })
    }
}

/// In which fields of which webhooks two lists of webhooks differ, for people: `mutate.doorward.dev: failurePolicy, rules`.
#[cfg(any(test, feature = "client"))]
pub(crate) fn differences(before: &Value, wanted: &Value) -> String {
    let of = |list: &Value| list.as_array().cloned().unwrap_or_default();
    let (before, wanted) = (of(before), of(wanted));
    let named = |list: &[Value], name: &Value| list.iter().find(|it| it["name"] == *name).cloned();
    let mut said = Vec::new();
    for webhook in &wanted {
        let name = webhook["name"].as_str().unwrap_or_default();
        let Some(other) = named(&before, &webhook["name"]) else {
            said.push(format!("{name}: missing"));
            continue;
        };
        let empty = serde_json::Map::new();
        let (there, ours) = (
            other.as_object().unwrap_or(&empty),
            webhook.as_object().unwrap_or(&empty),
        );
        let mut fields: Vec<&str> = there
            .keys()
            .chain(ours.keys())
            .filter(|field| there.get(*field) != ours.get(*field))
            .map(String::as_str)
            .collect();
        fields.sort_unstable();
        fields.dedup();
        if !fields.is_empty() {
            said.push(format!("{name}: {}", fields.join(", ")));
        }
    }
    let others = before
        .iter()
        .filter(|webhook| named(&wanted, &webhook["name"]).is_none());
    match others.count() {
        0 => {}
        1 => said.push("one webhook more".to_owned()),
        more => said.push(format!("{more} webhooks more")),
    }
    doorward_core::text::one_line(&said.join("; "), 500)
}

#[cfg(test)]
mod tests;
