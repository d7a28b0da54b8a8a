//! The Pods that run, a page at a time.

use std::collections::VecDeque;

use serde_json::Value;

use super::api_server::{ApiServer, encoded};
use super::error::ApiError;
use crate::limits::Limits;
use crate::review::Review;

/// Pods of one page. Most have some kilobytes, but each may have more than a megabyte, and a page is held as a whole.
const PAGE: usize = 10;

/// The Pods of the cluster that run, each as the review that it would get if it were created again.
///
/// Needs the right to `list` Pods everywhere. Pods that no review can be made of are passed over: nothing is decided here.
#[derive(Debug)]
pub struct RunningPods {
    server: ApiServer,
    read: VecDeque<Review>,
    /// Where the next page is; empty at first. `None` after the last one.
    next: Option<String>,
}

impl RunningPods {
    /// Of the cluster that this server speaks for. It is not asked yet.
    #[must_use]
    pub const fn new(server: ApiServer) -> Self {
        Self {
            server,
            read: VecDeque::new(),
            next: Some(String::new()),
        }
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
            let path = page(token);
            let Some(list) = self.server.get(&path).await? else {
                return Err(ApiError::NotFound { path });
            };
            self.next = following(&list);
            self.read = reviews(&list);
        }
    }
}

fn page(token: &str) -> String {
    let path = format!("/api/v1/pods?fieldSelector=status.phase%3DRunning&limit={PAGE}");
    match token {
        "" => path,
        token => format!("{path}&continue={}", encoded(token)),
    }
}

fn following(list: &Value) -> Option<String> {
    let token = list.pointer("/metadata/continue").and_then(Value::as_str);
    token.filter(|token| !token.is_empty()).map(str::to_owned)
}

fn reviews(list: &Value) -> VecDeque<Review> {
    let limits = Limits::default();
    let pods = list.get("items").and_then(Value::as_array);
    pods.into_iter()
        .flatten()
        .filter_map(|pod| Review::of_running(pod, &limits).ok().flatten())
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_page_says_where_the_next_one_is_and_the_last_one_does_not() {
        let list = json!({"metadata": {"continue": "a+b/c="}, "items": []});
        let token = following(&list).unwrap();
        assert!(page(&token).ends_with("&limit=10&continue=a%2Bb%2Fc%3D"));
        for last in [json!({"metadata": {"continue": ""}}), json!({})] {
            assert_eq!(following(&last), None);
        }
        assert!(!page("").contains("continue"));
    }

    #[test]
    fn pods_that_no_review_can_be_made_of_keep_no_other_from_being_read() {
        let pod = json!({
            "metadata": {"namespace": "shop", "name": "web"},
            "spec": {"containers": [{"name": "c", "image": "r.example/app:1"}]},
        });
        let list = json!({"items": [{"spec": {"containers": 7}}, pod, null]});
        let read = reviews(&list);
        let images: Vec<_> = read.iter().flat_map(Review::undecided).collect();
        assert_eq!(images.len(), 1);
    }
}
