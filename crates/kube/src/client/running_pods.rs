//! The Pods that run, a page at a time.

use serde_json::Value;

use super::api_server::ApiServer;
use super::collection::Collection;
use super::error::ApiError;
use super::pod_state::{has_started, is_leaving};
use crate::limits::Limits;
use crate::review::Review;

/// Pods of one page. Most have some kilobytes, but each may have more than a megabyte, and a page is held as a whole.
const PAGE: usize = 10;

/// Which Pods are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    /// Those of which another one may be created as it is: what is being deleted is none.
    Lasting,
    /// Those in which anything runs, be it what only prepares them, or what does not end though it is deleted.
    Started,
}

/// The Pods of the cluster that run, each as the review that it would get if it were created again.
///
/// Needs the right to `list` Pods everywhere. Pods that no review can be made of are counted.
#[derive(Debug)]
pub struct RunningPods {
    pods: Collection,
    which: Which,
    unread: usize,
}

impl RunningPods {
    /// Those of the cluster that this server speaks for of which another one may come in as they are: Pods that are being deleted
    /// are left out. The server is not asked yet.
    #[must_use]
    pub fn lasting(server: ApiServer) -> Self {
        Self::new(server, Which::Lasting)
    }

    /// All in which a container was started and which have not ended, also those that are being deleted.
    #[must_use]
    pub fn started(server: ApiServer) -> Self {
        Self::new(server, Which::Started)
    }

    fn new(server: ApiServer, which: Which) -> Self {
        let pods = Collection::of_pods(server).with_fields(which.phases());
        Self {
            pods: pods.paged(PAGE),
            which,
            unread: 0,
        }
    }

    /// How many so far no review could be made of.
    #[must_use]
    pub const fn unread(&self) -> usize {
        self.unread
    }

    /// The next of them. `None` once there are no more.
    ///
    /// # Errors
    /// [`ApiError`]. Asking again asks for the same page.
    pub async fn next(&mut self) -> Result<Option<Review>, ApiError> {
        self.next_in(|_| true).await
    }

    /// The next of them in a namespace that is wanted. All others are passed over, and count for nothing.
    ///
    /// # Errors
    /// As of [`next`](Self::next).
    pub async fn next_in(
        &mut self,
        is_wanted: impl Fn(&str) -> bool,
    ) -> Result<Option<Review>, ApiError> {
        while let Some(pod) = self.pods.next().await? {
            let namespace = pod.pointer("/metadata/namespace").and_then(Value::as_str);
            if !self.which.has(&pod) || !namespace.is_some_and(&is_wanted) {
                continue;
            }
            match Review::of_running(&pod, &Limits::default()) {
                Ok(review) => return Ok(Some(review)),
                Err(_) => self.unread += 1,
            }
        }
        Ok(None)
    }
}

impl Which {
    /// The phases that are asked for.
    const fn phases(self) -> &'static str {
        match self {
            Self::Lasting => "status.phase=Running",
            Self::Started => "status.phase!=Succeeded,status.phase!=Failed",
        }
    }

    fn has(self, pod: &Value) -> bool {
        match self {
            Self::Lasting => !is_leaving(pod),
            Self::Started => has_started(pod),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::stand_in::StandIn;

    fn pod(metadata: &Value, status: &Value) -> Value {
        let mut pod = json!({
            "metadata": {"namespace": "shop", "name": "web"}, "status": status,
            "spec": {"containers": [{"name": "c", "image": "r.example/app:1"}]},
        });
        for (name, value) in metadata.as_object().unwrap() {
            pod["metadata"][name] = value.clone();
        }
        pod
    }

    /// How many images the Pods have that are meant, and how many of these cannot be read.
    async fn count(pods: &[Value], which: Which) -> (usize, usize) {
        let stand_in = StandIn::start().await;
        stand_in.tells("/api/v1/pods", 200, json!({"items": pods}));
        let mut running = RunningPods::new(stand_in.server().await, which);
        let mut images = 0;
        while let Some(review) = running.next().await.unwrap() {
            images += review.undecided().count();
        }
        let asked = stand_in.asked();
        assert!(
            asked[0].contains("limit=10&fieldSelector=status.phase"),
            "{asked:?}"
        );
        (images, running.unread())
    }

    #[tokio::test]
    async fn pods_that_no_review_can_be_made_of_are_counted_and_keep_no_other_from_being_read() {
        let running = json!({"phase": "Running"});
        let mut wrong = pod(&json!({}), &running);
        wrong["spec"]["containers"] = 7.into();
        let pods = [wrong, pod(&json!({}), &running)];
        for which in [Which::Lasting, Which::Started] {
            assert_eq!(count(&pods, which).await, (1, 1));
        }
    }

    #[tokio::test]
    async fn a_pod_that_is_being_deleted_and_still_runs_has_started_and_does_not_last() {
        let deleted = json!({"deletionTimestamp": "2026-01-01T00:00:00Z"});
        let pods = [pod(&deleted, &json!({"phase": "Running"}))];
        assert_eq!(count(&pods, Which::Started).await, (1, 0));
        assert_eq!(count(&pods, Which::Lasting).await, (0, 0));
    }

    #[tokio::test]
    async fn a_pod_that_runs_in_its_init_container_has_started_and_one_that_waits_has_not() {
        let status = |list: &str, id: &str| json!({"phase": "Pending", list: [{"name": "c", "containerID": id}]});
        for (status, expected) in [
            (status("initContainerStatuses", "containerd://1"), 1),
            (status("ephemeralContainerStatuses", "containerd://1"), 1),
            (status("containerStatuses", ""), 0),
            (json!({"phase": "Pending"}), 0),
            (json!(null), 0),
        ] {
            let pods = [pod(&json!({}), &status)];
            assert_eq!(count(&pods, Which::Started).await.0, expected, "{status}");
        }
    }
}
