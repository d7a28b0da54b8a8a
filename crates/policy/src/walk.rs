//! The typed walk over a document: every mistake is reported, none ends the walk.

mod bounds;
mod lists;
mod object;

use std::collections::HashSet;
use std::fmt::Write as _;

use doorward_core::Timestamp;

use crate::diagnostic::quoted;
use crate::node::{Kind, Node};
use crate::schema::{self, Mapping};
use crate::{Diagnostic, LintCode, Position};

pub(crate) use object::Object;

/// The most diagnostics of each sort that one object collects. What lies beyond still makes its entry deny.
const MAX_DIAGNOSTICS: usize = 200;

enum Segment {
    Field(&'static str),
    Index(usize),
}

/// Where the walk is and what it found.
pub(crate) struct Walk<'s> {
    source: &'s str,
    path: Vec<Segment>,
    fault: Option<Diagnostic>,
    /// How many items the lists of the body have that were met so far.
    items: usize,
    /// Whether the object governs more than its own namespace.
    pub(crate) is_cluster: bool,
    /// Whether absence never means permission: the object is of `doorward.dev`, where a check is whole or refused. The
    /// other groups have the rules of their own schema for what is empty. A field without a value is a mistake in all.
    pub(crate) explicit: bool,
    /// Breaches of the schema: what a closed CRD schema would refuse.
    pub(crate) form: Vec<Diagnostic>,
    /// Values of the right type that cannot work: what no CRD schema knows.
    pub(crate) meaning: Vec<Diagnostic>,
    /// What works, but perhaps not as wanted.
    pub(crate) notes: Vec<Diagnostic>,
    /// The same, from a time on.
    pub(crate) dated: Vec<(Timestamp, Diagnostic)>,
}

impl<'s> Walk<'s> {
    pub(crate) const fn new(source: &'s str) -> Self {
        Self {
            source,
            path: Vec::new(),
            fault: None,
            items: 0,
            is_cluster: false,
            explicit: false,
            form: Vec::new(),
            meaning: Vec::new(),
            notes: Vec::new(),
            dated: Vec::new(),
        }
    }

    /// Takes the first mistake found since the last call.
    pub(crate) const fn take_fault(&mut self) -> Option<Diagnostic> {
        self.fault.take()
    }

    /// Puts a mistake back that was taken: it was found before any that was found since.
    pub(crate) fn put_fault_back(&mut self, fault: Diagnostic) {
        self.fault = Some(fault);
    }

    /// Whether a mistake was found since it was last taken.
    pub(crate) const fn is_faulty(&self) -> bool {
        self.fault.is_some()
    }

    /// The path of the value the walk is at.
    fn path(&self) -> String {
        let mut text = String::new();
        for segment in &self.path {
            match segment {
                Segment::Field(name) if text.is_empty() => text.push_str(name),
                Segment::Field(name) => {
                    let _ = write!(text, ".{name}");
                }
                Segment::Index(index) => {
                    let _ = write!(text, "[{index}]");
                }
            }
        }
        text
    }

    fn path_of(&self, field: &str) -> String {
        let path = self.path();
        if path.is_empty() {
            field.to_owned()
        } else {
            format!("{path}.{field}")
        }
    }

    /// Runs `read` with `field` added to the path.
    pub(crate) fn inside<T>(
        &mut self,
        field: &'static str,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        self.path.push(Segment::Field(field));
        let value = read(self);
        self.path.pop();
        value
    }

    /// Runs `read` with the index of a list added to the path.
    pub(crate) fn item<T>(&mut self, index: usize, read: impl FnOnce(&mut Self) -> T) -> T {
        self.path.push(Segment::Index(index));
        let value = read(self);
        self.path.pop();
        value
    }

    fn located(&self, code: LintCode, at: Position, message: String) -> Diagnostic {
        Diagnostic::new(code, message)
            .at(self.source, at)
            .in_field(self.path())
    }

    fn refuse(&mut self, diagnostic: Diagnostic) {
        if self.fault.is_none() {
            self.fault = Some(diagnostic.clone());
        }
        if self.form.len() < MAX_DIAGNOSTICS {
            self.form.push(diagnostic);
        }
    }

    /// Reports a breach of the schema.
    pub(crate) fn form(&mut self, code: LintCode, at: Position, message: impl Into<String>) {
        let diagnostic = self.located(code, at, message.into());
        self.refuse(diagnostic);
    }

