//! The resources that carry a pod, and where.

use std::fmt;

/// The kinds of object that carry a pod specification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum WorkloadKind {
    /// `batch` CronJob.
    CronJob,
    /// `apps` or `extensions` DaemonSet.
    DaemonSet,
    /// `apps` or `extensions` Deployment.
    Deployment,
    /// `batch` Job.
    Job,
    /// Core Pod.
    Pod,
    /// Core PodTemplate.
    PodTemplate,
    /// `apps` or `extensions` ReplicaSet.
    ReplicaSet,
    /// Core ReplicationController.
    ReplicationController,
    /// `apps` StatefulSet.
    StatefulSet,
}

/// The API groups of Kubernetes itself in which workloads are or once were.
pub(crate) const OWN_GROUPS: [&str; 4] = ["", "apps", "batch", "extensions"];

impl WorkloadKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::CronJob,
        Self::DaemonSet,
        Self::Deployment,
        Self::Job,
        Self::Pod,
        Self::PodTemplate,
        Self::ReplicaSet,
        Self::ReplicationController,
        Self::StatefulSet,
    ];

    /// The name of the kind.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CronJob => "CronJob",
            Self::DaemonSet => "DaemonSet",
            Self::Deployment => "Deployment",
            Self::Job => "Job",
            Self::Pod => "Pod",
            Self::PodTemplate => "PodTemplate",
            Self::ReplicaSet => "ReplicaSet",
            Self::ReplicationController => "ReplicationController",
            Self::StatefulSet => "StatefulSet",
        }
    }

    /// The plural under which the API serves the kind.
    #[must_use]
    pub const fn resource(self) -> &'static str {
        match self {
            Self::CronJob => "cronjobs",
            Self::DaemonSet => "daemonsets",
            Self::Deployment => "deployments",
            Self::Job => "jobs",
            Self::Pod => "pods",
            Self::PodTemplate => "podtemplates",
            Self::ReplicaSet => "replicasets",
            Self::ReplicationController => "replicationcontrollers",
            Self::StatefulSet => "statefulsets",
        }
    }

    /// The groups and versions that are understood.
    #[must_use]
    pub const fn versions(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::CronJob => &[("batch", "v1"), ("batch", "v1beta1")],
            Self::DaemonSet | Self::ReplicaSet => &[
                ("apps", "v1"),
                ("apps", "v1beta2"),
                ("extensions", "v1beta1"),
            ],
            Self::Deployment => &[
                ("apps", "v1"),
                ("apps", "v1beta2"),
                ("apps", "v1beta1"),
                ("extensions", "v1beta1"),
            ],
            Self::Job => &[("batch", "v1")],
            Self::Pod | Self::PodTemplate | Self::ReplicationController => &[("", "v1")],
            Self::StatefulSet => &[("apps", "v1"), ("apps", "v1beta2"), ("apps", "v1beta1")],
        }
    }

    /// The JSON pointer to the pod template, empty for a pod, which is its own.
    #[must_use]
    pub const fn template_pointer(self) -> &'static str {
        match self {
            Self::CronJob => "/spec/jobTemplate/spec/template",
            Self::Pod => "",
            Self::PodTemplate => "/template",
            Self::DaemonSet
            | Self::Deployment
            | Self::Job
            | Self::ReplicaSet
            | Self::ReplicationController
            | Self::StatefulSet => "/spec/template",
        }
    }

    /// Whether Kubernetes itself has workloads of this plural in this group, in any version.
    pub(crate) fn is_own(group: &str, resource: &str) -> bool {
        let own = Self::ALL.iter().find(|kind| kind.resource() == resource);
        own.is_some() && OWN_GROUPS.contains(&group)
    }

    /// The kind served as `resource`.
    pub(crate) fn of_resource(resource: &GroupVersionResource) -> Recognised {
        let named = Self::ALL
            .iter()
            .find(|kind| kind.resource() == resource.resource);
        recognise(named.copied(), &resource.group, &resource.version)
    }

    /// The kind of an object that says what it is.
    pub(crate) fn of_object(api_version: &str, kind: &str) -> Recognised {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let named = Self::ALL.iter().find(|known| known.as_str() == kind);
        recognise(named.copied(), group, version)
    }
}

impl fmt::Display for WorkloadKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a resource or kind turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recognised {
    /// Bears the name of a workload kind in a group that is not Kubernetes' own. Whatever such an object stands for,
    /// its pods come in as pods.
    Foreign,
    /// Nothing that is known.
    Unknown,
    /// A workload in a version that is understood.
    Workload(WorkloadKind),
}

fn recognise(named: Option<WorkloadKind>, group: &str, version: &str) -> Recognised {
    match named {
        Some(kind) if kind.versions().contains(&(group, version)) => Recognised::Workload(kind),
        Some(_) if !OWN_GROUPS.contains(&group) => Recognised::Foreign,
        Some(_) | None => Recognised::Unknown,
    }
}

/// A resource of the API: group (empty for the core group), version and plural.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(default, expecting = "a group, version and resource")]
pub struct GroupVersionResource {
    /// The API group, empty for the core group.
    pub group: String,
    /// The version.
    pub version: String,
    /// The plural name.
    pub resource: String,
}

impl GroupVersionResource {
    /// What an object of this resource has as its `apiVersion`.
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.clone()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }
}

impl fmt::Display for GroupVersionResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.api_version(), self.resource)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(group: &str, version: &str, resource: &str) -> Recognised {
        WorkloadKind::of_resource(&GroupVersionResource {
            group: group.into(),
            version: version.into(),
            resource: resource.into(),
        })
    }

    #[test]
    fn each_kind_is_found_by_its_resource_and_by_its_name() {
        for &kind in WorkloadKind::ALL {
            for &(group, version) in kind.versions() {
                let api_version = if group.is_empty() {
                    version.to_owned()
                } else {
                    format!("{group}/{version}")
                };
                assert_eq!(
                    of(group, version, kind.resource()),
                    Recognised::Workload(kind)
                );
                assert_eq!(
                    WorkloadKind::of_object(&api_version, kind.as_str()),
                    Recognised::Workload(kind)
                );
            }
        }
    }

    #[test]
    fn a_custom_resource_with_the_plural_of_a_workload_is_foreign() {
        assert_eq!(
            of("batch.volcano.sh", "v1alpha1", "jobs"),
            Recognised::Foreign
        );
        assert_eq!(of("example.com", "v1", "pods"), Recognised::Foreign);
    }

    #[test]
    fn an_unknown_version_or_name_is_not_taken_for_a_foreign_one() {
        assert_eq!(of("apps", "v2", "deployments"), Recognised::Unknown);
        assert_eq!(of("extensions", "v1beta1", "jobs"), Recognised::Unknown);
        assert_eq!(of("", "v1", "services"), Recognised::Unknown);
        assert_eq!(of("wibble", "v1", "wobbles"), Recognised::Unknown);
        assert_eq!(of("", "", ""), Recognised::Unknown);
        assert_eq!(of("apps", "v1", "Deployments"), Recognised::Unknown);
    }
}
