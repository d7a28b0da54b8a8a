//! Which content of every policy file is in force.
//!
//! Files are written by others, in pieces, on disks that fill up, over mounts that come and go. So a change that takes
//! something away (a policy, a demand, the sense of a document) is put in force only when the next look finds the very
//! same content. All other changes are put in force at once, each file by itself.

mod merge;
mod objects;
mod said;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use doorward_policy::{ExceptionObject, PolicyObject, Weakening, weakenings};

use merge::{Merge, Pending};
pub use said::Content;
pub(crate) use said::Said;
use said::{exceptions, policies};

/// What became of a look.
#[derive(Debug, Default)]
pub(crate) struct Look {
    /// Whether something else is in force now.
    pub(crate) changed: bool,
    /// What is held until it is seen again, and was not held before: the file, and what it would take away.
    pub(crate) held: Vec<(PathBuf, Vec<String>)>,
    /// What cannot be read and is held until it is seen again.
    pub(crate) broken: Vec<(PathBuf, Vec<String>)>,
    /// Whether something broken is in force now, which was reported when it was held.
    pub(crate) broken_in_force: bool,
    /// What is in force now and weaker than before.
    pub(crate) weaker: Vec<String>,
}

/// What a look found instead of what is in force of a file.
#[derive(Debug)]
struct Change {
    /// `None` if the file is gone.
    content: Option<Content>,
    said: Option<Said>,
    /// The mistakes that what is in force does not have.
    broken: Vec<String>,
    /// Whether the look before found the same.
    was_seen: bool,
    /// What it would take away if every change came into force. Nothing until that is known.
    alone: Option<BTreeSet<String>>,
    /// What it takes away as things are.
    losses: Vec<String>,
    /// The same, and about which objects.
    weaker: Vec<Weakening>,
    is_held: bool,
    /// What of a held change is in force all the same.
    merge: Option<Merge>,
}

impl Change {
    /// What would be in force of the file in place of what is, if anything would: another content, or none.
    fn comes(&self) -> Option<Option<&Said>> {
        if self.is_held {
            self.merge.as_ref().map(|merge| Some(&merge.said))
        } else {
            Some(self.said.as_ref())
        }
    }
}

/// The content of all policy files that is in force.
#[derive(Debug, Default)]
pub struct PolicyFiles {
    accepted: BTreeMap<PathBuf, Said>,
    /// Changes that the last look found and that are not in force, or not as a whole.
    pending: BTreeMap<PathBuf, Pending>,
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

