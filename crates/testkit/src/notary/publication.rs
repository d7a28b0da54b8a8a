//! The files of a collection at one moment.

use std::collections::BTreeMap;
use std::fmt;

use bytes::Bytes;
use doorward_core::Digest;

/// Everything that a server hands out for a collection between one publication and the next: file names below
/// `_trust/tuf/` and their bytes.
///
/// There are `<role>.json` and `<role>.<sha256>.json` for every role, `<version>.root.json` for every root, and, as on
/// a real server, the files of earlier publications under their hashes.
#[derive(Clone, PartialEq, Eq)]
pub struct Publication {
    gun: String,
    files: BTreeMap<String, Bytes>,
}

impl Publication {
    pub(super) fn new(gun: &str, files: BTreeMap<String, Bytes>) -> Self {
        Self {
            gun: gun.to_owned(),
            files,
        }
    }

    /// The name of the collection.
    #[must_use]
    pub fn gun(&self) -> &str {
        &self.gun
    }

    /// Every file with its name, in the order of the names.
    pub fn files(&self) -> impl Iterator<Item = (&str, &Bytes)> {
        self.files
            .iter()
            .map(|(name, bytes)| (name.as_str(), bytes))
    }

    /// The file of this name, `targets/releases.json` for example.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&Bytes> {
        self.files.get(name)
    }

    /// The current file of a role.
    ///
    /// # Panics
    /// If the role was not published.
    #[must_use]
    pub fn role(&self, role: &str) -> &Bytes {
        self.files
            .get(&format!("{role}.json"))
            .unwrap_or_else(|| panic!("the role {role} was not published"))
    }

    /// Puts bytes under any name, as an attacker on the server can.
    #[must_use]
    pub fn with_file(mut self, name: &str, bytes: impl Into<Bytes>) -> Self {
        self.files.insert(name.to_owned(), bytes.into());
        self
    }

    /// Takes a file away.
    #[must_use]
    pub fn without_file(mut self, name: &str) -> Self {
        self.files.remove(name);
        self
    }

    /// Takes every file of a role away: the current one, those under hashes and those under versions.
    #[must_use]
    pub fn without_role(mut self, role: &str) -> Self {
        self.files.retain(|name, _| role_of(name) != role);
        self
    }

    /// Answers with `bytes` wherever the current file of the role is asked for, by its name or by its hash.
    ///
    /// # Panics
    /// If the role was not published.
    #[must_use]
    pub fn with_role(mut self, role: &str, bytes: impl Into<Bytes>) -> Self {
        let hashed = file_name(role, self.role(role));
        let bytes = bytes.into();
        self.files.insert(hashed, bytes.clone());
        self.files.insert(format!("{role}.json"), bytes);
        self
    }

    /// Answers with another publication's file wherever the current file of the role is asked for.
    ///
    /// ```
    /// use doorward_testkit::{Collection, Target};
    ///
    /// let now = "2026-01-01T00:00:00Z".parse().unwrap();
    /// let mut collection = Collection::new("registry.example/app", now);
    /// let before = collection.add_target("1.0", Target::content(b"old")).publish();
    /// let after = collection.add_target("1.0", Target::content(b"new")).publish();
    /// let mixed = after.with_role_of("targets", &before);
    /// assert_eq!(mixed.role("targets"), before.role("targets"));
    /// assert_eq!(mixed.role("timestamp"), after.role("timestamp"));
    /// ```
    ///
    /// # Panics
    /// If either did not publish the role.
    #[must_use]
    pub fn with_role_of(&self, role: &str, other: &Self) -> Self {
        let bytes = other.role(role).clone();
        self.clone()
            .with_file(&file_name(role, &bytes), bytes.clone())
            .with_role(role, bytes)
    }
}

/// The name of a file that is addressed by its content.
pub(super) fn file_name(role: &str, bytes: &[u8]) -> String {
    format!("{role}.{}.json", Digest::sha256(bytes).hex())
}

/// The role that a file name speaks of.
fn role_of(name: &str) -> &str {
    let name = name.strip_suffix(".json").unwrap_or(name);
    match name.split_once('.') {
        Some((version, role)) if version.bytes().all(|byte| byte.is_ascii_digit()) => role,
        Some((role, _)) => role,
        None => name,
    }
}

impl fmt::Debug for Publication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Publication")
            .field("gun", &self.gun)
            .field("files", &self.files.keys())
            .finish()
    }
}
