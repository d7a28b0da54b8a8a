//! A site's own trust policy and trust stores, as notation reads them.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use doorward::{BlobRules, NotationRules};
use doorward_core::{Rejection, Repository};
use doorward_kube::files::{FileError, read_regular};
use doorward_notation::{
    BlobTrustPolicy, Envelope, EnvelopeFormat, GivenRevocation, OciTrustPolicy, PluginRule,
    Selected, StatementError, StoreReference, TrustStore, TrustStoreError, TrustStores,
};

use crate::allowed_plugin::AllowedPlugin;
use crate::failure::{Failure, Outcome};
use crate::files;
use crate::settings::RulesSettings;

/// The folder of stores of X.509 certificates (Trust Store and Trust Policy Specification, "Trust Store").
const X509: &str = "x509";
/// The most names of one store that are looked at: folders are passed over, and each certificate may be a file.
const MAX_NAMES: usize = 2 * TrustStore::MAX_CERTIFICATES;
/// The most bytes of all stores together: sixteen of the largest, and a thousand times what sites have.
const MAX_BYTES: usize = 16 * TrustStore::MAX_BYTES;

/// Reads the policy, and the stores that its statements name.
///
/// A store that cannot be read is no error here: it denies where a statement names it.
///
/// # Errors
/// When the policy cannot be read or is wrong, when it names stores and `settings` say nothing of where they are, when a
/// plug-in is allowed twice, or when a file about revocation cannot be read or is something else.
pub(super) fn load(policy: &Path, settings: &RulesSettings) -> Outcome<NotationRules> {
    let name = policy.display().to_string();
    let text = files::read_file(policy)?;
    let policy = OciTrustPolicy::parse(&text)
        .with_context(|| format!("{name} is not a usable trust policy"))
        .map_err(Failure::invalid)
        .map_err(|failure| match BlobTrustPolicy::parse(&text) {
            Ok(_) => failure.with_hint(
                "it is a trust policy for files; the one for images is called trustpolicy.oci.json or trustpolicy.json",
            ),
            Err(_) => failure,
        })?
        .allowing_plugins(&plugins(settings))
        .map_err(unusable_plugins)?;
    let stores = stores_of(&policy.trust_stores(), settings)?;
    Ok(NotationRules {
        name,
        policy,
        stores,
    })
}

/// As [`load`], of a trust policy for files.
///
/// # Errors
/// As for [`load`].
pub(crate) fn load_blob(policy: &Path, settings: &RulesSettings) -> Outcome<BlobRules> {
    let name = policy.display().to_string();
    let text = files::read_file(policy)?;
    let policy = BlobTrustPolicy::parse(&text)
        .with_context(|| format!("{name} is not a usable trust policy for files"))
        .map_err(Failure::invalid)
        .map_err(|failure| match OciTrustPolicy::parse(&text) {
            Ok(_) => failure.with_hint(
                "it is a trust policy for images; the one for files is called trustpolicy.blob.json",
            ),
            Err(_) => failure,
        })?
        .allowing_plugins(&plugins(settings))
        .map_err(unusable_plugins)?;
    let stores = stores_of(&policy.trust_stores(), settings)?;
    Ok(BlobRules {
        name,
        policy,
        stores,
    })
}

/// A statement of a trust policy that governs a repository.
pub(crate) struct Statement<'p> {
    pub(crate) name: &'p str,
    /// Whether it demands a signature.
    pub(crate) demands: bool,
}

/// The statements that govern a repository.
///
/// # Errors
/// If there is none.
pub(crate) fn governing<'p>(
    rules: &'p NotationRules,
    repository: &Repository,
) -> Result<Vec<Statement<'p>>, Rejection> {
    let of = |selected| match selected {
        Selected::Skip { name } => Statement {
            name,
            demands: false,
        },
        Selected::Verify(statement) => Statement {
            name: statement.name(),
            demands: true,
        },
    };
    Ok(rules
        .policy
        .governing(repository)?
        .into_iter()
        .map(of)
        .collect())
}

/// Reads a signature from a file, which is never large. One that is none is a refusal.
///
/// # Errors
/// If the file cannot be read.
pub(crate) fn signature(path: &Path) -> Outcome<Result<Envelope, Rejection>> {
    let limit = u64::try_from(Envelope::MAX_BYTES).unwrap_or(u64::MAX);
    let bytes = files::named::read(path, limit)
        .with_context(|| format!("cannot read {}", path.display()))
        .map_err(Failure::invalid)?;
    // JSON begins with a brace; COSE_Sign1 with its tag, which no JSON begins with.
    let is_json = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let format = if is_json {
        EnvelopeFormat::Jws
    } else {
        EnvelopeFormat::Cose
    };
    Ok(Envelope::parse(format.media_type(), &bytes).map_err(Rejection::from))
}

fn plugins(settings: &RulesSettings) -> Vec<PluginRule> {
    let rule = |allowed: &AllowedPlugin| {
        let rule = PluginRule::new(allowed.name.clone());
        if allowed.replaces {
            rule.replacing_identity().replacing_revocation()
        } else {
            rule
        }
    };
    settings.plugins.iter().map(rule).collect()
}

fn unusable_plugins(error: StatementError) -> Failure {
    Failure::usage(format!("--plugin cannot be used: {error}"))
}

