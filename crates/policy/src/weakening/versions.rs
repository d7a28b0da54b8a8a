//! What an object in force is compared with.

use std::collections::{BTreeMap, BTreeSet};

use crate::PolicyObject;

/// Which objects were compared with one in force.
pub(super) type Compared = BTreeSet<*const PolicyObject>;

/// Objects of one name, in their order.
#[derive(Default)]
pub(super) struct Versions<'p> {
    all: Row<'p>,
    by_source: BTreeMap<&'p str, Row<'p>>,
}

/// Objects, and how many at their beginning are known to have been compared.
#[derive(Default)]
struct Row<'p> {
    objects: Vec<&'p PolicyObject>,
    compared: usize,
}

impl<'p> Versions<'p> {
    pub(super) fn add(&mut self, object: &'p PolicyObject) {
        self.all.objects.push(object);
        let row = self.by_source.entry(object.source.as_str()).or_default();
        row.objects.push(object);
    }

    /// What has become of `old`.
    ///
    /// What stands under this name in the same text has become of it, not what was added in another one. Of several in
    /// one text, each goes with one.
    pub(super) fn of(
        &mut self,
        old: &PolicyObject,
        compared: &Compared,
    ) -> Option<&'p PolicyObject> {
        if let Some(row) = self.by_source.get_mut(old.source.as_str()) {
            return row.free(compared).or_else(|| row.objects.first().copied());
        }
        let row = &mut self.all;
        row.free(compared).or_else(|| row.objects.first().copied())
    }
}

impl<'p> Row<'p> {
    /// The first that was not compared yet.
    fn free(&mut self, compared: &Compared) -> Option<&'p PolicyObject> {
        loop {
            let object = *self.objects.get(self.compared)?;
            if !compared.contains(&std::ptr::from_ref(object)) {
                return Some(object);
            }
            self.compared += 1;
        }
    }
}
