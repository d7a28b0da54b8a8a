//! What policies select workloads by.

use std::collections::BTreeMap;

use doorward::policy::Environment;

use crate::Workload;

impl Workload {
    /// Where the workload is and what it is, as far as policies look at it: in this namespace, which has these labels if they
    /// are known.
    #[must_use]
    pub fn environment<'a>(
        &'a self,
        namespace: Option<&'a str>,
        namespace_labels: Option<&'a BTreeMap<String, String>>,
    ) -> Environment<'a> {
        let mut environment = Environment::from(namespace);
        if let Some(labels) = namespace_labels {
            environment = environment.with_namespace_labels(labels);
        }
        if let Some(labels) = self.labels() {
            environment = environment.with_object_labels(labels);
        }
        if let Some(name) = self.pull_secrets().service_account() {
            environment = environment.running_as(name);
        }
        environment
    }
}
