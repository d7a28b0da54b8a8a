//! What one file says.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use doorward_policy::{Diagnostic, Document, ExceptionObject, PolicyObject, read_documents};

use super::objects::{by_title, same_words};

/// What a look found under the name of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// It is no file: a pipe, a socket or a device. There is nothing in it that could be in force.
    NoFile(String),
    /// Something of another kind stands where a file was read, or where its directory was.
    OtherKind(String),
    /// Its bytes.
    Text(Arc<[u8]>),
    /// It is a directory, and nobody can tell what lies in it.
    Unlisted(String),
    /// It is there and cannot be read.
    Unreadable(String),
}

impl Content {
    /// Whether this is the beginning of `whole`.
    fn is_cut_from(&self, whole: &Self) -> bool {
        match (self, whole) {
            (Self::Text(cut), Self::Text(whole)) => {
                cut.len() < whole.len() && whole.starts_with(cut)
            }
            _ => false,
        }
    }
}

/// What is in force of one file.
#[derive(Clone, Debug)]
pub(crate) struct Said {
    pub(super) content: Content,
    /// Whether some of `documents` stand otherwise in `content`, or not at all.
    is_mixed: bool,
    pub(crate) documents: Vec<Document>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Whether `documents` are all that the file held when it could last be read, so that they govern whatever becomes
    /// unreadable in it.
    is_known: bool,
    /// Whether a file was read under this name.
    was_file: bool,
}

impl Said {
    /// Reads what `content` says. `before` is what is in force of the same file.
    ///
    /// A broken document denies what the same object governed before: the rest goes on, and no other entry takes its
    /// place. One of which not even the object can be told stands for a policy that is lost, one for one, and that
    /// denies in its place. Every other broken document is what it would be at a start: it denies its whole scope,
    /// which is everything if not even its kind is known. What a file held that cannot be read at all any more, or ends
    /// earlier, is known, and denies.
    pub(super) fn read(path: &Path, content: Content, before: Option<&Self>) -> Self {
        let source = path.display().to_string();
        let had_policies = before.is_some_and(|before| before.policies().next().is_some());
        let (mut documents, diagnostics) = match &content {
            Content::Text(bytes) => read_documents(&source, bytes),
            // What is no file says nothing, unless there was a policy: a mount that is broken looks like this.
            Content::NoFile(_) if !had_policies => (Vec::new(), Vec::new()),
            Content::NoFile(why)
            | Content::OtherKind(why)
            | Content::Unlisted(why)
            | Content::Unreadable(why) => {
                let (policy, why) = PolicyObject::of_unreadable_text(&source, why);
                (vec![Document::Policy(policy)], vec![why])
            }
        };
        let is_text = matches!(content, Content::Text(_));
        let is_remnant = before.is_some_and(|before| {
            before.is_known && (!is_text || content.is_cut_from(&before.content))
        });
        let is_known =
            is_remnant || (is_text && !policies(&documents).any(PolicyObject::is_unreadable));
        if let Some(before) = before {
            stand_in(&mut documents, before, is_remnant);
        }
        Self {
            content,
            is_mixed: false,
            documents,
            diagnostics,
            is_known,
            was_file: is_text || before.is_some_and(Self::was_file),
        }
    }

    /// Documents of which some stand in the content of `new` and others do not.
    pub(super) fn mixed(new: &Self, documents: Vec<Document>) -> Self {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let diagnostics = policies(&documents)
            .flat_map(mistakes_of)
            .filter(|mistake| seen.insert(mistake.to_string()))
            .cloned()
            .collect();
        Self {
            content: new.content.clone(),
            is_mixed: true,
            documents,
            diagnostics,
            is_known: true,
            was_file: true,
        }
    }

    /// The text that it was read from, if it is one.
    pub(crate) const fn text(&self) -> Option<&Arc<[u8]>> {
        match &self.content {
            Content::Text(bytes) => Some(bytes),
            Content::NoFile(_)
            | Content::OtherKind(_)
            | Content::Unlisted(_)
            | Content::Unreadable(_) => None,
        }
    }

    pub(super) const fn was_file(&self) -> bool {
        self.was_file
    }

    /// Whether this is what `content` says, all of it and nothing else.
    pub(super) fn is_of(&self, content: Option<&Content>) -> bool {
        !self.is_mixed && content == Some(&self.content)
    }

    /// Whether all that the text says could be told.
    pub(super) fn is_whole_text(&self) -> bool {
        self.is_known && matches!(self.content, Content::Text(_))
    }

    /// Whether there is something that could not be read, which may be over without a trace.
    pub(super) fn is_unread(&self) -> bool {
        matches!(self.content, Content::Unlisted(_) | Content::Unreadable(_))
    }

    /// Why the file says nothing, if it is no file and was none.
    pub(crate) fn no_file(&self) -> Option<&str> {
        match &self.content {
            Content::NoFile(why) if self.documents.is_empty() => Some(why),
            _ => None,
        }
    }

    pub(crate) fn policies(&self) -> impl Iterator<Item = &PolicyObject> {
        policies(&self.documents)
    }

