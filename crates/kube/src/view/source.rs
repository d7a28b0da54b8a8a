//! What one source says.

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward_policy::{
    Diagnostic, Document, ExceptionKind, ExceptionObject, Group, PolicyKind, PolicyObject,
    read_documents,
};
use serde_json::{Map, Value};

use super::Changed;

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

/// The namespace, which may be none, and name of an object. One source has objects of one kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName {
    /// Its namespace, unless it belongs to the cluster.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

impl ObjectName {
    /// The name that an object of an API server has in its `metadata`; empty if it has none, which no object there is.
    #[must_use]
    pub fn of(object: &Value) -> Self {
        let text = |part: &str| {
            let text = object.pointer(part).and_then(Value::as_str);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        Self {
            namespace: text("/metadata/namespace"),
            name: text("/metadata/name").unwrap_or_default(),
        }
    }
}

/// An object of an API server of which no more than the name is known: it exceeds a bound, so it is not read. As a policy it
/// denies its scope, as a namespace it has labels that nobody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// Its `apiVersion`.
    pub api_version: String,
    /// Its kind.
    pub kind: String,
    /// Its namespace and name. It may stand for several: then the name is one that no object can have.
    pub name: ObjectName,
    /// Which bound it exceeds: a fragment.
    pub why: String,
}

