//! Pods that are judged alike.

use std::collections::BTreeMap;

use doorward_kube::Review;

/// What the outcome for the images of a Pod depends on, as far as Pods say it: the same once, however many replicas run.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Alike {
    namespace: Option<String>,
    service_account: Option<String>,
    pull_secrets: Vec<String>,
    images: Vec<String>,
    labels: Option<BTreeMap<String, String>>,
}

impl Alike {
    /// What it depends on but for labels, by which policies may select. `None` of an object that shows no Pod, or one without an
    /// image that is to be judged.
    pub(crate) fn of(review: &Review) -> Option<Self> {
        let images: Vec<_> = review.undecided().map(|one| one.image.clone()).collect();
        if images.is_empty() {
            return None;
        }
        let secrets = review.workload()?.pull_secrets();
        Some(Self {
            namespace: review.namespace().map(str::to_owned),
            service_account: secrets.service_account().map(str::to_owned),
            pull_secrets: secrets.names().to_vec(),
            images,
            labels: None,
        })
    }

    /// The same with the labels of the Pod, but for those that controllers give to tell their Pods apart.
    pub(crate) fn labelled(mut self, review: &Review) -> Self {
        const OF_ONE: [&str; 5] = [
            "apps.kubernetes.io/pod-index",
            "controller-revision-hash",
            "controller-uid",
            "pod-template-hash",
            "statefulset.kubernetes.io/pod-name",
        ];
        let labels = review.workload().and_then(|workload| workload.labels());
        let labels = labels.into_iter().flatten();
        let labels = labels.filter(|(key, _)| !OF_ONE.contains(&key.as_str()));
        self.labels = Some(
            labels
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        );
        self
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
        Review::of_running(&pod, &Limits::default())
            .unwrap()
            .unwrap()
    }

    fn alike(namespace: &str, name: &str, account: &str) -> Option<Alike> {
        Alike::of(&review(namespace, name, account, &json!({})))
    }

    fn labelled(labels: &Value) -> Option<Alike> {
        let review = review("shop", "web", "default", labels);
        Alike::of(&review).map(|alike| alike.labelled(&review))
    }

    #[test]
    fn replicas_are_one_and_what_has_other_credentials_is_another() {
        let first = alike("shop", "web-1", "default");
        assert!(first.is_some());
        assert!(first == alike("shop", "web-2", "default"));
        assert!(first != alike("shop", "web-1", "runner"));
        assert!(first != alike("other", "web-1", "default"));
    }

    #[test]
    fn labels_that_policies_may_select_by_tell_pods_apart_and_those_of_controllers_do_not() {
        let web = labelled(&json!({"app": "web"}));
        assert!(web == labelled(&json!({"app": "web", "pod-template-hash": "abc"})));
        assert!(web != labelled(&json!({"app": "web", "env": "prod"})));
        assert!(web != labelled(&json!({})));
    }
}