/// The stores of these names, from where `settings` say, with what is known beforehand about revocation.
fn stores_of(
    named: &BTreeSet<&StoreReference>,
    settings: &RulesSettings,
) -> Outcome<Arc<TrustStores>> {
    let stores = match &settings.trust_store.value {
        Some(directory) => read(directory, named)?,
        None if named.is_empty() => TrustStores::new(),
        None => {
            return Err(Failure::usage(
                "the trust policy names trust stores; say with --trust-store where they are",
            )
            .with_hint("notation keeps them in ~/.config/notation/truststore"));
        }
    };
    let stores = match &settings.revocation.value {
        None => stores,
        Some(directory) => {
            let given = given(directory)
                .with_context(|| format!("{} cannot be used as --revocation", directory.display()))
                .map_err(Failure::invalid)?;
            stores.with_revocation(Arc::new(given))
        }
    };
    Ok(Arc::new(stores))
}

/// What the files of a folder say about revocation. Folders in it are passed over. A link is an error, as in a store.
fn given(directory: &Path) -> anyhow::Result<GivenRevocation> {
    let mut left = GivenRevocation::MAX_BYTES;
    let mut files = Vec::new();
    folder(directory)?;
    for name in names(directory)? {
        let file = directory.join(&name);
        if looked_at(&file)?.is_dir() {
            continue;
        }
        let content =
            read_regular(&file, left as u64).with_context(|| file.display().to_string())?;
        left = left.saturating_sub(content.len());
        // Each by itself first, so that the one that is wrong is named.
        GivenRevocation::read([content.clone()]).with_context(|| file.display().to_string())?;
        files.push(content);
    }
    Ok(GivenRevocation::read(files)?)
}

/// The stores of these names below `directory`.
///
/// # Errors
/// When `directory` is none.
fn read(directory: &Path, named: &BTreeSet<&StoreReference>) -> Outcome<TrustStores> {
    let there = fs::metadata(directory);
    let is_directory = there.and_then(|there| {
        let kind = io::ErrorKind::NotADirectory;
        there.is_dir().then_some(()).ok_or_else(|| kind.into())
    });
    is_directory
        .with_context(|| format!("cannot read the trust stores in {}", directory.display()))
        .map_err(Failure::invalid)?;
    let inner = directory.join(X509);
    // Also a link that leads nowhere is there: it is refused where a store is looked for.
    let is_inside = fs::symlink_metadata(&inner).is_ok();
    let root = if is_inside {
        inner
    } else {
        directory.to_owned()
    };
    let mut left = MAX_BYTES;
    let mut stores = TrustStores::new();
    for &reference in named {
        let store = store(&root, is_inside, reference, &mut left);
        stores = stores.with(reference.clone(), store);
    }
    Ok(stores)
}

/// One store: every file of its folder (Trust Store and Trust Policy Specification, "Trust Store"). Folders in it are
/// passed over, as the text says. A link is an error: it would make one store of another's certificates, or of what
/// somebody else may write. Stricter than the text in that the folders above the store must be none either.
fn store(
    root: &Path,
    is_inside: bool,
    reference: &StoreReference,
    left: &mut usize,
) -> Result<TrustStore, TrustStoreError> {
    if is_inside {
        folder(root)?;
    }
    let kind = root.join(reference.kind.as_str());
    folder(&kind)?;
    let path = kind.join(reference.name.as_str());
    folder(&path)?;
    let mut contents = Vec::new();
    let limit = TrustStore::MAX_BYTES;
    let mut bytes = 0;
    for name in names(&path)? {
        let file = path.join(&name);
        let there = looked_at(&file)?;
        if there.is_dir() {
            continue;
        }
        let mine = limit.saturating_sub(bytes);
        let most = mine.min(*left);
        let content = read_regular(&file, most as u64).map_err(|error| match error {
            FileError::TooLarge { .. } if most == mine => TrustStoreError::TooLarge { limit },
            FileError::TooLarge { .. } => {
                let why = format!("all stores together have more than {MAX_BYTES} bytes");
                unreadable(&file, why)
            }
            error => unreadable(&file, error),
        })?;
        bytes += content.len();
        *left = left.saturating_sub(content.len());
        contents.push(content);
    }
    TrustStore::read(reference.kind, contents)
}

/// The names in a folder, in order.
fn names(path: &Path) -> Result<BTreeSet<OsString>, TrustStoreError> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(path).map_err(|error| unreadable(path, error))? {
        if names.len() >= MAX_NAMES {
            let limit = TrustStore::MAX_CERTIFICATES;
            return Err(TrustStoreError::TooMany { limit });
        }
        names.insert(entry.map_err(|error| unreadable(path, error))?.file_name());
    }
    Ok(names)
}

/// That a path is a folder, and no link to one.
fn folder(path: &Path) -> Result<(), TrustStoreError> {
    if looked_at(path)?.is_dir() {
        return Ok(());
    }
    Err(unreadable(path, "it is no folder"))
}

/// What a path is, if that is no link.
fn looked_at(path: &Path) -> Result<Metadata, TrustStoreError> {
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_symlink() => Err(unreadable(path, "it is a link")),
        Ok(there) => Ok(there),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(TrustStoreError::Missing),
        Err(error) => Err(unreadable(path, error)),
    }
}

fn unreadable(path: &Path, why: impl ToString) -> TrustStoreError {
    let detail = format!("{}: {}", path.display(), why.to_string());
    TrustStoreError::Unreadable { detail }
}
