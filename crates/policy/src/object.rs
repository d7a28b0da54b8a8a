mod demands;
mod floor;
mod head;
mod key_sources;
mod metadata;
mod order;
mod secrets;
mod servers;
mod unread;

use doorward_core::Timestamp;
use serde_json::Value;

use crate::body;
use crate::diagnostic::quoted;
use crate::effective;
use crate::node::{Kind, Node};
use crate::part::part;
use crate::pattern::{MAX_TEXT, names_tags};
use crate::schema;
use crate::selector;
use crate::walk::{Object, Walk};
use crate::{
    Diagnostic, ExceptionsAllowed, Group, LintCode, PolicyBody, PolicyKind, Position, RuleId,
    Selectors,
};

/// The namespace of an `ImagePolicy` that names none, as for `kubectl`.
const DEFAULT_NAMESPACE: &str = "default";

/// One `ImagePolicy` or `ClusterImagePolicy`, decoded.
///
/// What is wrong with it does not make it disappear: an entry with a mistake is kept and denies what it matches,
/// and where not even the entries can be told, the object denies everything in its scope.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicyObject {
    /// Its kind.
    pub kind: PolicyKind,
    /// The API group it was written for.
    pub group: Group,
    /// Its namespace. Always absent in a `ClusterImagePolicy`; an `ImagePolicy` without one belongs to `default`,
    /// as for `kubectl`, unless the reader puts another in its place.
    pub namespace: Option<String>,
    /// Its name; empty if it has none.
    pub name: String,
    /// Whether its entries apply in addition to whatever else governs an image.
    pub floor: bool,
    /// Which workloads it is for. What cannot be told whom it is for is for everybody.
    pub selectors: Selectors,
    /// Whether its entries apply in addition to whatever else governs an image because nobody can tell whom it is for.
    pub(crate) is_beside: bool,
    pub(crate) source: String,
    pub(crate) at: Position,
    pub(crate) entries: Vec<EntrySource>,
    /// Why everything in the scope of the object is denied.
    pub(crate) fault: Option<Diagnostic>,
    /// What a closed schema would let pass although it cannot work.
    pub(crate) meaning: Vec<Diagnostic>,
    pub(crate) notes: Vec<Diagnostic>,
    /// What is noted from a time on.
    pub(crate) dated: Vec<(Timestamp, Diagnostic)>,
}

/// One entry of `repositories`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntrySource {
    pub(crate) pattern: String,
    /// Its place in the list.
    pub(crate) index: usize,
    pub(crate) at: Position,
    pub(crate) body: Result<PolicyBody, Diagnostic>,
}

impl PolicyObject {
    /// Decodes the JSON of an API server as strictly as a file. `source` names the object in diagnostics, which
    /// have the paths of fields instead of lines.
    ///
    /// The diagnostics are the breaches of the format; the object comes back all the same, and denies what they
    /// concern.
    #[must_use]
    pub fn from_value(source: &str, value: &Value) -> (Self, Vec<Diagnostic>) {
        Self::decode(source, &Node::from(value))
    }

    /// The patterns of its entries and what each demands, or why it denies.
    pub fn entries(
        &self,
    ) -> impl DoubleEndedIterator<Item = (&str, Result<&PolicyBody, &Diagnostic>)> {
        self.entries
            .iter()
            .map(|entry| (entry.pattern.as_str(), entry.body.as_ref()))
    }

    /// What its entry of this pattern is called.
    #[must_use]
    pub fn rule(&self, entry: &str) -> RuleId {
        RuleId {
            kind: self.kind,
            group: self.group,
            namespace: self.namespace.clone(),
            name: self.name.clone(),
            entry: entry.to_owned(),
            floor: self.floor,
        }
    }

    /// The namespace that it is in force in; none for a cluster policy.
    pub(crate) fn home(&self) -> Option<&str> {
        match self.kind {
            PolicyKind::ClusterImagePolicy => None,
            PolicyKind::ImagePolicy => Some(self.namespace.as_deref().unwrap_or(DEFAULT_NAMESPACE)),
        }
    }

    /// The text that it comes from, and where it begins there.
    #[must_use]
    pub fn place(&self) -> (&str, Position) {
        (&self.source, self.at)
    }

    /// Why not even its entries can be told, so that its whole scope is denied.
    #[must_use]
    pub const fn fault(&self) -> Option<&Diagnostic> {
        self.fault.as_ref()
    }

    pub(crate) fn decode(source: &str, node: &Node) -> (Self, Vec<Diagnostic>) {
        let mut walk = Walk::new(source);
        let mut object = Self::read(&mut walk, source, node);
        object.meaning = walk.meaning;
        object.notes = walk.notes;
        object.dated = walk.dated;
        (object, walk.form)
    }

