use serde_json::Value;

mod held;
mod indentation;
mod joined;
mod recognise;
mod texts;

use crate::diagnostic::quoted;
use crate::node::{Kind, Member, Node};
use crate::{Diagnostic, Group, LintCode, PolicyKind, PolicyObject, Position, yaml};

pub use texts::policy_texts;

use recognise::{HEAD, is_ours, misspelt};

/// The most diagnostics that reading one text gives. What lies beyond still denies.
const MAX_DIAGNOSTICS: usize = 1000;

/// One object of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Document {
    /// An image policy, or something that may have been meant as one: that denies.
    Policy(PolicyObject),
    /// Another Kubernetes object.
    Other {
        /// Its API version.
        api_version: String,
        /// Its kind.
        kind: String,
        /// The object.
        value: Value,
        /// The line it begins on, from 1.
        line: u32,
        /// What is ambiguous in it: a key that stands twice, of which `value` has the first. It concerns this object.
        fault: Option<Diagnostic>,
    },
    /// Something without `apiVersion` or `kind` that cannot be a part of a policy either, such as a kustomization or
    /// the values of a chart. It says nothing here.
    NotAnObject {
        /// The line it begins on, from 1.
        line: u32,
    },
}

impl Document {
    /// A warning if this is an object of a kind that is called as one of ours and belongs to another project, and so is
    /// not in force. `source` is the name of the text.
    #[must_use]
    pub fn foreign_policy(&self, source: &str) -> Option<Diagnostic> {
        let Self::Other {
            api_version,
            kind,
            line,
            ..
        } = self
        else {
            return None;
        };
        let ours = PolicyKind::ALL.iter().find(|ours| ours.as_str() == kind)?;
        let message = format!(
            "{} of {} belongs to another project and is not read; there are {}",
            ours.with_article(),
            quoted(api_version),
            Group::ALL
                .map(|group| format!("`{}`", group.api_version()))
                .join(", ")
        );
        let at = Position {
            line: *line,
            column: 1,
            length: 0,
        };
        Some(Diagnostic::new(LintCode::ForeignKind, message).at(source, at))
    }

    /// A warning if this is another object that holds policies, which nobody reads there. `source` is the name of the
    /// text.
    #[must_use]
    pub fn held_policies(&self, source: &str) -> Option<Diagnostic> {
        let Self::Other {
            kind, value, line, ..
        } = self
        else {
            return None;
        };
        if !held::holds_policies(value) {
            return None;
        }
        let message = format!("this {kind} holds policies, which are not read there");
        let at = Position {
            line: *line,
            column: 1,
            length: 0,
        };
        Some(Diagnostic::new(LintCode::HeldPolicy, message).at(source, at))
    }
}

/// Reads every object of a text: YAML of several documents, or JSON. Objects of kind `List` are taken apart.
///
/// `source` names the text in diagnostics. Every diagnostic is an error: a breach of YAML, of the bounds, or of the
/// format of policies (what is wrong with another object is in that object); all mistakes of a text are reported, up to
/// 1000. What cannot be read is represented among the documents by a policy that denies everything, so that nobody
/// decides with half of the rules.
///
/// A text that was cut off is among what cannot be read, wherever that can be told: a text without any document, an
/// object of which only the head is there, a policy whose last value is unquoted and has no line break behind it.
#[must_use]
pub fn read_documents(source: &str, bytes: &[u8]) -> (Vec<Document>, Vec<Diagnostic>) {
    let (documents, diagnostics, _) = read(source, bytes, false);
    (documents, diagnostics)
}

/// Documents, diagnostics, and if they are asked for the texts of policies, without those that have none.
fn read(source: &str, bytes: &[u8], texts: bool) -> (Vec<Document>, Vec<Diagnostic>, Vec<String>) {
    let mut reading = Reading {
        source,
        documents: Vec::new(),
        diagnostics: Vec::new(),
        found: false,
        texts: texts.then(Vec::new),
    };
    match text(bytes) {
        Ok(text) => {
            for parsed in yaml::parse(source, text) {
                match parsed.root {
                    Ok(node) if parsed.breaks_off => reading.broken_off(node),
                    Ok(node) => reading.object(node, None),
                    Err(why) => reading.unreadable(parsed.at, indentation::explain(why, text)),
                }
            }
            if !reading.found {
                let at = Position::default();
                let message = "there is no document in this text";
                reading.refuse(LintCode::NoDocument, at, message, None);
            }
        }
        Err((code, message)) => {
            let at = Position::default();
            reading.unreadable(at, Diagnostic::new(code, message).at(source, at));
        }
    }
    let Reading {
        documents,
        mut diagnostics,
        texts,
        ..
    } = reading;
    if diagnostics.len() > MAX_DIAGNOSTICS {
        let more = diagnostics.len() - MAX_DIAGNOSTICS;
        diagnostics.truncate(MAX_DIAGNOSTICS);
        let message = format!("{more} more mistakes are not shown");
        diagnostics.push(
            Diagnostic::new(LintCode::LimitExceeded, message).at(source, Position::default()),
        );
    }
    (documents, diagnostics, texts.unwrap_or_default())
}

