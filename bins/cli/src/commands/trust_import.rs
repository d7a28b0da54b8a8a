//! `doorward trust import`.

mod directory;
mod keep;
mod text;

use std::path::PathBuf;

use clap::Args;
use doorward::Exit;
use doorward::notary::RootKey;
use doorward_core::{Code, Repository, Timestamp};
use serde::Serialize;

use crate::commands::trust_pin::gun;
use crate::failure::{Failure, Outcome};
use crate::format::Format;
use crate::invocation::{Invocation, wait};
use crate::options::{ClockArgs, StateArgs};
use crate::render;
use crate::settings::{Origin, StateSettings, check_namespaces};
use crate::streams;
use crate::trust::{ServerArgs, named};
use directory::Directory;
use keep::Keeper;

const FORMS: &[Format] = &[Format::Table, Format::Json, Format::Yaml];

/// Remember the roots of trust that a Docker or Notary client already trusts
///
/// Reads the trust directory of such a client, usually `~/.docker/trust`, and puts the root of each collection into
/// --state-dir, as the one to start from: policies without pins then verify these collections and no others. Private
/// keys in the directory are not read. A root that does not hold by itself is refused, and so is one that what is
/// already remembered does not lead to. Ends with 6 if anything was refused.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The trust directory
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// The collections to import; without any, all that are in the directory
    #[arg(value_name = "GUN", value_parser = gun)]
    guns: Vec<Repository>,
    /// Also remember for the policies of this namespace, besides those of the cluster. Can be repeated
    #[arg(short, long = "namespace", value_name = "NAME", value_delimiter = ',')]
    namespaces: Vec<String>,
    /// Do not remember for the policies of the cluster, only for those of --namespace
    #[arg(long, requires = "namespaces")]
    not_for_cluster: bool,
    #[command(flatten)]
    server: ServerArgs,
    /// The form of the result
    #[arg(short, long, value_name = "FORMAT", env = "DOORWARD_OUTPUT", value_parser = Format::among(FORMS))]
    output: Option<Format>,
    #[command(flatten)]
    state: StateArgs,
}

/// A `TrustImport` of `trust.doorward.dev/v1`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Import {
    api_version: &'static str,
    kind: &'static str,
    collections: Vec<Imported>,
}

/// What became of one collection.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Imported {
    /// Its name, or where it lies if that cannot be one.
    gun: String,
    servers: Vec<String>,
    root: Option<ImportedRoot>,
    /// Whose policies it is remembered for now.
    remembered_for: Vec<String>,
    /// Whose policies remembered the same, or a later root that follows from it, already.
    known_for: Vec<String>,
    refused: Vec<Refused>,
}

#[derive(Serialize)]
struct ImportedRoot {
    version: u64,
    expires: Timestamp,
    keys: Vec<RootKey>,
}

/// Why something was not taken over.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Refused {
    /// For whose policies; everybody's, if absent.
    #[serde(rename = "for", skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<Code>,
    message: String,
}

impl ImportArgs {
    pub(crate) fn run(self, invocation: &Invocation<'_>) -> Outcome {
        let terminal = invocation.terminal;
        let format = Format::choose(self.output, FORMS, &invocation.resolver)?.value;
        check_namespaces("namespace", &Origin::Flag, &self.namespaces)?;
        let state = StateSettings::new(self.state, &invocation.resolver).open()?;
        let Some(state) = state else {
            return Err(Failure::usage("there is nowhere to remember to").with_hint(
                "name the directory that `verify` or the webhook uses with --state-dir",
            ));
        };
        let directory = Directory::open(&self.directory)?;
        let found = if self.guns.is_empty() {
            directory.collections()?
        } else {
            self.guns.iter().map(|gun| directory.at(gun)).collect()
        };
        for remark in &found
            .iter()
            .flat_map(|found| found.remarks.clone())
            .collect::<Vec<_>>()
        {
            terminal.warn(remark);
        }
        let keeper = Keeper {
            state: &state,
            namespaces: &self.namespaces,
            for_cluster: !self.not_for_cluster,
            now: ClockArgs::default().now(),
        };
        let mut collections = Vec::new();
        for collection in found {
            let servers = match &collection.gun {
                Ok(gun) => named(&self.server.servers, gun),
                Err(_) => Vec::new(),
            };
            collections.push(wait(async { Ok(keeper.take(collection, servers).await) })?);
        }
        let import = Import {
            api_version: "trust.doorward.dev/v1",
            kind: "TrustImport",
            collections,
        };
        streams::data(
            &render::form(format, &import, || text::all(&import))?,
            invocation.terminal.out,
        )?;
        if import.collections.is_empty() {
            terminal.note("there is no collection in the directory");
            return Ok(Exit::Nothing);
        }
        let refused = import.collections.iter().any(|one| !one.refused.is_empty());
        Ok(if refused {
            Exit::Invalid
        } else {
            Exit::Allowed
        })
    }
}
