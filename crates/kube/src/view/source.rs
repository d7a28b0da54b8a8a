//! What one source says.

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward_policy::{Diagnostic, Document, ExceptionObject, PolicyObject, read_documents};

use super::Changed;
use super::object::{Object, ObjectName, Stated, difference};

/// A source and what it says.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) name: String,
    pub(super) held: Held,
}

/// A text of manifests as it was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Text {
    /// The documents in it.
    pub documents: Vec<Document>,
    /// What is wrong with it.
    pub diagnostics: Vec<Diagnostic>,
    /// Its bytes, if the documents are what stands in it.
    pub bytes: Option<Arc<[u8]>>,
}

impl Text {
    /// What a text in YAML or JSON says. `name` is for people.
    #[must_use]
    pub fn read(name: &str, bytes: Arc<[u8]>) -> Self {
        let (documents, diagnostics) = read_documents(name, &bytes);
        Self {
            documents,
            diagnostics,
            bytes: Some(bytes),
        }
    }
}

/// A policy or an exception that is an object of an API server.
#[cfg(feature = "client")]
pub(crate) struct PolicyRecord<'v> {
    /// The source that it came from.
    pub(crate) source: &'v str,
    pub(crate) name: &'v ObjectName,
    /// What it is called in what is said of it.
    pub(crate) label: &'v str,
    pub(crate) generation: Option<i64>,
}

/// What a source holds.
#[derive(Clone, Debug)]
pub(super) enum Held {
    Text(Arc<Text>),
    Objects(BTreeMap<ObjectName, Arc<Object>>),
}

impl Default for Held {
    fn default() -> Self {
        Self::Objects(BTreeMap::new())
    }
}

impl Held {
    pub(super) fn of_objects(objects: impl IntoIterator<Item = Stated>) -> Self {
        let objects = objects.into_iter();
        Self::Objects(objects.map(|Stated(name, object)| (name, object)).collect())
    }

    pub(super) fn apply(&mut self, object: Stated) -> Changed {
        let Self::Objects(objects) = self else {
            // What was a text is none any more.
            return self.replace(Self::of_objects([object]));
        };
        let Stated(name, new) = object;
        let changed = difference(objects.get(&name).map(Arc::as_ref), Some(&new));
        objects.insert(name, new);
        changed
    }

    /// Puts these in the place of all objects of a namespace.
    #[cfg(feature = "client")]
    pub(super) fn reset_namespace(
        &mut self,
        namespace: &str,
        new: impl IntoIterator<Item = Stated>,
    ) -> Changed {
        let Self::Objects(objects) = self else {
            return self.replace(Self::of_objects(new));
        };
        let old = objects.clone();
        objects.retain(|name, _| name.namespace.as_deref() != Some(namespace));
        objects.extend(new.into_iter().map(|Stated(name, object)| (name, object)));
        differences(&old, objects)
    }

    pub(super) fn delete(&mut self, name: &ObjectName) -> Changed {
        match self {
            Self::Text(_) => Changed::Nothing,
            Self::Objects(objects) => difference(objects.remove(name).as_deref(), None),
        }
    }

    pub(super) fn replace(&mut self, new: Self) -> Changed {
        let old = std::mem::replace(self, new);
        match (&old, &*self) {
            (Self::Text(old), Self::Text(new)) if old == new => Changed::Nothing,
            (Self::Objects(old), Self::Objects(new)) => differences(old, new),
            _ => old.changes().max(self.changes()),
        }
    }

    /// What it changes that this is there, or no longer there.
    fn changes(&self) -> Changed {
        match self {
            Self::Text(text) if text.diagnostics.is_empty() && text.documents.is_empty() => {
                Changed::Nothing
            }
            Self::Text(text) => {
                let is_policy =
                    |one: &Document| matches!(one, Document::Exception(_) | Document::Policy(_));
                // What is wrong with a text is said with its policies.
                if !text.diagnostics.is_empty() || text.documents.iter().any(is_policy) {
                    Changed::Policies
                } else {
                    Changed::Objects
                }
            }
            Self::Objects(objects) => {
                let changes = objects.values().map(|object| object.changes());
                changes.max().unwrap_or_default()
            }
        }
    }

    pub(super) fn policies(&self) -> impl Iterator<Item = &PolicyObject> {
        self.documents("")
            .filter_map(|(_, document)| match document {
                Document::Policy(policy) => Some(policy),
                Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => {
                    None
                }
            })
    }

    pub(super) fn exceptions(&self) -> impl Iterator<Item = &ExceptionObject> {
        self.documents("")
            .filter_map(|(_, document)| match document {
                Document::Exception(exception) => Some(exception),
                Document::Policy(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
            })
    }

    pub(super) fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        let (text, objects) = self.halves();
        let of_text = text.into_iter().flat_map(|text| &text.diagnostics);
        let of_objects = objects.into_iter().flat_map(BTreeMap::values);
        of_text.chain(of_objects.flat_map(|object| &object.diagnostics))
    }

    /// Every document, with the name of its text, which is `source`, or of its object.
    pub(super) fn documents<'s>(
        &'s self,
        source: &'s str,
    ) -> impl Iterator<Item = (&'s str, &'s Document)> {
        let (text, objects) = self.halves();
        let of_text = text.into_iter().flat_map(|text| &text.documents);
        let of_objects = objects.into_iter().flat_map(BTreeMap::values);
        of_text
            .map(move |document| (source, document))
            .chain(of_objects.map(|object| (object.label.as_str(), &object.document)))
    }

    /// The policies and exceptions that are objects of an API server.
    #[cfg(feature = "client")]
    pub(super) fn policy_objects<'s>(
        &'s self,
        source: &'s str,
    ) -> impl Iterator<Item = PolicyRecord<'s>> {
        let objects = self.halves().1.into_iter().flatten();
        let policies = objects.filter(|(_, object)| {
            matches!(
                object.document,
                Document::Exception(_) | Document::Policy(_)
            )
        });
        policies.map(move |(name, object)| PolicyRecord {
            source,
            name,
            label: &object.label,
            generation: object.generation,
        })
    }

    fn halves(&self) -> (Option<&Text>, Option<&BTreeMap<ObjectName, Arc<Object>>>) {
        match self {
            Self::Text(text) => (Some(text), None),
            Self::Objects(objects) => (None, Some(objects)),
        }
    }

    /// Adds what it was read from. `None` if it has documents that stand in no text.
    pub(super) fn texts(&self, source: &str, texts: &mut Vec<(String, Arc<[u8]>)>) -> Option<()> {
        match self {
            Self::Text(text) if text.documents.is_empty() => {}
            Self::Text(text) => {
                let bytes = text.bytes.as_ref()?;
                texts.push((source.to_owned(), Arc::clone(bytes)));
            }
            Self::Objects(objects) => {
                let policies = objects.values().filter_map(|object| {
                    let text = object.text.as_ref()?;
                    Some((object.label.clone(), Arc::clone(text)))
                });
                texts.extend(policies);
            }
        }
        Some(())
    }
}

fn differences(
    old: &BTreeMap<ObjectName, Arc<Object>>,
    new: &BTreeMap<ObjectName, Arc<Object>>,
) -> Changed {
    let gone = old.iter().filter(|(name, _)| !new.contains_key(*name));
    let gone = gone.map(|(_, object)| object.changes());
    let came = new
        .iter()
        .map(|(name, object)| difference(old.get(name).map(Arc::as_ref), Some(object)));
    gone.chain(came).max().unwrap_or_default()
}
