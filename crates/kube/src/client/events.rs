//! Events of a cluster: what people see who look at an object.

use std::sync::Arc;
use std::time::Duration;

use doorward_core::text::one_line;
use doorward_core::{Digest, Timestamp};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::api_server::ApiServer;
use super::board::Board;
use super::error::ApiError;
use crate::object_name::is_label;
use crate::regarding::Regarding;

/// The pause after each write, so that a flood of refusals is none of writes.
const PAUSE: Duration = Duration::from_millis(100);
/// How long the same is only counted after it was written.
const QUIET: Duration = Duration::from_secs(60);
/// The most bytes of a message that the API server takes.
const MAX_MESSAGE: usize = 1024;
/// The most characters of an object's name in the name of an event, which has a digest behind it.
const MAX_NAME: usize = 200;
/// What writes them.
const COMPONENT: &str = "doorward-webhook";

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
/// What is the same about the same object is one event with a count, whichever replica saw it. Namespaces take turns, and each
/// has room of its own, so that one in which much is refused takes none from the others. Needs `get`, `create` and `update` of
/// `events`.
#[derive(Debug)]
pub struct ClusterEvents {
    board: Arc<Board<Notice>>,
    _task: JoinSet<()>,
}

impl ClusterEvents {
    /// Needs a tokio runtime.
    #[must_use]
    pub fn start(server: ApiServer) -> Self {
        let board = Arc::new(Board::new(QUIET));
        let mut task = JoinSet::new();
        task.spawn(write(server, Arc::clone(&board)));
        Self { board, _task: task }
    }

    /// Has this written down as soon as may be. Returns whether there was room for it, without another one making room.
    ///
    /// One about a namespace of a name that no namespace has is none.
    pub fn tell(&self, notice: Notice) -> bool {
        let namespace = notice.regarding.namespace.clone();
        // It becomes a part of a path.
        !is_label(&namespace) || {
            let name = Event::of(&notice).name;
            self.board.put(&namespace, name, notice, Instant::now())
        }
    }
}

async fn write(server: ApiServer, board: Arc<Board<Notice>>) {
    loop {
        let due = board.next().await;
        let event = Event::of(&due.notice);
        if event.put(&server, &due.notice, due.count).await.is_err() {
            // It is written with the next of its kind.
            board.failed(&due.namespace, &due.name, due.count);
        }
        sleep(PAUSE).await;
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
    fn a_long_message_is_cut_to_what_the_api_server_takes() {
        let long = notice("web", &"é".repeat(5000));
        let object = Event::of(&long).object(&long, 1);
        let message = object["message"].as_str().unwrap_or_default();
        assert!(message.len() <= MAX_MESSAGE && message.ends_with('…'));
        assert!(message.len() > MAX_MESSAGE / 2, "{}", message.len());
    }
}
