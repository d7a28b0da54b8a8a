//! A folder that is gone afterwards, however this process ends.

use std::fs::DirBuilder;
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::programs::SHELL;

/// Waits for the end of its input, which comes with the end of the process that holds the other end, then removes the
/// folder. Programs that write there may need a moment to die, so it tries again.
const REMOVE: &str = r#"cat >/dev/null
for _ in 1 2 3 4 5 6 7 8 9 10; do
  rm -rf -- "$0" 2>/dev/null
  [ -e "$0" ] || exit 0
  sleep 0.2
done"#;

pub(crate) struct Folder {
    path: PathBuf,
    remover: Child,
}

impl Folder {
    /// Makes a folder that nobody else may read.
    ///
    /// # Panics
    /// If there cannot be one.
    pub(crate) fn new() -> Self {
        let random = RandomState::new().build_hasher().finish();
        let path = std::env::temp_dir().join(format!("doorward-kubernetes-{random:016x}"));
        DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .expect("the folder for temporary files can be written");
        let remover = Command::new(SHELL)
            .arg("-c")
            .arg(REMOVE)
            .arg(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("a shell can be started");
        Self { path, remover }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(self.remover.stdin.take());
        let _ = self.remover.wait();
    }
}
