//! What one object of a text is: a policy, a list of objects, or something else.

use super::reading::Reading;
use super::recognise::{self, is_ours, misspelt};
use super::{Document, joined, texts};
use crate::diagnostic::quoted;
use crate::node::{Kind, Member, Node};
use crate::{Diagnostic, ExceptionKind, ExceptionObject, LintCode, PolicyObject};

/// API version and kind that the items of a list need not repeat.
type Inherited<'t> = Option<(&'t str, &'t str)>;

impl Reading<'_> {
    pub(super) fn object(&mut self, mut node: Node, inherited: Inherited<'_>) {
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
        } else if let Some(kind) = ExceptionKind::of(&api_version, &kind) {
            let (object, diagnostics) = ExceptionObject::decode(self.source, kind, &node);
            self.diagnostics.extend(diagnostics);
            self.documents.push(Document::Exception(object));
            if let Some(kept) = &mut self.texts {
                kept.extend(texts::json(node));
            }
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
