//! Policies by their names, and whether they say the same.

use std::collections::BTreeMap;

use doorward_policy::PolicyObject;

pub(super) type ByTitle<'p> = BTreeMap<String, Vec<&'p PolicyObject>>;

pub(super) fn by_title<'p>(policies: impl IntoIterator<Item = &'p PolicyObject>) -> ByTitle<'p> {
    let mut found = ByTitle::new();
    for policy in policies {
        found.entry(policy.title()).or_default().push(policy);
    }
    found
}

/// Whether these are the same objects with the same entries, wherever they stand.
pub(super) fn same_words(some: &[&PolicyObject], others: &[&PolicyObject]) -> bool {
    some.len() == others.len()
        && some.iter().zip(others).all(|(one, other)| {
            let (fault, other_fault) = (one.fault(), other.fault());
            one.is_same_object(other)
                && one.floor == other.floor
                && fault.map(|why| &why.message) == other_fault.map(|why| &why.message)
                && one.entries().count() == other.entries().count()
                && one.entries().zip(other.entries()).all(|(one, other)| {
                    one.0 == other.0
                        && one.1.map_err(|why| &why.message) == other.1.map_err(|why| &why.message)
                })
        })
}
