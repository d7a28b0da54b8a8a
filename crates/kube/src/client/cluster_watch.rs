//! What a cluster says, kept up to date.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::{self, Receiver};
use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant, timeout_at};

use super::api_server::ApiServer;
use super::resource::Resource;
use super::watch::{Seen, follow};
use crate::view::{Changed, ClusterView};

/// How long a change waits for others that come with it: a set of policies is applied one by one.
const TOGETHER: Duration = Duration::from_millis(50);
/// Events that wait to be taken in; then the watches wait.
const WAITING: usize = 256;

/// What a cluster says at one time. Cheap to clone.
#[derive(Clone, Debug)]
pub struct ClusterState {
    view: Arc<ClusterView>,
    unseen: BTreeSet<Resource>,
    absent: BTreeSet<Resource>,
    still: BTreeMap<Resource, String>,
}

impl ClusterState {
    fn of_nothing(longest_exception: Duration) -> Self {
        let view = ClusterView::new("default").without_workloads();
        Self {
            view: Arc::new(view.with_longest_exception(longest_exception)),
            unseen: Resource::watched().collect(),
            absent: BTreeSet::new(),
            still: BTreeMap::new(),
        }
    }

    /// Policies, and namespaces with their labels.
    #[must_use]
    pub const fn view(&self) -> &Arc<ClusterView> {
        &self.view
    }

    /// Whether every resource was seen whole, or is known not to be there. Before that nothing may be decided: a floor could
    /// be among what was not seen.
    #[must_use]
    pub fn is_synced(&self) -> bool {
        self.unseen.is_empty()
    }

    /// The resources that stand still, by name, and why: of these, what is known may be out of date.
    pub fn still(&self) -> impl Iterator<Item = (String, &str)> {
        let still = self.still.iter();
        still.map(|(resource, why)| (resource.name(), why.as_str()))
    }

    /// The resources that the server does not have, by name: their definitions are not installed.
    pub fn absent(&self) -> impl Iterator<Item = String> {
        self.absent.iter().map(|resource| resource.name())
    }

    /// Takes an event in. Returns what is otherwise now.
    fn take(&mut self, view: &mut ClusterView, resource: Resource, seen: Seen) -> News {
        let source = resource.source();
        let (is_first, changed) = match seen {
            Seen::Still(why) => {
                let before = self.still.insert(resource, why.clone());
                return News::of(before != Some(why), Changed::Nothing);
            }
            Seen::All(objects, exceeded) => {
                let is_first = self.unseen.remove(&resource) | self.absent.remove(&resource);
                let objects = objects.into_iter().map(|object| object.read(resource));
                let objects = objects.chain(exceeded.into_iter().map(Err));
                (is_first, view.reset_each(&source, objects))
            }
            Seen::Namespace(namespace, objects) => {
                let objects = objects.into_iter().map(|object| object.read(resource));
                (false, view.reset_namespace(&source, &namespace, objects))
            }
            Seen::Exceeded(namespace, unread) => {
                let instead = [Err(unread)];
                (false, view.reset_namespace(&source, &namespace, instead))
            }
            Seen::NoResource => {
                let is_first = self.unseen.remove(&resource) | self.absent.insert(resource);
                (is_first, view.reset(&source, []))
            }
            Seen::One(object) => match object.read(resource) {
                Ok(object) => (false, view.apply(&source, &object)),
                Err(unread) => (false, view.apply_unread(&source, &unread)),
            },
            Seen::Gone(name) => (false, view.delete(&source, &name)),
        };
        News::of(self.still.remove(&resource).is_some() | is_first, changed)
    }
}

/// What an event brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct News {
    /// Whether there is anything to tell.
    any: bool,
    /// Whether the view says something else.
    view: bool,
}

impl News {
    const fn of(any: bool, changed: Changed) -> Self {
        let view = !matches!(changed, Changed::Nothing);
        Self {
            any: any || view,
            view,
        }
    }

    const fn and(self, other: Self) -> Self {
        Self {
            any: self.any || other.any,
            view: self.view || other.view,
        }
    }
}

/// Follows what a cluster says, until it is dropped.
#[derive(Debug)]
pub struct ClusterWatch {
    states: watch::Receiver<ClusterState>,
    _tasks: JoinSet<()>,
}

