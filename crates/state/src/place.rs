//! Where what belongs to a key is.

use std::path::{Path, PathBuf};

use doorward_core::{Digest, StateKey, text};

/// The most characters of a namespace or a key as people read it. Names in it come from images and policies.
const MAX_TOLD: usize = 2 << 10;

/// The files of one key. Their names are digests, so that no name of an image or a scope leaves the directory.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    scope: PathBuf,
    hex: String,
}

impl Place {
    pub(crate) fn of(folder: &Path, key: &StateKey) -> Self {
        let scope = Digest::sha256(key.scope().as_bytes());
        Self {
            scope: scopes(folder).join(scope.hex()),
            hex: key.digest().hex().to_owned(),
        }
    }

    /// What is remembered.
    pub(crate) fn content(&self) -> PathBuf {
        self.scope.join(format!("{}.json", self.hex))
    }

    /// That something was ever remembered: for whom it counts, and what it is.
    pub(crate) fn known(&self) -> PathBuf {
        self.scope.join(format!("{}.known", self.hex))
    }

    /// The folder of the scope.
    pub(crate) fn scope(&self) -> &Path {
        &self.scope
    }

    /// Held while something in the scope is replaced.
    pub(crate) fn lock(&self) -> PathBuf {
        self.scope.join("lock")
    }

    /// Folders that hold one empty file for each thing that counts for a namespace.
    pub(crate) fn shares(&self) -> PathBuf {
        self.scope.join("shares")
    }

    pub(crate) fn share(&self, namespace: &str) -> PathBuf {
        let namespace = Digest::sha256(namespace.as_bytes());
        self.shares().join(namespace.hex())
    }

    /// The name under which it counts in a share.
    pub(crate) fn hex(&self) -> &str {
        &self.hex
    }

    /// The content of a key by the name under which it counts.
    pub(crate) fn content_of(&self, hex: &str) -> PathBuf {
        self.scope.join(format!("{hex}.json"))
    }
}

pub(crate) fn scopes(folder: &Path) -> PathBuf {
    folder.join("scopes")
}

/// A text for people on one line.
pub(crate) fn one_line(text: &str) -> String {
    text::one_line(text, MAX_TOLD)
}
