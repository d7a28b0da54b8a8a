//! `doorward verify --blob`: a file, and the signature beside it.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use doorward::{Blob, BlobQuestion, BlobReport, BlobVerdict, Exit};
use doorward_core::{Algorithm, Digest, Hashing, Timestamp};
use doorward_registry::Anonymous;

use crate::access;
use crate::failure::{Failure, Outcome};
use crate::files::named;
use crate::format::Format;
use crate::invocation::wait;
use crate::render;
use crate::settings::{AccessSettings, RulesSettings};
use crate::site::notation;
use crate::streams;
use crate::terminal::Terminal;

/// How much of a file is hashed at once.
const PIECE: usize = 256 << 10;

/// A file in place of images.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Files")]
pub(crate) struct BlobArgs {
    /// Verify this file in place of images, by --trust-policy (`trustpolicy.blob.json` of notation)
    #[arg(long, value_name = "FILE", requires = "signature", conflicts_with_all = ["record", "replay"])]
    blob: Option<PathBuf>,
    /// The signature of the file: a JWS or COSE envelope, as `notation blob sign` makes
    #[arg(long, value_name = "FILE", requires = "blob")]
    signature: Option<PathBuf>,
    /// The statement of the trust policy that decides; without it, the global one
    #[arg(long, value_name = "NAME", requires = "blob", value_parser = NonEmptyStringValueParser::new())]
    policy_name: Option<String>,
    /// The media type that must have been signed for the file
    #[arg(long, value_name = "TYPE", requires = "blob", value_parser = NonEmptyStringValueParser::new())]
    media_type: Option<String>,
    /// What the signature of the file must say. Can be repeated
    #[arg(long = "user-metadata", value_name = "KEY=VALUE", requires = "blob")]
    user_metadata: Vec<Pair>,
}

/// `KEY=VALUE`.
#[derive(Clone, Debug)]
struct Pair(String, String);

impl std::str::FromStr for Pair {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => Ok(Self(key.to_owned(), value.to_owned())),
            _ => Err("expected KEY=VALUE"),
        }
    }
}

/// What was asked for about a file.
pub(super) struct Question {
    file: PathBuf,
    signature: PathBuf,
    statement: Option<String>,
    media_type: Option<String>,
    user_metadata: BTreeMap<String, String>,
}

impl BlobArgs {
    /// What is asked, if it is about a file.
    ///
    /// # Errors
    /// When two values are demanded under one key.
    pub(super) fn question(&self) -> Outcome<Option<Question>> {
        let (Some(file), Some(signature)) = (&self.blob, &self.signature) else {
            return Ok(None);
        };
        let mut user_metadata = BTreeMap::new();
        for Pair(key, value) in &self.user_metadata {
            let before = user_metadata.insert(key.clone(), value.clone());
            if before.is_some_and(|before| before != *value) {
                let error = format!("--user-metadata demands two values of {key:?}");
                return Err(Failure::usage(error));
            }
        }
        Ok(Some(Question {
            file: file.clone(),
            signature: signature.clone(),
            statement: self.policy_name.clone(),
            media_type: self.media_type.clone(),
            user_metadata,
        }))
    }
}

/// Decides about a file and prints what was decided.
///
/// # Errors
/// When there is no trust policy, and when a file cannot be read. A signature that is none is a refusal.
pub(super) fn verify(
    question: &Question,
    rules: &RulesSettings,
    access: &AccessSettings,
    now: Timestamp,
    format: Format,
    terminal: Terminal,
) -> Outcome<Exit> {
    let Some(policy) = &rules.trust_policy.value else {
        return Err(Failure::usage(
            "--blob is decided by a trust policy: name one with --trust-policy",
        )
        .with_hint("notation keeps it in ~/.config/notation/trustpolicy.blob.json"));
    };
    if !matches!(format, Format::Table | Format::Json | Format::Yaml) {
        return Err(Failure::usage(
            "a file is reported as table, json or yaml; the other forms are about images",
        ));
    }
    let rules = notation::load_blob(policy, rules)?;
    let fetcher = access::fetcher(access, Arc::new(Anonymous), terminal)?;
    let asked = BlobQuestion {
        statement: question.statement.clone(),
        user_metadata: question.user_metadata.clone(),
        now,
        deadline: access.timeout.value.duration(),
    };
    let verdict = match read(question)? {
        Ok(blob) => wait(async { Ok(rules.decide(blob, &asked, fetcher.as_ref()).await) })?,
        Err(refused) => *refused,
    };
    tell(&verdict, now, format, terminal)?;
    Ok(verdict.exit())
}

fn tell(verdict: &BlobVerdict, now: Timestamp, format: Format, terminal: Terminal) -> Outcome<()> {
    let report = BlobReport::new(now, verdict);
    let rendered = render::form(format, &report, || {
        render::blob::text(verdict, terminal.verbose > 0)
    })?;
    streams::data(&rendered, terminal.out)?;
    for note in verdict.notes() {
        terminal.warn(&note);
    }
    Ok(())
}

/// Reads the signature, and hashes the file as it demands. A signature that is none is a refusal.
fn read(question: &Question) -> Outcome<Result<Blob, Box<BlobVerdict>>> {
    let Question {
        file, signature, ..
    } = question;
    let name = file.display().to_string();
    let envelope = match notation::signature(signature)? {
        Ok(envelope) => envelope,
        Err(error) => {
            let (digest, size) = hash(file, Algorithm::Sha256)?;
            let refused = BlobVerdict::refused(name, digest, size, error);
            return Ok(Err(Box::new(refused)));
        }
    };
    let (digest, size) = hash(file, envelope.blob_algorithm())?;
    Ok(Ok(Blob {
        name,
        envelope,
        source: signature.display().to_string(),
        digest,
        size,
        media_type: question.media_type.clone(),
    }))
}

/// The digest and size of a file of any size, or of a pipe.
fn hash(path: &Path, algorithm: Algorithm) -> Outcome<(Digest, u64)> {
    let read = || -> anyhow::Result<(Digest, u64)> {
        let mut file = named::open(path)?;
        let mut hashing = Hashing::new(algorithm);
        let mut piece = vec![0; PIECE];
        let mut size = 0_u64;
        loop {
            let count = match file.read(&mut piece) {
                Ok(0) => return Ok((hashing.finish(), size)),
                Ok(count) => count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error.into()),
            };
            hashing.update(piece.get(..count).unwrap_or_default());
            size = size.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        }
    };
    read()
        .with_context(|| format!("cannot read {}", path.display()))
        .map_err(Failure::invalid)
}