impl ClusterWatch {
    /// Begins to follow policies of all groups, exceptions, of which one may last for `longest_exception`, and namespaces.
    /// Needs a tokio runtime.
    #[must_use]
    pub fn start(server: &ApiServer, longest_exception: Duration) -> Self {
        let (seen, events) = mpsc::channel(WAITING);
        let (states, published) = watch::channel(ClusterState::of_nothing(longest_exception));
        let mut tasks = JoinSet::new();
        for resource in Resource::watched() {
            tasks.spawn(follow(server.clone(), resource, seen.clone()));
        }
        tasks.spawn(take_in(events, states));
        Self {
            states: published,
            _tasks: tasks,
        }
    }

    /// What is known now.
    #[must_use]
    pub fn state(&self) -> ClusterState {
        self.states.borrow().clone()
    }

    /// Tells of what is known now, and of each change. What somebody else has asked for before is news here too: in a cluster in
    /// which nothing changes, nothing else would ever be told.
    pub(super) fn subscribe(&self) -> watch::Receiver<ClusterState> {
        let mut states = self.states.clone();
        states.mark_changed();
        states
    }

    /// Waits for something to be otherwise than when this was last asked, and returns it. Never ends if nothing ever is.
    pub async fn changed(&mut self) -> ClusterState {
        if self.states.changed().await.is_err() {
            // The tasks are gone, which only a panic in one of them does: what is known stays.
            std::future::pending::<()>().await;
        }
        self.states.borrow_and_update().clone()
    }

    /// Whether nothing is followed any more, which only a panic is the reason of.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.states.has_changed().is_err()
    }

    /// Waits until everything was seen once.
    pub async fn synced(&mut self) -> ClusterState {
        loop {
            let state = self.states.borrow_and_update().clone();
            if state.is_synced() {
                return state;
            }
            self.changed().await;
        }
    }
}

