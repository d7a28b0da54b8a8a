//! `doorward inspect`.

mod collection;
mod found;
mod found_trust;
mod gather;
mod problem;
mod stores;
mod survey;
mod table;
mod table_trust;

use clap::Args;
use doorward::Exit;
use doorward_core::Class;

use crate::access;
use crate::commands::verify::reference;
use crate::failure::Outcome;
use crate::format::Format;
use crate::invocation::{Invocation, wait};
use crate::keychain;
use crate::options::{AccessArgs, ClockArgs, RulesArgs, StateArgs};
use crate::render;
use crate::settings::{AccessSettings, RulesSettings, StateSettings};
use crate::streams;
use crate::trust::ServerArgs;
use stores::Stores;
use survey::Survey;
use table::Asked;

const FORMS: &[Format] = &[Format::Table, Format::Json, Format::Yaml];

/// Show what an image is and which signatures exist for it; decides nothing
///
/// Everything a signature says about itself is shown as unverified. Signatures are looked for in the registry, if it
/// keeps them, else in the store that --lookaside, the policy or --registries-d names. Where a policy demands `trust`,
/// or with --trust-server, the signed collection of Notary v1 is verified and shown, with what makes its root trusted,
/// if anything does; its tag need not be in the registry. Ends with 5 if the image, a store or a trust server could
/// not be asked.
#[derive(Debug, Args)]
pub(crate) struct InspectArgs {
    /// The image
    #[arg(value_name = "IMAGE")]
    image: String,
    /// The signature store to look in, instead of those that the rules name: a file, http or https URL
    #[arg(long, value_name = "URL")]
    lookaside: Option<String>,
    #[command(flatten)]
    server: ServerArgs,
    /// The form of the result
    #[arg(short, long, value_name = "FORMAT", env = "DOORWARD_OUTPUT", value_parser = Format::among(FORMS))]
    output: Option<Format>,
    #[command(flatten)]
    clock: ClockArgs,
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    state: StateArgs,
}

impl InspectArgs {
    pub(crate) fn run(self, invocation: &Invocation<'_>) -> Outcome {
        let terminal = invocation.terminal;
        let format = Format::choose(self.output, FORMS, &invocation.resolver)?.value;
        let rules = RulesSettings::new(self.rules, &invocation.resolver)?;
        let access = AccessSettings::new(self.access, &invocation.resolver);
        let state = StateSettings::new(self.state, &invocation.resolver);
        let now = self.clock.now();
        let parsed = reference(&self.image)?;
        let stores = Stores::load(self.lookaside.as_deref(), &rules, invocation)?;
        let pull_secrets = stores.pull_secrets(access.service_account.value.as_deref())?;
        let links = keychain::pull_secrets(
            stores.cluster(),
            &rules.namespace.value,
            &pull_secrets,
            terminal,
        );
        let keychain = keychain::chain(links, &access, terminal)?;
        let fetcher = access::fetcher(&access, keychain, terminal)?;
        let asked = match access.layout.value {
            Some(_) => Asked::Layout,
            None => Asked::Registry,
        };
        let collections = collection::wanted(
            &self.image,
            &self.server.servers,
            stores.site(),
            &rules.home_namespace.value,
        )?;
        let state = state.open()?;
        let named = parsed.clone().or_latest();
        let survey = Survey {
            reference: &named,
            state: state.as_ref(),
            fetcher: fetcher.as_ref(),
            now,
        };
        let found = wait(async {
            let mut trust = Vec::new();
            for collection in &collections {
                trust.push(survey.read(collection).await);
            }
            gather::gather(&self.image, &parsed, &stores, trust, fetcher.as_ref()).await
        })?;
        streams::data(
            &render::form(format, &found, || table::text(&found, asked, now))?,
            invocation.terminal.out,
        )?;
        let unavailable = found
            .problems
            .iter()
            .chain(
                found
                    .trust
                    .iter()
                    .filter_map(|trust| trust.problem.as_ref()),
            )
            .any(|problem| problem.class == Class::Unavailable);
        Ok(if unavailable {
            Exit::Inconclusive
        } else {
            Exit::Allowed
        })
    }
}
