//! `doorward inspect --registry`: what a registry can do.

use doorward::Exit;
use doorward_core::{Authority, FetchError, Repository};
use doorward_registry::Capabilities;
use serde::Serialize;

use crate::failure::{Failure, Outcome};
use crate::format::Format;
use crate::invocation::{Invocation, wait};
use crate::render::block::Block;
use crate::settings::AccessSettings;
use crate::text::Text;
use crate::tone::Tone;
use crate::{access, keychain, render, streams};

/// What is asked about where only a registry was named.
const SOME_REPOSITORY: &str = "doorward/inspect";

/// The published form.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Published<'a> {
    api_version: &'static str,
    kind: &'static str,
    registry: String,
    /// The repository that was asked about.
    repository: String,
    /// How it asks for a credential.
    authentication: Option<&'a [String]>,
    referrers_api: Option<bool>,
    filters_referrers: Option<bool>,
    signature_extension: Option<bool>,
    problems: Vec<String>,
}

/// Asks a registry, or the registry of a repository, what it can do.
///
/// # Errors
/// When `named` is neither, or access is wrong.
pub(super) fn run(
    named: &str,
    access: &AccessSettings,
    format: Format,
    invocation: &Invocation<'_>,
) -> Outcome {
    let terminal = invocation.terminal;
    let (repository, is_chosen) = repository(named)?;
    if access.offline.value || access.layout.value.is_some() {
        return Err(Failure::usage("a registry is asked over the network"));
    }
    let keychain = keychain::chain(Vec::new(), access, terminal)?;
    let client = access::client(access, terminal)?.with_keychain(keychain);
    let found = wait(async { Ok(client.capabilities(&repository).await) })?;
    let published = published(&repository, &found);
    let rendered = match format {
        Format::Dot | Format::Svg => {
            return Err(Failure::usage("a registry is shown as table, json or yaml"));
        }
        _ => render::form(format, &published, || text(&repository, is_chosen, &found))?,
    };
    streams::data(&rendered, terminal.out)?;
    Ok(if published.problems.is_empty() {
        Exit::Allowed
    } else {
        Exit::Inconclusive
    })
}

/// A registry, or a repository of one, and whether that was chosen.
fn repository(named: &str) -> Outcome<(Repository, bool)> {
    let wrong = |error: String| {
        Failure::usage(format!(
            "{named:?} is neither a registry nor a repository: {error}"
        ))
    };
    if named.contains('/') {
        let repository = named.parse::<Repository>();
        return repository
            .map(|it| (it, true))
            .map_err(|error| wrong(error.to_string()));
    }
    let registry: Authority = named.parse().map_err(|error| wrong(format!("{error}")))?;
    let repository = format!("{registry}/{SOME_REPOSITORY}").parse::<Repository>();
    repository
        .map(|it| (it, false))
        .map_err(|error| wrong(error.to_string()))
}

fn published<'a>(repository: &Repository, found: &'a Capabilities) -> Published<'a> {
    let failures = [
        found.asks.as_ref().err(),
        found.referrers.as_ref().err(),
        found.signatures.as_ref().err(),
    ];
    let mut problems: Vec<String> = Vec::new();
    for failure in failures.into_iter().flatten().map(FetchError::to_string) {
        if !problems.contains(&failure) {
            problems.push(failure);
        }
    }
    Published {
        api_version: "inspect.doorward.dev/v1",
        kind: "RegistryInspection",
        registry: repository.authority().to_string(),
        repository: repository.to_string(),
        authentication: found.asks.as_deref().ok(),
        referrers_api: found.referrers.as_ref().ok().copied(),
        filters_referrers: found.filters,
        signature_extension: found.signatures.as_ref().ok().copied(),
        problems,
    }
}

fn text(repository: &Repository, is_chosen: bool, found: &Capabilities) -> Text {
    let mut block = Block::new();
    let name = repository.authority().to_string();
    block.text.line([Tone::Strong.of(&name)]);
    let login = match &found.asks {
        Ok(schemes) if schemes.is_empty() => "asks for none".to_owned(),
        Ok(schemes) => format!("asks for one ({})", schemes.join(", ")),
        Err(error) => unknown(error),
    };
    block.line("login", &login);
    let referrers = match &found.referrers {
        Ok(true) => "lists them by the API of OCI 1.1".to_owned(),
        Ok(false) => {
            "has no API for them: clients keep lists under tags, which are read".to_owned()
        }
        Err(error) => unknown(error),
    };
    block.line("referrers", &referrers);
    match found.filters {
        Some(true) => block.more("and filters them by type"),
        Some(false) => block.more("and does not filter them, which is done here"),
        None if found.referrers == Ok(false) && !is_chosen => block.more(&format!(
            "asked about {repository}, which need not exist; --registry HOST/REPOSITORY makes sure"
        )),
        None => {}
    }
    let signatures = match &found.signatures {
        Ok(true) => "keeps simple signatures itself".to_owned(),
        Ok(false) => "does not keep simple signatures: they are in a store beside it".to_owned(),
        Err(error) => unknown(error),
    };
    block.line("extension", &signatures);
    block.finish()
}

fn unknown(error: &FetchError) -> String {
    format!("not known: {error}")
}
