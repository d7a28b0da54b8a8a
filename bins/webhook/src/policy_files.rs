//! Which content of every policy file is in force.
//!
//! Files are written by others, in pieces, on disks that fill up, over mounts that come and go. So a change that takes
//! something away (a policy, a demand, the sense of a document) is put in force only when the next look finds the very
//! same content. All other changes are put in force at once, each file by itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use doorward_policy::{Diagnostic, Document, PolicyObject, Weakening, read_documents, weakenings};

/// What a look found under the name of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// It is no file: a pipe, or a link that leads nowhere. There is nothing in it that could be in force.
    NoFile(String),
    /// Its bytes.
    Text(Arc<[u8]>),
    /// It is there and cannot be read.
    Unreadable(String),
}

/// What is in force of one file.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    content: Content,
    pub(crate) documents: Vec<Document>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// How many documents are known to be in the file, those included that cannot be read any more.
    known: usize,
}

/// What became of a look.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// Whether something else is in force now.
    pub(crate) changed: bool,
    /// What is held until it is seen again, and was not held before: the file, and what it would take away.
    pub(crate) held: Vec<(PathBuf, Vec<String>)>,
    /// What cannot be read and is held until it is seen again.
    pub(crate) broken: Vec<(PathBuf, Vec<String>)>,
    /// Whether something that cannot be read is in force now, which was reported when it was held.
    pub(crate) broken_in_force: bool,
    /// What is in force now and weaker than before.
    pub(crate) weaker: Vec<String>,
}

/// What a look found instead of what is in force of a file.
#[derive(Debug)]
struct Change {
    /// Nothing, if the file is gone.
    content: Option<Content>,
    said: Option<Said>,
    /// The mistakes that what is in force does not have.
    broken: Vec<String>,
    /// Whether the look before found the same.
    was_seen: bool,
    /// What it would take away if every change came into force. Nothing until that is known.
    alone: Option<Vec<String>>,
    /// What it takes away as things are.
    losses: Vec<String>,
    is_held: bool,
}

/// The content of all policy files that is in force.
#[derive(Debug, Default)]
pub struct PolicyFiles {
    accepted: BTreeMap<PathBuf, Said>,
    /// Changes that the last look found and that are not in force; nothing stands for a file that was gone.
    pending: BTreeMap<PathBuf, Option<Content>>,
}

impl PolicyFiles {
    /// The first content, in force at once: nothing stronger is known.
    #[must_use]
    pub fn first(found: BTreeMap<PathBuf, Content>) -> Self {
        let accepted = found
            .into_iter()
            .map(|(path, content)| {
                let said = Said::read(&path, content, None);
                (path, said)
            })
            .collect();
        Self {
            accepted,
            pending: BTreeMap::new(),
        }
    }

    /// Whether a change waits to be seen again.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.pending.is_empty()
    }

    /// What is in force, file by file.
    pub(crate) fn said(&self) -> impl Iterator<Item = (&Path, &Said)> {
        self.accepted
            .iter()
            .map(|(path, said)| (path.as_path(), said))
    }

    /// Takes over what a look found, or holds it.
    pub(crate) fn look(&mut self, found: BTreeMap<PathBuf, Content>) -> Look {
        let mut changes = self.changes(found);
        self.hold(&mut changes);
        let mut look = Look::default();
        self.pending.clear();
        for (path, change) in changes {
            if change.is_held {
                if change.was_seen {
                    // It was reported when it was held first.
                } else if change.broken.is_empty() {
                    look.held.push((path.clone(), change.losses));
                } else {
                    look.broken.push((path.clone(), change.broken));
                }
                self.pending.insert(path, change.content);
                continue;
            }
            look.changed = true;
            look.broken_in_force |= !change.broken.is_empty();
            look.weaker.extend(change.losses);
            match change.said {
                Some(said) => self.accepted.insert(path, said),
                None => self.accepted.remove(&path),
            };
        }
        look
    }

    /// The files whose content is another than the one in force.
    fn changes(&self, mut found: BTreeMap<PathBuf, Content>) -> BTreeMap<PathBuf, Change> {
        let paths: BTreeSet<PathBuf> = self.accepted.keys().chain(found.keys()).cloned().collect();
        paths
            .into_iter()
            .filter_map(|path| {
                let content = found.remove(&path);
                let before = self.accepted.get(&path);
                if content.as_ref() == before.map(|said| &said.content) {
                    return None;
                }
                let said = content
                    .clone()
                    .map(|content| Said::read(&path, content, before));
                let change = Change {
                    broken: said
                        .as_ref()
                        .map_or_else(Vec::new, |said| said.newly_broken(before)),
                    was_seen: self.pending.get(&path) == Some(&content),
                    content,
                    said,
                    alone: None,
                    losses: Vec::new(),
                    is_held: false,
                };
                Some((path, change))
            })
            .collect()
    }

    /// Decides which changes are held.
    ///
    /// Of a file that is held, the content in force stays. That can take more away than if every change came into
    /// force: a policy that moves to a file which is held would be nowhere. So this is repeated until no more has to be
    /// held.
    fn hold(&self, changes: &mut BTreeMap<PathBuf, Change>) {
        let mut is_held = !changes.is_empty();
        while is_held {
            is_held = false;
            let weaker = self.weaker(changes);
            for (path, change) in changes.iter_mut().filter(|(_, change)| !change.is_held) {
                let losses = self.losses(path, change.said.as_ref(), &weaker);
                let alone = change.alone.get_or_insert_with(|| losses.clone());
                // What is lost only because another file is held was not what was seen twice.
                let by_others = losses.iter().any(|loss| !alone.contains(loss));
                let is_bad = !losses.is_empty() || !change.broken.is_empty();
                change.losses = losses;
                change.is_held = by_others || (is_bad && !change.was_seen);
                is_held |= change.is_held;
            }
        }
    }

    /// What would be weaker if every change that is not held were in force.
    fn weaker(&self, changes: &BTreeMap<PathBuf, Change>) -> Vec<Weakening> {
        let before: Vec<&PolicyObject> = self.accepted.values().flat_map(Said::policies).collect();
        let comes = |path: &Path| changes.get(path).is_some_and(|change| !change.is_held);
        let kept = self
            .accepted
            .iter()
            .filter(|(path, _)| !comes(path))
            .map(|(_, said)| said);
        let new = changes
            .values()
            .filter(|change| !change.is_held)
            .filter_map(|change| change.said.as_ref());
        let after: Vec<&PolicyObject> = kept.chain(new).flat_map(Said::policies).collect();
        weakenings(&before, &after)
    }

    /// What a change of this file takes away.
    fn losses(&self, path: &Path, said: Option<&Said>, weaker: &[Weakening]) -> Vec<String> {
        let source = path.display().to_string();
        let mut losses: Vec<String> = weaker
            .iter()
            .filter(|weakening| weakening.sources.contains(&source))
            .map(ToString::to_string)
            .collect();
        let before = self.accepted.get(path);
        if said
            .zip(before)
            .is_some_and(|(now, then)| now.is_cut_from(then))
        {
            losses.push(
                "the file ends earlier than the one in force, and is the same until there"
                    .to_owned(),
            );
        }
        losses
    }
}

