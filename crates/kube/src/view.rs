//! One view of a cluster: what its sources say, each object by itself.

mod object;
mod objects;
mod policies;
mod source;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use doorward_policy::{DEFAULT_LONGEST_EXCEPTION, Diagnostic, ExceptionObject, PolicyObject};
use serde_json::Value;

use self::object::Stated;
pub(crate) use self::object::read_policy;
pub use self::object::{ObjectName, Unread};
pub use self::objects::{About, Finding, Objects, UnusableSecret};
pub use self::policies::{CompiledPolicies, EntryCount};
pub use self::source::Text;
use self::source::{Held, Source};
use crate::custom::CustomWorkloads;

/// What is known of a cluster: policies, and the objects that policies and workloads need.
///
/// It is an index and asks nobody. Sources feed it: files of manifests, of which each is a source with a text, or the
/// resources of an API server, of which each is a source with objects. What a source says takes the place of what it said
/// before, and of nothing that another one says.
///
/// A mistake is one object's, and never that of the whole: a policy with a mistake denies what it governs, a document that
/// may have been a policy denies everything, and a Secret that is not usable refuses the images that need it.
///
/// The view changes in place. What a review is decided by is made of it at one time: [`ClusterView::policies`] and
/// [`ClusterView::objects`].
#[derive(Clone, Debug)]
pub struct ClusterView {
    default_namespace: String,
    /// The custom resources that are workloads too. `None` if workloads are left alone.
    workloads: Option<CustomWorkloads>,
    longest_exception: Duration,
    /// The sources, in the order in which they were first heard of.
    sources: BTreeMap<u64, Source>,
    places: HashMap<String, u64>,
    next: u64,
    compiled: OnceLock<Arc<CompiledPolicies>>,
}

/// What an event changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Changed {
    /// Nothing that decides anything: an object was only written again.
    #[default]
    Nothing,
    /// Objects beside the policies.
    Objects,
    /// Policies, and perhaps other objects.
    Policies,
}

impl ClusterView {
    /// A view of nothing so far. Objects without a namespace are in `default_namespace`.
    #[must_use]
    pub fn new(default_namespace: impl Into<String>) -> Self {
        Self {
            default_namespace: default_namespace.into(),
            workloads: Some(CustomWorkloads::none()),
            longest_exception: DEFAULT_LONGEST_EXCEPTION,
            sources: BTreeMap::new(),
            places: HashMap::new(),
            next: 0,
            compiled: OnceLock::new(),
        }
    }

    /// The same, which leaves workloads alone: nothing is said of them.
    #[must_use]
    pub fn without_workloads(mut self) -> Self {
        self.workloads = None;
        self
    }

    /// The same, in which objects of these custom resources are workloads too.
    #[must_use]
    pub fn knowing(mut self, custom: CustomWorkloads) -> Self {
        self.workloads = Some(custom);
        self
    }

    /// The same, in which an exception may last this long; 14 days without. One that lasts longer counts for nothing.
    #[must_use]
    pub fn with_longest_exception(mut self, longest: Duration) -> Self {
        if self.longest_exception != longest {
            self.longest_exception = longest;
            self.compiled = OnceLock::new();
        }
        self
    }

    /// How long an exception may last.
    #[must_use]
    pub const fn longest_exception(&self) -> Duration {
        self.longest_exception
    }

    /// Adds what a text in YAML or JSON says, as a source of its own whatever others are called. `name` is for people.
    pub fn add(&mut self, name: &str, text: impl Into<Arc<[u8]>>) -> Changed {
        let text = Text::read(name, text.into());
        self.next += 1;
        let source = self.sources.entry(self.next).or_insert_with(|| Source {
            name: name.to_owned(),
            held: Held::default(),
        });
        let changed = source.held.replace(Held::Text(Arc::new(text)));
        self.note(changed)
    }

    /// Puts what a text in YAML or JSON says in the place of what this source said. `source` is its name, for people.
    pub fn read(&mut self, source: &str, text: impl Into<Arc<[u8]>>) -> Changed {
        self.take(source, Text::read(source, text.into()))
    }

    /// As [`read`](Self::read), of a text that was read already.
    pub fn take(&mut self, source: &str, text: Text) -> Changed {
        self.change(source, |held| held.replace(Held::Text(Arc::new(text))))
    }

    /// Puts an object of an API server in the place of the one of its name that this source gave.
    pub fn apply(&mut self, source: &str, object: &Value) -> Changed {
        self.change(source, |held| held.apply(object.into()))
    }

    /// Puts what is known of an object that is not read in the place of the one of its name that this source gave.
    pub fn apply_unread(&mut self, source: &str, unread: &Unread) -> Changed {
        self.change(source, |held| held.apply(unread.into()))
    }

