//! One run of the command: settings are found, and the command that was typed is called.

use clap::{ArgMatches, CommandFactory as _};

use crate::args::{Cli, Command, DeployCommand, PolicyCommand, TrustCommand};
use crate::failure::Outcome;
use crate::invocation::Invocation;
use crate::settings::{Located, Resolver};
use crate::style::{ColorChoice, Style};
use crate::terminal::Terminal;
use crate::trace;

/// Runs the command that was typed.
///
/// # Errors
/// When it cannot do what it was asked. A denial is no error but an exit.
pub(crate) fn run(cli: Cli, matches: &ArgMatches) -> Outcome {
    let located = Located::find(cli.common.config.as_deref())?;
    let resolver = Resolver::new(matches, located.as_ref());
    let color = resolver.pick(
        "color",
        cli.common.color.unwrap_or_default(),
        |file| file.color,
        ColorChoice::Auto,
    );
    let terminal = Terminal {
        out: Style::stdout(color.value),
        err: Style::stderr(color.value),
        quiet: cli.common.quiet,
        verbose: cli.common.verbose,
    };
    trace::log(terminal);
    let invocation = Invocation {
        resolver,
        config: located.as_ref(),
        color,
        terminal,
    };
    if let Some(found) = invocation.config.filter(|found| found.local) {
        terminal.note(&format!(
            "settings from {} in this directory are in use",
            found.path.display()
        ));
    }
    match cli.command {
        Command::Admit(args) => args.run(&invocation),
        Command::Completions(args) => args.run(Cli::command()),
        Command::Config(args) => args.run(&invocation),
        Command::Demo(args) => args.run(&invocation),
        Command::Deploy(DeployCommand::Static(args)) => args.run(&invocation),
        #[cfg(feature = "kubernetes")]
        Command::Doctor(args) => args.run(&invocation),
        Command::Forecast(args) => args.run(&invocation),
        Command::Inspect(args) => args.run(&invocation),
        Command::Install(args) => args.run(),
        Command::Man(args) => args.run(Cli::command()),
        Command::Policy(PolicyCommand::Lint(args)) => args.run(&invocation),
        Command::Policy(PolicyCommand::Match(args)) => args.run(&invocation),
        Command::Scan(args) => args.run(&invocation),
        Command::Trust(TrustCommand::Import(args)) => args.run(&invocation),
        Command::Trust(TrustCommand::Pin(args)) => args.run(&invocation),
        Command::Verify(args) => args.run(&invocation),
    }
}
