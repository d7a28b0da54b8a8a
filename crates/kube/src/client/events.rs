//! Events of a cluster: what people see who look at an object.

use std::collections::HashMap;
use std::time::Duration;

use doorward_core::text::one_line;
use doorward_core::{Digest, Timestamp};
use serde_json::{Value, json};
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::api_server::ApiServer;
use super::error::ApiError;
use super::resource::is_label;

/// Notices that wait to be written. Further ones are dropped: an event helps people, and holds up no review.
const WAITING: usize = 512;
/// The pause after each write, so that a flood of refusals is none of writes.
const PAUSE: Duration = Duration::from_millis(100);
/// How long the same notice is only counted after it was written.
const QUIET: Duration = Duration::from_secs(60);
/// Notices that are remembered as written.
const MOST: usize = 4096;
/// The most bytes of a message that the API server takes.
const MAX_MESSAGE: usize = 1024;
/// The most characters of an object's name in the name of an event, which has a digest behind it.
const MAX_NAME: usize = 200;
/// What writes them.
const COMPONENT: &str = "doorward-webhook";

/// The object that an event is about. It need not exist: a refused one does not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Regarding {
    /// Its `apiVersion`.
    pub api_version: String,
    /// Its kind.
    pub kind: String,
    /// Its namespace. Without one there is no event.
    pub namespace: String,
    /// Its name, or the prefix of one that was to be made.
    pub name: String,
}

/// Something that people should know about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The object.
    pub regarding: Regarding,
    /// Why, as a stable code: the `reason` of the event.
    pub code: &'static str,
    /// What happened, for people.
    pub message: String,
    /// When.
    pub at: Timestamp,
}

/// Writes events, beside everything else and as far as there is room.
///
/// What is the same about the same object is one event with a count, whichever replica saw it. Needs `get`, `create` and
/// `update` of `events`.
#[derive(Debug)]
pub struct ClusterEvents {
    notices: Sender<Notice>,
    _task: JoinSet<()>,
}

impl ClusterEvents {
    /// Needs a tokio runtime.
    #[must_use]
    pub fn start(server: ApiServer) -> Self {
        let (notices, waiting) = mpsc::channel(WAITING);
        let mut task = JoinSet::new();
        task.spawn(write(server, waiting));
        Self {
            notices,
            _task: task,
        }
    }

    /// Has this written down as soon as may be. Returns whether there was room for it.
    ///
    /// One about a namespace of a name that no namespace has is none.
    pub fn tell(&self, notice: Notice) -> bool {
        // It becomes a part of a path.
        !is_label(&notice.regarding.namespace) || self.notices.try_send(notice).is_ok()
    }
}

async fn write(server: ApiServer, mut waiting: Receiver<Notice>) {
    let mut written = Written::default();
    while let Some(notice) = waiting.recv().await {
        let event = Event::of(&notice);
        let Some(count) = written.due(&event.name, Instant::now()) else {
            continue;
        };
        if event.put(&server, &notice, count).await.is_err() {
            // It is written with the next of its kind.
            written.failed(&event.name, count);
        }
        sleep(PAUSE).await;
    }
}

/// When what was written, and how often it happened since.
#[derive(Debug, Default)]
struct Written(HashMap<String, (Instant, u64)>);

impl Written {
    /// How often to say that it happened, or `None` if it was said just now.
    fn due(&mut self, name: &str, now: Instant) -> Option<u64> {
        if let Some((last, since)) = self.0.get_mut(name) {
            if now.duration_since(*last) < QUIET {
                *since += 1;
                return None;
            }
            *last = now;
            return Some(std::mem::take(since) + 1);
        }
        if self.0.len() >= MOST {
            self.0
                .retain(|_, (last, _)| now.duration_since(*last) < QUIET);
        }
        if self.0.len() >= MOST {
            self.0.clear();
        }
        self.0.insert(name.to_owned(), (now, 0));
        Some(1)
    }

    fn failed(&mut self, name: &str, count: u64) {
        if let Some((_, since)) = self.0.get_mut(name) {
            *since += count;
        }
    }
}

/// An event as the API server has it.
struct Event {
    name: String,
    collection: String,
}

impl Event {
    fn of(notice: &Notice) -> Self {
        let Regarding {
            api_version,
            kind,
            namespace,
            name,
        } = &notice.regarding;
        let parts = [api_version, kind, name, notice.code, &notice.message];
        let text: String = parts.map(|part| format!("{}:{part}", part.len())).concat();
        let digest: String = Digest::sha256(text.as_bytes())
            .hex()
            .chars()
            .take(16)
            .collect();
        let short: String = name.chars().take(MAX_NAME).collect();
        let short = short.trim_end_matches(['-', '.']);
        Self {
            name: if short.is_empty() {
                digest
            } else {
                format!("{short}.{digest}")
            },
            collection: format!("/api/v1/namespaces/{namespace}/events"),
        }
    }

