//! Reads what is installed of the webhook in a cluster.

use doorward_policy::{ExceptionKind, Group, PolicyKind, crd};
use futures::future::join_all;
use serde_json::{Value, json};

use super::api_server::ApiServer;
use super::collection::{Collection, collection_path};
use super::error::ApiError;
use crate::checkup::{Answer, DefinitionAnswer, Installation, PolicyAnswer, Setup, Unanswered};
use crate::object_name::is_name;

/// The most objects of one kind. Each is kept until all are looked at.
const MOST: usize = 20_000;
/// The label of an `EndpointSlice` with the name of its Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";
const ADMISSION: &str = "admissionregistration.k8s.io/v1";
const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// What is asked for: version, plural and kind, and where.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    api_version: &'a str,
    plural: &'a str,
    kind: &'a str,
    namespace: Option<&'a str>,
}

impl ApiServer {
    /// Reads what [`checkup`](crate::checkup::checkup) looks at, of the webhook in the namespace `home` with a Deployment of this
    /// name. Nothing is written. What is not answered is in the result as such.
    ///
    /// Of the Secret, no key is kept. Needs `get` of the Deployment, Service and Secret, `list` of `EndpointSlice`s in that
    /// namespace, `get` of definitions, and `list` of webhook configurations, namespaces, policies, exceptions,
    /// `ClusterRole`s and their bindings.
    pub async fn installation(&self, home: &str, deployment_name: &str) -> Installation {
        let of_home = |api_version, plural, kind| Wanted {
            api_version,
            plural,
            kind,
            namespace: Some(home),
        };
        let of_cluster = |api_version, plural, kind| Wanted {
            api_version,
            plural,
            kind,
            namespace: None,
        };
        let deployments = of_home("apps/v1", "deployments", "Deployment");
        let plural = |kind: &str| format!("{}webhookconfigurations", kind.to_ascii_lowercase());
        let (mutating, validating) = (plural("Mutating"), plural("Validating"));
        let mutating = of_cluster(ADMISSION, &mutating, "MutatingWebhookConfiguration");
        let validating = of_cluster(ADMISSION, &validating, "ValidatingWebhookConfiguration");
        // What these say decides what else is asked for.
        let (deployment, mutating, validating) = futures::join!(
            self.object(deployments, deployment_name),
            self.list(mutating, None),
            self.list(validating, None),
        );
        let found = deployment.known().and_then(Option::as_ref);
        let lists = [&mutating, &validating];
        let configurations = lists.into_iter().filter_map(Answer::known).flatten();
        let setup = Setup::of(home, found, configurations);
        let services = of_home("v1", "services", "Service");
        let namespaces = of_cluster("v1", "namespaces", "Namespace");
        let roles = of_cluster(RBAC, "clusterroles", "ClusterRole");
        let bindings = of_cluster(RBAC, "clusterrolebindings", "ClusterRoleBinding");
        let (service, slices, secret, namespaces, roles, bindings) = futures::join!(
            self.object(services, &setup.service),
            self.slices(home, &setup.service),
            self.certificate(home, &setup),
            self.list(namespaces, None),
            self.list(roles, None),
            self.list(bindings, None),
        );
        let definitions = join_all(definitions().map(|wanted| self.definition(wanted)));
        let policies = join_all(Installation::kinds().map(|kind| self.policies(kind)));
        let (definitions, policies) = futures::join!(definitions, policies);
        Installation {
            home: home.to_owned(),
            deployment_name: deployment_name.to_owned(),
            deployment,
            mutating,
            validating,
            service,
            slices,
            secret,
            namespaces,
            definitions,
            policies,
            roles,
            bindings,
        }
    }

    async fn object(&self, wanted: Wanted<'_>, name: &str) -> Answer<Option<Value>> {
        let root = collection_path(wanted.api_version, wanted.plural, wanted.namespace);
        let path = match root {
            Some(root) if is_name(name) => format!("{root}/{name}"),
            _ => return wanted.unanswered("get", Some(name), &no_name(name)),
        };
        match self.get(&path).await {
            Ok(object) => Answer::Known(object),
            Err(error) => wanted.unanswered("get", Some(name), &error),
        }
    }

    async fn list(&self, wanted: Wanted<'_>, labels: Option<&str>) -> Answer<Vec<Value>> {
        match self.listed(wanted, labels).await {
            Ok(objects) => Answer::Known(objects),
            Err(error) => wanted.unanswered("list", None, &error),
        }
    }

    async fn listed(
        &self,
        wanted: Wanted<'_>,
        labels: Option<&str>,
    ) -> Result<Vec<Value>, ApiError> {
        let Wanted {
            api_version,
            plural,
            namespace,
            ..
        } = wanted;
        let collection = Collection::new(self.clone(), api_version, plural, namespace)
            .ok_or_else(|| no_name(namespace.unwrap_or(plural)))?;
        let collection = match labels {
            Some(labels) => collection.labelled(labels),
            None => collection,
        };
        collection.all(MOST).await
    }

