//! What is to be reported and is not yet.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::client::turns::{Entered, Turns};
use crate::report::ReportedImage;

/// Where it is put what was decided, each namespace's by itself.
#[derive(Debug, Default)]
pub(super) struct Desk {
    waiting: Mutex<Waiting>,
    is_put: Notify,
}

#[derive(Debug, Default)]
struct Waiting {
    images: Turns<ReportedImage>,
    is_closed: bool,
}

impl Desk {
    /// Returns whether there was room for it without another one going.
    pub(super) fn put(&self, image: ReportedImage) -> bool {
        let had_room = self.locked().put(image, true);
        self.is_put.notify_one();
        had_room
    }

    /// Puts back what could not be written, as far as nothing newer is said of the same and there is room. Returns how many
    /// found none.
    pub(super) fn put_back(&self, images: Vec<ReportedImage>) -> usize {
        let mut waiting = self.locked();
        let lost = images
            .into_iter()
            .filter_map(|image| (!waiting.put(image, false)).then_some(()));
        let lost = lost.count();
        drop(waiting);
        self.is_put.notify_one();
        lost
    }

    /// Waits for the next namespace of which something is to be written.
    pub(super) async fn next(&self) -> (String, Vec<ReportedImage>) {
        loop {
            if let Some(due) = self.locked().images.next_all() {
                return due;
            }
            self.is_put.notified().await;
        }
    }

    /// Takes nothing any more, and gives up what waits: there is nowhere to write it. Returns how much that was.
    #[must_use]
    pub(super) fn close(&self) -> usize {
        let mut waiting = self.locked();
        waiting.is_closed = true;
        waiting.images.clear()
    }

    /// Takes what comes again.
    pub(super) fn open(&self) {
        self.locked().is_closed = false;
    }

    fn locked(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn put(&mut self, image: ReportedImage, is_newer: bool) -> bool {
        if self.is_closed {
            return false;
        }
        let namespace = image.namespace().to_owned();
        let mut waiting = self.images.of(&namespace);
        if let Some(same) = waiting.find(|other| other.is_about_the_same(&image)) {
            if is_newer {
                *same = image;
            }
            return true;
        }
        drop(waiting);
        self.images.add(&namespace, image) == Entered::InRoom
    }
}

#[cfg(test)]
mod tests {
    use doorward_core::{Code, Timestamp};

    use super::*;
    use crate::client::turns::WAITING_OF_ONE;
    use crate::{Reason, Regarding, Review, Runs};

    fn image(namespace: &str, pod: &str, message: &str) -> ReportedImage {
        let review = Review::parse(
            br#"{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
                "uid": "u", "operation": "CREATE", "resource": {"group": "", "version": "v1", "resource": "pods"},
                "object": {"spec": {"containers": [{"name": "app", "image": "r.example/app:1"}]}}}}"#,
        )
        .unwrap();
        let regarding = Regarding {
            api_version: "v1".to_owned(),
            kind: "Pod".to_owned(),
            namespace: namespace.to_owned(),
            name: pod.to_owned(),
        };
        let reason = Reason::new(Code::POLICY_NONE, message);
        let image = review.undecided().next().unwrap();
        ReportedImage::unjudged(
            regarding,
            image,
            &reason,
            Runs::IfAdmitted,
            Timestamp::from_unix(0),
        )
    }

    #[tokio::test]
    async fn what_is_decided_again_while_it_waits_is_written_once_and_as_it_was_decided_last() {
        let desk = Desk::default();
        for message in ["first", "second"] {
            assert!(desk.put(image("shop", "web", message)));
        }
        assert!(desk.put(image("shop", "db", "first")));
        let (namespace, images) = desk.next().await;
        assert_eq!(namespace, "shop");
        assert_eq!(
            images,
            [image("shop", "web", "second"), image("shop", "db", "first")]
        );
    }

    #[tokio::test]
    async fn what_is_put_back_displaces_nothing_newer_and_what_finds_no_room_is_counted() {
        let desk = Desk::default();
        desk.put(image("shop", "web", "newer"));
        let back = vec![image("shop", "web", "older"), image("shop", "db", "older")];
        assert_eq!(desk.put_back(back), 0);
        let (_, images) = desk.next().await;
        assert_eq!(
            images,
            [image("shop", "web", "newer"), image("shop", "db", "older")]
        );
        let many: Vec<_> = (0..WAITING_OF_ONE + 3)
            .map(|number| image("shop", &number.to_string(), "no"))
            .collect();
        assert_eq!(desk.put_back(many), 3);
    }

    #[test]
    fn a_closed_desk_holds_nothing_and_takes_nothing() {
        let desk = Desk::default();
        desk.put(image("shop", "web", "no"));
        desk.put(image("shop", "db", "no"));
        assert_eq!(desk.close(), 2);
        assert!(!desk.put(image("shop", "web", "no")));
        assert_eq!(desk.put_back(vec![image("shop", "web", "no")]), 1);
        assert!(desk.locked().images.next_all().is_none());
        desk.open();
        assert!(desk.put(image("shop", "web", "no")));
    }
}
