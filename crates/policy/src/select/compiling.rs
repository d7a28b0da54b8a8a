//! From policies to what is asked about images.

use std::collections::BTreeMap;

use doorward_core::{Digest, Fingerprint};

use super::cluster::GoverningBuilder;
use super::table::Table;
use super::{Beside, Entry, Extent, PolicySet, RuleId};
use crate::object::EntrySource;
use crate::{Diagnostic, LintCode, PolicyObject, Position};

/// What the policies of a namespace say, and the first of them.
struct Own {
    source: String,
    at: Position,
    rule: RuleId,
    entries: Vec<Entry>,
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
        let mut governing = GoverningBuilder::default();
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
            let selectors = policy.selectors;
            match (&namespace, fault) {
                (_, None) => {}
                (None, Some(fault)) if policy.floor && selectors.is_everything() => {
                    set.everywhere.push(fault);
                }
                // Its entries cannot be told, so it has one for everything. It is a cluster policy besides: where nothing
                // else is in force, what is wrong with it is why nothing governs an image.
                (None, Some(fault)) if policy.floor => {
                    set.cluster.faults.add(selectors.clone(), fault.clone());
                    let beside = Beside {
                        is_everywhere: true,
                        table: Table::new(vec![fault]),
                    };
                    set.beside.add(selectors.clone(), beside);
                }
                (None, Some(fault)) => set.cluster.faults.add(selectors.clone(), fault),
                (Some(name), Some(fault)) => {
                    let scoped = set.namespaces.entry(name.clone()).or_default();
                    scoped.faults.push(fault);
                }
            }
            match &namespace {
                Some(name) => {
                    set.namespaces.entry(name.clone()).or_default().exists = true;
                    let own = namespaces.entry(name.clone()).or_insert_with(|| Own {
                        source: policy.source.clone(),
                        at: policy.at,
                        rule: rule("*".to_owned()),
                        entries: Vec::new(),
                    });
                    own.entries.extend(entries);
                }
                None => {
                    set.cluster.exists = true;
                    if !selectors.is_everything() {
                        let rule = rule("*".to_owned());
                        set.selecting.push((selectors.clone(), rule));
                    }
                    let only_adds = selectors.objects.is_some();
                    if policy.floor || policy.is_beside || only_adds {
                        let beside = Beside {
                            is_everywhere: policy.floor,
                            table: Table::new(entries.clone()),
                        };
                        set.beside.add(selectors.clone(), beside);
                    }
                    if !only_adds {
                        governing.add(&selectors, entries);
                    }
                }
            }
        }
        set.cluster.governing = governing.build();
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

    pub(super) fn compute_fingerprint(&self) -> Digest {
        let mut namespaces: Vec<_> = self.namespaces.iter().collect();
        namespaces.sort_by_key(|(name, _)| *name);
        let mut out = Fingerprint::default();
        out.text(env!("CARGO_PKG_VERSION"))
            .text(format!("{:?}", self.everywhere));
        out.flag(self.cluster.exists);
        for (selectors, table) in self.cluster.governing.tables().all() {
            out.text(format!("{selectors:?} {:?}", table.placed()));
        }
        for (selectors, beside) in self.beside.all() {
            out.flag(beside.is_everywhere)
                .text(format!("{selectors:?} {:?}", beside.table.entries));
        }
        for (selectors, fault) in self.cluster.faults.all() {
            out.text(format!("{selectors:?} {fault:?}"));
        }
        for (name, scoped) in namespaces {
            out.text(name)
                .flag(scoped.exists)
                .text(format!("{:?}", scoped.table.entries))
                .text(format!("{:?}", scoped.faults));
        }
        if !self.exceptions.is_empty() {
            out.text(self.exceptions.text());
        }
        out.digest()
    }
}
