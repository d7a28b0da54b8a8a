//! What a change takes away, in words.

use std::fmt;

/// What is weaker. A fragment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Change {
    /// Images under the pattern would be admitted unchecked, or by a mode that does not enforce, by an entry that is
    /// new.
    Admits(String),
    /// The entry's demands would not contain the ones in force.
    Demands(String),
    /// The entry would refuse only from a date on, or from a later one.
    Deferred(String),
    /// The entry would be gone.
    EntryGone(String),
    /// Exceptions could let run what the entry refuses, or more of them.
    Excepts(String),
    /// The floor would be none.
    FloorGone,
    /// The object would be gone.
    Gone,
    /// What is denied for a mistake would be judged.
    Judged(String),
    /// Failures would be recorded or warned of where they deny.
    Mode(String),
    /// An entry that is new would govern images under the pattern in place of one that it does not contain.
    Overrules(String),
    /// It would be for fewer workloads.
    Narrowed,
    /// The namespace would no longer be governed by the policies of the cluster.
    OwnPolicies(String),
    /// An outage would admit where it denies.
    OnUnavailable(String),
    /// A verified tag would no longer be replaced by its digest, or in fewer objects.
    Pin(String),
    /// Images under the pattern would be admitted unchecked.
    Unchecked(String),
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Admits(entry) => {
                write!(
                    f,
                    "a new entry {entry:?} admits what fails, or asks for nothing"
                )
            }
            Self::Demands(entry) => write!(f, "entry {entry:?} no longer demands all it did"),
            Self::Deferred(entry) => {
                write!(
                    f,
                    "entry {entry:?} refuses nothing until a date, or a later one"
                )
            }
            Self::EntryGone(entry) => write!(f, "entry {entry:?} is gone"),
            Self::Excepts(entry) => write!(f, "entry {entry:?} allows more exceptions"),
            Self::FloorGone => f.write_str("it is no floor any more"),
            Self::Gone => f.write_str("it is gone"),
            Self::Judged(entry) => {
                write!(
                    f,
                    "entry {entry:?} was denied for a mistake and is judged now"
                )
            }
            Self::Mode(entry) => write!(f, "entry {entry:?} no longer enforces"),
            Self::Narrowed => f.write_str("it no longer selects all workloads that it did"),
            Self::Overrules(entry) => write!(
                f,
                "a new entry {entry:?} takes images from an entry that demands something else"
            ),
            Self::OwnPolicies(namespace) => write!(
                f,
                "namespace {namespace} has policies of its own now, in place of the cluster's"
            ),
            Self::OnUnavailable(entry) => write!(f, "entry {entry:?} admits during outages"),
            Self::Pin(entry) => write!(f, "entry {entry:?} pins less than it did"),
            Self::Unchecked(entry) => write!(f, "entry {entry:?} admits unchecked"),
        }
    }
}
