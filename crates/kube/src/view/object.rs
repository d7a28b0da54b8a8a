//! One object of an API server, and what it says.

use std::sync::Arc;

use doorward_policy::{
    Diagnostic, Document, ExceptionKind, ExceptionObject, Group, PolicyKind, PolicyObject,
};
use serde_json::{Map, Value};

use super::Changed;

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

/// The name of an object of an API server, and what it says.
#[derive(Debug)]
pub(super) struct Stated(pub(super) ObjectName, pub(super) Arc<Object>);

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
    pub(super) label: String,
    pub(super) document: Document,
    pub(super) diagnostics: Vec<Diagnostic>,
    /// Which version of its specification it is, as the server counts.
    #[cfg(feature = "client")]
    pub(super) generation: Option<i64>,
    /// A policy as text, in JSON and without what the server alone writes.
    pub(super) text: Option<Arc<[u8]>>,
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

    pub(super) const fn changes(&self) -> Changed {
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

pub(super) fn difference(old: Option<&Object>, new: Option<&Object>) -> Changed {
    match (old, new) {
        (Some(old), Some(new)) if old.says_the_same(new) => Changed::Nothing,
        _ => {
            let changes = old.into_iter().chain(new).map(Object::changes);
            changes.max().unwrap_or_default()
        }
    }
}
