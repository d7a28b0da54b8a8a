//! A site's own `policy.json` and `registries.d`, as podman and CRI-O read them.

use std::path::Path;

use anyhow::Context as _;
use doorward::ContainersRules;
use doorward_kube::files::{FileLimits, read_regular};
use doorward_simple_signing::{ContainersPolicy, RegistriesD};

use crate::failure::{Failure, Outcome};
use crate::files;

/// Reads the policy with its keys, and where signatures are kept.
///
/// Key paths in the policy are used as they stand, so relative ones are relative to the working directory: that is how
/// the files are read elsewhere, and one file must not mean two things.
///
/// # Errors
/// When a file cannot be read or is wrong.
pub(super) fn load(policy: &Path, registries_d: Option<&Path>) -> Outcome<ContainersRules> {
    let name = policy.display().to_string();
    let text = files::read_file(policy)?;
    let parsed = ContainersPolicy::parse(&text)
        .with_context(|| format!("{name} is not a usable policy"))
        .map_err(Failure::invalid)?;
    // A key is named by a file, not by the one who runs the command: nobody has handed over a pipe.
    let limit = FileLimits::default().bytes;
    let mut read =
        |path: &str| read_regular(Path::new(path), limit).map_err(|error| error.to_string());
    let compiled = parsed
        .load(&mut read)
        .with_context(|| format!("the keys of {name} are not usable"))
        .map_err(Failure::invalid)?;
    Ok(ContainersRules {
        name,
        policy: compiled,
        registries: registries_d.map_or_else(|| Ok(RegistriesD::default()), registries)?,
        default_lookaside: default_lookaside(),
    })
}

/// A `registries.d`: every `*.yaml` file in it, not in directories below it.
///
/// # Errors
/// When the directory or a file in it cannot be read or is wrong.
pub(crate) fn registries(directory: &Path) -> Outcome<RegistriesD> {
    let read = || -> anyhow::Result<Vec<std::path::PathBuf>> {
        let mut paths = std::fs::read_dir(directory)?
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<std::io::Result<Vec<_>>>()?;
        paths.retain(|path| {
            path.extension()
                .is_some_and(|extension| extension == "yaml")
        });
        paths.sort();
        Ok(paths)
    };
    let paths = read()
        .with_context(|| format!("cannot read {}", directory.display()))
        .map_err(Failure::invalid)?;
    let mut texts = Vec::new();
    for path in &paths {
        texts.push((path.display().to_string(), files::read_found(path)?));
    }
    RegistriesD::parse(
        texts
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_slice())),
    )
    .with_context(|| format!("{} is not usable", directory.display()))
    .map_err(Failure::invalid)
}

/// The store that is read where no file names one: a directory of this machine, the user's before the system's.
fn default_lookaside() -> Option<String> {
    let user = std::env::var_os("HOME")
        .filter(|home| !home.is_empty())
        .map(|home| Path::new(&home).join(".local/share/containers/sigstore"))
        .filter(|path| path.is_absolute() && path.is_dir());
    let path = user.unwrap_or_else(|| "/var/lib/containers/sigstore".into());
    Some(format!("file://{}", path.to_str()?))
}