impl Said {
    /// Reads what `content` says. `before` is what is in force of the same file.
    ///
    /// Where documents that are in force cannot be read any more, or lost their entries, they deny what they governed:
    /// the rest goes on, and no other entry takes their place. Where nothing is known of such a document, it denies its
    /// whole scope, and that is everything if not even its kind is known. Of more documents than were known, any broken
    /// one may be new, so that all of them deny their scope.
    fn read(path: &Path, content: Content, before: Option<&Self>) -> Self {
        let source = path.display().to_string();
        let (mut documents, diagnostics) = match &content {
            Content::Text(bytes) => read_documents(&source, bytes),
            // What was a policy may be one again: a mount that is broken looks like this.
            Content::NoFile(why) if before.is_some_and(|before| before.known > 0) => {
                let (policy, why) = PolicyObject::of_unreadable_text(&source, why);
                (vec![Document::Policy(policy)], vec![why])
            }
            Content::NoFile(_) => (Vec::new(), Vec::new()),
            Content::Unreadable(why) => {
                let (policy, why) = PolicyObject::of_unreadable_text(&source, why);
                (vec![Document::Policy(policy)], vec![why])
            }
        };
        let readable = documents.iter().filter(|one| fault(one).is_none()).count();
        let mut known = readable;
        if let Some(before) = before
            && readable < documents.len()
            && readable < before.known
        {
            known = before.known;
            let why = documents.iter().find_map(fault).cloned();
            if documents.len() <= before.known {
                documents.retain(|document| fault(document).is_none());
            }
            let lost: Vec<Document> = before
                .policies()
                .filter(|old| !old.is_unreadable())
                .filter(|old| {
                    let mut readable = policies(&documents).filter(|new| new.fault().is_none());
                    !readable.any(|new| new.is_same_object(old))
                })
                .filter_map(|old| Some(old.clone().denying(why.as_ref()?)))
                .map(Document::Policy)
                .collect();
            documents.extend(lost);
        }
        Self {
            content,
            documents,
            diagnostics,
            known,
        }
    }

    /// Why the file says nothing, if it is no file and was none.
    pub(crate) fn no_file(&self) -> Option<&str> {
        match &self.content {
            Content::NoFile(why) if self.documents.is_empty() => Some(why),
            Content::NoFile(_) | Content::Text(_) | Content::Unreadable(_) => None,
        }
    }

    pub(crate) fn policies(&self) -> impl Iterator<Item = &PolicyObject> {
        policies(&self.documents)
    }

    /// The mistakes that `before` does not have.
    fn newly_broken(&self, before: Option<&Self>) -> Vec<String> {
        let known: BTreeSet<&str> = before
            .into_iter()
            .flat_map(Self::mistakes)
            .map(|mistake| mistake.message.as_str())
            .collect();
        let new: BTreeSet<String> = self
            .mistakes()
            .filter(|mistake| !known.contains(mistake.message.as_str()))
            .map(ToString::to_string)
            .collect();
        new.into_iter().collect()
    }

    /// What is wrong in the text, and why its policies deny.
    fn mistakes(&self) -> impl Iterator<Item = &Diagnostic> {
        let of_policies = self.policies().flat_map(|policy| {
            let entries = policy.entries().filter_map(|(_, body)| body.err());
            entries.chain(policy.fault())
        });
        self.diagnostics.iter().chain(of_policies)
    }

    /// Whether this is the beginning of `whole`.
    fn is_cut_from(&self, whole: &Self) -> bool {
        match (&self.content, &whole.content) {
            (Content::Text(cut), Content::Text(whole)) => {
                cut.len() < whole.len() && whole.starts_with(cut)
            }
            _ => false,
        }
    }
}

fn policies(documents: &[Document]) -> impl Iterator<Item = &PolicyObject> {
    documents.iter().filter_map(|document| match document {
        Document::Policy(policy) => Some(policy),
        Document::Other { .. } | Document::NotAnObject { .. } => None,
    })
}

/// Why not even the entries of a policy can be told.
fn fault(document: &Document) -> Option<&Diagnostic> {
    match document {
        Document::Policy(policy) => policy.fault(),
        Document::Other { .. } | Document::NotAnObject { .. } => None,
    }
}

#[cfg(test)]
mod tests;