async fn take_in(mut events: Receiver<(Resource, Seen)>, states: watch::Sender<ClusterState>) {
    let mut state = states.borrow().clone();
    let mut view = ClusterView::clone(&state.view);
    while let Some((resource, seen)) = events.recv().await {
        let mut news = state.take(&mut view, resource, seen);
        let end = Instant::now() + TOGETHER;
        while let Ok(Some((resource, seen))) = timeout_at(end, events.recv()).await {
            news = news.and(state.take(&mut view, resource, seen));
        }
        if !news.any {
            continue;
        }
        if news.view {
            // Compiled once, not by the first who asks, and apart from what answers.
            let compiled = spawn_blocking(move || {
                drop(view.policies());
                view
            });
            match compiled.await {
                Ok(compiled) => view = compiled,
                // A panic in what compiles, or the end of the program: what was known stays.
                Err(_) => return,
            }
            state.view = Arc::new(view.clone());
        }
        if states.send(state.clone()).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::client::watched_object::WatchedObject;
    use crate::view::{ObjectName, Unread};
    use doorward_policy::Selection;

    fn policy(name: &str) -> WatchedObject {
        serde_json::from_str(&object(name).to_string()).expect("an object")
    }

    fn boxed(name: &str) -> Box<WatchedObject> {
        Box::new(policy(name))
    }

    fn all(names: &[&str]) -> Seen {
        Seen::All(names.iter().map(|name| policy(name)).collect(), Vec::new())
    }

    fn object(name: &str) -> serde_json::Value {
        json!({
            "apiVersion": "doorward.dev/v1", "kind": "ImagePolicy", "metadata": {"name": name, "namespace": "shop"},
            "spec": {"repositories": [{"name": "*", "policy": {"unchecked": true}}]},
        })
    }

    fn policies() -> Resource {
        Resource::watched()
            .find(|resource| resource.name() == "imagepolicies.doorward.dev")
            .expect("watched")
    }

    fn parts() -> (ClusterState, ClusterView) {
        let state = ClusterState::of_nothing(Duration::ZERO);
        let view = ClusterView::clone(&state.view);
        (state, view)
    }

    #[tokio::test]
    async fn what_was_known_before_somebody_subscribed_is_news_to_them() {
        let (mut state, mut view) = parts();
        for resource in Resource::watched() {
            state.take(&mut view, resource, all(&[]));
        }
        let (states, published) = watch::channel(ClusterState::of_nothing(Duration::ZERO));
        let mut watch = ClusterWatch {
            states: published,
            _tasks: JoinSet::new(),
        };
        states.send(state).expect("somebody listens");
        assert!(watch.synced().await.is_synced());
        let mut subscribed = watch.subscribe();
        assert!(subscribed.has_changed().expect("the sender is there"));
        assert!(subscribed.borrow_and_update().is_synced());
    }

    #[test]
    fn nothing_is_synced_until_every_resource_was_seen_or_is_not_there() {
        let (mut state, mut view) = parts();
        for resource in Resource::watched() {
            assert!(!state.is_synced());
            // Single objects say nothing about how many there are.
            state.take(&mut view, resource, Seen::One(boxed("a")));
            state.take(&mut view, resource, Seen::Still("no".to_owned()));
            assert!(!state.is_synced());
            let seen = match resource {
                Resource::Namespace => all(&[]),
                _ => Seen::NoResource,
            };
            state.take(&mut view, resource, seen);
        }
        assert!(state.is_synced());
        assert_eq!(state.absent().count(), 8);
    }

    #[test]
    fn what_was_seen_stays_in_force_while_a_watch_stands_still() {
        let (mut state, mut view) = parts();
        state.take(&mut view, policies(), all(&["a"]));
        let still = || Seen::Still("refused".to_owned());
        let news = state.take(&mut view, policies(), still());
        assert_eq!((news.any, news.view), (true, false));
        // The same again is no news.
        assert!(!state.take(&mut view, policies(), still()).any);
        assert_eq!(view.policies().objects().len(), 1);
        assert_eq!(
            state.still().collect::<Vec<_>>(),
            [("imagepolicies.doorward.dev".to_owned(), "refused")]
        );
        assert!(state.take(&mut view, policies(), all(&["a"])).any);
        assert_eq!(state.still().count(), 0);
    }

    #[test]
    fn an_object_that_was_only_written_again_is_no_news() {
        let (mut state, mut view) = parts();
        state.take(&mut view, policies(), all(&["a"]));
        assert!(!state.take(&mut view, policies(), Seen::One(boxed("a"))).any);
        assert!(
            state
                .take(&mut view, policies(), Seen::One(boxed("b")))
                .view
        );
        let name = ObjectName::of(&object("b"));
        assert!(
            state
                .take(&mut view, policies(), Seen::Gone(name.clone()))
                .view
        );
        assert!(!state.take(&mut view, policies(), Seen::Gone(name)).any);
    }

    #[test]
    fn a_namespace_beyond_its_share_is_denied_until_it_is_read_again_and_no_other_is() {
        let (mut state, mut view) = parts();
        let of = |namespace: &str| {
            let mut other = object("a");
            other["metadata"]["namespace"] = namespace.into();
            serde_json::from_str::<WatchedObject>(&other.to_string()).expect("an object")
        };
        let is_denied = |view: &ClusterView, namespace: &str| match view
            .policies()
            .set()
            .select("nginx", Some(namespace))
        {
            Selection::Match(found) => found.entries.iter().any(|entry| entry.body.is_err()),
            _ => true,
        };
        let both = Seen::All(vec![of("shop"), of("other")], Vec::new());
        state.take(&mut view, policies(), both);
        assert!(!is_denied(&view, "shop") && !is_denied(&view, "other"));
        let unread = Unread {
            api_version: policies().api_version(),
            kind: policies().kind().to_owned(),
            name: ObjectName {
                namespace: Some("shop".to_owned()),
                name: "*".to_owned(),
            },
            why: "too much".to_owned(),
        };
        let exceeded = || Seen::Exceeded("shop".to_owned(), unread.clone());
        assert!(state.take(&mut view, policies(), exceeded()).view);
        assert!(is_denied(&view, "shop") && !is_denied(&view, "other"));
        let policies_of = view.policies();
        let mistake = policies_of.mistakes().next().expect("a mistake");
        assert_eq!(mistake.message, "too much");
        assert_eq!(policies_of.owner(mistake), Some("shop"));
        assert!(!state.take(&mut view, policies(), exceeded()).any);
        let again = Seen::Namespace("shop".to_owned(), vec![of("shop")]);
        assert!(state.take(&mut view, policies(), again).view);
        assert!(!is_denied(&view, "shop") && !is_denied(&view, "other"));
    }
}
