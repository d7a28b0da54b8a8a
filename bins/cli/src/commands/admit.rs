//! `doorward admit`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use doorward::{Exit, ReviewBudget, Verdict};
use doorward_core::{Class, Code, Timestamp};
use doorward_kube::{
    CustomWorkloads, ImageAnswer, Limits, Phase, PullSecrets, Reason, RefusedReview, Response,
    Review, TooManyPullSecrets,
};
use doorward_policy::Environment;
use doorward_registry::Keychain;

use crate::access;
use crate::bundles::BundleArgs;
use crate::custom::CustomArgs;
use crate::failure::{Failure, Outcome};
use crate::files;
use crate::invocation::{Invocation, wait};
use crate::keychain;
use crate::options::{AccessArgs, ClockArgs, FirstUseArgs, RulesArgs, StateArgs, TapeArgs};
use crate::remark;
use crate::render::program::Output;
use crate::settings::{
    AccessSettings, Memory, Origin, RulesSettings, StateSettings, check_plugins,
};
use crate::site::Site;
use crate::streams;
use crate::tape::{self, Tape};
use crate::terminal::Terminal;

/// Answer an AdmissionReview, as the webhook would
///
/// Reads a review and prints the answer, an AdmissionReview too, as the API server would get it. The namespace is that
/// of the review; pull secrets and service accounts are looked up in the files. Ends as `verify` does for the images of
/// the object, with 0 for an object that names none, and with 6 for a review that cannot be read.
#[derive(Debug, Args)]
pub(crate) struct AdmitArgs {
    /// The file with the review; `-` reads standard input
    #[arg(value_name = "REVIEW", default_value = "-")]
    review: PathBuf,
    /// Answer as the validating webhook, which changes nothing and insists on what the mutating one left behind
    #[arg(long)]
    validate: bool,
    #[command(flatten)]
    custom: CustomArgs,
    #[command(flatten)]
    clock: ClockArgs,
    #[command(flatten)]
    rules: RulesArgs,
    #[command(flatten)]
    access: AccessArgs,
    #[command(flatten)]
    bundles: BundleArgs,
    #[command(flatten)]
    state: StateArgs,
    #[command(flatten)]
    first_use: FirstUseArgs,
    #[command(flatten)]
    tape: TapeArgs,
}

impl AdmitArgs {
    pub(crate) fn run(self, invocation: &Invocation<'_>) -> Outcome {
        let terminal = invocation.terminal;
        if let Some(path) = &self.tape.replay {
            return self.replay(path, terminal);
        }
        let rules = RulesSettings::new(self.rules, &invocation.resolver)?;
        let access = AccessSettings::new(self.access, &invocation.resolver);
        check_plugins(&rules, &access)?;
        let state = StateSettings::new(self.state, &invocation.resolver);
        let from_stdin = self.review.as_os_str() == "-";
        if from_stdin
            && rules
                .filename
                .value
                .iter()
                .any(|path| path.as_os_str() == "-")
        {
            return Err(Failure::usage("standard input can be read only once"));
        }
        // The namespace of a review counts; --namespace is for one that was written by hand and names none.
        let chosen =
            (rules.namespace.origin != Origin::Default).then_some(rules.namespace.value.as_str());
        let site = Site::load(&rules, invocation)?.with_bundles(&self.bundles)?;
        let memory = state.memory(&self.first_use, self.clock)?;
        let mut tape = Tape::new(&self.tape, || site.recorded_policies())?;
        let custom = self.custom.workloads()?;
        let (response, exit) = match read(&self.review, &custom)? {
            Err(refused) => refusal(&refused),
            Ok(review) => {
                let judge = Judge {
                    site: &site,
                    access: &access,
                    memory: &memory,
                    now: self.clock.now(),
                    terminal,
                };
                wait(judge.decide(&review, phase(self.validate), chosen, &mut tape))?
            }
        };
        answer(&response, terminal)?;
        tape.write(terminal)?;
        Ok(exit)
    }

    /// Answers a review by the transcript of the decision about it. The review itself is not in that: an object may
    /// have anything in it.
    fn replay(&self, path: &Path, terminal: Terminal) -> Outcome {
        let replaying = tape::replaying(path)?;
        let custom = self.custom.workloads()?;
        let review = match read(&self.review, &custom)? {
            Ok(review) => review,
            Err(refused) => {
                let (response, exit) = refusal(&refused);
                answer(&response, terminal)?;
                return Ok(exit);
            }
        };
        // A decision for no namespace is by other policies than one for this one. A review without a namespace may have
        // been given one by --namespace when it was recorded.
        let decided = replaying.transcript().namespace.as_deref();
        if let Some(asked) = review.namespace()
            && decided != Some(asked)
        {
            return Err(Failure::invalid(anyhow::anyhow!(
                "the review is of namespace {asked}, and the transcript of {}",
                decided.unwrap_or("none")
            )));
        }
        let images: Vec<&str> = review
            .undecided()
            .map(|image| image.image.as_str())
            .collect();
        let replayed = wait(async { Ok(replaying.decide_about(&images).await) })?;
        let (response, exit) = responded(&review, phase(self.validate), replayed.verdicts());
        answer(&response, terminal)?;
        tape::tell(&replaying, &replayed, terminal);
        Ok(exit)
    }
}

