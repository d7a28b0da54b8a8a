//! Resources of an API server, and the paths of their objects.

use doorward_policy::{ExceptionKind, Group, PolicyKind, crd};
use kube::core::ApiResource;

use crate::object_name::{is_label, is_name};

/// A resource of which objects are watched or asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Resource {
    ConfigMap,
    Exception(ExceptionKind),
    Namespace,
    Policy(PolicyKind, Group),
    Secret,
    ServiceAccount,
}

impl Resource {
    /// What is watched: policies of every group, exceptions, and namespaces for their labels.
    pub(super) fn watched() -> impl Iterator<Item = Self> {
        let of_group = |group| PolicyKind::ALL.map(|kind| Self::Policy(kind, group));
        let policies = Group::ALL.into_iter().flat_map(of_group);
        let exceptions = ExceptionKind::ALL.map(Self::Exception);
        policies.chain(exceptions).chain([Self::Namespace])
    }

    pub(super) const fn group(self) -> &'static str {
        match self {
            Self::ConfigMap | Self::Namespace | Self::Secret | Self::ServiceAccount => "",
            Self::Exception(_) => ExceptionKind::GROUP.as_str(),
            Self::Policy(_, group) => group.as_str(),
        }
    }

    const fn version(self) -> &'static str {
        match self {
            Self::ConfigMap | Self::Namespace | Self::Secret | Self::ServiceAccount => "v1",
            Self::Exception(_) => ExceptionKind::GROUP.version(),
            Self::Policy(_, group) => group.version(),
        }
    }

    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::ConfigMap => "ConfigMap",
            Self::Exception(kind) => kind.as_str(),
            Self::Namespace => "Namespace",
            Self::Policy(kind, _) => kind.as_str(),
            Self::Secret => "Secret",
            Self::ServiceAccount => "ServiceAccount",
        }
    }

    pub(super) const fn plural(self) -> &'static str {
        match self {
            Self::ConfigMap => "configmaps",
            Self::Exception(kind) => crd::exception_plural(kind),
            Self::Namespace => "namespaces",
            Self::Policy(kind, _) => crd::plural(kind),
            Self::Secret => "secrets",
            Self::ServiceAccount => "serviceaccounts",
        }
    }

    /// `imagepolicies.doorward.dev`, which is also the name of its definition; `secrets` where the group has no name.
    pub(super) fn name(self) -> String {
        match self.group() {
            "" => self.plural().to_owned(),
            group => format!("{}.{group}", self.plural()),
        }
    }

    /// What it is called as a source of a view: as no file can be, so that none takes its place.
    pub(super) fn source(self) -> String {
        format!("\0{}", self.name())
    }

    pub(super) fn api_version(self) -> String {
        match self.group() {
            "" => self.version().to_owned(),
            group => format!("{group}/{}", self.version()),
        }
    }

    pub(super) fn of_client(self) -> ApiResource {
        ApiResource {
            group: self.group().to_owned(),
            version: self.version().to_owned(),
            api_version: self.api_version(),
            kind: self.kind().to_owned(),
            plural: self.plural().to_owned(),
        }
    }

    /// The path of one object in a namespace. `None` if there can be no object of such a name: names come from what tenants
    /// write, and one with a slash in it would be another path.
    pub(super) fn path(self, namespace: &str, name: &str) -> Option<String> {
        let root = self.root();
        let plural = self.plural();
        (is_label(namespace) && is_name(name))
            .then(|| format!("{root}/namespaces/{namespace}/{plural}/{name}"))
    }

    /// The path of one object of the cluster. `None` as for [`path`](Self::path).
    pub(super) fn cluster_path(self, name: &str) -> Option<String> {
        let root = self.root();
        let plural = self.plural();
        is_name(name).then(|| format!("{root}/{plural}/{name}"))
    }

    fn root(self) -> String {
        match self.group() {
            "" => format!("/api/{}", self.version()),
            group => format!("/apis/{group}/{}", self.version()),
        }
    }

    /// Whether it is one of ours: of policies or exceptions.
    pub(super) const fn is_ours(self) -> bool {
        matches!(self, Self::Exception(_) | Self::Policy(..))
    }

    /// The path of its definition, if it is one that a definition adds to the server.
    pub(super) fn definition(self) -> Option<String> {
        self.is_ours().then(|| {
            let name = self.name();
            format!("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_kinds_of_policies_two_of_exceptions_and_namespaces_are_watched() {
        let names: Vec<_> = Resource::watched().map(Resource::name).collect();
        assert_eq!(names.len(), 9);
        for name in [
            "clusterimagepolicies.doorward.dev",
            "imagepolicies.portieris.cloud.ibm.com",
            "clusterimageexceptions.doorward.dev",
            "imageexceptions.doorward.dev",
            "namespaces",
        ] {
            assert!(names.iter().any(|known| known == name), "{name}");
        }
    }

    #[test]
    fn a_name_that_would_be_another_path_has_none() {
        let path = |namespace: &str, name: &str| Resource::Secret.path(namespace, name);
        assert_eq!(
            path("shop", "pull.v1-a").as_deref(),
            Some("/api/v1/namespaces/shop/secrets/pull.v1-a")
        );
        for (namespace, name) in [
            ("shop", "../../kube-system/secrets/root"),
            ("shop", ".."),
            ("shop", "."),
            ("shop", ""),
            ("shop", "a/b"),
            ("shop", "a?watch=1"),
            ("shop", "a%2fb"),
            ("shop", "A"),
            ("shop", "-a"),
            ("shop", "a-"),
            ("shop", "a..b"),
            ("..", "a"),
            ("", "a"),
            ("a.b", "c"),
            ("shop/secrets", "a"),
        ] {
            assert_eq!(path(namespace, name), None, "{namespace} {name}");
        }
        assert_eq!(path("shop", &"a".repeat(254)), None);
        assert_eq!(path(&"a".repeat(64), "b"), None);
    }
}
