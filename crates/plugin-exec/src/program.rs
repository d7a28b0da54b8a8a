//! Which file is run.

use std::fs::{Metadata, symlink_metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use doorward_core::{PluginError, PluginName};

use crate::failed;

/// That anybody may write.
const WRITABLE_FOR_ALL: u32 = 0o002;
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

fn is_safe(metadata: &Metadata) -> Result<(), String> {
    if metadata.mode() & WRITABLE_FOR_ALL == 0 {
        Ok(())
    } else {
        Err("everybody may write to it".to_owned())
    }
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
    if !metadata.is_file() || metadata.mode() & EXECUTABLE == 0 {
        return Err(cannot("it is no executable file".to_owned()));
    }
    Ok(program)
}
