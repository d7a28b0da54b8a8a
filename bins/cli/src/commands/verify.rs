//! `doorward verify`.

mod blob;

use std::path::Path;

use clap::Args;
use doorward::{Context, Decision, Engine, Exit, Verdict};
use doorward_core::Reference;

use self::blob::BlobArgs;
use crate::bundles::BundleArgs;
use crate::failure::{Failure, Outcome};
use crate::format::Format;
use crate::hint;
use crate::invocation::{Invocation, wait};
use crate::options::{AccessArgs, ClockArgs, FirstUseArgs, RulesArgs, StateArgs, TapeArgs};
use crate::remark;
use crate::render::{self, words};
use crate::settings::{AccessSettings, RulesSettings, StateSettings, check_plugins};
use crate::site::Site;
use crate::streams;
use crate::tape::{self, Tape};
use crate::terminal::Terminal;

const FORMS: &[Format] = &[
    Format::Table,
    Format::Json,
    Format::Yaml,
    Format::Sarif,
    Format::Name,
];

/// Decide whether images may run, as the admission webhook would
///
/// Prints what each image is pinned to and who signed it, or why it is refused. `-o name` prints the pinned
/// references of allowed images and nothing else, for scripts.
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The images; `-` reads one a line from standard input
    #[arg(
        required_unless_present_any = ["replay", "blob"],
        conflicts_with_all = ["replay", "blob"],
        value_name = "IMAGE"
    )]
    images: Vec<String>,
    /// The form of the result
    #[arg(short, long, value_name = "FORMAT", env = "DOORWARD_OUTPUT", value_parser = Format::among(FORMS))]
    output: Option<Format>,
    /// End with 0 whatever the verdicts, for runs that only report
    #[arg(long)]
    exit_zero: bool,
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
    #[command(flatten)]
    file: BlobArgs,
}

impl VerifyArgs {
    pub(crate) fn run(self, invocation: &Invocation<'_>) -> Outcome {
        let terminal = invocation.terminal;
        let format = Format::choose(self.output, FORMS, &invocation.resolver)?.value;
        if let Some(path) = &self.tape.replay {
            return replay(path, format, self.exit_zero, terminal);
        }
        let rules = RulesSettings::new(self.rules, &invocation.resolver)?;
        let access = AccessSettings::new(self.access, &invocation.resolver);
        check_plugins(&rules, &access)?;
        if let Some(question) = self.file.question()? {
            if !self.bundles.is_empty() {
                return Err(Failure::usage(
                    "--bundle is for images, and a file has none",
                ));
            }
            let exit = blob::verify(
                &question,
                &rules,
                &access,
                self.clock.now(),
                format,
                terminal,
            )?;
            return Ok(reported(exit, self.exit_zero));
        }
        let state = StateSettings::new(self.state, &invocation.resolver);
        let images = images(self.images, &rules)?;
        let site = Site::load(&rules, invocation)?.with_bundles(&self.bundles)?;
        let now = self.clock.now();
        let memory = state.memory(&self.first_use, self.clock)?;
        let mut tape = Tape::new(&self.tape, || site.recorded_policies())?;
        let judge = async |engine: &Engine, images: &[&str], context: &Context<'_>| {
            tape.decide(engine, images, context).await
        };
        let verdicts = wait(site.judge(&images, &access, &memory, now, judge, terminal))?;
        let rendered = render::verdicts(format, now, &verdicts, terminal.verbose > 0)?;
        streams::data(&rendered, terminal.out)?;
        remark::all(&verdicts, &memory, terminal);
        if format == Format::Name {
            left_out(&verdicts, terminal);
        }
        if terminal.verbose > 0 && format != Format::Table {
            for verdict in &verdicts {
                terminal.note(&format!(
                    "{}: {}",
                    verdict.image(),
                    words::cost(verdict.cost())
                ));
            }
        }
        if format == Format::Table {
            hint::all(&verdicts, &site, terminal);
        }
        let exit = Exit::of(&verdicts);
        if images.is_empty() {
            terminal.note("there is no image to verify");
        }
        tape.write(terminal)?;
        Ok(reported(exit, self.exit_zero))
    }
}

/// The exit of a run that only reports.
pub(super) fn reported(exit: Exit, only: bool) -> Exit {
    let reporting = only && exit != Exit::Internal && exit != Exit::Nothing;
    if reporting { Exit::Allowed } else { exit }
}

/// Says which images have no name to print.
fn left_out(verdicts: &[Verdict], terminal: Terminal) {
    for verdict in verdicts.iter().filter(|verdict| !is_named(verdict)) {
        terminal.note(&format!(
            "left out: {}: {}",
            verdict.image(),
            verdict.message()
        ));
    }
}

/// Makes the decision of a transcript again and prints what it printed.
fn replay(path: &Path, format: Format, exit_zero: bool, terminal: Terminal) -> Outcome {
    let replaying = tape::replaying(path)?;
    let replayed = wait(async { Ok(replaying.decide().await) })?;
    let (at, verdicts) = (replaying.transcript().at, replayed.verdicts());
    let rendered = render::verdicts(format, at, verdicts, terminal.verbose > 0)?;
    streams::data(&rendered, terminal.out)?;
    tape::tell(&replaying, &replayed, terminal);
    if format == Format::Name {
        left_out(verdicts, terminal);
    }
    Ok(reported(Exit::of(verdicts), exit_zero))
}

fn is_named(verdict: &Verdict) -> bool {
    verdict.decision() == Decision::Allow && verdict.pinned().is_some()
}

/// The images that were named, those on standard input in the place of `-`.
///
/// # Errors
/// When standard input cannot be read, or a name is no reference.
pub(super) fn images(named: Vec<String>, rules: &RulesSettings) -> Outcome<Vec<String>> {
    let mut images = Vec::new();
    let mut stdin_read = rules
        .filename
        .value
        .iter()
        .any(|path| path.as_os_str() == "-");
    for name in named {
        if name != "-" {
            images.push(name);
            continue;
        }
        if std::mem::replace(&mut stdin_read, true) {
            return Err(Failure::usage("standard input can be read only once"));
        }
        let text = String::from_utf8(streams::input()?)
            .map_err(|_| Failure::usage("the images on standard input are not UTF-8 text"))?;
        let lines = text.lines().map(str::trim);
        images.extend(lines.filter(|line| !line.is_empty()).map(str::to_owned));
    }
    for image in &images {
        reference(image)?;
    }
    Ok(images)
}

/// An image on the command line must at least be a reference.
///
/// # Errors
/// A failure that ends in the exit for a wrong command line.
pub(crate) fn reference(image: &str) -> Outcome<Reference> {
    image.parse().map_err(|error| {
        let context = format!("{image:?} is not an image reference");
        Failure::new(Exit::Usage, anyhow::Error::new(error).context(context))
    })
}
