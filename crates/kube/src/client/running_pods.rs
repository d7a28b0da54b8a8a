//! The Pods that run, a page at a time.

use std::collections::VecDeque;

use serde_json::Value;

use super::api_server::{ApiServer, encoded};
use super::error::ApiError;
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
    server: ApiServer,
    which: Which,
    read: VecDeque<Review>,
    unread: usize,
    /// Where the next page is; empty at first. `None` after the last one.
    next: Option<String>,
}

impl RunningPods {
    /// Those of the cluster that this server speaks for of which another one may come in as they are: Pods that are being deleted
    /// are left out. The server is not asked yet.
    #[must_use]
    pub const fn lasting(server: ApiServer) -> Self {
        Self::new(server, Which::Lasting)
    }

    /// All in which a container was started and which have not ended, also those that are being deleted.
    #[must_use]
    pub const fn started(server: ApiServer) -> Self {
        Self::new(server, Which::Started)
    }

    const fn new(server: ApiServer, which: Which) -> Self {
        Self {
            server,
            which,
            read: VecDeque::new(),
            unread: 0,
            next: Some(String::new()),
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
        loop {
            if let Some(review) = self.read.pop_front() {
                return Ok(Some(review));
            }
            let Some(token) = &self.next else {
                return Ok(None);
            };
            let path = self.which.page(token);
            let Some(list) = self.server.get(&path).await? else {
                return Err(ApiError::NotFound { path });
            };
            self.next = following(&list);
            let (read, unread) = reviews(&list, self.which);
            self.read = read;
            self.unread += unread;
        }
    }
}

impl Which {
    fn page(self, token: &str) -> String {
        let phases = match self {
            Self::Lasting => "status.phase%3DRunning",
            Self::Started => "status.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed",
        };
        let path = format!("/api/v1/pods?fieldSelector={phases}&limit={PAGE}");
        match token {
            "" => path,
            token => format!("{path}&continue={}", encoded(token)),
        }
    }

    fn has(self, pod: &Value) -> bool {
        match self {
            Self::Lasting => pod
                .pointer("/metadata/deletionTimestamp")
                .is_none_or(Value::is_null),
            Self::Started => has_started(pod),
        }
    }
}

/// Whether a node has started any container of a Pod.
fn has_started(pod: &Value) -> bool {
    let phase = pod.pointer("/status/phase").and_then(Value::as_str);
    let lists = [
        "/status/containerStatuses",
        "/status/initContainerStatuses",
        "/status/ephemeralContainerStatuses",
    ];
    let statuses = lists
        .iter()
        .filter_map(|list| pod.pointer(list)?.as_array());
    let mut ids = statuses
        .flatten()
        .map(|status| status.pointer("/containerID"));
    phase == Some("Running")
        || ids.any(|id| id.and_then(Value::as_str).is_some_and(|id| !id.is_empty()))
}

fn following(list: &Value) -> Option<String> {
    let token = list.pointer("/metadata/continue").and_then(Value::as_str);
    token.filter(|token| !token.is_empty()).map(str::to_owned)
}

/// The Pods that are meant, and how many of these no review can be made of.
fn reviews(list: &Value, which: Which) -> (VecDeque<Review>, usize) {
    let limits = Limits::default();
    let pods = list.get("items").and_then(Value::as_array);
    let pods = pods.into_iter().flatten().filter(|pod| which.has(pod));
    let (mut read, mut unread) = (VecDeque::new(), 0);
    for pod in pods {
        match Review::of_running(pod, &limits) {
            Ok(review) => read.push_back(review),
            Err(_) => unread += 1,
        }
    }
    (read, unread)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_says_where_the_next_one_is_and_the_last_one_does_not() {
        let list = json!({"metadata": {"continue": "a+b/c="}, "items": []});
        let token = following(&list).unwrap();
        assert!(
            Which::Lasting
                .page(&token)
                .ends_with("&limit=10&continue=a%2Bb%2Fc%3D")
        );
        for last in [json!({"metadata": {"continue": ""}}), json!({})] {
            assert_eq!(following(&last), None);
        }
        assert!(!Which::Started.page("").contains("continue"));
    }

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

    fn count(pods: &[Value], which: Which) -> (usize, usize) {
        let (read, unread) = reviews(&json!({"items": pods}), which);
        let images: usize = read.iter().map(|review| review.undecided().count()).sum();
        (images, unread)
    }

    #[test]
    fn pods_that_no_review_can_be_made_of_are_counted_and_keep_no_other_from_being_read() {
        let running = json!({"phase": "Running"});
        let mut wrong = pod(&json!({}), &running);
        wrong["spec"]["containers"] = 7.into();
        let pods = [wrong, pod(&json!({}), &running)];
        for which in [Which::Lasting, Which::Started] {
            assert_eq!(count(&pods, which), (1, 1));
        }
    }

    #[test]
    fn a_pod_that_is_being_deleted_and_still_runs_has_started_and_does_not_last() {
        let deleted = json!({"deletionTimestamp": "2026-01-01T00:00:00Z"});
        let pods = [pod(&deleted, &json!({"phase": "Running"}))];
        assert_eq!(count(&pods, Which::Started), (1, 0));
        assert_eq!(count(&pods, Which::Lasting), (0, 0));
    }

    #[test]
    fn a_pod_that_runs_in_its_init_container_has_started_and_one_that_waits_has_not() {
        let status = |list: &str, id: &str| json!({"phase": "Pending", list: [{"name": "c", "containerID": id}]});
        let started = |status: &Value| count(&[pod(&json!({}), status)], Which::Started).0 == 1;
        assert!(started(&status("initContainerStatuses", "containerd://1")));
        assert!(started(&status(
            "ephemeralContainerStatuses",
            "containerd://1"
        )));
        assert!(!started(&status("containerStatuses", "")));
        assert!(!started(&json!({"phase": "Pending"})));
        assert!(!started(&json!(null)));
    }
}