impl Unread {
    /// What is known of it, in the form of an object.
    fn known(&self) -> Value {
        let ObjectName { namespace, name } = &self.name;
        let mut metadata = Map::new();
        metadata.insert("name".to_owned(), name.as_str().into());
        if let Some(namespace) = namespace {
            metadata.insert("namespace".to_owned(), namespace.as_str().into());
        }
        serde_json::json!({"apiVersion": self.api_version, "kind": self.kind, "metadata": metadata})
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

/// The name of an object of an API server, and what it says.
#[derive(Debug)]
pub(super) struct Stated(ObjectName, Arc<Object>);

impl From<&Value> for Stated {
    fn from(object: &Value) -> Self {
        Self(ObjectName::of(object), Arc::new(Object::of(object)))
    }
}

impl From<&Unread> for Stated {
    fn from(unread: &Unread) -> Self {
        Self(unread.name.clone(), Arc::new(Object::unread(unread)))
    }
}

/// An object of an API server.
#[derive(Clone, Debug)]
pub(super) struct Object {
    /// What it is called in what is said of it.
    label: String,
    document: Document,
    diagnostics: Vec<Diagnostic>,
    /// Which version of its specification it is, as the server counts.
    #[cfg(feature = "client")]
    generation: Option<i64>,
    /// A policy as text, in JSON and without what the server alone writes.
    text: Option<Arc<[u8]>>,
}

impl Object {
    fn of(object: &Value) -> Self {
        let label = label(object);
        #[cfg(feature = "client")]
        let generation = object
            .pointer("/metadata/generation")
            .and_then(Value::as_i64);
        if let Some((document, diagnostics)) = read_policy(object) {
            return Self {
                label,
                document,
                diagnostics,
                #[cfg(feature = "client")]
                generation,
                text: Some(authored(object).to_string().into_bytes().into()),
            };
        }
        let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
        Self {
            document: Document::Other {
                api_version: text("apiVersion").to_owned(),
                kind: text("kind").to_owned(),
                value: object.clone(),
                line: 0,
                fault: None,
            },
            label,
            diagnostics: Vec::new(),
            #[cfg(feature = "client")]
            generation,
            text: None,
        }
    }

    /// What stands for an object that is not read.
    fn unread(unread: &Unread) -> Self {
        let known = unread.known();
        let label = label(&known);
        let Some(kind) = policy_kind(&known) else {
            let why = Diagnostic::limit_exceeded(&label, unread.why.as_str());
            return Self {
                document: Document::Other {
                    api_version: unread.api_version.clone(),
                    kind: unread.kind.clone(),
                    value: known,
                    line: 0,
                    fault: Some(why),
                },
                label,
                diagnostics: Vec::new(),
                #[cfg(feature = "client")]
                generation: None,
                text: None,
            };
        };
        let ObjectName { namespace, name } = &unread.name;
        let (policy, why) = PolicyObject::of_unread_objects(
            &label,
            kind,
            namespace.as_deref(),
            name,
            unread.why.as_str(),
        );
        Self {
            label,
            document: Document::Policy(policy),
            diagnostics: vec![why],
            #[cfg(feature = "client")]
            generation: None,
            // It has no specification, so who reads it again is denied too.
            text: Some(known.to_string().into_bytes().into()),
        }
    }

    /// Whether it says what another one says, whatever the server wrote beside it.
    fn says_the_same(&self, other: &Self) -> bool {
        match (&self.document, &other.document) {
            // The server counts what authors write: a new generation is news, though it may mean the same.
            #[cfg(feature = "client")]
            (Document::Policy(_), Document::Policy(_))
            | (Document::Exception(_), Document::Exception(_))
                if self.generation != other.generation =>
            {
                false
            }
            (Document::Exception(one), Document::Exception(other)) => one == other,
            (Document::Policy(one), Document::Policy(other)) => one == other,
            (Document::Other { value: one, .. }, Document::Other { value: other, .. }) => {
                authored(one) == authored(other)
            }
            _ => false,
        }
    }

    const fn changes(&self) -> Changed {
        match self.document {
            Document::Exception(_) | Document::Policy(_) => Changed::Policies,
            Document::Other { .. } | Document::NotAnObject { .. } => Changed::Objects,
        }
    }
}

/// What an object of an API server says as a policy, and what is wrong with it. `None` if it is none of ours.
pub(crate) fn read_policy(object: &Value) -> Option<(Document, Vec<Diagnostic>)> {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    if ExceptionKind::of(text("apiVersion"), text("kind")).is_some() {
        let (exception, diagnostics) =
            ExceptionObject::from_value(&label(object), &authored(object));
        return Some((Document::Exception(exception), diagnostics));
    }
    policy_kind(object).map(|_| {
        let (policy, diagnostics) = PolicyObject::from_value(&label(object), &authored(object));
        (Document::Policy(policy), diagnostics)
    })
}

/// Which kind of policy of ours it is, and of which group. Other projects call theirs alike.
fn policy_kind(object: &Value) -> Option<(PolicyKind, Group)> {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let group = text("apiVersion").split_once('/').map(|(group, _)| group);
    let kind = PolicyKind::ALL
        .into_iter()
        .find(|kind| kind.as_str() == text("kind"))?;
    let group = Group::ALL
        .into_iter()
        .find(|ours| Some(ours.as_str()) == group)?;
    Some((kind, group))
}

/// The object as its author wrote it: without its status, and what the server notes on every write. An exception keeps when
/// it was made: how long it may last is counted from then.
fn authored(object: &Value) -> Value {
    const CREATED: &str = "creationTimestamp";
    const NOTED: [&str; 6] = [
        CREATED,
        "generation",
        "managedFields",
        "resourceVersion",
        "selfLink",
        "uid",
    ];
    let Some(members) = object.as_object() else {
        return object.clone();
    };
    let kind = object.get("kind").and_then(Value::as_str);
    let is_exception = kind.and_then(ExceptionKind::named).is_some();
    let without_notes = |metadata: &Map<String, Value>| {
        let kept = metadata.iter().filter(|(name, _)| {
            !NOTED.contains(&name.as_str()) || (is_exception && name.as_str() == CREATED)
        });
        kept.map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    };
    let kept = members.iter().filter(|(name, _)| *name != "status");
    kept.map(|(name, value)| match (name.as_str(), value) {
        ("metadata", Value::Object(metadata)) => {
            (name.clone(), Value::Object(without_notes(metadata)))
        }
        _ => (name.clone(), value.clone()),
    })
    .collect()
}

/// What an object of an API server is called in what is said of it: `ImagePolicy shop/releases`, and the group if it is
/// another than our own.
fn label(object: &Value) -> String {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let ObjectName { namespace, name } = ObjectName::of(object);
    let mut label = text("kind").to_owned();
    if let Some((group, _)) = text("apiVersion").split_once('/')
        && group != Group::Doorward.as_str()
    {
        label.push('.');
        label.push_str(group);
    }
    label.push(' ');
    if let Some(namespace) = namespace {
        label.push_str(&namespace);
        label.push('/');
    }
    label.push_str(&name);
    doorward_core::text::one_line(&label, 600)
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

fn difference(old: Option<&Object>, new: Option<&Object>) -> Changed {
    match (old, new) {
        (Some(old), Some(new)) if old.says_the_same(new) => Changed::Nothing,
        _ => {
            let changes = old.into_iter().chain(new).map(Object::changes);
            changes.max().unwrap_or_default()
        }
    }
}
