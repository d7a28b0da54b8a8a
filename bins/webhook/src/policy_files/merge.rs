//! What of a held change is in force all the same.

use std::collections::BTreeSet;

use doorward_policy::{Document, ExceptionObject, PolicyObject, Weakening};

use super::objects::{ByTitle, by_title, same_words};
use super::said::{Content, Said, exceptions, mistakes_of};

/// A change that waits to be seen again.
#[derive(Debug)]
pub(super) struct Pending {
    /// Nothing stands for a file that was gone.
    pub(super) content: Option<Content>,
    /// The policies in it.
    pub(super) policies: Vec<PolicyObject>,
    /// The exceptions in it.
    pub(super) exceptions: Vec<ExceptionObject>,
}

/// A new text, in which every object that weakens the rules, or is newly broken, has the version in force.
///
/// An object that the look before found with the same words comes in as well: it was seen twice, whatever else in the
/// file changes. That holds for no object that is gone, since a file that is being written lacks more than one at a
/// time.
#[derive(Debug)]
pub(super) struct Merge {
    pub(super) said: Said,
    /// What is weaker, of the objects that were seen twice.
    pub(super) losses: Vec<String>,
    /// Whether something broken was seen twice.
    pub(super) is_broken: bool,
    /// The titles of the objects that were seen twice.
    twice: BTreeSet<String>,
}

impl Merge {
    /// Returns `None` if not all of the text can be told, if it is the beginning of what is in force, or if nothing
    /// would change. `weaker` is what the change would take away, and `seen` is what the last look found.
    pub(super) fn of(
        new: &Said,
        before: Option<&Said>,
        seen: Option<&Pending>,
        weaker: &[Weakening],
    ) -> Option<Self> {
        if !new.is_whole_text() || before.is_some_and(|before| new.is_cut_from(before)) {
            return None;
        }
        let then = by_title(before.into_iter().flat_map(Said::policies));
        let now = by_title(new.policies());
        let seen_policies = by_title(seen.map_or(&[][..], |seen| &seen.policies));
        let mut held: BTreeSet<String> = weaker.iter().map(|one| one.object.clone()).collect();
        let broken: BTreeSet<String> = now
            .iter()
            .filter(|(title, versions)| is_newly_broken(versions, then.get(*title)))
            .map(|(title, _)| title.clone())
            .collect();
        held.extend(broken.iter().cloned());
        let twice: BTreeSet<String> = held
            .iter()
            .filter(|title| match (now.get(*title), seen_policies.get(*title)) {
                (Some(now), Some(seen)) => same_words(now, seen),
                _ => false,
            })
            .cloned()
            .collect();
        held.retain(|title| !twice.contains(title));
        let in_force = before.map_or(&[][..], |before| before.documents.as_slice());
        let known = exceptions(in_force).chain(seen.map_or(&[][..], |seen| &seen.exceptions));
        let known: Vec<&ExceptionObject> = known.collect();
        let is_known = |exception: &ExceptionObject| {
            known.iter().any(|one| exception.excepts_no_more_than(one))
        };
        let mut documents = Vec::new();
        for document in &new.documents {
            match document {
                Document::Policy(policy) if held.contains(&policy.title()) => {}
                Document::Exception(exception) if !is_known(exception) => {
                    let version = exceptions(in_force).find(|one| one.is_same_object(exception));
                    documents.extend(version.cloned().map(Document::Exception));
                }
                _ => documents.push(document.clone()),
            }
        }
        let kept = held.iter().filter_map(|title| then.get(title)).flatten();
        documents.extend(kept.map(|policy| Document::Policy((*policy).clone())));
        if before.is_some_and(|before| says_the_same(&documents, &before.documents)) {
            return None;
        }
        Some(Self {
            said: Said::mixed(new, documents),
            losses: Vec::new(),
            is_broken: twice.iter().any(|title| broken.contains(title)),
            twice,
        })
    }

    /// Notes what it takes away, and whether that is no more than what was seen twice takes away if the whole change
    /// comes into force.
    pub(super) fn takes_only<'w>(
        &mut self,
        weaker: impl Iterator<Item = &'w Weakening>,
        alone: &BTreeSet<String>,
    ) -> bool {
        self.losses.clear();
        for one in weaker {
            let loss = one.to_string();
            if !self.twice.contains(&one.object) || !alone.contains(&loss) {
                return false;
            }
            self.losses.push(loss);
        }
        true
    }
}

fn is_newly_broken(now: &[&PolicyObject], then: Option<&Vec<&PolicyObject>>) -> bool {
    let known: BTreeSet<&str> = then
        .into_iter()
        .flatten()
        .flat_map(|policy| mistakes_of(policy))
        .map(|mistake| mistake.message.as_str())
        .collect();
    now.iter()
        .flat_map(|policy| mistakes_of(policy))
        .any(|mistake| !known.contains(mistake.message.as_str()))
}

/// Whether nothing differs but where it stands.
fn says_the_same(some: &[Document], others: &[Document]) -> bool {
    fn policies(documents: &[Document]) -> ByTitle<'_> {
        by_title(documents.iter().filter_map(|document| match document {
            Document::Policy(policy) => Some(policy),
            Document::Exception(_) | Document::Other { .. } | Document::NotAnObject { .. } => None,
        }))
    }
    fn objects(documents: &[Document]) -> Vec<&Document> {
        let is_object = |document: &&Document| {
            matches!(document, Document::Exception(_) | Document::Other { .. })
        };
        documents.iter().filter(is_object).collect()
    }
    let same_object = |(one, other): (&Document, &Document)| match (one, other) {
        (
            Document::Other { value, fault, .. },
            Document::Other {
                value: other_value,
                fault: other_fault,
                ..
            },
        ) => {
            let (fault, other_fault) = (fault.as_ref(), other_fault.as_ref());
            value == other_value
                && fault.map(|why| &why.message) == other_fault.map(|why| &why.message)
        }
        (Document::Exception(one), Document::Exception(other)) => {
            one.excepts_no_more_than(other) && other.excepts_no_more_than(one)
        }
        _ => false,
    };
    let (some_objects, other_objects) = (objects(some), objects(others));
    let (some_policies, other_policies) = (policies(some), policies(others));
    some_policies.len() == other_policies.len()
        && some_policies.iter().zip(&other_policies).all(
            |((title, versions), (other_title, others))| {
                title == other_title && same_words(versions, others)
            },
        )
        && some_objects.len() == other_objects.len()
        && some_objects.into_iter().zip(other_objects).all(same_object)
}
