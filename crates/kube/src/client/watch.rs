//! One resource, followed for good.

use std::pin::pin;
use std::time::Duration;

use futures::StreamExt as _;
use kube::Api;
use kube::runtime::watcher::{self, Event, watcher};
use serde_json::Value;
use tokio::sync::mpsc::Sender;
use tokio::time::sleep;

use super::api_server::ApiServer;
use super::error::ApiError;
use super::resource::Resource;
use super::watched_object::WatchedObject;
use crate::view::ObjectName;

/// How long the server holds a watch open, in seconds. A connection whose other end is gone is noticed soon after.
const OPEN: u32 = 60;
/// The first wait after a failure, and the longest one.
const WAITS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

/// Objects that come at a time: each may have more than a megabyte.
const PAGE: u32 = 20;

/// What a watch has seen.
#[derive(Debug)]
pub(super) enum Seen {
    /// All objects that there are.
    All(Vec<Value>),
    /// An object that is new or changed.
    One(Value),
    /// An object that is gone.
    Gone(ObjectName),
    /// The server does not have this resource: its definition was not installed. There are no objects.
    NoResource,
    /// The watch stands still. What was seen before may be out of date.
    Still(String),
}

/// Tells `seen` everything about a resource, until nobody listens any more.
///
/// After a failure everything is listed again: only that tells that nothing was missed, and that the watch goes on.
pub(super) async fn follow(server: ApiServer, resource: Resource, seen: Sender<(Resource, Seen)>) {
    let api = Api::<WatchedObject>::all_with(server.client(), &resource.of_client());
    let mut wait = WAITS.0;
    loop {
        let config = watcher::Config::default().timeout(OPEN).page_size(PAGE);
        let mut events = pin!(watcher(api.clone(), config));
        let mut all: Vec<Value> = Vec::new();
        while let Some(event) = events.next().await {
            let (told, has_failed) = match event {
                Ok(Event::Init) => {
                    all.clear();
                    continue;
                }
                Ok(Event::InitApply(object)) => {
                    all.push(object.into_value(resource));
                    continue;
                }
                Ok(Event::InitDone) => (Seen::All(std::mem::take(&mut all)), false),
                Ok(Event::Apply(object)) => (Seen::One(object.into_value(resource)), false),
                Ok(Event::Delete(object)) => {
                    let name = ObjectName::of(&object.into_value(resource));
                    (Seen::Gone(name), false)
                }
                Err(error) => (fault(&server, resource, &error).await, true),
            };
            if seen.send((resource, told)).await.is_err() {
                return;
            }
            if has_failed {
                break;
            }
            wait = WAITS.0;
        }
        sleep(wait).await;
        wait = (wait * 2).min(WAITS.1);
    }
}

/// What to make of a watch that failed.
///
/// A server that just started answers for resources of definitions as if there were none. So that there is none is believed
/// only if its definition is not there either: otherwise policies would be forgotten at each start of the server.
async fn fault(server: &ApiServer, resource: Resource, error: &watcher::Error) -> Seen {
    let path = resource.name();
    let error = match error {
        watcher::Error::InitialListFailed(error)
        | watcher::Error::WatchStartFailed(error)
        | watcher::Error::WatchFailed(error) => ApiError::of(&path, error),
        watcher::Error::WatchError(status) => {
            ApiError::of(&path, &kube::Error::Api(status.clone()))
        }
        other @ watcher::Error::NoResourceVersion => ApiError::Unavailable {
            path,
            detail: other.to_string(),
        },
    };
    if let (ApiError::NotFound { .. }, Some(definition)) = (&error, resource.definition()) {
        match server.get(&definition).await {
            Ok(None) => return Seen::NoResource,
            Ok(Some(_)) => {}
            Err(why) => return Seen::Still(why.to_string()),
        }
    }
    Seen::Still(error.to_string())
}
