//! The `doorward` command: verify images against policy from a terminal, a pipeline or an air gap.
//!
//! This is the command as a library, so that its reference and its manual pages can be generated from the very
//! description that parses the command line. It is no interface for other programs: those use the `doorward` crate.
//! Verdicts come from there; this crate reads files and flags, connects them to the engine, and puts the result
//! into words.
//!
//! A command is one file under `commands`. Everything on the way there has one place: what can be typed (`args`, `options`),
//! which setting wins (`settings`), reading files (`files`) and making sense of them (`site`), the way out to
//! registries (`access`, `keychain`), what is printed on the way (`trace`), results (`render`) and what goes wrong
//! (`failure`).

mod access;
mod advisor;
mod allowed_plugin;
mod args;
mod bundles;
mod circumstances;
mod clock;
#[cfg(feature = "kubernetes")]
mod cluster;
mod commands;
mod credential_providers;
mod custom;
mod definitions;
mod dispatch;
mod duration;
mod failure;
mod files;
mod format;
mod hint;
mod invocation;
mod keychain;
mod kms;
mod label;
mod longest_exception;
mod options;
mod progress;
mod reference;
mod remark;
mod render;
mod scanned;
mod settings;
mod site;
mod streams;
mod style;
mod tape;
mod terminal;
mod text;
mod tone;
mod trace;
mod trust;
mod usage;
mod workloads;

use std::path::Path;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};
use doorward::Exit;

use crate::args::Cli;
use crate::style::{ColorChoice, Style};

/// Parses the command line, does what it says, and gives the exit code.
#[must_use]
pub fn run() -> ExitCode {
    let mut command = with_variables(Cli::command());
    if is_plug_in() {
        command = command.bin_name("kubectl doorward");
    }
    let parsed = command
        .try_get_matches()
        .and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) if error.use_stderr() => {
            streams::remark(&usage::text(error), Style::stderr(ColorChoice::Auto));
            return ExitCode::from(Exit::Usage.code());
        }
        // Help and version end here, with success. Nothing in them comes from outside.
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(Exit::Allowed.code());
        }
    };
    let color = cli.common.color.unwrap_or(ColorChoice::Auto);
    let exit = match dispatch::run(cli, &matches) {
        Ok(exit) => exit,
        Err(failure) => {
            streams::remark(&failure.text(), Style::stderr(color));
            failure.exit()
        }
    };
    ExitCode::from(exit.code())
}

/// Whether the command was called as `kubectl doorward`, that is, through a program of the name that kubectl looks for.
fn is_plug_in() -> bool {
    std::env::args_os().next().is_some_and(|name| {
        Path::new(&name)
            .file_stem()
            .is_some_and(|stem| stem == "kubectl-doorward")
    })
}

/// The command, blind to variables that are set to nothing: `DOORWARD_TIMEOUT=` says no more than no such variable.
/// Help names the variables and not what is in them.
fn with_variables(command: clap::Command) -> clap::Command {
    let empty = |arg: &clap::Arg| {
        arg.get_env()
            .and_then(std::env::var_os)
            .is_some_and(|value| value.is_empty())
    };
    command
        .mut_args(|arg| {
            let arg = arg.hide_env_values(true);
            if empty(&arg) {
                arg.env(clap::builder::Resettable::Reset)
            } else {
                arg
            }
        })
        .mut_subcommands(with_variables)
}

/// The definitions of the custom resources as files: their names, and their texts.
///
/// # Errors
/// If one cannot be written as YAML, which would be a fault of this program.
pub fn custom_resource_definitions() -> anyhow::Result<Vec<(String, String)>> {
    Ok(definitions::files(doorward_policy::Group::ALL)?)
}

/// The command line reference, as a page of Markdown for the book.
#[must_use]
pub fn reference() -> String {
    reference::page(Cli::command())
}
