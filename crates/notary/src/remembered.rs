//! What is remembered of a collection between decisions.

mod document;
mod floor;
mod import;
mod written;

use std::collections::BTreeMap;

use bytes::Bytes;
use doorward_core::Timestamp;

pub(crate) use self::floor::{Floor, Seen, marks};
use crate::limits::SEEN_STEP;
use crate::lineage::Lineage;
use crate::root::RootFile;
use crate::{RoleName, RootOrigin};

/// The version of the document's form. The former one is read as well.
const VERSION: u32 = 2;

/// What was verified of a collection before: its root, the highest version of every role for each key that it ever
/// had, the files themselves so that they need not be fetched again, and when that was.
///
/// Anyone who can write it can choose the root of trust, so it is kept where only the verifier writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remembered {
    pub(crate) root: RootFile,
    pub(crate) origin: RootOrigin,
    pub(crate) files: BTreeMap<RoleName, Bytes>,
    pub(crate) floors: BTreeMap<RoleName, Floor>,
    pub(crate) lineage: Lineage,
    /// When metadata was last verified. The clock may not be earlier.
    pub(crate) seen: Timestamp,
    /// When a server last said what is current.
    pub(crate) asked: Timestamp,
}

/// Why bytes are not what was remembered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RememberedError {
    /// They are not a document of this kind, or damaged.
    #[error("not a remembered Notary v1 collection: {reason}")]
    Malformed {
        /// What is wrong, a lowercase fragment.
        reason: String,
    },
    /// They are longer than what is ever written.
    #[error("longer than {limit} bytes")]
    TooLong {
        /// The bound, in bytes.
        limit: usize,
    },
    /// They were written by another version of this program.
    #[error("of version {version}, expected {VERSION}")]
    Version {
        /// The version found.
        version: u32,
    },
}
impl Remembered {
    /// How the root came to be trusted.
    #[must_use]
    pub const fn origin(&self) -> RootOrigin {
        self.origin
    }

    /// When metadata was last verified.
    #[must_use]
    pub const fn seen(&self) -> Timestamp {
        self.seen
    }

    /// When a server last said what is current.
    #[must_use]
    pub const fn asked(&self) -> Timestamp {
        self.asked
    }

    /// The remembered `root.json`.
    #[must_use]
    pub const fn root(&self) -> &Bytes {
        &self.root.bytes
    }

    /// The highest version of each role below the root, under the keys that it had last.
    #[must_use]
    pub fn versions(&self) -> Vec<(&RoleName, u64)> {
        self.floors
            .iter()
            .map(|(role, floor)| (role, floor.version()))
            .collect()
    }

    /// Whether it is worth writing this over `before`: not, if only time went by, and little of it.
    pub(crate) fn is_news(&self, before: &Self) -> bool {
        let content = |state: &Self| {
            (
                state.root.bytes.clone(),
                state.origin,
                state.files.clone(),
                state.floors.clone(),
                state.lineage.clone(),
            )
        };
        self.seen.since(before.seen) >= SEEN_STEP
            || self.asked.since(before.asked) >= SEEN_STEP
            || content(self) != content(before)
    }

    /// Which of two memories that began differently counts: `Some(true)` if `self` does, because only `other` began
    /// with a first use. `None` if neither overrules, or if the first use followed from the other's root.
    fn overrules(&self, other: &Self) -> Option<bool> {
        let first_use = |state: &Self| state.origin == RootOrigin::FirstUse;
        let (firm, loose, is_firm) = match (first_use(self), first_use(other)) {
            (false, true) => (self, other, true),
            (true, false) => (other, self, false),
            _ => return None,
        };
        let keys = &firm.root.content.root.keys;
        (!loose.lineage.continues(&firm.lineage, keys)).then_some(is_firm)
    }

    /// Puts together what two verifiers learnt that began with the same memory, so that no version that either saw is
    /// forgotten, except where a first use is overruled: its versions are not taken over. `self` is what is stored.
    #[must_use]
    pub fn merge(self, other: Self) -> Self {
        let (mine, theirs) = (self.root.version(), other.root.version());
        let (seen, asked) = (self.seen.max(other.seen), self.asked.max(other.asked));
        let same_root = self.root.says_the_same(&other.root);
        // Where a pin overruled a first use, what was remembered of that does not come back.
        if !same_root && let Some(firm) = self.overrules(&other) {
            let base = if firm { self } else { other };
            return Self { seen, ..base };
        }
        let (base, more) = if theirs > mine || (same_root && other.seen > self.seen) {
            (other, self)
        } else {
            (self, other)
        };
        // Two different roots of the same version cannot both follow from one; the stored one stays alone.
        if !same_root && mine == theirs {
            return Self {
                seen,
                asked,
                ..base
            };
        }
        let origin = if same_root {
            base.origin.max(more.origin)
        } else {
            base.origin
        };
        let mut merged = Self {
            origin,
            seen,
            asked,
            ..base
        };
        for (role, mut floor) in more.floors {
            let known = merged.floors.get_mut(&role);
            if known.as_ref().is_none_or(|known| known.is_behind(&floor)) {
                if let Some(file) = more.files.get(&role) {
                    merged.files.insert(role.clone(), file.clone());
                }
                if let Some(known) = known {
                    floor.learn(known);
                }
                merged.floors.insert(role, floor);
            } else if let Some(known) = known {
                known.learn(&floor);
            }
        }
        merged
    }
}
