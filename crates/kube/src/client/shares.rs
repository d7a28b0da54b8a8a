//! What of a namespace's policies is kept.

use std::collections::{BTreeMap, HashMap};

use crate::view::ObjectName;

/// The most bytes of the policies of one namespace and group together, as the API server sends them. Ten thousand entries fit
/// in, and an object has 1.5 MiB at most in etcd.
pub(super) const MOST_BYTES: usize = 1 << 20;
/// The most policies of one namespace and group.
pub(super) const MOST_OBJECTS: usize = 500;

/// How much the policies of each namespace are, so that the authors of one cannot take the memory that all need.
///
/// Of a namespace that has more than its share nothing is kept but how much it has. It is denied until it has less.
#[derive(Debug, Default)]
pub(super) struct Shares {
    namespaces: BTreeMap<String, Share>,
}

#[derive(Debug, Default)]
struct Share {
    sizes: HashMap<String, usize>,
    bytes: usize,
    is_exceeded: bool,
}

/// What became of a namespace with an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Became {
    /// It has no more than its share, as before, and what the event says is in force.
    Within,
    /// It has more than its share now: nothing of it is kept. Why, as a fragment.
    Exceeded(String),
    /// It still has more than its share.
    StillExceeded,
    /// It has no more than its share any more: what it has is to be asked for.
    WithinAgain,
}

impl Shares {
    /// Takes note of an object of so many bytes that is new or changed. What is in no namespace has no bound: it is the
    /// operator's.
    pub(super) fn add(&mut self, object: &ObjectName, bytes: usize) -> Became {
        let Some(namespace) = &object.namespace else {
            return Became::Within;
        };
        let share = self.namespaces.entry(namespace.clone()).or_default();
        let before = share.sizes.insert(object.name.clone(), bytes);
        share.bytes = share.bytes.saturating_add(bytes) - before.unwrap_or(0);
        share.became()
    }

    /// Takes note of an object that is gone.
    pub(super) fn remove(&mut self, object: &ObjectName) -> Became {
        let Some(namespace) = &object.namespace else {
            return Became::Within;
        };
        let Some(share) = self.namespaces.get_mut(namespace) else {
            return Became::Within;
        };
        if let Some(bytes) = share.sizes.remove(&object.name) {
            share.bytes -= bytes;
        }
        let became = share.became();
        if share.sizes.is_empty() {
            self.namespaces.remove(namespace);
        }
        became
    }

    /// Forgets a namespace, of which everything is about to be said.
    pub(super) fn forget(&mut self, namespace: &str) {
        self.namespaces.remove(namespace);
    }
}

impl Share {
    fn became(&mut self) -> Became {
        let exceeded = self.exceeded();
        let was_exceeded = std::mem::replace(&mut self.is_exceeded, exceeded.is_some());
        match (was_exceeded, exceeded) {
            (false, None) => Became::Within,
            (false, Some(why)) => Became::Exceeded(why),
            (true, Some(_)) => Became::StillExceeded,
            (true, None) => Became::WithinAgain,
        }
    }

    fn exceeded(&self) -> Option<String> {
        let (found, most) = if self.bytes > MOST_BYTES {
            (format!("{} bytes", self.bytes), MOST_BYTES)
        } else if self.sizes.len() > MOST_OBJECTS {
            (format!("{} objects", self.sizes.len()), MOST_OBJECTS)
        } else {
            return None;
        };
        Some(format!(
            "the image policies of this group in the namespace are {found}; no more than {most} are read"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(namespace: &str, name: &str) -> ObjectName {
        ObjectName {
            namespace: Some(namespace.to_owned()).filter(|name| !name.is_empty()),
            name: name.to_owned(),
        }
    }

    #[test]
    fn a_namespace_has_its_share_and_no_byte_more() {
        let mut shares = Shares::default();
        assert_eq!(
            shares.add(&object("shop", "a"), MOST_BYTES - 1),
            Became::Within
        );
        assert_eq!(shares.add(&object("shop", "b"), 1), Became::Within);
        assert!(matches!(
            shares.add(&object("shop", "c"), 1),
            Became::Exceeded(_)
        ));
        assert_eq!(shares.add(&object("shop", "d"), 9), Became::StillExceeded);
        assert_eq!(shares.add(&object("other", "a"), 9), Became::Within);
        assert_eq!(shares.remove(&object("shop", "c")), Became::StillExceeded);
        assert_eq!(shares.remove(&object("shop", "d")), Became::WithinAgain);
        assert_eq!(shares.remove(&object("shop", "a")), Became::Within);
    }

    #[test]
    fn a_namespace_has_so_many_objects_and_not_one_more() {
        let mut shares = Shares::default();
        for number in 0..MOST_OBJECTS {
            assert_eq!(
                shares.add(&object("shop", &number.to_string()), 1),
                Became::Within
            );
        }
        assert!(matches!(
            shares.add(&object("shop", "more"), 1),
            Became::Exceeded(_)
        ));
    }

    #[test]
    fn an_object_that_changes_counts_once() {
        let mut shares = Shares::default();
        for _ in 0..3 {
            assert_eq!(shares.add(&object("shop", "a"), MOST_BYTES), Became::Within);
        }
        assert!(matches!(
            shares.add(&object("shop", "a"), MOST_BYTES + 1),
            Became::Exceeded(_)
        ));
        assert_eq!(shares.add(&object("shop", "a"), 1), Became::WithinAgain);
    }

    #[test]
    fn what_is_gone_or_forgotten_leaves_nothing_behind() {
        let mut shares = Shares::default();
        shares.add(&object("shop", "a"), 1);
        shares.add(&object("other", "a"), 1);
        shares.remove(&object("shop", "a"));
        shares.remove(&object("never", "a"));
        shares.forget("other");
        assert!(shares.namespaces.is_empty());
    }

    #[test]
    fn what_belongs_to_the_cluster_has_no_bound() {
        let mut shares = Shares::default();
        assert_eq!(shares.add(&object("", "a"), usize::MAX), Became::Within);
        assert_eq!(shares.remove(&object("", "a")), Became::Within);
    }
}
