//! One exception, decoded.

mod read;

use doorward_core::{Reference, Timestamp};
use serde_json::Value;

use super::{ExceptedImage, ExceptionCode, ExceptionKind};
use crate::node::Node;
use crate::{Diagnostic, LabelSelector, Position};

/// One `ImageException` or `ClusterImageException`, decoded.
///
/// One with a mistake in it overrides nothing, and nothing else of what is decided depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExceptionObject {
    /// Its kind.
    pub kind: ExceptionKind,
    /// Its namespace. Always absent in a `ClusterImageException`; an `ImageException` without one belongs to `default`, as
    /// for `kubectl`, unless the reader puts another in its place.
    pub namespace: Option<String>,
    /// Its name; empty if it has none.
    pub name: String,
    /// When the API server made it, if the object says so. It only ever makes the exception end earlier, so it is believed
    /// in a file as well.
    pub created: Option<Timestamp>,
    /// What it lets run, or the first mistake in it.
    pub terms: Result<ExceptionTerms, Diagnostic>,
    pub(crate) source: String,
    pub(crate) at: Position,
    /// What a closed schema would let pass although it cannot work.
    pub(crate) meaning: Vec<Diagnostic>,
    pub(crate) notes: Vec<Diagnostic>,
}

/// What an exception lets run, why, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ExceptionTerms {
    /// For which images: at least one.
    pub images: Vec<ExceptedImage>,
    /// What it overrides: at least one code.
    pub codes: Vec<ExceptionCode>,
    /// It is in force strictly before this time.
    pub until: Timestamp,
    /// Why.
    pub reason: String,
    /// Where more is written about it.
    pub ticket: Option<String>,
    /// In which namespaces, for one of the cluster; none if in all.
    pub namespaces: Option<LabelSelector>,
    /// Where `until` stands.
    pub(crate) until_at: Position,
}

impl ExceptionTerms {
    /// Whether an image may be one of those that it is for, for all that can be told without its digest.
    #[must_use]
    pub fn may_contain(&self, image: &Reference) -> bool {
        self.images.iter().any(|one| one.may_contain(image))
    }
}

impl ExceptionObject {
    /// Decodes the JSON of an API server as strictly as a file. `source` names the object in diagnostics, which have the
    /// paths of fields instead of lines.
    ///
    /// The diagnostics are the breaches of the format; the object comes back all the same, and overrides nothing then.
    #[must_use]
    pub fn from_value(source: &str, value: &Value) -> (Self, Vec<Diagnostic>) {
        // What is no exception is read as one of the narrower kind, and has a mistake.
        let kind = value.get("kind").and_then(Value::as_str);
        let kind = kind.and_then(ExceptionKind::named);
        Self::decode(
            source,
            kind.unwrap_or(ExceptionKind::ImageException),
            &Node::from(value),
        )
    }

    /// The namespace that it counts in; none for one of the cluster.
    pub(crate) fn home(&self) -> Option<&str> {
        match self.kind {
            ExceptionKind::ClusterImageException => None,
            ExceptionKind::ImageException => Some(self.namespace.as_deref().unwrap_or("default")),
        }
    }

    /// Kind, namespace and name, for people.
    #[must_use]
    pub fn title(&self) -> String {
        match self.home() {
            None => format!("{} {}", self.kind, self.name),
            Some(namespace) => format!("{} {namespace}/{}", self.kind, self.name),
        }
    }

    /// The text that it comes from, and where it begins there.
    #[must_use]
    pub fn place(&self) -> (&str, Position) {
        (&self.source, self.at)
    }

    /// What is wrong with it that a closed schema does not know.
    #[must_use]
    pub fn mistakes(&self) -> &[Diagnostic] {
        &self.meaning
    }

    /// Whether another one has its kind, namespace and name.
    #[must_use]
    pub fn is_same_object(&self, other: &Self) -> bool {
        (self.kind, &self.namespace, &self.name) == (other.kind, &other.namespace, &other.name)
    }

    /// Whether it is the same object and lets run no more than another version of it, and no longer. One with a mistake lets
    /// run nothing.
    #[must_use]
    pub fn excepts_no_more_than(&self, other: &Self) -> bool {
        // Every field is judged here: one that is added does not compile until it is.
        let Ok(ExceptionTerms {
            images,
            codes,
            until,
            reason: _,
            ticket: _,
            namespaces,
            until_at: _,
        }) = &self.terms
        else {
            return self.is_same_object(other);
        };
        let Ok(then) = &other.terms else {
            return false;
        };
        self.is_same_object(other)
            && self.created == other.created
            && *until <= then.until
            && *namespaces == then.namespaces
            && images.iter().all(|image| then.images.contains(image))
            && codes.iter().all(|code| then.codes.contains(code))
    }

    /// The same object, overriding nothing for this reason.
    #[must_use]
    pub(crate) fn void(mut self, why: Diagnostic) -> Self {
        self.terms = Err(why);
        self
    }
}

#[cfg(test)]
mod tests;
