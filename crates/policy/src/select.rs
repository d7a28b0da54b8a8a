mod bounds;
mod table;

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use doorward_core::{Digest, Fingerprint, Reference};

use crate::object::EntrySource;
use crate::pattern::{canonical, matches_reference, specificity, tags_of};
use crate::spelling::Spellings;
use crate::{Diagnostic, Group, LintCode, PolicyBody, PolicyKind, PolicyObject, Position};

pub(crate) use bounds::Extent;
use table::Table;

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
    /// Whose policies were looked at.
    pub scope: Scope,
    /// Whether the image as written and its normalised form select different entries.
    pub spelling_conflict: bool,
}

/// Policies, compiled. Immutable, and cheap to ask from many threads.
#[derive(Debug, Default)]
pub struct PolicySet {
    cluster: Scoped,
    namespaces: HashMap<String, Scoped>,
    floors: Vec<Table>,
    /// Of objects that cannot be read and may have been meant for any scope.
    everywhere: Vec<Entry>,
    fingerprint: Option<Digest>,
    len: usize,
}

/// What the policies of a namespace say, and the first of them.
struct Own {
    source: String,
    at: Position,
    rule: RuleId,
    entries: Vec<Entry>,
}

/// The policies of one scope.
#[derive(Debug, Default)]
struct Scoped {
    /// Whether there is any policy, be it one without entries.
    exists: bool,
    table: Table,
    faults: Vec<Entry>,
}

impl PolicySet {
    /// Compiles policies. Their order does not matter: objects take effect in the order of their names, as the API
    /// server lists them, and entries in theirs.
    ///
    /// The diagnostics are errors that a schema cannot know, such as a URL that cannot be used; the entries
    /// concerned are part of the set and deny.
    ///
    /// A namespace whose own policies have more than 10,000 entries, 1 MiB of patterns or 40,000 stars in them together
    /// is denied as a whole: their authors must not choose how long it takes to find the one for an image.
    #[must_use]
    pub fn compile(mut policies: Vec<PolicyObject>) -> (Self, Vec<Diagnostic>) {
        policies.sort_by(|a, b| (&a.name, a.group).cmp(&(&b.name, b.group)));
        let mut diagnostics = Vec::new();
        let mut set = Self::default();
        let mut cluster = Vec::new();
        let mut namespaces: BTreeMap<String, Own> = BTreeMap::new();
        for mut policy in policies {
            diagnostics.append(&mut policy.meaning);
            let namespace = policy.home().map(str::to_owned);
            // What cannot be read has no name of its own, and the denial has to say where to look.
            let name = if policy.is_unreadable() {
                policy.source.clone()
            } else {
                policy.name.clone()
            };
            let rule = |entry: String| RuleId {
                kind: policy.kind,
                group: policy.group,
                namespace: namespace.clone(),
                name: name.clone(),
                entry,
                floor: policy.floor,
            };
            let entries =
                policy
                    .entries
                    .into_iter()
                    .map(|EntrySource { pattern, body, .. }| Entry {
                        rule: rule(pattern),
                        body,
                    });
            let entries: Vec<Entry> = entries.collect();
            let fault = policy.fault.map(|fault| Entry {
                rule: rule("*".to_owned()),
                body: Err(fault),
            });
            set.len += entries.len();
            let scoped = match &namespace {
                Some(name) => set.namespaces.entry(name.clone()).or_default(),
                None => &mut set.cluster,
            };
            scoped.exists = true;
            match fault {
                Some(fault) if policy.floor => set.everywhere.push(fault),
                Some(fault) => scoped.faults.push(fault),
                None => {}
            }
            match &namespace {
                Some(name) => {
                    let own = namespaces.entry(name.clone()).or_insert_with(|| Own {
                        source: policy.source.clone(),
                        at: policy.at,
                        rule: rule("*".to_owned()),
                        entries: Vec::new(),
                    });
                    own.entries.extend(entries);
                }
                None => {
                    if policy.floor {
                        set.floors.push(Table::new(entries.clone()));
                    }
                    cluster.extend(entries);
                }
            }
        }
        set.cluster.table = Table::new(cluster);
        for (name, own) in namespaces {
            let scoped = set.namespaces.entry(name).or_default();
            match Extent::of(&own.entries).exceeds() {
                None => scoped.table = Table::of_namespace(own.entries),
                Some(message) => {
                    let why = Diagnostic::new(LintCode::LimitExceeded, message);
                    let why = why.at(&own.source, own.at);
                    diagnostics.push(why.clone());
                    scoped.faults.push(Entry {
                        rule: own.rule,
                        body: Err(why),
                    });
                }
            }
        }
        set.fingerprint = Some(set.compute_fingerprint());
        (set, diagnostics)
    }

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

