use serde_json::Value;

use crate::diagnostic::quoted;
use crate::node::{Kind, Member, Node};
use crate::{Diagnostic, Group, LintCode, PolicyKind, PolicyObject, Position, yaml};

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
    },
}

/// Reads every object of a text: YAML of several documents, or JSON. Objects of kind `List` are taken apart.
///
/// `source` names the text in diagnostics. Every diagnostic is an error: a breach of YAML, of the bounds, or of the
/// format of policies; all mistakes of a text are reported, up to 1000. What cannot be read is represented among
/// the documents by a policy that denies everything, so that nobody decides with half of the rules.
#[must_use]
pub fn read_documents(source: &str, bytes: &[u8]) -> (Vec<Document>, Vec<Diagnostic>) {
    let mut reading = Reading {
        source,
        documents: Vec::new(),
        diagnostics: Vec::new(),
    };
    match text(bytes) {
        Ok(text) => {
            for parsed in yaml::parse(source, text) {
                match parsed.root {
                    Ok(node) => reading.object(node, None),
                    Err(why) => reading.unreadable(parsed.at, why),
                }
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
    (documents, diagnostics)
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
}

/// API version and kind that the items of a list need not repeat.
type Inherited<'t> = Option<(&'t str, &'t str)>;

impl Reading<'_> {
    fn unreadable(&mut self, at: Position, why: Diagnostic) {
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

    fn object(&mut self, mut node: Node, inherited: Inherited<'_>) {
        let Kind::Mapping(members) = &mut node.kind else {
            if !matches!(node.kind, Kind::Null) {
                let message = format!("expected a Kubernetes object, found {}", node.type_name());
                self.refuse(LintCode::WrongType, node.at, message, None);
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
        let word = |field: &str| {
            node.member(field)
                .and_then(Node::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let (api_version, kind) = (word("apiVersion"), word("kind"));
        if api_version.is_empty() || kind.is_empty() {
            let message = "a Kubernetes object needs `apiVersion` and `kind`";
            self.refuse(LintCode::MissingField, node.at, message, None);
            return;
        }
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        let is_ours = Group::ALL.iter().any(|ours| ours.as_str() == group);
        if let Some(of) = kind.strip_suffix("List") {
            self.list(node, &api_version, of);
        } else if is_ours {
            let (object, diagnostics) = PolicyObject::decode(self.source, &node);
            self.diagnostics.extend(diagnostics);
            self.documents.push(Document::Policy(object));
        } else if let Some(meant) = misspelt(group, &kind) {
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
        } else {
            self.other(node, api_version, kind);
        }
    }

    fn list(&mut self, node: Node, api_version: &str, of: &str) {
        let at = node.at;
        let Kind::Mapping(members) = node.kind else {
            return;
        };
        let mut lists = members.into_iter().filter(|member| member.key == "items");
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
            None | Some((_, Kind::Null)) => {}
            Some((_, Kind::Sequence(items))) => {
                for item in items {
                    self.object(item, inherited);
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
        let diagnostics = &mut self.diagnostics;
        let value = node.into_value(&mut |key, at| {
            let message = format!("{} stands here twice", quoted(key));
            diagnostics.push(Diagnostic::new(LintCode::DuplicateKey, message).at(source, at));
        });
        self.documents.push(Document::Other {
            api_version,
            kind,
            value,
            line,
        });
    }
}

/// The group that was meant where a policy's group is misspelt. Other projects have kinds of the same name, so
/// only a small slip counts.
fn misspelt(group: &str, kind: &str) -> Option<String> {
    const MOST: usize = 60;
    if group.len() > MOST || !PolicyKind::ALL.iter().any(|ours| ours.as_str() == kind) {
        return None;
    }
    let near = |ours: &Group| strsim::osa_distance(group, ours.as_str()) <= 3;
    Group::ALL.into_iter().find(near).map(Group::api_version)
}

#[cfg(test)]
mod tests;
