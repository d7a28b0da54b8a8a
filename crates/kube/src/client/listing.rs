//! The objects of a resource as they are listed, as far as their namespaces have room.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use kube::Api;
use kube::api::ListParams;
use kube::runtime::watcher::Event;
use tokio::time::timeout;

use super::api_server::ApiServer;
use super::resource::Resource;
use super::shares::{Became, Shares};
use super::watch::Seen;
use super::watched_object::WatchedObject;
use crate::view::{ObjectName, Unread};

/// Objects that come at a time: each may have more than a megabyte, and that is held before any bound is looked at.
pub(super) const PAGE: u32 = 10;
/// Objects of a namespace that come at a time: as many as it may have, which together are within its share.
const WHOLE: u32 = 500;
/// The longest time for one page.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a list has brought so far, and what each namespace has of it.
#[derive(Debug, Default)]
pub(super) struct Listing {
    shares: Shares,
    objects: BTreeMap<Option<String>, Vec<WatchedObject>>,
    exceeded: Vec<Unread>,
    /// Namespaces of which nothing was kept, and that are within their share again.
    again: VecDeque<String>,
}

impl Listing {
    /// What there is to tell of an event, if anything: a list is told of when it is whole.
    pub(super) fn hear(&mut self, resource: Resource, event: Event<WatchedObject>) -> Option<Seen> {
        let event = match event {
            Event::Apply(object) if is_withdrawn(resource, &object) => Event::Delete(object),
            Event::InitApply(object) if is_withdrawn(resource, &object) => return None,
            event => event,
        };
        match event {
            Event::Init => {
                *self = Self::default();
                None
            }
            Event::InitApply(object) => {
                self.add(resource, object);
                None
            }
            Event::InitDone => Some(self.seen()),
            Event::Apply(object) => {
                let name = object.name();
                match self.shares.add(&name, object.bytes()) {
                    Became::Within => Some(Seen::One(Box::new(object))),
                    became => self.tell(resource, name, became),
                }
            }
            Event::Delete(object) => {
                let name = object.name();
                match self.shares.remove(&name) {
                    Became::Within => Some(Seen::Gone(name)),
                    became => self.tell(resource, name, became),
                }
            }
        }
    }

    /// Takes an object of the list in.
    fn add(&mut self, resource: Resource, object: WatchedObject) {
        let name = object.name();
        match self.shares.add(&name, object.bytes()) {
            Became::Within => self.objects.entry(name.namespace).or_default().push(object),
            Became::Exceeded(why) => {
                self.objects.remove(&name.namespace);
                self.exceeded.push(unread(resource, name.namespace, why));
            }
            // Of one list there is only ever more.
            Became::StillExceeded | Became::WithinAgain => {}
        }
    }

    /// All that the list has brought, once. What each namespace has of it stays known.
    fn seen(&mut self) -> Seen {
        let objects = std::mem::take(&mut self.objects);
        let exceeded = std::mem::take(&mut self.exceeded);
        Seen::All(objects.into_values().flatten().collect(), exceeded)
    }

    /// What there is to tell of the namespace of this object, which had or has more than its share.
    fn tell(&mut self, resource: Resource, object: ObjectName, became: Became) -> Option<Seen> {
        let namespace = object.namespace?;
        match became {
            Became::Within | Became::StillExceeded => None,
            Became::Exceeded(why) => {
                self.again.retain(|waiting| *waiting != namespace);
                let unread = unread(resource, Some(namespace.clone()), why);
                Some(Seen::Exceeded(namespace, unread))
            }
            Became::WithinAgain => {
                self.again.push_back(namespace);
                None
            }
        }
    }

    /// Lists the next of the namespaces that are within their share again, if there is one. An error is a failure of the
    /// watch.
    pub(super) async fn next_again(
        &mut self,
        server: &ApiServer,
        resource: Resource,
    ) -> Option<Result<Seen, Seen>> {
        let namespace = self.again.pop_front()?;
        Some(self.list(server, resource, namespace).await)
    }

