//! One resource, followed for good.

use std::pin::pin;
use std::time::Duration;

use futures::StreamExt as _;
use kube::Api;
use kube::api::DynamicObject;
use kube::core::PartialObjectMeta;
use kube::runtime::watcher::{self, Event, watcher};
use serde::Serialize;
use serde_json::Value;
use tokio::sync::mpsc::Sender;
use tokio::time::sleep;

use super::api_server::ApiServer;
use super::error::ApiError;
use super::resource::Resource;
use crate::view::ObjectName;

/// How long the server holds a watch open, in seconds. A connection whose other end is gone is noticed soon after.
const OPEN: u32 = 60;
/// The first wait after a failure, and the longest one.
const WAITS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(5));

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
pub(super) async fn follow(server: ApiServer, resource: Resource, seen: Sender<(Resource, Seen)>) {
    // Of namespaces only the labels are needed.
    if resource == Resource::Namespace {
        let api = Api::<PartialObjectMeta<DynamicObject>>::all_with(
            server.client(),
            &resource.of_client(),
        );
        run(&server, resource, api, &seen).await;
    } else {
        let api = Api::<DynamicObject>::all_with(server.client(), &resource.of_client());
        run(&server, resource, api, &seen).await;
    }
}

async fn run<K>(
    server: &ApiServer,
    resource: Resource,
    api: Api<K>,
    seen: &Sender<(Resource, Seen)>,
) where
    K: kube::Resource + Clone + serde::de::DeserializeOwned + Serialize + std::fmt::Debug + Send,
    K: 'static,
{
    let config = watcher::Config::default().timeout(OPEN);
    let mut events = pin!(watcher(api, config));
    let mut all: Vec<Value> = Vec::new();
    let mut wait = WAITS.0;
    while let Some(event) = events.next().await {
        let told = match event {
            Ok(event) => {
                let told = match event {
                    Event::Init => {
                        all.clear();
                        None
                    }
                    Event::InitApply(object) => {
                        all.push(value(resource, &object));
                        None
                    }
                    Event::InitDone => Some(Seen::All(std::mem::take(&mut all))),
                    Event::Apply(object) => Some(Seen::One(value(resource, &object))),
                    Event::Delete(object) => {
                        Some(Seen::Gone(ObjectName::of(&value(resource, &object))))
                    }
                };
                wait = WAITS.0;
                told
            }
            Err(error) => {
                let told = fault(server, resource, &error).await;
                sleep(wait).await;
                wait = (wait * 2).min(WAITS.1);
                Some(told)
            }
        };
        if let Some(told) = told
            && seen.send((resource, told)).await.is_err()
        {
            return;
        }
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

/// The object with its kind, which the items of lists lack.
fn value(resource: Resource, object: &impl Serialize) -> Value {
    // What came as JSON can be written as JSON.
    let mut value = serde_json::to_value(object).unwrap_or_default();
    if let Some(members) = value.as_object_mut() {
        members.insert("apiVersion".to_owned(), resource.api_version().into());
        members.insert("kind".to_owned(), resource.kind().into());
    }
    value
}
