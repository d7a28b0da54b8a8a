//! `doorward trust pin`.

mod text;

use std::path::PathBuf;

use bytes::Bytes;
use clap::Args;
use doorward::Exit;
use doorward_core::{Rejection, Repository};
use serde::Serialize;

use crate::access;
use crate::failure::{Failure, Outcome};
use crate::files;
use crate::format::Format;
use crate::invocation::{Invocation, wait};
use crate::keychain;
use crate::options::{AccessArgs, ClockArgs, NetworkArgs};
use crate::render::{self, address};
use crate::settings::AccessSettings;
use crate::streams;
use crate::trust::{MAX_ROOT, Root, ServerArgs, ask_root, named};

const FORMS: &[Format] = &[Format::Table, Format::Json];

/// Print the `pins` of a policy for the root of trust of a signed collection (Docker Content Trust)
///
/// The root comes from a file, or from the trust server. A server is asked without anything to hold its answer against:
/// compare the key ID with one that you got in another way, from the publisher or from a machine that has trusted the
/// collection for long. A root that does not hold by itself is refused.
#[derive(Debug, Args)]
pub(crate) struct PinArgs {
    /// The name of the collection: the repository, without a tag
    #[arg(value_name = "GUN", value_parser = gun)]
    gun: Repository,
    /// Read this root.json instead of asking a server
    #[arg(long, value_name = "FILE", conflicts_with = "servers")]
    root: Option<PathBuf>,
    #[command(flatten)]
    server: ServerArgs,
    /// The form of the result; as text it is YAML to paste into a policy
    #[arg(short, long, value_name = "FORMAT", env = "DOORWARD_OUTPUT", value_parser = Format::among(FORMS))]
    output: Option<Format>,
    #[command(flatten)]
    clock: ClockArgs,
    #[command(flatten)]
    network: NetworkArgs,
}

/// A `TrustPin` of `trust.doorward.dev/v1`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Pin {
    api_version: &'static str,
    kind: &'static str,
    gun: String,
    /// Where the root came from.
    source: String,
    /// Whether nothing but a server's word says that this is the root.
    first_use: bool,
    #[serde(flatten)]
    root: Root,
    /// What to pin.
    root_key_ids: Vec<String>,
}

impl PinArgs {
    pub(crate) fn run(self, invocation: &Invocation<'_>) -> Outcome {
        let terminal = invocation.terminal;
        let format = Format::choose(self.output, FORMS, &invocation.resolver)?.value;
        let access = AccessArgs {
            network: self.network,
            ..AccessArgs::default()
        };
        let access = AccessSettings::new(access, &invocation.resolver);
        let (bytes, source) = match &self.root {
            Some(path) => {
                let bytes = files::read_file(path)?;
                (Bytes::from(bytes), path.display().to_string())
            }
            None => {
                let servers = named(&self.server.servers, &self.gun);
                let keychain = keychain::chain(Vec::new(), &access, terminal)?;
                let fetcher = access::fetcher(&access, keychain, terminal)?;
                wait(async {
                    let asked = ask_root(&servers, &self.gun, fetcher.as_ref()).await;
                    let fetched = asked.map_err(|rejection| refused(&self.gun, &rejection))?;
                    Ok((fetched.bytes, fetched.source))
                })?
            }
        };
        if bytes.len() > MAX_ROOT {
            return Err(Failure::invalid(anyhow::anyhow!(
                "{source} is longer than {MAX_ROOT} bytes"
            )));
        }
        let root = Root::check(&self.gun, bytes, self.clock.now())
            .map_err(|rejection| refused(&self.gun, &rejection))?;
        let pin = Pin {
            api_version: "trust.doorward.dev/v1",
            kind: "TrustPin",
            gun: self.gun.to_string(),
            source,
            first_use: self.root.is_none(),
            root_key_ids: root
                .keys
                .iter()
                .filter(|key| key.signed)
                .map(|key| key.id.clone())
                .collect(),
            root,
        };
        streams::data(
            &render::form(format, &pin, || text::block(&pin))?,
            invocation.terminal.out,
        )?;
        if pin.first_use {
            terminal.warn(
                "this is first use: a server was asked, and nothing was there to check its answer against. The \
                 server that answered chose this root. Before you pin it, compare the key ID with one that you got in another \
                 way.",
            );
        }
        Ok(Exit::Allowed)
    }
}

/// A collection is named by its repository.
pub(crate) fn gun(text: &str) -> Result<Repository, String> {
    text.parse::<Repository>()
        .map_err(|error| format!("{error}; expected a repository without tag or digest"))
}

fn refused(gun: &Repository, rejection: &Rejection) -> Failure {
    Failure::new(
        Exit::from(rejection.class()),
        anyhow::anyhow!("{}: {rejection}", rejection.code())
            .context(format!("no root of {gun} can be pinned")),
    )
    .with_hint(format!("read more at {}", address(rejection.code())))
}