/// A review, or why it cannot be read.
fn read(path: &Path, custom: &CustomWorkloads) -> Outcome<Result<Review, Box<RefusedReview>>> {
    let body = body(path)?;
    Ok(Review::parse_knowing(&body, &Limits::default(), custom))
}

/// The bytes of a review.
fn body(path: &Path) -> Outcome<Vec<u8>> {
    if path.as_os_str() == "-" {
        streams::input()
    } else {
        files::read_file(path)
    }
}

const fn phase(validate: bool) -> Phase {
    if validate {
        Phase::Validate
    } else {
        Phase::Mutate
    }
}

/// The answer to a review that cannot be read.
fn refusal(refused: &RefusedReview) -> (Response, Exit) {
    (
        Response::refuse(refused),
        Exit::from(refused.error.code().class()),
    )
}

/// The answer to a review with these verdicts on its images.
fn responded(review: &Review, phase: Phase, verdicts: &[Verdict]) -> (Response, Exit) {
    let answers = review
        .undecided()
        .zip(verdicts)
        .map(|(image, verdict)| ImageAnswer::of(image, verdict))
        .collect();
    let response = Response::answer(review, phase, answers);
    let exit = exit(&response, verdicts);
    (response, exit)
}

/// Prints an answer.
fn answer(response: &Response, terminal: Terminal) -> Outcome<()> {
    let text = Output::json_text(&response.to_json());
    streams::data(&text.into(), terminal.out)?;
    if let Some(message) = response.message() {
        terminal.note(&format!(
            "denied: {}",
            message.lines().next().unwrap_or_default()
        ));
    }
    Ok(())
}

/// What a review is decided with.
struct Judge<'a> {
    site: &'a Site,
    access: &'a AccessSettings,
    memory: &'a Memory,
    now: Timestamp,
    terminal: Terminal,
}

impl Judge<'_> {
    /// Decides about the images of a review that have to be decided.
    async fn decide(
        &self,
        review: &Review,
        phase: Phase,
        chosen: Option<&str>,
        tape: &mut Tape,
    ) -> Outcome<(Response, Exit)> {
        let namespace = review.namespace().or(chosen);
        let links = review.workload().map_or_else(
            || Ok(Vec::new()),
            |workload| self.links(workload.pull_secrets(), namespace),
        );
        let links = match links {
            Ok(links) => links,
            Err(too_many) => {
                let code = Code::ADMISSION_INVALID;
                let reason = Reason::new(code, too_many.to_string());
                let denied = review
                    .undecided()
                    .map(|image| ImageAnswer::deny(image, reason.clone()))
                    .collect();
                let response = Response::answer(review, phase, denied);
                let exit = if response.is_allowed() {
                    Exit::Allowed
                } else {
                    Exit::from(code.class())
                };
                return Ok((response, exit));
            }
        };
        let keychain = keychain::chain(links, self.access, self.terminal)?;
        let fetcher = access::fetcher(self.access, keychain, self.terminal)?;
        let labels = self.site.namespace_labels(namespace);
        let environment = review.workload().map_or_else(
            || Environment::from(namespace),
            |workload| workload.environment(namespace, labels.as_ref()),
        );
        let roots = access::trust_roots(self.access, self.memory, self.terminal)?;
        let secrets = roots.beside(self.site.secrets());
        let sources = self.site.key_sources();
        let keys = access::key_sources(sources, self.access, self.memory, self.terminal).await?;
        let secrets = keys.beside(&secrets);
        let mut context = self.site.context(&secrets, environment, fetcher, self.now);
        if review.is_dry_run() || !self.memory.keeps {
            context = context.keeping_nothing();
        }
        let images: Vec<&str> = review
            .undecided()
            .map(|image| image.image.as_str())
            .collect();
        let engine = self
            .site
            .engine(self.access, self.memory, ReviewBudget::default());
        let verdicts = tape.decide(&engine, &images, &context).await;
        remark::all(&verdicts, self.memory, self.terminal);
        Ok(responded(review, phase, &verdicts))
    }

    /// What the workload pulls with, as in the webhook. An account that does not exist gives no secrets; the pod could
    /// not start anyway.
    fn links(
        &self,
        secrets: &PullSecrets,
        namespace: Option<&str>,
    ) -> Result<Vec<Arc<dyn Keychain>>, TooManyPullSecrets> {
        let sources = secrets.sources(namespace, |account| {
            let namespace = namespace.unwrap_or_default();
            let found = self.site.cluster().service_account(namespace, account)?;
            Ok(found.map(<[String]>::to_vec))
        })?;
        let namespace = namespace.unwrap_or_default();
        let cluster = self.site.cluster();
        Ok(keychain::of_sources(
            cluster,
            namespace,
            &sources,
            self.terminal,
        ))
    }
}

/// The exit of the verdicts; an object without images passes, and an objection of the last check counts.
fn exit(response: &Response, verdicts: &[Verdict]) -> Exit {
    match Exit::of(verdicts) {
        Exit::Nothing | Exit::Allowed if response.is_allowed() => Exit::Allowed,
        Exit::Nothing | Exit::Allowed => Exit::from(Class::Untrusted),
        worse => worse,
    }
}