    /// Lists a namespace of which nothing was kept.
    async fn list(
        &mut self,
        server: &ApiServer,
        resource: Resource,
        namespace: String,
    ) -> Result<Seen, Seen> {
        let api: Api<WatchedObject> =
            Api::namespaced_with(server.client(), &namespace, &resource.of_client());
        self.shares.forget(&namespace);
        // All at once: it was within its share just now.
        let mut page = ListParams::default().limit(WHOLE);
        loop {
            let failed = |why: String| Seen::Still(format!("{}: {why}", resource.name()));
            let listed = timeout(PATIENCE, api.list(&page)).await;
            let listed = listed.map_err(|_| failed("no answer in time".to_owned()))?;
            let listed = listed.map_err(|error| failed(error.to_string()))?;
            for object in listed.items {
                if !is_withdrawn(resource, &object) {
                    self.add(resource, object);
                }
            }
            match listed.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => page = page.continue_token(&token),
                None => break,
            }
        }
        let objects = std::mem::take(&mut self.objects);
        Ok(match std::mem::take(&mut self.exceeded).pop() {
            Some(unread) => Seen::Exceeded(namespace, unread),
            None => Seen::Namespace(namespace, objects.into_values().flatten().collect()),
        })
    }
}

/// Whether it is an exception that is being deleted. Who withdraws one has done so, whatever holds up that it goes.
fn is_withdrawn(resource: Resource, object: &WatchedObject) -> bool {
    matches!(resource, Resource::Exception(_)) && object.is_leaving()
}

/// What stands for the policies of a namespace that has more than its share. No object can have its name.
fn unread(resource: Resource, namespace: Option<String>, why: String) -> Unread {
    Unread {
        api_version: resource.api_version(),
        kind: resource.kind().to_owned(),
        name: ObjectName {
            namespace,
            name: "*".to_owned(),
        },
        why,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]

    use serde_json::json;

    use super::super::shares::MOST_BYTES;
    use super::*;

    fn policies() -> Resource {
        Resource::watched()
            .find(|one| one.name() == "imagepolicies.doorward.dev")
            .expect("watched")
    }

    fn object(namespace: &str, name: &str, bytes: usize) -> WatchedObject {
        let object = json!({
            "metadata": {"name": name, "namespace": namespace}, "spec": "a".repeat(bytes),
        });
        serde_json::from_str(&object.to_string()).expect("an object")
    }

    #[test]
    fn of_a_namespace_beyond_its_share_a_list_keeps_nothing_but_that() {
        let mut listing = Listing::default();
        listing.add(policies(), object("shop", "a", MOST_BYTES / 2));
        listing.add(policies(), object("other", "a", 1));
        listing.add(policies(), object("shop", "b", MOST_BYTES / 2));
        listing.add(policies(), object("shop", "c", 1));
        let Seen::All(objects, exceeded) = listing.seen() else {
            panic!("a list");
        };
        let names: Vec<_> = objects.iter().map(|one| one.name().namespace).collect();
        assert_eq!(names, [Some("other".to_owned())]);
        let [unread] = exceeded.as_slice() else {
            panic!("{exceeded:?}");
        };
        assert_eq!(unread.name.namespace.as_deref(), Some("shop"));
        assert!(
            unread.why.contains("no more than 1048576"),
            "{}",
            unread.why
        );
        // Then there is nothing to tell until it has less, and what it has is asked for in its turn.
        let hear = |listing: &mut Listing, event| listing.hear(policies(), event);
        let more = object("shop", "d", 1);
        assert!(hear(&mut listing, Event::Apply(more)).is_none());
        assert!(listing.again.is_empty());
        let gone = object("shop", "a", 1);
        assert!(hear(&mut listing, Event::Delete(gone)).is_none());
        assert_eq!(listing.again, ["shop"]);
        // Too much again, before its turn.
        let large = object("shop", "e", MOST_BYTES);
        assert!(matches!(
            hear(&mut listing, Event::Apply(large)),
            Some(Seen::Exceeded(namespace, _)) if namespace == "shop"
        ));
        assert!(listing.again.is_empty());
    }
}