    /// Whether the files must be looked at again although nothing about them changes: a change waits to be seen again,
    /// or what kept a file from being read may be over.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.pending.is_empty() || self.accepted.values().any(Said::is_unread)
    }

    /// The files of which something is in force.
    #[must_use]
    pub fn known(&self) -> BTreeSet<PathBuf> {
        self.accepted.keys().cloned().collect()
    }

    /// What is in force, file by file.
    pub(crate) fn said(&self) -> impl Iterator<Item = (&Path, &Said)> {
        self.accepted
            .iter()
            .map(|(path, said)| (path.as_path(), said))
    }

    /// Takes over what a look found, or holds it.
    pub(crate) fn look(&mut self, mut found: BTreeMap<PathBuf, Content>) -> Look {
        self.spread(&mut found);
        let mut changes = self.changes(found);
        self.hold(&mut changes);
        self.merge(&mut changes);
        let mut look = Look::default();
        self.pending.clear();
        for (path, change) in changes {
            if !change.is_held {
                look.changed = true;
                look.broken_in_force |= !change.broken.is_empty();
                look.weaker.extend(change.losses);
                match change.said {
                    Some(said) => self.accepted.insert(path, said),
                    None => self.accepted.remove(&path),
                };
                continue;
            }
            if change.was_seen {
                // It was reported when it was held first.
            } else if change.broken.is_empty() {
                look.held.push((path.clone(), change.losses));
            } else {
                look.broken.push((path.clone(), change.broken));
            }
            let documents = change.said.map(|said| said.documents).unwrap_or_default();
            let pending = Pending {
                content: change.content,
                policies: policies(&documents).cloned().collect(),
                exceptions: exceptions(&documents).cloned().collect(),
            };
            self.pending.insert(path.clone(), pending);
            if let Some(merge) = change.merge {
                look.changed = true;
                look.broken_in_force |= merge.is_broken;
                look.weaker.extend(merge.losses);
                self.accepted.insert(path, merge.said);
            }
        }
        look
    }

    /// A directory that cannot be listed stands for the files that are known below it: none of them can be read. Nor
    /// can a file in whose place, or in place of whose directory, something of another kind stands.
    fn spread(&self, found: &mut BTreeMap<PathBuf, Content>) {
        for (path, content) in std::mem::take(found) {
            let content = match content {
                Content::OtherKind(why) => Content::Unreadable(why),
                other => {
                    found.insert(path, other);
                    continue;
                }
            };
            // What was a directory all the time stands in no file's place.
            if self.accepted.get(&path).is_some_and(Said::was_file) {
                found.insert(path, content);
            }
        }
        let closed = found.iter().filter_map(|(path, content)| match content {
            Content::Unlisted(why) => Some((path.clone(), why.clone())),
            Content::NoFile(_)
            | Content::OtherKind(_)
            | Content::Text(_)
            | Content::Unreadable(_) => None,
        });
        for (directory, why) in closed.collect::<Vec<_>>() {
            let is_below = |path: &&PathBuf| path.starts_with(&directory) && **path != directory;
            let below: Vec<_> = self.accepted.keys().filter(is_below).cloned().collect();
            if !below.is_empty() {
                found.remove(&directory);
            }
            for path in below {
                let why = format!("{}: {why}", directory.display());
                found.entry(path).or_insert(Content::Unreadable(why));
            }
        }
    }

    /// The files whose content is another than the one in force.
    fn changes(&self, mut found: BTreeMap<PathBuf, Content>) -> BTreeMap<PathBuf, Change> {
        let paths: BTreeSet<PathBuf> = self.accepted.keys().chain(found.keys()).cloned().collect();
        paths
            .into_iter()
            .filter_map(|path| {
                let content = found.remove(&path);
                let before = self.accepted.get(&path);
                if before.map_or(content.is_none(), |before| before.is_of(content.as_ref())) {
                    return None;
                }
                let said = content
                    .clone()
                    .map(|content| Said::read(&path, content, before));
                let change = Change {
                    broken: said
                        .as_ref()
                        .map_or_else(Vec::new, |said| said.newly_broken(before)),
                    was_seen: self
                        .pending
                        .get(&path)
                        .is_some_and(|pending| pending.content == content),
                    content,
                    said,
                    alone: None,
                    losses: Vec::new(),
                    weaker: Vec::new(),
                    is_held: false,
                    merge: None,
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
                let alone = change
                    .alone
                    .get_or_insert_with(|| losses.iter().cloned().collect());
                // What is lost only because another file is held was not what was seen twice.
                let by_others = losses.iter().any(|loss| !alone.contains(loss));
                let is_bad = !losses.is_empty() || !change.broken.is_empty();
                change.losses = losses;
                change.weaker = of_file(path, &weaker).cloned().collect();
                change.is_held = by_others || (is_bad && !change.was_seen);
                is_held |= change.is_held;
            }
        }
    }

    /// Finds what of the changes that are held can be in force all the same.
    ///
    /// A file may have objects of many, of which one changes for the worse all the time. What the others change is not
    /// held for that.
    fn merge(&self, changes: &mut BTreeMap<PathBuf, Change>) {
        for (path, change) in changes.iter_mut().filter(|(_, change)| change.is_held) {
            let seen = self.pending.get(path);
            change.merge = change
                .said
                .as_ref()
                .and_then(|said| Merge::of(said, self.accepted.get(path), seen, &change.weaker));
        }
        while changes.values().any(|change| change.merge.is_some()) {
            let weaker = self.weaker(changes);
            let mut is_over = true;
            let none = BTreeSet::new();
            for (path, change) in changes.iter_mut() {
                let alone = change.alone.as_ref().unwrap_or(&none);
                if let Some(merge) = &mut change.merge
                    && !merge.takes_only(of_file(path, &weaker), alone)
                {
                    change.merge = None;
                    is_over = false;
                }
            }
            // What is in force as a whole must not lose by it either.
            let is_worse = changes.iter().any(|(path, change)| {
                let known: BTreeSet<&String> = change.losses.iter().collect();
                let losses = self.losses(path, change.said.as_ref(), &weaker);
                !change.is_held && losses.iter().any(|loss| !known.contains(loss))
            });
            if is_worse {
                for change in changes.values_mut() {
                    change.merge = None;
                }
            }
            if is_over {
                break;
            }
        }
    }

    /// What would be weaker if all that comes were in force.
    fn weaker(&self, changes: &BTreeMap<PathBuf, Change>) -> Vec<Weakening> {
        let before: Vec<&PolicyObject> = self.accepted.values().flat_map(Said::policies).collect();
        let comes = |path: &Path| changes.get(path).is_some_and(|one| one.comes().is_some());
        let kept = self
            .accepted
            .iter()
            .filter(|(path, _)| !comes(path))
            .map(|(_, said)| said);
        let new = changes.values().filter_map(Change::comes).flatten();
        let after: Vec<&PolicyObject> = kept.chain(new).flat_map(Said::policies).collect();
        weakenings(&before, &after)
    }

    /// What a change of this file takes away.
    fn losses(&self, path: &Path, said: Option<&Said>, weaker: &[Weakening]) -> Vec<String> {
        let mut losses: Vec<String> = of_file(path, weaker).map(ToString::to_string).collect();
        let before = self.accepted.get(path);
        losses.extend(
            said.into_iter()
                .flat_map(|said| new_exceptions(said, before)),
        );
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

/// The exceptions of a file that let run what those in force do not, each in words.
fn new_exceptions(said: &Said, before: Option<&Said>) -> impl Iterator<Item = String> {
    let in_force = before.map_or(&[][..], |before| before.documents.as_slice());
    let is_new = move |one: &&ExceptionObject| {
        one.terms.is_ok() && !exceptions(in_force).any(|known| one.excepts_no_more_than(known))
    };
    let new = exceptions(&said.documents).filter(is_new);
    new.map(|one| format!("{} is new, or lets more run", one.title()))
}

/// Those of `weaker` that a change of this file makes.
fn of_file<'w>(path: &Path, weaker: &'w [Weakening]) -> impl Iterator<Item = &'w Weakening> {
    let source = path.display().to_string();
    weaker
        .iter()
        .filter(move |one| one.sources.contains(&source))
}

#[cfg(test)]
mod tests;
