//! The objects of an installation as they were read.

use doorward_policy::{ExceptionKind, Group, PolicyKind};
use serde_json::Value;

use super::code::CheckupCode;
use super::finding::{Findings, ObjectName};
use super::setup::Setup;

/// What was answered to a question.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer<T> {
    /// This.
    Known(T),
    /// Nothing that can be used.
    Unanswered(Unanswered),
}

/// A question without an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// The verb and the resource, as a role names them: `list clusterroles.rbac.authorization.k8s.io`.
    pub right: String,
    /// The kind of the objects.
    pub kind: String,
    /// Their namespace, if they are in one.
    pub namespace: Option<String>,
    /// The name, if it is about one object.
    pub name: Option<String>,
    /// Whether the API server forbade it. Otherwise it could not be asked.
    pub is_forbidden: bool,
    /// What happened: a lowercase fragment.
    pub why: String,
}

impl<T> Answer<T> {
    /// What was answered, if anything.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Known(answer) => Some(answer),
            Self::Unanswered(_) => None,
        }
    }

    const fn unanswered(&self) -> Option<&Unanswered> {
        match self {
            Self::Known(_) => None,
            Self::Unanswered(why) => Some(why),
        }
    }
}

/// The definition of a custom resource.
#[derive(Clone, Debug, PartialEq)]
pub struct DefinitionAnswer {
    /// As this version has it.
    pub wanted: Value,
    /// As it is there. `None` if it is not.
    pub found: Answer<Option<Value>>,
}

/// The objects of one kind of policies or exceptions.
#[derive(Clone, Debug, PartialEq)]
pub struct PolicyAnswer {
    /// Their kind.
    pub kind: &'static str,
    /// Their group.
    pub group: Group,
    /// Whether they are exceptions, and no policies.
    pub is_exception: bool,
    /// The objects, of which metadata and status count.
    pub found: Answer<Vec<Value>>,
}

/// All that was read, as the API server had it.
#[derive(Clone, Debug, PartialEq)]
pub struct Installation {
    /// The namespace of the webhook.
    pub home: String,
    /// The name of its Deployment.
    pub deployment_name: String,
    /// The Deployment. `None` if it is not there.
    pub deployment: Answer<Option<Value>>,
    /// The mutating webhook configurations of the cluster.
    pub mutating: Answer<Vec<Value>>,
    /// The validating ones.
    pub validating: Answer<Vec<Value>>,
    /// The Service that [`Setup`] names.
    pub service: Answer<Option<Value>>,
    /// The `EndpointSlice`s of that Service.
    pub slices: Answer<Vec<Value>>,
    /// The Secret that [`Setup`] names, of which only the certificate is looked at: those who read it leave out the key.
    pub secret: Answer<Option<Value>>,
    /// The namespaces of the cluster, of which metadata counts.
    pub namespaces: Answer<Vec<Value>>,
    /// The definitions of the custom resources.
    pub definitions: Vec<DefinitionAnswer>,
    /// Policies and exceptions.
    pub policies: Vec<PolicyAnswer>,
    /// The `ClusterRole`s.
    pub roles: Answer<Vec<Value>>,
    /// The `ClusterRoleBinding`s.
    pub bindings: Answer<Vec<Value>>,
}

impl Installation {
    /// How the webhook is set up, as far as its Deployment tells.
    #[must_use]
    pub fn setup(&self) -> Setup {
        let deployment = self.deployment.known().and_then(Option::as_ref);
        let lists = [&self.mutating, &self.validating];
        let configurations = lists.into_iter().filter_map(Answer::known).flatten();
        Setup::of(&self.home, deployment, configurations)
    }

    /// The kinds of policies and exceptions that there are: kind, group, whether it is of exceptions.
    pub fn kinds() -> impl Iterator<Item = (&'static str, Group, bool)> {
        let policies = Group::ALL
            .into_iter()
            .flat_map(|group| PolicyKind::ALL.map(|kind| (kind.as_str(), group, false)));
        let exceptions = ExceptionKind::ALL.map(|kind| (kind.as_str(), ExceptionKind::GROUP, true));
        policies.chain(exceptions)
    }

    /// Says of every question that it has no answer.
    pub(super) fn tell_unanswered(&self, findings: &mut Findings) {
        let lists = [
            &self.mutating,
            &self.validating,
            &self.slices,
            &self.namespaces,
            &self.roles,
            &self.bindings,
        ];
        let objects = [&self.deployment, &self.service, &self.secret];
        let lists = lists
            .into_iter()
            .chain(self.policies.iter().map(|one| &one.found));
        let objects = objects
            .into_iter()
            .chain(self.definitions.iter().map(|one| &one.found));
        let lists = lists.filter_map(Answer::unanswered);
        for unanswered in lists.chain(objects.filter_map(Answer::unanswered)) {
            let Unanswered { right, why, .. } = unanswered;
            let name = unanswered.name.as_deref().unwrap_or("*");
            let object = ObjectName::new(&unanswered.kind, unanswered.namespace.as_deref(), name);
            let remedy = match unanswered.is_forbidden {
                true => format!("run it as somebody with the right to {right}"),
                false => "run it again when the API server answers".to_owned(),
            };
            findings.add(
                CheckupCode::NotAnswered,
                object,
                format!("{right}: {why}"),
                remedy,
            );
        }
        if self.setup().options_are_elsewhere {
            let object = ObjectName::new("Deployment", Some(&self.home), &self.deployment_name);
            findings.add(
                CheckupCode::NotAnswered,
                object,
                "variables of the webhook come from other objects, which are not read: what it was told is not known",
                "give the options of the webhook as arguments, or as values of variables",
            );
        }
        if let Some(None) = self.deployment.known() {
            let object = ObjectName::new("Deployment", Some(&self.home), &self.deployment_name);
            findings.add(
                CheckupCode::DeploymentMissing,
                object,
                "it is not there, so that it is not known what the webhook was told",
                "name the namespace and the Deployment of the webhook, or install it",
            );
        }
    }
}
