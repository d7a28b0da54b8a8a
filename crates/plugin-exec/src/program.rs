//! Which file is run.

use std::fs::{Metadata, symlink_metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use doorward_core::{PluginError, PluginName};

use rustix::process::geteuid;

use crate::{ProgramError, failed};

/// That others than the owner may write: the group, or everybody.
const WRITABLE: [(u32, &str); 2] = [
    (0o002, "everybody may write to it"),
    (0o020, "its group may write to it"),
];
/// The user who may write everywhere.
const ROOT: u32 = 0;
/// That somebody may run it.
const EXECUTABLE: u32 = 0o111;

/// A folder whose entries nobody can exchange who should not.
pub(crate) fn check_folder(path: &Path) -> Result<(), String> {
    let metadata = symlink_metadata(path).map_err(|error| error.to_string())?;
    if !metadata.is_dir() {
        return Err("it is no folder".to_owned());
    }
    is_safe(&metadata)
}

/// That nobody may exchange it but who runs this, and root.
fn is_safe(metadata: &Metadata) -> Result<(), String> {
    let own = geteuid().as_raw();
    may_be_run(metadata.mode(), metadata.uid(), own)
}

fn may_be_run(mode: u32, owner: u32, own: u32) -> Result<(), String> {
    if owner != own && owner != ROOT {
        return Err(format!(
            "it belongs to the user {owner}, and not to {own}, who would run it, nor to root"
        ));
    }
    let writable = WRITABLE.iter().find(|(bit, _)| mode & bit != 0);
    writable.map_or(Ok(()), |(_, why)| Err((*why).to_owned()))
}

/// `FOLDER/<name>/notation-<name>`. No link is followed, so it is a file of the folder. Anyone who may write there could
/// exchange the file between this look and the call, and could as well have put it there.
pub(crate) fn find(folder: &Path, name: &PluginName) -> Result<PathBuf, PluginError> {
    let own = folder.join(name.as_str());
    let program = own.join(format!("notation-{name}"));
    let cannot = |why: String| failed(format!("it cannot be run: {why}"));
    for path in [&own, &program] {
        match symlink_metadata(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(PluginError::NotInstalled);
            }
            Err(error) => return Err(cannot(error.to_string())),
            Ok(metadata) if metadata.is_symlink() => {
                return Err(cannot("it is a link".to_owned()));
            }
            Ok(metadata) => is_safe(&metadata).map_err(cannot)?,
        }
    }
    check_folder(folder).map_err(cannot)?;
    let metadata = symlink_metadata(&program).map_err(|error| cannot(error.to_string()))?;
    is_executable(&metadata).map_err(cannot)?;
    Ok(program)
}

/// `FOLDER/NAME`, with links followed, as programs that come with a system are often links. The folder is the operator's,
/// so that a link in it is, too; what it leads to must be as safe.
pub(crate) fn in_folder(folder: &Path, name: &str) -> Result<PathBuf, ProgramError> {
    let cannot = |why: String| ProgramError::NotRun { why };
    check_folder(folder).map_err(cannot)?;
    let program = match folder.join(name).canonicalize() {
        Ok(program) => program,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(ProgramError::NotInstalled);
        }
        Err(error) => return Err(cannot(error.to_string())),
    };
    let metadata = symlink_metadata(&program).map_err(|error| cannot(error.to_string()))?;
    is_safe(&metadata).map_err(cannot)?;
    is_executable(&metadata).map_err(cannot)?;
    if let Some(around) = program.parent().filter(|around| *around != folder) {
        let of_its = |why| cannot(format!("the folder {}: {why}", around.display()));
        check_folder(around).map_err(of_its)?;
    }
    Ok(program)
}

fn is_executable(metadata: &Metadata) -> Result<(), String> {
    if metadata.is_file() && metadata.mode() & EXECUTABLE != 0 {
        return Ok(());
    }
    Err("it is no executable file".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_its_owner_alone_may_write_is_run_and_the_owner_is_root_or_who_runs_it() {
        for (mode, owner, own) in [
            (0o755, 1000, 1000),
            (0o700, 1000, 1000),
            (0o755, 0, 1000),
            (0o755, 0, 0),
        ] {
            assert_eq!(may_be_run(mode, owner, own), Ok(()), "{mode:o} {owner}");
        }
        for (mode, owner, own, why) in [
            (0o755, 1001, 1000, "the user 1001"),
            (0o755, 65_534, 0, "the user 65534"),
            (0o775, 1000, 1000, "its group"),
            (0o757, 0, 0, "everybody"),
            (0o777, 1000, 1000, "everybody"),
        ] {
            let refused = may_be_run(mode, owner, own).unwrap_err();
            assert!(refused.contains(why), "{refused}");
        }
    }
}