    /// The mistakes that `before` does not have.
    pub(super) fn newly_broken(&self, before: Option<&Self>) -> Vec<String> {
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
        let of_policies = self.policies().flat_map(mistakes_of);
        self.diagnostics.iter().chain(of_policies)
    }

    /// Whether this is the beginning of `whole`.
    pub(super) fn is_cut_from(&self, whole: &Self) -> bool {
        self.content.is_cut_from(&whole.content)
    }
}

/// Puts what is in force in the place of what is broken, denying, as far as it is the same.
fn stand_in(documents: &mut Vec<Document>, before: &Said, is_remnant: bool) {
    let Some(why) = policies(documents).find_map(PolicyObject::fault).cloned() else {
        return;
    };
    let is_told = |policy: &&PolicyObject| !policy.is_unreadable();
    let readable = policies(documents).filter(|policy| policy.fault().is_none());
    let readable: Vec<&PolicyObject> = readable.collect();
    let mut lost = lost_of(before.policies().filter(is_told), &readable);
    let known = before.policies().filter(is_told).count();
    let some_are_missing = is_remnant || readable.len() < known;
    let mut standing: Vec<Document> = Vec::new();
    documents.retain(|document| {
        let Document::Policy(new) = document else {
            return true;
        };
        let Some(fault) = new.fault().filter(|_| !new.is_unreadable()) else {
            return true;
        };
        let same = lost.iter().position(|old| old.is_same_object(new));
        let Some(old) = same.map(|place| lost.swap_remove(place)) else {
            return true;
        };
        // One that may be meant for more than the one before is not held to what that one governed.
        if !denies_in_place(old) || (new.floor && !old.floor && !is_remnant) {
            return true;
        }
        standing.push(Document::Policy(old.clone().denying(fault)));
        false
    });
    if some_are_missing {
        let told: Vec<&PolicyObject> = policies(documents)
            .chain(policies(&standing))
            .filter(is_told)
            .collect();
        let is_nowhere = |old: &&&PolicyObject| !told.iter().any(|new| new.is_same_object(old));
        // One of several objects of a name that is there all the same stands for nothing else.
        let denying = lost
            .iter()
            .filter(is_nowhere)
            .filter(|old| denies_in_place(old))
            .count();
        let missing = known.saturating_sub(told.len());
        let mut covered = if is_remnant {
            usize::MAX
        } else {
            // What was unreadable before stands for nothing that is lost now.
            let more =
                count_unreadable(documents).saturating_sub(count_unreadable(&before.documents));
            denying.min(missing).min(more)
        };
        documents.retain(|document| {
            let is_covered = covered > 0
                && matches!(document, Document::Policy(policy) if policy.is_unreadable());
            covered = covered.saturating_sub(usize::from(is_covered));
            !is_covered
        });
        let denying = lost.into_iter().map(|old| old.clone().denying(&why));
        standing.extend(denying.map(Document::Policy));
    }
    documents.extend(standing);
}

/// Those of `old` that are not among `new`, one for one: of several objects of a name, each stands for itself.
///
/// Those that say the same are the same. If fewer of a name are left then than were known, nobody can tell which of
/// them is lost, so all count as lost that say something else than before.
fn lost_of<'o>(
    old: impl Iterator<Item = &'o PolicyObject>,
    new: &[&PolicyObject],
) -> Vec<&'o PolicyObject> {
    let mut left = by_title(new.iter().copied());
    let mut lost = Vec::new();
    for (title, versions) in by_title(old) {
        let mut left = left.remove(&title).unwrap_or_default();
        let mut others = Vec::new();
        for version in versions {
            match left.iter().position(|one| same_words(&[one], &[version])) {
                Some(place) => drop(left.remove(place)),
                None => others.push(version),
            }
        }
        left.retain(|one| others.iter().any(|other| one.is_same_object(other)));
        if left.len() < others.len() {
            lost.extend(others);
        }
    }
    lost
}

fn count_unreadable(documents: &[Document]) -> usize {
    policies(documents)
        .filter(|policy| policy.is_unreadable())
        .count()
}

/// Whether a policy that denies all that it says denies anything on account of it.
fn denies_in_place(policy: &PolicyObject) -> bool {
    policy.fault().is_some() || policy.entries().next().is_some()
}

pub(super) fn policies(documents: &[Document]) -> impl Iterator<Item = &PolicyObject> {
    documents.iter().filter_map(|document| match document {
        Document::Policy(policy) => Some(policy),
        Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
    })
}

pub(super) fn exceptions(documents: &[Document]) -> impl Iterator<Item = &ExceptionObject> {
    documents.iter().filter_map(|document| match document {
        Document::Exception(exception) => Some(exception),
        Document::Policy(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
    })
}

/// Why a policy denies.
pub(super) fn mistakes_of(policy: &PolicyObject) -> impl Iterator<Item = &Diagnostic> {
    let entries = policy.entries().filter_map(|(_, body)| body.err());
    entries.chain(policy.fault())
}
