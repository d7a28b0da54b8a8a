//! The object that something is said of.

/// The object that an event or a report is about. It need not exist: a refused one does not.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Regarding {
    /// Its `apiVersion`.
    pub api_version: String,
    /// Its kind.
    pub kind: String,
    /// Its namespace. Without one nothing is said of it.
    pub namespace: String,
    /// Its name, or the prefix of one that was to be made.
    pub name: String,
}
