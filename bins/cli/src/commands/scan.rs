//! `doorward scan`.

use std::sync::Arc;

use anyhow::anyhow;
use clap::Args;
use doorward::{Exit, ImageReport, Report, ReviewBudget, Summary, Verdict};
use doorward_core::{Fetcher, Timestamp};
use doorward_kube::{PullSecretSources, Workload};
use doorward_policy::{Environment, Labels};
use serde::Serialize;

use crate::access;
use crate::commands::verify::reported;
use crate::custom::CustomArgs;
use crate::failure::{Failure, Outcome};
use crate::format::Format;
use crate::hint;
use crate::invocation::{Invocation, wait};
use crate::keychain;
use crate::options::{AccessArgs, ClockArgs, FirstUseArgs, RulesArgs, StateArgs};
use crate::remark;
use crate::render::{self, table};
use crate::settings::{
    AccessSettings, Memory, Origin, RulesSettings, StateSettings, check_plugins,
};
use crate::site::Site;
use crate::streams;
use crate::terminal::Terminal;

const FORMS: &[Format] = &[
    Format::Table,
    Format::Json,
    Format::Yaml,
    Format::Sarif,
    Format::Name,
];

/// Decide about every image in manifests, each where it stands
///
/// Reads workloads, policies, Secrets and ServiceAccounts from the files, and decides about the images of each workload in its
/// namespace, by its labels and service account, and with its pull secrets. An image that is decided alike in several
/// places is shown once, with the places.
#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// The form of the result
    #[arg(short, long, value_name = "FORMAT", env = "DOORWARD_OUTPUT", value_parser = Format::among(FORMS))]
    output: Option<Format>,
    /// End with 0 whatever the verdicts, for runs that only report
    #[arg(long)]
    exit_zero: bool,
    #[command(flatten)]
    custom: CustomArgs,
    #[command(flatten)]
    clock: ClockArgs,
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    state: StateArgs,
    #[command(flatten)]
    first_use: FirstUseArgs,
}

/// The report, with the places of each image.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ScanReport {
    api_version: &'static str,
    kind: &'static str,
    at: Timestamp,
    summary: Summary,
    images: Vec<ScannedImage>,
}

#[derive(Serialize)]
struct ScannedImage {
    #[serde(flatten)]
    image: ImageReport,
    uses: Vec<Use>,
}

/// Where an image stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Use {
    namespace: String,
    kind: String,
    name: String,
    place: String,
}

impl Use {
    fn for_people(&self) -> String {
        let Self {
            namespace,
            kind,
            name,
            place,
        } = self;
        format!("{kind} {namespace}/{name}, {place}")
    }
}

impl ScanArgs {
    pub(crate) fn run(self, invocation: &Invocation<'_>) -> Outcome {
        let terminal = invocation.terminal;
        let format = Format::choose(self.output, FORMS, &invocation.resolver)?.value;
        let rules = RulesSettings::new(self.rules, &invocation.resolver)?;
        for (flag, setting) in [
            ("--containers-policy", &rules.containers_policy),
            ("--trust-policy", &rules.trust_policy),
        ] {
            if setting.value.is_some() {
                return Err(Failure::usage(format!(
                    "{flag} knows no workloads: scan decides by the policies that --filename names"
                )));
            }
        }
        if rules.filename.value.is_empty() {
            return Err(Failure::usage("there is nothing to scan").with_hint(
                "name files or directories with workloads and policies with --filename",
            ));
        }
        let access = AccessSettings::new(self.access, &invocation.resolver);
        if access.service_account.origin == Origin::Flag {
            return Err(Failure::usage(
                "--service-account does not go with scan: each workload names its own",
            ));
        }
        check_plugins(&rules, &access)?;
        let state = StateSettings::new(self.state, &invocation.resolver);
        let site = Site::load_knowing(&rules, self.custom.workloads()?, invocation)?;
        if site.unread_workloads() > 0 {
            return Err(Failure::invalid(anyhow!(
                "what may be a workload cannot be read, so its images would be passed over"
            )));
        }
        let now = self.clock.now();
        let memory = state.memory(&self.first_use, self.clock)?;
        let scan = Scan {
            site: &site,
            access: &access,
            memory: &memory,
            now,
            terminal,
        };
        let scanned = wait(scan.decide())?;
        let (verdicts, uses): (Vec<_>, Vec<_>) = scanned.into_iter().unzip();
        let report = Report::new(now, &verdicts);
        let rendered = match format {
            Format::Table => {
                let places = uses.iter().map(|uses: &Vec<Use>| {
                    let places = uses.iter().map(Use::for_people);
                    places.collect()
                });
                let places: Vec<Vec<String>> = places.collect();
                table::places(&report, &verdicts, &places, terminal.verbose > 0).into()
            }
            Format::Json => render::json(&scan_report(report, &uses))?,
            Format::Yaml => render::yaml(&scan_report(report, &uses))?,
            other => render::verdicts(other, now, &verdicts, terminal.verbose > 0)?,
        };
        streams::data(&rendered, terminal.out)?;
        remark::all(&verdicts, &memory, terminal);
        if format == Format::Table {
            hint::all(&verdicts, &site, terminal);
        }
        if verdicts.is_empty() {
            terminal.note("there is no workload with an image in these files");
        }
        Ok(reported(Exit::of(&verdicts), self.exit_zero))
    }
}

