//! Pods that run, as if they were created again.

use serde_json::{Value, json};

use super::{RefusedReview, Review};
use crate::limits::Limits;

impl Review {
    /// The review that a Pod would get if it were created as it is now, so that what it needs can be looked up before
    /// somebody waits for it. Nobody asks for it: it is no dry run, has no user, and none of the Pod's annotations, which
    /// speak to the webhook, count.
    ///
    /// # Errors
    /// See [`Review::parse_within`].
    pub fn of_running(pod: &Value, limits: &Limits) -> Result<Self, Box<RefusedReview>> {
        let metadata = &pod["metadata"];
        let names = ["namespace", "name", "labels"]
            .into_iter()
            .filter(|name| !metadata[name].is_null());
        let kept: serde_json::Map<_, _> = names
            .map(|name| (name.to_owned(), metadata[name].clone()))
            .collect();
        let review = json!({
            "apiVersion": super::API_VERSIONS[0],
            "kind": super::KIND,
            "request": {
                "uid": "running",
                "kind": {"group": "", "version": "v1", "kind": "Pod"},
                "resource": {"group": "", "version": "v1", "resource": "pods"},
                "operation": "CREATE",
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "object": {"apiVersion": "v1", "kind": "Pod", "metadata": kept, "spec": pod["spec"]},
            },
        });
        Self::parse_within(review.to_string().as_bytes(), limits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pod(more: &Value) -> Value {
        let mut pod = json!({
            "metadata": {"namespace": "shop", "name": "web-1", "labels": {"app": "web"}},
            "spec": {
                "serviceAccountName": "runner",
                "imagePullSecrets": [{"name": "pull"}],
                "initContainers": [{"name": "i", "image": "r.example/init@sha256:1"}],
                "containers": [{"name": "c", "image": "r.example/app:1"}],
            },
            "status": {"phase": "Running"},
        });
        for (pointer, value) in more.as_object().unwrap() {
            pod["metadata"][pointer] = value.clone();
        }
        pod
    }

    fn read(pod: &Value) -> Review {
        Review::of_running(pod, &Limits::default()).unwrap()
    }

    #[test]
    fn a_running_pod_has_the_images_and_credentials_that_it_was_created_with() {
        let review = read(&pod(&json!({})));
        let images: Vec<_> = review.undecided().map(|one| one.image.as_str()).collect();
        assert_eq!(images, ["r.example/init@sha256:1", "r.example/app:1"]);
        assert_eq!(review.namespace(), Some("shop"));
        let workload = review.workload().unwrap();
        assert_eq!(workload.pull_secrets().names(), ["pull"]);
        assert_eq!(workload.pull_secrets().service_account(), Some("runner"));
        assert_eq!(workload.labels().unwrap()["app"], "web");
    }

    #[test]
    fn what_the_pod_asks_for_in_annotations_and_who_owns_it_do_not_count() {
        let review = read(&pod(&json!({
            "annotations": {"doorward.dev/break-glass": "now", "kubernetes.io/config.mirror": "x"},
            "ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": "n", "uid": "u", "controller": true}],
        })));
        let workload = review.workload().unwrap();
        assert_eq!(workload.break_glass(), None);
        assert!(!workload.names_a_controller());
        assert_eq!((review.mirrors(), review.user()), (None, None));
    }

    #[test]
    fn what_is_no_pod_is_refused() {
        for wrong in [json!({}), json!(null), json!({"spec": 1}), json!([])] {
            let read = Review::of_running(&wrong, &Limits::default());
            let images = read.map(|review| review.undecided().count());
            assert!(matches!(images, Err(_) | Ok(0)), "{wrong}");
        }
    }
}
