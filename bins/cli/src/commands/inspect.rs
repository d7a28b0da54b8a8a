//! `doorward inspect`.

mod found;
mod gather;
mod stores;
mod table;

use clap::Args;
use doorward::Exit;
use doorward_core::Class;

use crate::access;
use crate::args::{AccessArgs, RulesArgs};
use crate::commands::verify::reference;
use crate::failure::Outcome;
use crate::format::Format;
use crate::invocation::{Invocation, wait};
use crate::keychain;
use crate::render;
use crate::settings::{AccessSettings, RulesSettings};
use crate::streams;
use stores::Stores;

const FORMS: &[Format] = &[Format::Table, Format::Json, Format::Yaml];

/// Show what an image is and which signatures exist for it; decides nothing
///
/// Everything a signature says about itself is shown as unverified. Signatures are looked for in the registry, if it
/// keeps them, else in the store that --lookaside, the policy or --registries-d names. Ends with 5 if the image or a
/// store could not be asked.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// The image
    #[arg(value_name = "IMAGE")]
    image: String,
    /// The signature store to look in, instead of those that the rules name: a file, http or https URL
    #[arg(long, value_name = "URL")]
    lookaside: Option<String>,
    /// The form of the result
    #[arg(short, long, value_name = "FORMAT", env = "DOORWARD_OUTPUT", value_parser = Format::among(FORMS))]
    output: Option<Format>,
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    access: AccessArgs,
}

impl InspectArgs {
    pub(crate) fn run(self, invocation: &Invocation<'_>) -> Outcome {
        let terminal = invocation.terminal;
        let format = Format::choose(self.output, FORMS, &invocation.resolver)?.value;
        let rules = RulesSettings::new(self.rules, &invocation.resolver)?;
        let access = AccessSettings::new(self.access, &invocation.resolver);
        let parsed = reference(&self.image)?;
        let stores = Stores::load(self.lookaside.as_deref(), &rules, invocation)?;
        let pull_secrets = stores.pull_secrets(access.service_account.value.as_deref())?;
        let keychain = keychain::chain(stores.cluster(), &rules.namespace.value, &pull_secrets)?;
        let fetcher = access::fetcher(&access, keychain, terminal)?;
        let found = wait(gather::gather(
            &self.image,
            &parsed,
            &stores,
            fetcher.as_ref(),
        ))?;
        streams::data(&match format {
            Format::Json => render::json::text(&found)?,
            Format::Yaml => render::yaml::text(&found)?,
            _ => table::text(&found, terminal.out),
        })?;
        let unavailable = found
            .problems
            .iter()
            .any(|problem| problem.class == Class::Unavailable);
        Ok(if unavailable {
            Exit::Inconclusive
        } else {
            Exit::Allowed
        })
    }
}
