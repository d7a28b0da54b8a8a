//! Custom resources of projects that are known, by name.

/// Name, and the settings that it stands for. Every path that may be absent is one that the project's own definition leaves
/// out in some objects.
const PRESETS: &[(&str, &[&str])] = &[
    (
        // argoproj.io/v1alpha1. A Rollout with `workloadRef` has no template: that of the Deployment counts.
        "argo-rollouts",
        &["argoproj.io/rollouts=/spec/template/spec?"],
    ),
    (
        // jobset.x-k8s.io/v1alpha2. The list may be empty.
        "jobset",
        &["jobset.x-k8s.io/jobsets=/spec/replicatedJobs/*/template/spec/template/spec?"],
    ),
    (
        // serving.knative.dev/v1. A Revision has the specification of the Pod right in its own.
        "knative",
        &[
            "serving.knative.dev/services=/spec/template/spec",
            "serving.knative.dev/configurations=/spec/template/spec",
            "serving.knative.dev/revisions=/spec",
        ],
    ),
];

/// The settings that a name stands for.
pub(super) fn named(name: &str) -> Option<&'static [&'static str]> {
    let found = PRESETS.iter().find(|(known, _)| *known == name);
    found.map(|(_, settings)| *settings)
}

pub(super) fn names() -> impl Iterator<Item = &'static str> {
    PRESETS.iter().map(|(name, _)| *name)
}