    /// Reports a value of the right type that cannot work.
    pub(crate) fn meaning(&mut self, code: LintCode, at: Position, message: impl Into<String>) {
        let diagnostic = self.located(code, at, message.into());
        self.mean(diagnostic);
    }

    fn mean(&mut self, diagnostic: Diagnostic) {
        if self.fault.is_none() {
            self.fault = Some(diagnostic.clone());
        }
        if self.meaning.len() < MAX_DIAGNOSTICS {
            self.meaning.push(diagnostic);
        }
    }

    /// Where absence is a mistake, reports that the block `name` lacks `field`, without which it demands nothing.
    pub(crate) fn essential(&mut self, object: &Object<'_>, name: &str, field: &str) {
        if self.explicit && !object.names(field) {
            let message = format!("`{name}` demands nothing without `{field}`");
            self.meaning(LintCode::MissingField, object.at, message);
        }
    }

    /// Reports a list or mapping in `field` that is there and empty.
    pub(crate) fn refuse_empty(&mut self, object: &Object<'_>, field: &'static str, message: &str) {
        let empty = match object.field(field).map(|node| &node.kind) {
            Some(Kind::Sequence(items)) => items.is_empty(),
            Some(Kind::Mapping(members)) => members.is_empty(),
            _ => false,
        };
        if empty {
            let at = object.place(field);
            self.inside(field, |walk| {
                walk.meaning(LintCode::InvalidValue, at, message);
            });
        }
    }

    /// Reports what works but may not be wanted.
    pub(crate) fn note(&mut self, code: LintCode, at: Position, message: impl Into<String>) {
        if self.notes.len() < MAX_DIAGNOSTICS {
            let diagnostic = self.located(code, at, message.into());
            self.notes.push(diagnostic);
        }
    }

    /// Reports what works but may not be wanted from a time on.
    pub(crate) fn note_from(
        &mut self,
        time: Timestamp,
        code: LintCode,
        at: Position,
        message: impl Into<String>,
    ) {
        if self.dated.len() < MAX_DIAGNOSTICS {
            let diagnostic = self.located(code, at, message.into());
            self.dated.push((time, diagnostic));
        }
    }

    /// Reports that `object` lacks `field` although the schema requires it.
    pub(crate) fn missing(&mut self, object: &Object<'_>, field: &str) {
        self.form(
            LintCode::MissingField,
            object.at,
            format!("`{field}` is required"),
        );
    }