    fn compute_fingerprint(&self) -> Digest {
        let mut namespaces: Vec<_> = self.namespaces.iter().collect();
        namespaces.sort_by_key(|(name, _)| *name);
        let mut out = Fingerprint::default();
        out.text(env!("CARGO_PKG_VERSION"))
            .text(format!("{:?}", self.everywhere));
        let mut scope = |name: Option<&str>, scoped: &Scoped| {
            out.optional(name)
                .flag(scoped.exists)
                .text(format!("{:?}", scoped.table.entries))
                .text(format!("{:?}", scoped.faults));
        };
        scope(None, &self.cluster);
        for (name, scoped) in namespaces {
            scope(Some(name), scoped);
        }
        out.digest()
    }

    /// Which entries govern `image`, the text of a container's `image` field, in `namespace`. Without a namespace
    /// the cluster's policies are asked.
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
    pub fn select(&self, image: &str, namespace: Option<&str>) -> Selection<'_> {
        let (scoped, scope) = self.scoped(namespace);
        let spelled = Spellings::of(image);
        let spelled = spelled.as_ref();
        let mut entries = scoped.table.select(image, spelled).deciding();
        let spelling_conflict = entries.len() > 1;
        let governed = !entries.is_empty();
        for floor in &self.floors {
            for entry in floor.select(image, spelled).additional() {
                // In the cluster's own scope, the floor's entry may be the one that was selected anyway.
                if governed && !entries.contains(&entry) {
                    entries.push(entry);
                }
            }
        }
        entries.extend(&scoped.faults);
        entries.extend(&self.everywhere);
        if !entries.is_empty() {
            return Selection::Match(Match {
                entries,
                scope,
                spelling_conflict,
            });
        }
        if scoped.exists {
            Selection::NoMatch { scope }
        } else {
            Selection::NoPolicy
        }
    }

    /// Whether `image`, for which `entries` were selected, stays under them when it is replaced by its digest: some
    /// entry governs the digest form, and none that did not govern the image.
    ///
    /// An entry that names tags governs no digest, so what replaces such an image can be out of its reach. Entries that
    /// name a digest do not count, because which digest it will be is not known yet.
    #[must_use]
    pub fn governs_alike_by_digest(
        &self,
        image: &str,
        namespace: Option<&str>,
        entries: &[&Entry],
    ) -> bool {
        let Ok(reference) = image.parse::<Reference>() else {
            return false;
        };
        if reference.digest().is_some() {
            return true;
        }
        let by_digest = format!("{}@{}", reference.repository(), Digest::sha256(b""));
        match self.select(&by_digest, namespace) {
            Selection::Match(found) => found.entries.iter().all(|entry| entries.contains(entry)),
            Selection::NoMatch { .. } | Selection::NoPolicy => false,
        }
    }

    /// The policies that are looked at for an image in `namespace`: its own if it has any.
    fn scoped(&self, namespace: Option<&str>) -> (&Scoped, Scope) {
        let own = namespace
            .and_then(|name| self.namespaces.get(name))
            .filter(|scoped| scoped.exists);
        match own {
            Some(scoped) => (scoped, Scope::Namespace),
            None => (&self.cluster, Scope::Cluster),
        }
    }

    /// The most specific entry that names tags of the repository of `image`, where `image` has a digest: what would
    /// govern the image under one of these tags. It does not govern the image by its digest, because nothing tells
    /// which tag the digest had. For saying why [`select`](Self::select) found nothing.
    #[must_use]
    pub fn entry_for_tags(&self, image: &str, namespace: Option<&str>) -> Option<&Entry> {
        let (scoped, _) = self.scoped(namespace);
        let spellings = Spellings::of(image)?;
        let names = spellings.names_by_digest()?;
        // Of equals the last is taken, and the first counts.
        let entries = scoped.table.entries.iter().rev();
        entries
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

#[cfg(test)]
mod tests;
