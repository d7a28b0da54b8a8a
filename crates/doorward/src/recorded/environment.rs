//! What policies select by, as it is written down with a decision.

use std::collections::BTreeMap;

use doorward_policy::{Environment, Labels};

use crate::context::Context;
use crate::rules::Rules;

/// The setting with the labels of the namespace, as JSON.
const NAMESPACE_LABELS: &str = "namespaceLabels";
/// The setting with the labels of the object, as JSON.
const OBJECT_LABELS: &str = "objectLabels";
/// The setting with the service account.
const SERVICE_ACCOUNT: &str = "serviceAccount";

/// The facts of a workload that a transcript holds.
#[derive(Clone, Debug, Default)]
pub(super) struct RecordedEnvironment {
    namespace_labels: Option<Labels>,
    object_labels: Option<Labels>,
    service_account: Option<String>,
}

impl RecordedEnvironment {
    /// What has to be written down of a context. Where no policy selects by any of it, that is nothing: what an object has in
    /// it is nobody's business.
    pub(super) fn of(context: &Context<'_>) -> Self {
        let selects = match context.rules {
            Rules::Policies(set) => set.has_selectors(),
            _ => false,
        };
        if !selects {
            return Self::default();
        }
        let environment = context.environment;
        Self {
            namespace_labels: environment.namespace_labels().cloned(),
            object_labels: environment.object_labels().cloned(),
            service_account: environment.service_account().map(str::to_owned),
        }
    }

    /// As settings of a transcript. What is not known is not there.
    pub(super) fn settings(&self) -> impl Iterator<Item = (&'static str, String)> {
        let labels = |labels: &Option<Labels>| {
            let labels = labels.as_ref()?;
            // A map of texts is JSON.
            serde_json::to_string(labels).ok()
        };
        let settings = [
            (NAMESPACE_LABELS, labels(&self.namespace_labels)),
            (OBJECT_LABELS, labels(&self.object_labels)),
            (SERVICE_ACCOUNT, self.service_account.clone()),
        ];
        settings
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
    }

    /// What a transcript says. Those from before there were selectors say nothing, and need nothing.
    ///
    /// # Errors
    /// The name of a setting that is not what it should be.
    pub(super) fn from_settings(settings: &BTreeMap<String, String>) -> Result<Self, &'static str> {
        let labels = |name: &'static str| match settings.get(name) {
            None => Ok(None),
            Some(text) => serde_json::from_str(text).map(Some).map_err(|_| name),
        };
        Ok(Self {
            namespace_labels: labels(NAMESPACE_LABELS)?,
            object_labels: labels(OBJECT_LABELS)?,
            service_account: settings.get(SERVICE_ACCOUNT).cloned(),
        })
    }

    /// The environment that the decision was made in.
    pub(super) fn within<'a>(&'a self, namespace: Option<&'a str>) -> Environment<'a> {
        let mut environment = Environment::from(namespace);
        if let Some(labels) = &self.namespace_labels {
            environment = environment.with_namespace_labels(labels);
        }
        if let Some(labels) = &self.object_labels {
            environment = environment.with_object_labels(labels);
        }
        if let Some(name) = &self.service_account {
            environment = environment.running_as(name);
        }
        environment
    }
}
