//! Directories of the layout before shares: all contents of a scheme in one folder, and one list of all keys.
//!
//! What is there is read, and moves to its new place when it is replaced. The list is read once, when the directory is
//! opened, and within bounds: many first contacts make it long, and images ask for those.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use doorward_core::{StateError, StateKey};

use crate::files;

/// The most keys that are taken from the list. What is beyond is not known to have been remembered once; its content,
/// if it is there, is found all the same.
const MAX_KEYS: usize = 1 << 18;
/// The most bytes of the list that are read.
const MAX_LIST: u64 = 1 << 30;
/// The length of a digest in hexadecimal digits.
const HEX: usize = 64;

/// What a directory of the former layout has.
#[derive(Clone, Debug)]
pub(crate) struct Former {
    folder: PathBuf,
    known: Arc<HashSet<String>>,
}

impl Former {
    /// Reads the list, if there is one.
    pub(crate) fn open(folder: &Path) -> Result<Self, StateError> {
        let path = folder.join("known");
        let known = match files::open_regular(&path) {
            Ok(file) => keys(BufReader::new(file.take(MAX_LIST)))
                .map_err(|error| files::unavailable(&path, &error))?,
            Err(error) if error.kind() == ErrorKind::NotFound => HashSet::new(),
            Err(error) => return Err(files::unavailable(&path, &error)),
        };
        Ok(Self {
            folder: folder.to_owned(),
            known: Arc::new(known),
        })
    }

    /// Where the content of a key was.
    pub(crate) fn content(&self, key: &StateKey) -> PathBuf {
        let name = format!("{}.json", key.digest().hex());
        self.folder.join(key.scheme().as_str()).join(name)
    }

    /// Whether it was ever remembered.
    pub(crate) fn knows(&self, key: &StateKey) -> bool {
        self.known.contains(key.digest().hex())
    }
}

/// The first word of each line that can be a digest. A line is never held.
fn keys(mut list: impl BufRead) -> std::io::Result<HashSet<String>> {
    let mut keys = HashSet::new();
    while keys.len() < MAX_KEYS {
        let mut word = Vec::with_capacity(HEX + 1);
        let read = list
            .by_ref()
            .take(HEX as u64 + 1)
            .read_until(b'\n', &mut word)?;
        if read == 0 {
            break;
        }
        if word.last() != Some(&b'\n') {
            skip_line(&mut list)?;
        }
        if let Some(hex) = word.get(..HEX)
            && word.get(HEX).is_none_or(|end| matches!(end, b' ' | b'\n'))
            && let Ok(hex) = std::str::from_utf8(hex)
            && hex.bytes().all(|c| c.is_ascii_hexdigit())
        {
            keys.insert(hex.to_owned());
        }
    }
    Ok(keys)
}

fn skip_line(list: &mut impl BufRead) -> std::io::Result<()> {
    loop {
        let held = list.fill_buf()?;
        if held.is_empty() {
            return Ok(());
        }
        let end = held.iter().position(|byte| *byte == b'\n');
        let length = held.len();
        list.consume(end.map_or(length, |at| at + 1));
        if end.is_some() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_gives_the_digests_that_its_lines_begin_with() {
        let (a, b) = ("a".repeat(HEX), "b".repeat(HEX));
        let long = "x".repeat(100_000);
        let list =
            format!("{a} toy r of s for cluster\n{b}\nshort\n\n{a}{a} odd\n{long}\n{long}{b}");
        let keys = keys(list.as_bytes()).unwrap();
        assert_eq!(keys, HashSet::from([a, b]));
    }

    #[test]
    fn an_endless_list_is_read_within_bounds() {
        let line = |n: usize| format!("{n:064x} {}\n", "a".repeat(20));
        let list: String = (0..MAX_KEYS + 100).map(line).collect();
        assert_eq!(keys(list.as_bytes()).unwrap().len(), MAX_KEYS);
    }
}
