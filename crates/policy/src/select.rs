mod bounds;
mod choice;
mod cluster;
mod compiling;
mod excepting;
mod explained;
mod table;

use std::collections::HashMap;
use std::fmt;

use doorward_core::{Digest, Reference};

use crate::environment::Missing;
use crate::exception::Exceptions;
use crate::pattern::{canonical, matches_reference, specificity, tags_of};
use crate::spelling::Spellings;
use crate::{Applies, Diagnostic, Environment, Group, PolicyBody, PolicyKind, Selectors};

pub(crate) use bounds::Extent;
use choice::Choice;
use cluster::{Deciding, Governing};
pub use explained::Explained;
use table::{Image, Table};

/// Where an entry comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct RuleId {
    /// The kind of its object.
    pub kind: PolicyKind,
    /// The group of its object.
    pub group: Group,
    /// The namespace of its object, if it is an `ImagePolicy`.
    pub namespace: Option<String>,
    /// The name of its object, or of the text that cannot be read.
    pub name: String,
    /// Its pattern; `*` if it stands for an object whose entries cannot be told.
    pub entry: String,
    /// Whether it belongs to a floor.
    pub floor: bool,
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.kind)?;
        if let Some(namespace) = &self.namespace {
            write!(f, "{namespace}/")?;
        }
        write!(f, "{} entry {:?}", self.name, self.entry)
    }
}

/// One entry of a policy.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Entry {
    /// Where it comes from.
    pub rule: RuleId,
    /// What it demands, or why it denies.
    pub body: Result<PolicyBody, Diagnostic>,
}

/// Whose policies govern an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// The cluster's.
    Cluster,
    /// The namespace's own.
    Namespace,
}

/// What the policies say about an image. Only [`Selection::Match`] can end in admission.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Selection<'p> {
    /// These entries govern it.
    Match(Match<'p>),
    /// There are policies in the scope, but none has an entry for it: deny.
    NoMatch {
        /// Whose policies were looked at.
        scope: Scope,
    },
    /// There are no policies in the scope: deny.
    NoPolicy,
    /// It depends on facts that are not known whether anything governs it: deny.
    Unknown {
        /// What would have to be known.
        missing: Missing,
    },
}

/// The entries that govern an image. Every one must pass, each under its own mode.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Match<'p> {
    /// The entries, never empty and without repetition: first the one that was selected for the image as it is
    /// written, then the one for its normalised form if that is another, then those of floors. Entries that stand
    /// for an unreadable object come last. The digest is written into the workload if one that demands something
    /// says so.
    pub entries: Vec<&'p Entry>,
    /// Those of them of which it is not known whether they govern the image, because it is not known whom their policies
    /// select, or those of others. Empty where all is known that decides.
    pub supposed: Vec<&'p Entry>,
    /// What would have to be known of the workload.
    pub missing: Missing,
    /// Whose policies were looked at.
    pub scope: Scope,
    /// Whether the image as written and its normalised form select different entries.
    pub spelling_conflict: bool,
}

/// Policies, compiled. Immutable, and cheap to ask from many threads.
#[derive(Debug, Default)]
pub struct PolicySet {
    cluster: Cluster,
    namespaces: HashMap<String, Scoped>,
    /// Floors, and policies of the cluster that only ever add demands.
    beside: Choice<Beside>,
    /// Every policy of the cluster that has a selector, with its name, for saying why.
    selecting: Vec<(Selectors, RuleId)>,
    /// Of objects that cannot be read and may have been meant for any scope.
    everywhere: Vec<Entry>,
    exceptions: Exceptions,
    fingerprint: Option<Digest>,
    len: usize,
}

/// The policies of the cluster.
#[derive(Debug, Default)]
struct Cluster {
    /// Whether there is any policy, be it one without entries.
    exists: bool,
    governing: Governing,
    faults: Choice<Entry>,
}

/// The entries of one object that apply in addition to what decides.
#[derive(Debug)]
struct Beside {
    /// Whether it does also where a namespace has policies of its own.
    is_everywhere: bool,
    table: Table,
}