fn text(bytes: &[u8]) -> Result<&str, (LintCode, String)> {
    if bytes.len() > yaml::MAX_BYTES {
        let message = format!("longer than {} MiB", yaml::MAX_BYTES >> 20);
        return Err((LintCode::LimitExceeded, message));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let message = format!(
            "not UTF-8 text: byte {} begins no character",
            error.valid_up_to()
        );
        (LintCode::NotUtf8, message)
    })
}

struct Reading<'s> {
    source: &'s str,
    documents: Vec<Document>,
    diagnostics: Vec<Diagnostic>,
    /// Whether there was any document, be it one that cannot be read.
    found: bool,
    /// The policies as JSON, if that is asked for.
    texts: Option<Vec<String>>,
}

/// API version and kind that the items of a list need not repeat.
type Inherited<'t> = Option<(&'t str, &'t str)>;

impl Reading<'_> {
    fn unreadable(&mut self, at: Position, why: Diagnostic) {
        self.found = true;
        self.diagnostics.push(why.clone());
        let object = PolicyObject::unreadable(self.source, at, why);
        self.documents.push(Document::Policy(object));
    }

    fn refuse(
        &mut self,
        code: LintCode,
        at: Position,
        message: impl Into<String>,
        suggestion: Option<String>,
    ) {
        let why = Diagnostic::new(code, message)
            .at(self.source, at)
            .suggesting(suggestion);
        self.unreadable(at, why);
    }

    /// Reads a document whose last value may be a part of a longer one. What is no policy may be so.
    fn broken_off(&mut self, node: Node) {
        let at = node.at;
        // Of a head alone it is not even known whose head it is.
        let head = matches!(&node.kind, Kind::Mapping(members) if members.iter().all(|member| HEAD.contains(&member.key.as_str())));
        let (documents, diagnostics) = (self.documents.len(), self.diagnostics.len());
        self.object(node, None);
        let mut read = self.documents.iter().skip(documents);
        if head || read.any(|document| matches!(document, Document::Policy(_))) {
            self.documents.truncate(documents);
            self.diagnostics.truncate(diagnostics);
            let message =
                "the text ends right behind an unquoted value, which may be a part of a longer one";
            let help = "end the last line with a line break";
            self.refuse(LintCode::Unfinished, at, message, Some(help.to_owned()));
        }
    }

    fn object(&mut self, mut node: Node, inherited: Inherited<'_>) {
        if !matches!(node.kind, Kind::Null) {
            self.found = true;
        }
        let Kind::Mapping(members) = &mut node.kind else {
            match &node.kind {
                Kind::Null => {}
                // No beginning of a policy reads as a list.
                Kind::Sequence(items)
                    if inherited.is_none() && !items.iter().any(recognise::names_a_policy) =>
                {
                    self.documents
                        .push(Document::NotAnObject { line: node.at.line });
                }
                _ => {
                    let message =
                        format!("expected a Kubernetes object, found {}", node.type_name());
                    self.refuse(LintCode::WrongType, node.at, message, None);
                }
            }
            return;
        };
        if let Some((api_version, kind)) = inherited {
            for (key, text) in [("apiVersion", api_version), ("kind", kind)] {
                if !members.iter().any(|member| member.key == key) {
                    let at = node.at;
                    let value = Node {
                        at,
                        kind: Kind::String(text.to_owned()),
                    };
                    members.push(Member {
                        key: key.to_owned(),
                        at,
                        value,
                    });
                }
            }
        }
        if let Some((key, at)) = joined::second_head(&node) {
            let message = format!(
                "{} stands here twice, and one of the two is that of a policy; there may be a `---` missing above it",
                quoted(key)
            );
            let help = "put a line `---` between two documents".to_owned();
            self.refuse(LintCode::DuplicateKey, at, message, Some(help));
            return;
        }
        let word = |field: &str| {
            node.member(field)
                .and_then(Node::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let (api_version, kind) = (word("apiVersion"), word("kind"));
        if api_version.is_empty() || kind.is_empty() {
            if inherited.is_none() && !recognise::may_be_a_policy(&node) {
                self.documents
                    .push(Document::NotAnObject { line: node.at.line });
                return;
            }
            let message = "a Kubernetes object needs `apiVersion` and `kind`";
            self.refuse(LintCode::MissingField, node.at, message, None);
            return;
        }
        let group = recognise::group_of(&api_version);
        if let Some(of) = kind.strip_suffix("List") {
            self.list(node, &api_version, of);
        } else if is_ours(&api_version) {
            let (object, diagnostics) = PolicyObject::decode(self.source, &node);
            self.diagnostics.extend(diagnostics);
            self.documents.push(Document::Policy(object));
            if let Some(kept) = &mut self.texts {
                kept.extend(texts::json(node));
            }
        } else if let Some(meant) = misspelt(&api_version, &kind) {
            let message = format!("{} is not a group of image policies", quoted(group));
            let at = node
                .member("apiVersion")
                .map_or(node.at, |version| version.at);
            self.refuse(
                LintCode::UnknownKind,
                at,
                message,
                Some(format!("did you mean `{meant}`?")),
            );
        } else if recognise::may_be_a_list(&node, &api_version, &kind) {
            let message = format!(
                "{} has policies among its items and is no list",
                quoted(&kind)
            );
            let at = node.member("kind").map_or(node.at, |kind| kind.at);
            let help = "did you mean `List`?".to_owned();
            self.refuse(LintCode::UnknownKind, at, message, Some(help));
        } else {
            self.other(node, api_version, kind);
        }
    }

    fn list(&mut self, node: Node, api_version: &str, of: &str) {
        let at = node.at;
        let Kind::Mapping(members) = node.kind else {
            return;
        };
        let (lists, others): (Vec<_>, Vec<_>) = members
            .into_iter()
            .partition(|member| member.key == "items");
        for other in &others {
            if recognise::lists_policies(&other.value) {
                let message = format!(
                    "a list has its policies in `items`, not in {}",
                    quoted(&other.key)
                );
                let help = "did you mean `items`?".to_owned();
                self.refuse(LintCode::MisplacedField, other.at, message, Some(help));
            }
        }
        let mut lists = lists.into_iter();
        let items = lists.next().map(|member| member.value);
        if let Some(twice) = lists.next() {
            self.refuse(
                LintCode::DuplicateKey,
                twice.at,
                "`items` stands here twice",
                None,
            );
        }
        let inherited = (!of.is_empty()).then_some((api_version, of));
        match items.map(|items| (items.at, items.kind)) {
            // A list of policies that ends before its items may have had some; one of nothing says `[]`.
            None | Some((_, Kind::Null)) if inherited.is_none() || is_ours(api_version) => {
                let message = "a list needs `items`; one that is meant to be empty says `[]`";
                self.refuse(LintCode::MissingField, at, message, None);
            }
            None | Some((_, Kind::Null)) => {}
            Some((_, Kind::Sequence(items))) => {
                for item in items {
                    // Only the end of a text leaves a dash with nothing behind it.
                    if matches!(item.kind, Kind::Null) {
                        let message = "an item of a list is empty";
                        self.refuse(LintCode::WrongType, item.at, message, None);
                    } else {
                        self.object(item, inherited);
                    }
                }
            }
            Some((items_at, kind)) => {
                let found = Node { at, kind };
                let message = format!("expected a list, found {}", found.type_name());
                self.refuse(LintCode::WrongType, items_at, message, None);
            }
        }
    }

    fn other(&mut self, node: Node, api_version: String, kind: String) {
        let line = node.at.line;
        let source = self.source;
        let mut fault = None;
        let value = node.into_value(&mut |key, at| {
            let message = format!("{} stands here twice", quoted(key));
            fault.get_or_insert_with(|| {
                Diagnostic::new(LintCode::DuplicateKey, message).at(source, at)
            });
        });
        self.documents.push(Document::Other {
            api_version,
            kind,
            value,
            line,
            fault,
        });
    }
}

#[cfg(test)]
mod tests;
