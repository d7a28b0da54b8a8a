//! One resource, followed for good.

use std::pin::pin;
use std::time::Duration;

use futures::StreamExt as _;
use kube::Api;
use kube::runtime::watcher::{self, watcher};
use tokio::sync::mpsc::Sender;
use tokio::time::{interval, sleep};

use super::api_server::ApiServer;
use super::error::ApiError;
use super::listing::{Listing, PAGE};
use super::resource::Resource;
use super::watched_object::WatchedObject;
use crate::view::{ObjectName, Unread};

/// How long the server holds a watch open, in seconds. A connection whose other end is gone is noticed soon after.
const OPEN: u32 = 60;
/// The first wait after a failure, and the longest one.
const WAITS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));
/// How often a namespace is listed that had more than its share, and has it no more: one at a time. What its author does, over
/// and over, must not keep the others' policies waiting.
const AGAIN: Duration = Duration::from_secs(5);

/// What a watch has seen.
#[derive(Debug)]
pub(super) enum Seen {
    /// All objects that there are.
    All(Vec<WatchedObject>, Vec<Unread>),
    /// All objects of a namespace.
    Namespace(String, Vec<WatchedObject>),
    /// The policies of a namespace are too many or too large, so that none is read.
    Exceeded(String, Unread),
    /// An object that is new or changed.
    One(Box<WatchedObject>),
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
        let mut listing = Listing::default();
        let mut turns = interval(AGAIN);
        loop {
            let told = tokio::select! {
                event = events.next() => match event {
                    None => break,
                    Some(Ok(event)) => listing.hear(resource, event).map(Ok),
                    Some(Err(error)) => Some(Err(fault(&server, resource, &error).await)),
                },
                _ = turns.tick() => listing.next_again(&server, resource).await,
            };
            let Some(told) = told else { continue };
            let has_failed = told.is_err();
            let (Ok(told) | Err(told)) = told;
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