    /// Before Kubernetes 1.21, slices were there in another version only.
    async fn slices(&self, home: &str, service: &str) -> Answer<Vec<Value>> {
        let wanted = |api_version| Wanted {
            api_version,
            plural: "endpointslices",
            kind: "EndpointSlice",
            namespace: Some(home),
        };
        let labels = format!("{SERVICE_NAME}={service}");
        let now = wanted("discovery.k8s.io/v1");
        match self.listed(now, Some(&labels)).await {
            Ok(objects) => Answer::Known(objects),
            Err(ApiError::NotFound { .. }) => {
                self.list(wanted("discovery.k8s.io/v1beta1"), Some(&labels))
                    .await
            }
            Err(error) => now.unanswered("list", None, &error),
        }
    }

    /// The Secret with nothing in it but the certificate.
    async fn certificate(&self, home: &str, setup: &Setup) -> Answer<Option<Value>> {
        let Some((name, item)) = &setup.secret else {
            return Answer::Known(None);
        };
        let wanted = Wanted {
            api_version: "v1",
            plural: "secrets",
            kind: "Secret",
            namespace: Some(home),
        };
        match self.object(wanted, name).await {
            Answer::Known(Some(secret)) => {
                let certificate = secret["data"].get(item.as_str());
                let data = json!({item.as_str(): certificate});
                Answer::Known(Some(json!({"metadata": {"name": name}, "data": data})))
            }
            other => other,
        }
    }

    async fn definition(&self, wanted: Value) -> DefinitionAnswer {
        let name = wanted["metadata"]["name"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let definitions = Wanted {
            api_version: "apiextensions.k8s.io/v1",
            plural: "customresourcedefinitions",
            kind: "CustomResourceDefinition",
            namespace: None,
        };
        let found = self.object(definitions, &name).await;
        DefinitionAnswer { wanted, found }
    }

    /// What is said of policies: what they say is for the webhook to read.
    async fn policies(
        &self,
        (kind, group, is_exception): (&'static str, Group, bool),
    ) -> PolicyAnswer {
        let policies = PolicyKind::ALL.map(|kind| (kind.as_str(), crd::plural(kind)));
        let exceptions =
            ExceptionKind::ALL.map(|kind| (kind.as_str(), crd::exception_plural(kind)));
        let mut plurals = policies.into_iter().chain(exceptions);
        let plural = plurals
            .find(|(known, _)| *known == kind)
            .map(|(_, plural)| plural);
        let api_version = group.api_version();
        let wanted = Wanted {
            api_version: &api_version,
            plural: plural.unwrap_or_default(),
            kind,
            namespace: None,
        };
        let found = match self.said_of(wanted).await {
            Ok(objects) => Answer::Known(objects),
            // Without the definition there are none.
            Err(ApiError::NotFound { .. }) => Answer::Known(Vec::new()),
            Err(error) => wanted.unanswered("list", None, &error),
        };
        PolicyAnswer {
            kind,
            group,
            is_exception,
            found,
        }
    }

    async fn said_of(&self, wanted: Wanted<'_>) -> Result<Vec<Value>, ApiError> {
        let collection = Collection::new(self.clone(), wanted.api_version, wanted.plural, None);
        let collection = collection.ok_or_else(|| no_name(wanted.plural))?;
        let said = |object: Value| {
            let metadata = ["name", "namespace", "generation"].into_iter();
            let metadata = metadata.filter_map(|member| {
                let value = object.get("metadata")?.get(member)?;
                Some((member.to_owned(), value.clone()))
            });
            let metadata: serde_json::Map<_, _> = metadata.collect();
            Some(json!({"metadata": metadata, "status": object.get("status")}))
        };
        collection.kept(MOST, said).await
    }
}

impl Wanted<'_> {
    fn unanswered<T>(&self, verb: &str, name: Option<&str>, error: &ApiError) -> Answer<T> {
        let mut right = format!("{verb} {}", self.plural);
        if let Some((group, _)) = self.api_version.split_once('/') {
            right.push('.');
            right.push_str(group);
        }
        if let Some(name) = name {
            right.push('/');
            right.push_str(name);
        }
        if let Some(namespace) = self.namespace {
            right.push_str(" in ");
            right.push_str(namespace);
        }
        Answer::Unanswered(Unanswered {
            right,
            kind: self.kind.to_owned(),
            namespace: self.namespace.map(str::to_owned),
            name: name.map(str::to_owned),
            is_forbidden: matches!(error, ApiError::Forbidden { .. }),
            why: error.to_string(),
        })
    }
}

/// The definitions as this version has them.
fn definitions() -> impl Iterator<Item = Value> {
    let of_group = |group| PolicyKind::ALL.map(|kind| crd::definition(kind, group));
    let policies = Group::ALL.into_iter().flat_map(of_group);
    policies.chain(ExceptionKind::ALL.map(crd::exception_definition))
}

fn no_name(name: &str) -> ApiError {
    ApiError::Refused {
        path: doorward_core::text::one_line(name, 253),
        detail: "it is no name of an object".to_owned(),
    }
}

#[cfg(test)]
mod tests;
