//! The policies of a view, compiled.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use doorward_policy::{
    Diagnostic, ExceptionKind, ExceptionObject, LintCode, PolicyKind, PolicyObject, PolicySet, lint,
};

/// The policies of a view at one time, and what is wrong with them.
#[derive(Debug)]
pub struct CompiledPolicies {
    objects: Vec<PolicyObject>,
    exceptions: Vec<ExceptionObject>,
    set: Arc<PolicySet>,
    diagnostics: Vec<Diagnostic>,
    notes: Vec<Diagnostic>,
    /// Where objects begin, and whose they are.
    owners: BTreeMap<(String, u32, u32), Option<String>>,
}

impl CompiledPolicies {
    /// Compiles them. An exception may last for `longest`.
    pub(super) fn of(
        mut objects: Vec<PolicyObject>,
        (mut exceptions, longest): (Vec<ExceptionObject>, Duration),
        mut diagnostics: Vec<Diagnostic>,
        default_namespace: &str,
    ) -> Self {
        let mut notes = Vec::new();
        let mut owners = BTreeMap::new();
        for policy in &mut objects {
            if policy.kind == PolicyKind::ImagePolicy && policy.namespace.is_none() {
                let found = lint(std::slice::from_ref(policy)).into_iter();
                notes.extend(found.filter(|found| found.code == LintCode::MissingNamespace));
                policy.namespace = Some(default_namespace.to_owned());
            }
            let (source, at) = policy.place();
            let place = (source.to_owned(), at.line, at.column);
            owners.insert(place, policy.namespace.clone());
        }
        for exception in &mut exceptions {
            if exception.kind == ExceptionKind::ImageException && exception.namespace.is_none() {
                let missing = exception.notes().iter();
                let missing = missing.filter(|note| note.code == LintCode::MissingNamespace);
                notes.extend(missing.cloned());
                exception.namespace = Some(default_namespace.to_owned());
            }
            let (source, at) = exception.place();
            let place = (source.to_owned(), at.line, at.column);
            owners.insert(place, exception.namespace.clone());
        }
        let (mut set, found) = PolicySet::compile(objects.clone());
        diagnostics.extend(found);
        if !exceptions.is_empty() {
            let (with, found) = set.with_exceptions(exceptions.clone(), longest);
            diagnostics.extend(found);
            set = with;
        }
        Self {
            objects,
            exceptions,
            set: Arc::new(set),
            diagnostics,
            notes,
            owners,
        }
    }

    /// The exceptions themselves, as [`objects`](Self::objects) has the policies.
    #[must_use]
    pub fn exceptions(&self) -> &[ExceptionObject] {
        &self.exceptions
    }

    /// How many exceptions there are of each kind, and how many of them count for nothing because of a mistake.
    #[must_use]
    pub fn exception_counts(&self) -> BTreeMap<ExceptionKind, EntryCount> {
        let mut counts: BTreeMap<ExceptionKind, EntryCount> = BTreeMap::new();
        for exception in &self.exceptions {
            let count = counts.entry(exception.kind).or_default();
            *(if exception.terms.is_ok() {
                &mut count.active
            } else {
                &mut count.invalid
            }) += 1;
        }
        counts
    }

    /// What reviews are decided by.
    #[must_use]
    pub const fn set(&self) -> &Arc<PolicySet> {
        &self.set
    }

    /// The policies themselves, in the order of the sources, each in the namespace that it names or that stands for none.
    #[must_use]
    pub fn objects(&self) -> &[PolicyObject] {
        &self.objects
    }

    /// What is wrong with texts and policies, as they were read and together, and what is doubtful.
    #[must_use]
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// What is wrong: what it concerns denies.
    pub fn mistakes(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter().filter(|found| found.is_error())
    }

    /// The policies of a namespace that name none, and so are of the default one.
    #[must_use]
    pub fn without_namespace(&self) -> &[Diagnostic] {
        &self.notes
    }

    /// The namespace of the policy that a diagnostic stands in; none for what the operator keeps.
    #[must_use]
    pub fn owner(&self, found: &Diagnostic) -> Option<&str> {
        let at = (found.source.clone(), found.line, found.column);
        let (place, owner) = self.owners.range(..=at).next_back()?;
        owner.as_deref().filter(|_| place.0 == found.source)
    }

    /// How many entries are in force of each kind, and how many of them deny because of a mistake. An object of which not
    /// even the entries can be told is one such entry.
    #[must_use]
    pub fn entries(&self) -> BTreeMap<PolicyKind, EntryCount> {
        let mut counts: BTreeMap<PolicyKind, EntryCount> = BTreeMap::new();
        for policy in &self.objects {
            let count = counts.entry(policy.kind).or_default();
            for (_, body) in policy.entries() {
                *(if body.is_ok() {
                    &mut count.active
                } else {
                    &mut count.invalid
                }) += 1;
            }
            count.invalid += usize::from(policy.fault().is_some());
        }
        counts
    }

    /// The URLs of the servers that cluster policies name: those are the operator's, and may be anywhere.
    pub fn operator_servers(&self) -> impl Iterator<Item = String> {
        let policies = self.objects.iter();
        let operators = policies.filter(|policy| policy.kind == PolicyKind::ClusterImagePolicy);
        operators.flat_map(PolicyObject::servers)
    }
}

/// How many entries of policies there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EntryCount {
    /// Those that are judged by.
    pub active: usize,
    /// Those that deny because of a mistake in them.
    pub invalid: usize,
}