    fn read(walk: &mut Walk<'_>, source: &str, node: &Node) -> Self {
        let document = walk.object(node, &schema::DOCUMENT);
        let identity = document.as_ref().and_then(|document| {
            let group = head::read_group(walk, document);
            let kind = head::read_kind(walk, document);
            Some((group?, kind?))
        });
        let (Some(document), Some((group, kind))) = (document, identity) else {
            let why = walk.take_fault();
            let why = why.unwrap_or_else(|| {
                Diagnostic::new(
                    LintCode::UnknownKind,
                    "the kind of the object cannot be told",
                )
                .at(source, node.at)
            });
            return Self::unreadable(source, node.at, why);
        };
        walk.is_cluster = kind == PolicyKind::ClusterImagePolicy;
        walk.explicit = group == Group::Doorward;
        let mut object = Self {
            kind,
            group,
            namespace: None,
            name: String::new(),
            floor: false,
            selectors: Selectors::default(),
            is_beside: false,
            source: source.to_owned(),
            at: node.at,
            entries: Vec::new(),
            fault: None,
            meaning: Vec::new(),
            notes: Vec::new(),
            dated: Vec::new(),
        };
        let scope_known = object.read_metadata(walk, &document);
        if !scope_known {
            // Its entries say what it demands, but not of whom, and what none of them matches it may deny as well.
            object.blame(walk);
        }
        let entries_known = object.read_spec(walk, &document);
        if !scope_known {
            // It may be meant for any namespace.
            object.kind = PolicyKind::ClusterImagePolicy;
            object.namespace = None;
            object.floor = true;
        }
        if !(scope_known && entries_known) && object.fault.is_none() {
            object.fault = walk.form.last().cloned();
        }
        object
    }

    /// Reads floor and entries; whether the entries are known.
    fn read_spec(&mut self, walk: &mut Walk<'_>, document: &Object<'_>) -> bool {
        let Some(spec_node) = document.field("spec") else {
            walk.missing(document, "spec");
            self.floor |= self.may_be_floor();
            return false;
        };
        walk.inside("spec", |walk| {
            let Some(spec) = walk.object(spec_node, &schema::SPEC) else {
                return false;
            };
            self.read_floor(walk, spec_node, &spec);
            let read = selector::read(walk, spec_node, &spec, self.may_be_floor());
            (self.selectors, self.is_beside) = (read.selectors, read.broken);
            // A mistake so far concerns every entry, and may hide some if there is no list of them.
            let fault = walk.take_fault();
            let hidden = match &fault {
                None => false,
                Some(fault) => {
                    fault.code == LintCode::DuplicateKey || spec.field("repositories").is_none()
                }
            };
            let list = walk.list(&spec, "repositories");
            if list.is_none() && spec.field("repositories").is_some() {
                return false;
            }
            let items = list.unwrap_or_default();
            if self.lacks_entries(walk, &spec, items) {
                // Where the text breaks off before the entries, it may have named more workloads.
                if spec.field("repositories").is_none() {
                    self.selectors = Selectors::default();
                }
                self.blame(walk);
                if self.fault.is_none() {
                    self.fault = fault;
                }
                return true;
            }
            if items.is_empty() && !hidden {
                let message = "the policy has no entries: it admits nothing, and where it counts, its presence \
                               keeps other policies from being looked at";
                walk.note(LintCode::NoEntries, spec.place("repositories"), message);
            }
            walk.inside("repositories", |walk| {
                for (index, item) in items.iter().enumerate() {
                    walk.item(index, |walk| self.read_entry(walk, index, item, fault.as_ref()));
                }
            });
            self.note_order(walk);
            self.note_floor_last(walk, &spec);
            if hidden && self.fault.is_none() {
                self.fault = fault;
            }
            true
        })
    }

