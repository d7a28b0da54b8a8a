//! One thing that is wrong.

use std::fmt;

use doorward_core::text::one_line;
use serde::Serialize;
use serde::ser::{SerializeStruct as _, Serializer};
use serde_json::Value;

use super::code::{CheckupCode, Severity};

/// The most characters of a name of an object.
const MOST_NAME: usize = 253;
/// The most characters of a message.
const MOST_MESSAGE: usize = 1_000;

/// What is wrong with which object, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckupFinding {
    /// What it is.
    pub code: CheckupCode,
    /// The object that it stands in.
    pub object: ObjectName,
    /// What is wrong, for people: a lowercase fragment.
    pub message: String,
    /// What puts it right: a fragment that begins with a verb.
    pub remedy: String,
}

impl CheckupFinding {
    /// How bad it is.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.code.severity()
    }
}

impl Serialize for CheckupFinding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut finding = serializer.serialize_struct("CheckupFinding", 5)?;
        finding.serialize_field("code", &self.code)?;
        finding.serialize_field("severity", &self.severity())?;
        finding.serialize_field("object", &self.object)?;
        finding.serialize_field("message", &self.message)?;
        finding.serialize_field("remedy", &self.remedy)?;
        finding.end()
    }
}

/// The kind and name of an object; `*` for all of a kind.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct ObjectName {
    /// Its kind.
    pub kind: String,
    /// Its namespace, if it is in one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

impl ObjectName {
    pub(super) fn new(kind: &str, namespace: Option<&str>, name: &str) -> Self {
        Self {
            kind: one_line(kind, MOST_NAME),
            namespace: namespace.map(|namespace| one_line(namespace, MOST_NAME)),
            name: one_line(name, MOST_NAME),
        }
    }

    /// An object of the cluster.
    pub(super) fn cluster(kind: &str, name: &str) -> Self {
        Self::new(kind, None, name)
    }

    /// As its metadata has it.
    pub(super) fn of(kind: &str, object: &Value) -> Self {
        let metadata = &object["metadata"];
        let name = metadata["name"].as_str().unwrap_or_default();
        Self::new(kind, metadata["namespace"].as_str(), name)
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{} {namespace}/{}", self.kind, self.name),
            None => write!(f, "{} {}", self.kind, self.name),
        }
    }
}

/// What was found so far.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<CheckupFinding>);

impl Findings {
    pub(super) fn add(
        &mut self,
        code: CheckupCode,
        object: ObjectName,
        message: impl AsRef<str>,
        remedy: impl Into<String>,
    ) {
        self.0.push(CheckupFinding {
            code,
            object,
            message: one_line(message.as_ref(), MOST_MESSAGE),
            remedy: remedy.into(),
        });
    }

    pub(super) fn all(self) -> Vec<CheckupFinding> {
        self.0
    }
}

/// Names for a sentence: the first ones, and how many there are beside them.
pub(super) fn listed(names: &[impl AsRef<str>]) -> String {
    const MOST: usize = 10;
    let shown = names
        .iter()
        .take(MOST)
        .map(|name| one_line(name.as_ref(), MOST_NAME));
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if names.len() > MOST {
        text.push_str(&format!(" and {} more", names.len() - MOST));
    }
    text
}