fn scan_report(report: Report, uses: &[Vec<Use>]) -> ScanReport {
    let images = report.images.into_iter().zip(uses);
    ScanReport {
        api_version: "report.doorward.dev/v1",
        kind: "VerificationReport",
        at: report.at,
        summary: report.summary,
        images: images
            .map(|(image, uses)| ScannedImage {
                image,
                uses: uses.clone(),
            })
            .collect(),
    }
}

/// What is decided with.
struct Scan<'a> {
    site: &'a Site,
    access: &'a AccessSettings,
    memory: &'a Memory,
    now: Timestamp,
    terminal: Terminal,
}

/// Workloads whose images are decided in the same circumstances.
struct Group<'a> {
    environment: Environment<'a>,
    sources: PullSecretSources,
    images: Vec<&'a str>,
    uses: Vec<(&'a str, Use)>,
}

impl<'a> Group<'a> {
    fn add(&mut self, images: impl Iterator<Item = (&'a str, Use)>) {
        for (name, place) in images {
            if !self.images.contains(&name) {
                self.images.push(name);
            }
            self.uses.push((name, place));
        }
    }
}

impl Scan<'_> {
    /// The verdicts on all images, each with the places where it is decided so.
    async fn decide(&self) -> Outcome<Vec<(Verdict, Vec<Use>)>> {
        let cluster = self.site.cluster();
        let labels: Vec<Option<Labels>> = cluster
            .workloads()
            .iter()
            .map(|workload| {
                self.site
                    .namespace_labels(Some(cluster.namespace_of(workload)))
            })
            .collect();
        let groups = self.groups(&labels)?;
        let roots = access::trust_roots(self.access, self.memory, self.terminal)?;
        let secrets = roots.beside(self.site.secrets());
        let sources = self.site.key_sources();
        let keys = access::key_sources(sources, self.access, self.memory, self.terminal).await?;
        let secrets = keys.beside(&secrets);
        // As many images as the files have.
        let engine = self
            .site
            .engine(self.access, self.memory, ReviewBudget::unbounded());
        // Those who pull with the same secrets share a client.
        let mut fetchers: Vec<(&str, &PullSecretSources, Arc<dyn Fetcher>)> = Vec::new();
        let mut scanned: Vec<(Verdict, Vec<Use>)> = Vec::new();
        for group in &groups {
            let namespace = group.environment.namespace().unwrap_or_default();
            let known = fetchers
                .iter()
                .find(|(of, sources, _)| *of == namespace && **sources == group.sources);
            let fetcher = match known {
                Some((_, _, fetcher)) => Arc::clone(fetcher),
                None => {
                    let fetcher = self.fetcher(namespace, &group.sources)?;
                    fetchers.push((namespace, &group.sources, Arc::clone(&fetcher)));
                    fetcher
                }
            };
            let mut context = self
                .site
                .context(&secrets, group.environment, fetcher, self.now);
            if !self.memory.keeps {
                context = context.keeping_nothing();
            }
            for verdict in engine.decide_all(&group.images, &context).await {
                let uses = group
                    .uses
                    .iter()
                    .filter(|(image, _)| *image == verdict.image());
                let uses: Vec<_> = uses.map(|(_, place)| place.clone()).collect();
                // The same words for the same reasons: one place more.
                let alike = scanned.iter_mut().find(|(other, _)| {
                    other.image() == verdict.image()
                        && other.decision() == verdict.decision()
                        && other.code() == verdict.code()
                        && other.rules() == verdict.rules()
                        && other.message() == verdict.message()
                });
                match alike {
                    Some((_, known)) => known.extend(uses),
                    None => scanned.push((verdict, uses)),
                }
            }
        }
        Ok(scanned)
    }

    fn groups<'b>(&'b self, labels: &'b [Option<Labels>]) -> Outcome<Vec<Group<'b>>> {
        let cluster = self.site.cluster();
        let mut groups: Vec<Group<'b>> = Vec::new();
        for (workload, labels) in cluster.workloads().iter().zip(labels) {
            let namespace = cluster.namespace_of(workload);
            let sources = cluster.pull_secrets(workload).map_err(Failure::invalid)?;
            let environment = workload.environment(Some(namespace), labels.as_ref());
            let images = workload.images().iter().map(|image| {
                let name = image.image.as_str();
                (name, place(workload, namespace, image.place()))
            });
            let alike = groups
                .iter_mut()
                .find(|one| one.environment == environment && one.sources == sources);
            match alike {
                Some(group) => group.add(images),
                None => {
                    let mut group = Group {
                        environment,
                        sources,
                        images: Vec::new(),
                        uses: Vec::new(),
                    };
                    group.add(images);
                    groups.push(group);
                }
            }
        }
        Ok(groups)
    }

    /// The way to registries with these pull secrets, and then one's own credentials.
    fn fetcher(&self, namespace: &str, sources: &PullSecretSources) -> Outcome<Arc<dyn Fetcher>> {
        let cluster = self.site.cluster();
        let links = keychain::of_sources(cluster, namespace, sources, self.terminal);
        let chain = keychain::chain(links, self.access, self.terminal)?;
        access::fetcher(self.access, chain, self.terminal)
    }
}

fn place(workload: &Workload, namespace: &str, place: String) -> Use {
    Use {
        namespace: namespace.to_owned(),
        kind: workload.kind_name().to_owned(),
        name: workload.name().unwrap_or_default().to_owned(),
        place,
    }
}