/// The policies of one namespace.
#[derive(Debug, Default)]
struct Scoped {
    /// Whether there is any policy, be it one without entries.
    exists: bool,
    table: Table,
    faults: Vec<Entry>,
}

impl PolicySet {
    /// How many entries there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no entries. Policies without entries still count as policies.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// A digest over everything that selection and its results depend on, for the keys of caches. Two sets of one
    /// version of this crate with the same fingerprint decide alike; other versions give other fingerprints.
    #[must_use]
    pub fn fingerprint(&self) -> Digest {
        self.fingerprint
            .clone()
            .unwrap_or_else(|| self.compute_fingerprint())
    }

    /// Which entries govern `image`, the text of a container's `image` field, in an environment, or in a namespace of which
    /// no more is known. Without a namespace the cluster's policies are asked.
    ///
    /// A namespace with an `ImagePolicy` uses only its own. One entry is selected for the image exactly as written,
    /// by the rules of Portieris, and one for its normalised form, that is over all spellings of the same image with
    /// the canonical name of its registry; if they differ, both govern it. A pattern with a star in its host that
    /// matches another name of the registry governs it too, if it is more specific than that. So what governs the
    /// normalised form governs every spelling. Of every floor with an entry for the image, the most specific entry
    /// governs it too. A floor is a cluster policy besides: where cluster policies are asked, its entries take part.
    ///
    /// Where a tag stands beside a digest, entries that match the text with the tag apply only in addition to what
    /// governs the image without it.
    ///
    /// A cluster policy counts where its selectors select the workload. One with an `objectSelector` only ever adds
    /// demands, as a floor does, and floors are in force where they select. Where it is not known whether a policy selects
    /// the workload, everything governs that may govern; and where that may be nothing, the answer is
    /// [`Selection::Unknown`]. So what is admitted then is admitted whatever the facts turn out to be.
    pub fn select<'e>(
        &self,
        image: &str,
        environment: impl Into<Environment<'e>>,
    ) -> Selection<'_> {
        self.select_in(image, &environment.into())
    }

    fn select_in(&self, image: &str, environment: &Environment<'_>) -> Selection<'_> {
        let image = Image::of(image);
        let own = self.own(environment);
        let (deciding, scope) = match own {
            Some(scoped) => {
                let selected = scoped.table.select(&image);
                (Deciding::surely(selected), Scope::Namespace)
            }
            None => {
                let deciding = self.cluster.governing.deciding(&image, environment);
                (deciding, Scope::Cluster)
            }
        };
        let may_be_nothing = deciding.may_be_nothing;
        let mut found = Match {
            scope,
            spelling_conflict: deciding.spelling_conflict,
            missing: deciding.missing,
            entries: deciding.entries,
            supposed: deciding.supposed,
        };
        if !found.entries.is_empty() {
            self.add_beside(&image, environment, &mut found);
        }
        let decided = found.entries.len();
        match own {
            Some(scoped) => found.entries.extend(&scoped.faults),
            None => {
                for (applies, fault) in self.cluster.faults.in_environment(environment) {
                    found.add(fault, applies);
                }
            }
        }
        found.entries.extend(&self.everywhere);
        let faults = found.entries.get(decided..).unwrap_or_default();
        let is_refused = faults.iter().any(|fault| !found.is_supposed(fault));
        let missing = found.missing;
        let only_supposed = decided == 0 && !found.entries.is_empty();
        if (may_be_nothing || only_supposed) && !is_refused {
            return Selection::Unknown { missing };
        }
        if !found.entries.is_empty() {
            return Selection::Match(found);
        }
        let exists = match own {
            Some(_) => true,
            None => self.cluster.exists,
        };
        if exists {
            Selection::NoMatch { scope }
        } else {
            Selection::NoPolicy
        }
    }

    /// Adds what applies to the image besides.
    fn add_beside<'p>(
        &'p self,
        image: &Image<'_>,
        environment: &Environment<'_>,
        found: &mut Match<'p>,
    ) {
        for (applies, beside) in self.beside.in_environment(environment) {
            if !beside.is_everywhere && found.scope == Scope::Namespace {
                continue;
            }
            for entry in beside.table.select(image).additional() {
                found.add(entry, applies);
            }
        }
    }

    /// Whether `image`, for which `entries` were selected, stays under them when it is replaced by its digest, with its tag
    /// beside that if `keeps_tag`: some entry governs the digest form, and none that did not govern the image.
    ///
    /// An entry that names tags governs no digest, so what replaces such an image can be out of its reach. Entries that
    /// name a digest do not count, because which digest it will be is not known yet.
    #[must_use]
    pub fn governs_alike_by_digest<'e>(
        &self,
        image: &str,
        keeps_tag: bool,
        environment: impl Into<Environment<'e>>,
        entries: &[&Entry],
    ) -> bool {
        let Ok(reference) = image.parse::<Reference>() else {
            return false;
        };
        if reference.digest().is_some() {
            return true;
        }
        let tag = reference.tag().filter(|_| keeps_tag).cloned();
        let digest = Some(Digest::sha256(b""));
        let by_digest = Reference::new(reference.into_repository(), tag, digest).to_string();
        match self.select(&by_digest, environment) {
            Selection::Match(found) => found.entries.iter().all(|entry| entries.contains(entry)),
            Selection::NoMatch { .. } | Selection::NoPolicy | Selection::Unknown { .. } => false,
        }
    }

    /// The policies that a namespace has of its own, if it has any: only they are looked at then.
    fn own(&self, environment: &Environment<'_>) -> Option<&Scoped> {
        let own = environment.namespace();
        own.and_then(|name| self.namespaces.get(name))
            .filter(|scoped| scoped.exists)
    }

    /// The most specific entry that names tags of the repository of `image`, where `image` has a digest: what would
    /// govern the image under one of these tags. It does not govern the image by its digest, because nothing tells
    /// which tag the digest had. For saying why [`select`](Self::select) found nothing.
    #[must_use]
    pub fn entry_for_tags<'e>(
        &self,
        image: &str,
        environment: impl Into<Environment<'e>>,
    ) -> Option<&Entry> {
        let environment = environment.into();
        let spellings = Spellings::of(image)?;
        let names = spellings.names_by_digest()?;
        let entries: Vec<&Entry> = match self.own(&environment) {
            Some(scoped) => scoped.table.entries.iter().collect(),
            None => self.cluster.governing.entries_for(&environment),
        };
        // Of equals the last is taken, and the first counts.
        entries
            .into_iter()
            .rev()
            // Its canonical form names tags if and only if it does.
            .filter(|entry| tags_of(&entry.rule.entry).is_some())
            .filter(|entry| {
                let pattern = canonical(&entry.rule.entry);
                tags_of(&pattern)
                    .is_some_and(|(name, _)| names.iter().any(|text| matches_reference(name, text)))
            })
            .max_by_key(|entry| {
                let pattern = &entry.rule.entry;
                let name = tags_of(pattern).map_or("*", |(name, _)| name);
                (!name.contains('*'), specificity(pattern))
            })
    }
}

impl<'p> Match<'p> {
    /// Whether it is not known that the entry governs the image.
    #[must_use]
    pub fn is_supposed(&self, entry: &Entry) -> bool {
        self.supposed.iter().any(|one| std::ptr::eq(*one, entry))
    }

    /// Adds an entry, unless it is not for the workload, or governs the image already. In the cluster's own scope, the
    /// entry of a floor may be the one that was selected anyway.
    fn add(&mut self, entry: &'p Entry, applies: Applies) {
        let known = self.entries.iter().find(|one| **one == entry).copied();
        match (applies, known) {
            (Applies::No, _) | (Applies::Unknown(_), Some(_)) => {}
            (Applies::Yes, Some(known)) => {
                self.supposed.retain(|one| !std::ptr::eq(*one, known));
            }
            (Applies::Yes, None) => self.entries.push(entry),
            (Applies::Unknown(missing), None) => {
                self.entries.push(entry);
                self.supposed.push(entry);
                self.missing = self.missing.and(missing);
            }
        }
    }
}

#[cfg(test)]
mod tests;
