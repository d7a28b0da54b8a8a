//! `doorward inspect`.

mod registry;
mod table;

use std::sync::Arc;

use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use doorward::simple_signing::Store;
use doorward::{Exit, Inspection, Places, ReviewBudget};
use doorward_core::{Fetcher, MediaType, Reference, Rejection, StateStore};

use crate::access;
use crate::commands::verify::reference;
use crate::failure::{Failure, Outcome};
use crate::format::Format;
use crate::invocation::{Invocation, wait};
use crate::keychain;
use crate::options::{AccessArgs, ClockArgs, RulesArgs, StateArgs};
use crate::render::graph::Graph;
use crate::render::program::Output;
use crate::render::{self, address};
use crate::settings::{AccessSettings, Memory, RulesSettings, StateSettings, check_plugins};
use crate::site::{Site, registries};
use crate::streams;
use crate::trust::ServerArgs;
use table::Asked;

const FORMS: &[Format] = &[
    Format::Table,
    Format::Json,
    Format::Yaml,
    Format::Dot,
    Format::Svg,
];

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
    #[arg(
        value_name = "IMAGE",
        required_unless_present = "registry",
        conflicts_with = "registry"
    )]
    image: Option<String>,
    /// Show what a registry can do, in place of an image: referrers, filters, signatures
    #[arg(long, value_name = "HOST[/REPOSITORY]", value_parser = NonEmptyStringValueParser::new())]
    registry: Option<String>,
    /// The signature store to look in, instead of those that the rules name: a file, http or https URL
    #[arg(long, value_name = "URL", value_parser = NonEmptyStringValueParser::new())]
    lookaside: Option<String>,
    /// Show only what refers to the image with this type, with what is attached to that
    #[arg(long, value_name = "TYPE", value_parser = NonEmptyStringValueParser::new())]
    artifact_type: Option<String>,
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
        check_plugins(&rules, &access)?;
        if let Some(named) = &self.registry {
            return registry::run(named, &access, format, invocation);
        }
        let image = self.image.unwrap_or_default();
        let state = StateSettings::new(self.state, &invocation.resolver);
        let now = self.clock.now();
        let parsed = reference(&image)?;
        let lookaside = self.lookaside.map(store).transpose()?;
        let is_ruled = rules.is_named();
        let site = if is_ruled {
            Site::load(&rules, invocation)?
        } else if access.service_account.value.is_some() {
            return Err(Failure::usage("--service-account needs --filename"));
        } else {
            Site::bare(&rules)
        };
        let sources = site.pull_secrets(access.service_account.value.as_deref())?;
        let namespace = site.namespace();
        let links = keychain::of_sources(site.cluster(), namespace, &sources, terminal);
        let keychain = keychain::chain(links, &access, terminal)?;
        let fetcher = access::fetcher(&access, keychain, terminal)?;
        let mut places = Places::default();
        places.trust_servers = self.server.servers;
        places.stores.extend(lookaside);
        places.artifact_type = self.artifact_type.as_deref().map(MediaType::new);
        if let (false, true, Some(directory)) = (
            is_ruled,
            places.stores.is_empty(),
            &rules.registries_d.value,
        ) {
            let located = located(&parsed, fetcher.as_ref());
            places
                .stores
                .extend(registries(directory)?.lookaside(&located));
        }
        let memory = Memory {
            store: state
                .open()?
                .map(|store| -> Arc<dyn StateStore> { Arc::new(store) }),
            keeps: false,
            first_use: false,
        };
        let engine = site.engine(&access, &memory, ReviewBudget::unbounded());
        let labels = site.namespace_labels(Some(namespace));
        let account = access.service_account.value.as_deref();
        let environment = site.environment(labels.as_ref(), account);
        let context = site.context(site.secrets(), environment, fetcher, now);
        let inspecting = engine.inspect(&image, &places, &context);
        let found = wait(async { inspecting.await.map_err(failed) })?;
        let asked = match access.layout.value {
            Some(_) => Asked::Layout,
            None => Asked::Registry,
        };
        let rendered = match format {
            Format::Dot => Output::drawn(graph(&found)?.dot()).into(),
            Format::Svg => Output::drawn(graph(&found)?.svg()).into(),
            _ => render::form(format, &found, || table::text(&found, asked, now))?,
        };
        streams::data(&rendered, terminal.out)?;
        if matches!(format, Format::Dot | Format::Svg) {
            for problem in found.all_problems() {
                terminal.warn(&problem.to_string());
            }
        }
        Ok(exit(&found))
    }
}

/// What refers to the image, to be drawn.
fn graph(found: &Inspection) -> Outcome<Graph> {
    let published = serde_json::to_value(found).map_err(Failure::internal)?;
    Ok(Graph::of(&published))
}

/// What could not be asked is an end of its own.
fn exit(found: &Inspection) -> Exit {
    if found.is_incomplete() {
        Exit::Inconclusive
    } else {
        Exit::Allowed
    }
}

/// The address of a store, checked.
fn store(url: String) -> Outcome<String> {
    match Store::lookaside(&url, None) {
        Ok(_) => Ok(url),
        Err(error) => Err(Failure::usage(format!("--lookaside: {error}"))),
    }
}

/// The image by the name that it is kept under.
fn located(image: &Reference, fetcher: &dyn Fetcher) -> Reference {
    let subject = image.clone().or_latest().digest_only();
    subject.in_repository(fetcher.locate(subject.repository()))
}

fn failed(rejection: Rejection) -> Failure {
    let code = rejection.code();
    Failure::new(
        Exit::from(rejection.class()),
        anyhow::anyhow!("{code}: {rejection}"),
    )
    .with_hint(format!("read more at {}", address(code)))
}