    /// Takes out an object of an API server that this source gave.
    pub fn delete(&mut self, source: &str, name: &ObjectName) -> Changed {
        self.change(source, |held| held.delete(name))
    }

    /// Puts these objects of an API server in the place of all that this source gave.
    pub fn reset<'o>(
        &mut self,
        source: &str,
        objects: impl IntoIterator<Item = &'o Value>,
    ) -> Changed {
        let objects = Held::of_objects(objects.into_iter().map(Stated::from));
        self.change(source, |held| held.replace(objects))
    }

    /// As [`reset`](Self::reset), of objects of which some are not read, one after the other.
    #[cfg(feature = "client")]
    pub(crate) fn reset_each(
        &mut self,
        source: &str,
        objects: impl IntoIterator<Item = Result<Value, Unread>>,
    ) -> Changed {
        let objects = Held::of_objects(objects.into_iter().map(stated));
        self.change(source, |held| held.replace(objects))
    }

    /// Puts these objects of an API server in the place of all those of a namespace that this source gave.
    #[cfg(feature = "client")]
    pub(crate) fn reset_namespace(
        &mut self,
        source: &str,
        namespace: &str,
        objects: impl IntoIterator<Item = Result<Value, Unread>>,
    ) -> Changed {
        let objects: Vec<_> = objects.into_iter().map(stated).collect();
        self.change(source, |held| held.reset_namespace(namespace, objects))
    }

    /// Takes out a source and all that it said.
    pub fn forget(&mut self, source: &str) -> Changed {
        let Some(place) = self.places.remove(source) else {
            return Changed::Nothing;
        };
        let gone = self.sources.remove(&place);
        let changed = gone.map_or(Changed::Nothing, |mut gone| {
            gone.held.replace(Held::default())
        });
        self.note(changed)
    }

    fn change(&mut self, source: &str, change: impl FnOnce(&mut Held) -> Changed) -> Changed {
        let place = self.places.get(source).copied().unwrap_or_else(|| {
            self.next += 1;
            self.places.insert(source.to_owned(), self.next);
            self.next
        });
        let held = self.sources.entry(place).or_insert_with(|| Source {
            name: source.to_owned(),
            held: Held::default(),
        });
        let changed = change(&mut held.held);
        self.note(changed)
    }

    fn note(&mut self, changed: Changed) -> Changed {
        if changed == Changed::Policies {
            self.compiled = OnceLock::new();
        }
        changed
    }

    /// The names of the sources, in the order in which they were first heard of.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        self.sources.values().map(|source| source.name.as_str())
    }

    /// The policies, compiled. They are compiled once for each change.
    #[must_use]
    pub fn policies(&self) -> Arc<CompiledPolicies> {
        let compile = || {
            let mut objects: Vec<PolicyObject> = Vec::new();
            let mut exceptions: Vec<ExceptionObject> = Vec::new();
            let mut diagnostics: Vec<Diagnostic> = Vec::new();
            for source in self.sources.values() {
                diagnostics.extend(source.held.diagnostics().cloned());
                objects.extend(source.held.policies().cloned());
                exceptions.extend(source.held.exceptions().cloned());
            }
            let exceptions = (exceptions, self.longest_exception);
            let namespace = &self.default_namespace;
            Arc::new(CompiledPolicies::of(
                objects,
                exceptions,
                diagnostics,
                namespace,
            ))
        };
        Arc::clone(self.compiled.get_or_init(compile))
    }

    /// The objects beside the policies.
    #[must_use]
    pub fn objects(&self) -> Objects {
        let mut objects = Objects::new(&self.default_namespace, self.workloads.as_ref());
        for source in self.sources.values() {
            for (name, document) in source.held.documents(&source.name) {
                objects.take(name, document);
            }
        }
        objects
    }

    /// What the policies were read from, by name. `None` if some of it is no text.
    #[must_use]
    pub fn texts(&self) -> Option<Vec<(String, Arc<[u8]>)>> {
        let mut texts = Vec::new();
        for source in self.sources.values() {
            source.held.texts(&source.name, &mut texts)?;
        }
        Some(texts)
    }

    /// The policies and exceptions that are objects of an API server.
    #[cfg(feature = "client")]
    pub(crate) fn policy_objects(&self) -> impl Iterator<Item = source::PolicyRecord<'_>> {
        let sources = self.sources.values();
        sources.flat_map(|source| source.held.policy_objects(&source.name))
    }
}

#[cfg(feature = "client")]
fn stated(object: Result<Value, Unread>) -> Stated {
    match object {
        Ok(object) => (&object).into(),
        Err(unread) => (&unread).into(),
    }
}

#[cfg(test)]
mod tests;