    fn read_entry(
        &mut self,
        walk: &mut Walk<'_>,
        index: usize,
        item: &Node,
        of_object: Option<&Diagnostic>,
    ) {
        let Some(entry) = walk.object(item, &schema::ENTRY) else {
            self.blame(walk);
            return;
        };
        let pattern = walk.string(&entry, "name");
        let mut known = pattern.is_some();
        if entry.field("name").is_none() {
            let message = "`name` is required: the pattern of the images that the entry governs";
            walk.meaning(LintCode::MissingField, entry.at, message);
        }
        if let Kind::Mapping(members) = &item.kind {
            known &= members.iter().filter(|member| member.key == "name").count() == 1;
        }
        // Which images it governs cannot be told.
        known &= pattern.is_some_and(|pattern| pattern.len() <= MAX_TEXT);
        if self.floor && pattern.is_some_and(names_tags) {
            let message = "an entry of a floor that names tags is dodged by writing a digest beside the tag, or in its \
                           place; name the repository";
            walk.meaning(LintCode::InvalidValue, entry.place("name"), message);
        }
        let effective_from = self.read_effective_from(walk, &entry);
        let exceptions = self.read_exceptions(walk, &entry);
        let mut body = part(walk, &entry, "policy", body::read);
        if let Some(body) = &mut body {
            body.effective_from = effective_from;
            body.exceptions = exceptions;
        }
        if !entry.names("policy") {
            let message = if walk.explicit {
                "`policy` is required: what the images must meet, or `unchecked: true`; one in the column of the entry's `-` is \
                 no part of the entry: indent it"
            } else {
                "an entry without `policy` admits unchecked in Portieris; here that has to be said, as `policy: {}`; one in \
                 the column of the entry's `-` is no part of the entry: indent it"
            };
            walk.meaning(LintCode::MissingField, entry.at, message);
        }
        if !known {
            self.blame(walk);
            return;
        }
        let fault = walk.take_fault().or_else(|| of_object.cloned());
        let body = match (fault, body) {
            (Some(fault), _) => Err(fault),
            (None, Some(body)) => Ok(body),
            // A body that cannot be had was reported. Should that ever fail, absence still is no permission.
            (None, None) => Err(
                Diagnostic::new(LintCode::MissingField, "the entry has no body")
                    .at(&self.source, entry.at),
            ),
        };
        let body = match body {
            Ok(body) if body.is_unchecked() && body.effective_from.is_some() => {
                let message = "an entry that demands nothing refuses nothing, now or later";
                walk.meaning(
                    LintCode::InvalidValue,
                    entry.place("effectiveFrom"),
                    message,
                );
                walk.take_fault().map_or(Ok(body), Err)
            }
            Ok(body) if body.is_unchecked() && exceptions != ExceptionsAllowed::Denied => {
                let message =
                    "an entry that demands nothing refuses nothing that could be excepted";
                walk.meaning(LintCode::InvalidValue, entry.place("exceptions"), message);
                walk.take_fault().map_or(Ok(body), Err)
            }
            body => body,
        };
        if body.as_ref().is_ok_and(PolicyBody::is_unchecked) {
            let message = format!(
                "images that match {} are admitted unchecked: the entry demands nothing",
                quoted(pattern.unwrap_or_default())
            );
            walk.note(LintCode::UncheckedEntry, entry.place("policy"), message);
        }
        self.entries.push(EntrySource {
            pattern: pattern.unwrap_or_default().to_owned(),
            index,
            at: entry.place("name"),
            body,
        });
    }

    fn read_effective_from(&self, walk: &mut Walk<'_>, entry: &Object<'_>) -> Option<Timestamp> {
        self.is_field_of_ours(walk, entry, "effectiveFrom")
            .then(|| effective::read(walk, entry))
            .flatten()
    }

    /// Which exceptions an entry allows. Where that cannot be told, it denies anyway.
    fn read_exceptions(&self, walk: &mut Walk<'_>, entry: &Object<'_>) -> ExceptionsAllowed {
        const FIELD: &str = "exceptions";
        if !self.is_field_of_ours(walk, entry, FIELD) {
            return ExceptionsAllowed::Denied;
        }
        let allowed = walk.choice(entry, FIELD, ExceptionsAllowed::WORDS);
        let allowed = allowed.unwrap_or_default();
        let whose = match allowed {
            ExceptionsAllowed::Denied => return allowed,
            ExceptionsAllowed::Cluster => "anyone who may write a ClusterImageException",
            ExceptionsAllowed::Allowed => "anyone who may write an ImageException in a namespace",
        };
        let message = format!("{whose} can let images run for a time that the entry refuses");
        walk.note(LintCode::ExceptionsAllowed, entry.place(FIELD), message);
        allowed
    }

    /// Whether a field that only entries of this project have may stand here. A mistake was reported if not.
    fn is_field_of_ours(
        &self,
        walk: &mut Walk<'_>,
        entry: &Object<'_>,
        field: &'static str,
    ) -> bool {
        let is_misplaced = entry.names(field) && self.group != Group::Doorward;
        if is_misplaced {
            let message = format!(
                "`{field}` has a meaning only in {}",
                Group::Doorward.api_version()
            );
            walk.form(LintCode::MisplacedField, entry.place(field), message);
        }
        !is_misplaced
    }

    /// Makes the mistake that was just found count for the whole scope.
    fn blame(&mut self, walk: &mut Walk<'_>) {
        let fault = walk.take_fault();
        if self.fault.is_none() {
            self.fault = fault;
        }
    }
}

#[cfg(test)]
mod tests;