    /// Checks that `node` is a mapping with only the fields of `mapping`, each at most once, and with all that are required
    /// in every group. Nothing is returned only if it is not a mapping.
    pub(crate) fn object<'n>(
        &mut self,
        node: &'n Node,
        mapping: &'static Mapping,
    ) -> Option<Object<'n>> {
        let Kind::Mapping(members) = &node.kind else {
            self.wrong_type(node, "a mapping");
            return None;
        };
        let mut seen = HashSet::with_capacity(members.len().min(64));
        let mut known = Vec::with_capacity(members.len().min(64));
        for member in members {
            let path = self.path_of(member.key.get(..60).unwrap_or(&member.key));
            if !seen.insert(member.key.as_str()) {
                let message = format!("{} stands here twice", quoted(&member.key));
                let diagnostic = Diagnostic::new(LintCode::DuplicateKey, message);
                self.refuse(diagnostic.at(self.source, member.at).in_field(path));
                continue;
            }
            match mapping.names().find(|name| *name == member.key) {
                Some(name) => {
                    // The fields of the document itself are those of every Kubernetes object.
                    if !self.path.is_empty() && matches!(member.value.kind, Kind::Null) {
                        let message = format!("{} has no value", quoted(&member.key));
                        let diagnostic = Diagnostic::new(LintCode::MissingField, message);
                        self.mean(diagnostic.at(self.source, member.at).in_field(path));
                    }
                    known.push((name, &member.value));
                }
                None => {
                    let (code, suggestion) = schema::explain(&member.key, mapping);
                    let message = match code {
                        LintCode::MisplacedField => {
                            format!(
                                "field {} has no meaning in {}",
                                quoted(&member.key),
                                mapping.name
                            )
                        }
                        _ => format!("unknown field {} in {}", quoted(&member.key), mapping.name),
                    };
                    let diagnostic = Diagnostic::new(code, message).suggesting(suggestion);
                    self.refuse(diagnostic.at(self.source, member.at).in_field(path));
                }
            }
        }
        let object = Object {
            at: node.at,
            mapping,
            members: known,
        };
        // What the document itself lacks decides what can be told of it at all, and is reported where that is read.
        if !self.path.is_empty() {
            let required = mapping.names().filter(|name| object.always_has(name));
            for name in required.filter(|name| object.field(name).is_none()) {
                self.missing(&object, name);
            }
        }
        Some(object)
    }

    fn wrong_type(&mut self, node: &Node, expected: &str) {
        let message = format!("expected {expected}, found {}", node.type_name());
        let suggestion = match &node.kind {
            Kind::String(text) if expected == "true or false" => {
                match text.to_ascii_lowercase().as_str() {
                    "true" | "yes" | "on" | "y" => Some("write true, without quotes".to_owned()),
                    "false" | "no" | "off" | "n" => Some("write false, without quotes".to_owned()),
                    _ => None,
                }
            }
            Kind::Number(_) | Kind::Bool(_) if expected == "a string" => {
                Some("put the value in quotes".to_owned())
            }
            _ => None,
        };
        let diagnostic = self.located(LintCode::WrongType, node.at, message);
        self.refuse(diagnostic.suggesting(suggestion));
    }

    /// The string in `field`.
    pub(crate) fn string<'n>(
        &mut self,
        object: &Object<'n>,
        field: &'static str,
    ) -> Option<&'n str> {
        let node = object.field(field)?;
        self.inside(field, |walk| {
            let text = walk.text(node)?;
            walk.bound_text(object.kind_of(field), node);
            Some(text)
        })
    }

    /// The string that `node` is.
    pub(crate) fn text<'n>(&mut self, node: &'n Node) -> Option<&'n str> {
        let text = node.as_str();
        if text.is_none() {
            self.wrong_type(node, "a string");
        }
        text
    }

    /// The boolean in `field`.
    pub(crate) fn boolean(&mut self, object: &Object<'_>, field: &'static str) -> Option<bool> {
        let node = object.field(field)?;
        match node.kind {
            Kind::Bool(value) => Some(value),
            _ => {
                self.inside(field, |walk| walk.wrong_type(node, "true or false"));
                None
            }
        }
    }

    /// The items of the list in `field`.
    pub(crate) fn list<'n>(
        &mut self,
        object: &Object<'n>,
        field: &'static str,
    ) -> Option<&'n [Node]> {
        let node = object.field(field)?;
        match &node.kind {
            Kind::Sequence(items) => Some(items),
            _ => {
                self.inside(field, |walk| walk.wrong_type(node, "a list"));
                None
            }
        }
    }

    /// The value of `field` among `choices`.
    pub(crate) fn choice<T: Copy>(
        &mut self,
        object: &Object<'_>,
        field: &'static str,
        choices: &[(&'static str, T)],
    ) -> Option<T> {
        let text = self.string(object, field)?;
        let found = choices.iter().find(|(name, _)| *name == text);
        if found.is_none() {
            let at = object.place(field);
            self.inside(field, |walk| {
                walk.unknown_value(at, text, choices.iter().map(|(name, _)| *name));
            });
        }
        found.map(|(_, value)| *value)
    }

    /// Reports a value that its field does not know, and what was probably meant.
    pub(crate) fn unknown(
        &mut self,
        code: LintCode,
        at: Position,
        message: String,
        suggestion: Option<String>,
    ) {
        let diagnostic = self.located(code, at, message);
        self.refuse(diagnostic.suggesting(suggestion));
    }

    /// Reports that `text` is none of `choices`.
    pub(crate) fn unknown_value(
        &mut self,
        at: Position,
        text: &str,
        choices: impl Iterator<Item = &'static str> + Clone,
    ) {
        let listed: Vec<_> = choices
            .clone()
            .filter(|name| !name.is_empty())
            .map(|name| format!("`{name}`"))
            .collect();
        let message = format!("{} is not one of {}", quoted(text), listed.join(", "));
        let near = schema::nearest(text, choices.filter(|name| !name.is_empty()));
        let suggestion = near.map(|name| format!("did you mean `{name}`?"));
        let diagnostic = self.located(LintCode::UnknownValue, at, message);
        self.refuse(diagnostic.suggesting(suggestion));
    }

    /// Reports that a value is not of the form its field requires.
    pub(crate) fn expected(&mut self, node: &Node, expected: &str) {
        self.wrong_type(node, expected);
    }
}
