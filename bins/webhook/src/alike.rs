//! Pods that are judged alike.

use std::collections::BTreeMap;

use doorward_core::Digest;
use doorward_kube::Review;

/// Labels that controllers give to tell their Pods apart, by which nobody selects.
const OF_ONE: [&str; 9] = [
    "apps.kubernetes.io/pod-index",
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-completion-index",
    "batch.kubernetes.io/job-name",
    "controller-revision-hash",
    "controller-uid",
    "job-name",
    "pod-template-hash",
    "statefulset.kubernetes.io/pod-name",
];

/// What the outcome for the images of a Pod depends on, as far as Pods say it: the same once, however many replicas run. It takes
/// the same room however much a Pod says.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Alike(Digest);

impl Alike {
    /// What it depends on but for labels. `None` of an object that shows no Pod, or one without an image that is to be judged.
    pub(crate) fn of(review: &Review) -> Option<Self> {
        Self::with(review, &BTreeMap::new())
    }

    /// The same with the labels of the Pod, by which policies may select, but for those of its controller.
    pub(crate) fn labelled(review: &Review) -> Option<Self> {
        let labels = review.workload().and_then(|workload| workload.labels());
        let labels = labels.into_iter().flatten();
        let labels = labels.filter(|(key, _)| !OF_ONE.contains(&key.as_str()));
        Self::with(
            review,
            &labels
                .map(|(key, value)| (key.as_str(), value.as_str()))
                .collect(),
        )
    }

    fn with(review: &Review, labels: &BTreeMap<&str, &str>) -> Option<Self> {
        let images: Vec<&str> = review.undecided().map(|one| one.image.as_str()).collect();
        if images.is_empty() {
            return None;
        }
        let secrets = review.workload()?.pull_secrets();
        let told = serde_json::json!([
            review.namespace(),
            secrets.service_account(),
            secrets.names(),
            images,
            labels,
        ]);
        Some(Self(Digest::sha256(told.to_string().as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use doorward_kube::Limits;
    use serde_json::{Value, json};

    use super::*;

    const IMAGE: &str = "r.example/app:1";

    fn review(namespace: &str, name: &str, account: &str, labels: &Value) -> Review {
        let pod = json!({
            "metadata": {"namespace": namespace, "name": name, "labels": labels},
            "spec": {"serviceAccountName": account, "containers": [{"name": "c", "image": IMAGE}]},
        });
        Review::of_running(&pod, &Limits::default()).unwrap()
    }

    fn alike(namespace: &str, name: &str, account: &str) -> Option<Alike> {
        Alike::of(&review(namespace, name, account, &json!({})))
    }

    fn labelled(labels: &Value) -> Option<Alike> {
        Alike::labelled(&review("shop", "web", "default", labels))
    }

    #[test]
    fn replicas_are_one_and_what_has_other_credentials_is_another() {
        let first = alike("shop", "web-1", "default");
        assert!(first.is_some());
        assert_eq!(first, alike("shop", "web-2", "default"));
        assert_ne!(first, alike("shop", "web-1", "runner"));
        assert_ne!(first, alike("other", "web-1", "default"));
    }

    #[test]
    fn labels_that_policies_may_select_by_tell_pods_apart_and_those_of_controllers_do_not() {
        let web = labelled(&json!({"app": "web"}));
        for own in [
            "pod-template-hash",
            "batch.kubernetes.io/job-name",
            "controller-uid",
        ] {
            assert_eq!(web, labelled(&json!({"app": "web", own: "abc"})), "{own}");
        }
        assert_ne!(web, labelled(&json!({"app": "web", "env": "prod"})));
        assert_ne!(web, labelled(&json!({})));
    }
}