    /// Writes it, or that it happened so many times more.
    async fn put(&self, server: &ApiServer, notice: &Notice, count: u64) -> Result<(), ApiError> {
        match server
            .create(&self.collection, &self.object(notice, count))
            .await
        {
            Err(ApiError::Conflict { .. }) => {}
            done => return done,
        }
        let path = format!("{}/{}", self.collection, self.name);
        let Some(mut event) = server.get(&path).await? else {
            return Ok(());
        };
        let before = event.get("count").and_then(Value::as_u64).unwrap_or(1);
        if let Some(members) = event.as_object_mut() {
            members.insert("count".to_owned(), before.saturating_add(count).into());
            members.insert("lastTimestamp".to_owned(), notice.at.to_string().into());
        }
        server.replace(&path, &event).await
    }

    fn object(&self, notice: &Notice, count: u64) -> Value {
        let Regarding {
            api_version,
            kind,
            namespace,
            name,
        } = &notice.regarding;
        let at = notice.at.to_string();
        json!({
            "apiVersion": "v1", "kind": "Event",
            "metadata": {"name": self.name, "namespace": namespace},
            "involvedObject": {"apiVersion": api_version, "kind": kind, "namespace": namespace, "name": name},
            "type": "Warning",
            "reason": notice.code,
            "message": message(&notice.message),
            "source": {"component": COMPONENT},
            "firstTimestamp": at, "lastTimestamp": at, "count": count,
        })
    }
}

/// A message on one line, cut to what the API server takes.
fn message(text: &str) -> String {
    let mut most = MAX_MESSAGE;
    loop {
        let line = one_line(text, most);
        if line.len() <= MAX_MESSAGE {
            return line;
        }
        // Some characters have several bytes, at most four.
        most -= (line.len() - MAX_MESSAGE).div_ceil(4);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(name: &str, message: &str) -> Notice {
        Notice {
            regarding: Regarding {
                api_version: "v1".to_owned(),
                kind: "Pod".to_owned(),
                namespace: "shop".to_owned(),
                name: name.to_owned(),
            },
            code: "policy-none",
            message: message.to_owned(),
            at: Timestamp::from_unix(0),
        }
    }

    #[test]
    fn the_same_of_the_same_object_has_one_name_and_all_else_another() {
        let name = |one: &Notice| Event::of(one).name;
        let same = notice("web", "no");
        assert_eq!(name(&same), name(&notice("web", "no")));
        for other in [notice("web", "other"), notice("we", "bno")] {
            assert_ne!(name(&same), name(&other));
        }
        let mut other = notice("web", "no");
        other.code = "policy-no-match";
        assert_ne!(name(&same), name(&other));
    }

    #[test]
    fn the_name_of_an_event_is_one_that_the_api_server_takes() {
        for object in [
            "web-",
            "web-1.",
            "-",
            "",
            &"a".repeat(253),
            &"a-".repeat(126),
        ] {
            let name = Event::of(&notice(object, "no")).name;
            assert!(name.len() <= 253, "{name}");
            for part in name.split('.') {
                let is_right = !part.is_empty() && !part.starts_with('-') && !part.ends_with('-');
                assert!(is_right, "{name}");
            }
        }
    }

    #[test]
    fn what_repeats_is_counted_and_said_once_a_minute() {
        let mut written = Written::default();
        let start = Instant::now();
        assert_eq!(written.due("a", start), Some(1));
        assert_eq!(written.due("a", start), None);
        assert_eq!(written.due("a", start + QUIET / 2), None);
        assert_eq!(written.due("b", start), Some(1));
        assert_eq!(written.due("a", start + QUIET), Some(3));
        written.failed("a", 3);
        assert_eq!(written.due("a", start + QUIET * 2), Some(4));
    }

    #[test]
    fn no_more_is_remembered_than_there_is_room_for() {
        let mut written = Written::default();
        let start = Instant::now();
        for number in 0..3 * MOST {
            assert_eq!(written.due(&number.to_string(), start), Some(1));
            assert!(written.0.len() <= MOST);
        }
    }

    #[test]
    fn a_long_message_is_cut_to_what_the_api_server_takes() {
        let long = notice("web", &"é".repeat(5000));
        let object = Event::of(&long).object(&long, 1);
        let message = object["message"].as_str().unwrap_or_default();
        assert!(message.len() <= MAX_MESSAGE && message.ends_with('…'));
        assert!(message.len() > MAX_MESSAGE / 2, "{}", message.len());
    }
}
