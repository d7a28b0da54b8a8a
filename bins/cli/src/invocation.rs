//! One run of the command: settings found, terminal known, command called.

use clap::ArgMatches;

use crate::args::{Cli, Command, PolicyCommand, TrustCommand};
use crate::failure::{Failure, Outcome};
use crate::settings::{Located, Resolver, Setting};
use crate::style::{ColorChoice, Style};
use crate::terminal::Terminal;
use crate::trace;

/// What a command is called with besides its own arguments.
pub(crate) struct Invocation<'a> {
    /// Where settings come from.
    pub(crate) resolver: Resolver<'a>,
    /// The configuration file in use.
    pub(crate) config: Option<&'a Located>,
    /// When to colour, for `doorward config` to show.
    pub(crate) color: Setting<ColorChoice>,
    /// Where results and remarks go.
    pub(crate) terminal: Terminal,
}

impl Invocation<'_> {
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
            Command::Completions(args) => args.run(),
            Command::Config(args) => args.run(&invocation),
            Command::Demo(args) => args.run(&invocation),
            Command::Inspect(args) => args.run(&invocation),
            Command::Man(args) => args.run(),
            Command::Policy(PolicyCommand::Lint(args)) => args.run(&invocation),
            Command::Policy(PolicyCommand::Match(args)) => args.run(&invocation),
            Command::Trust(TrustCommand::Import(args)) => args.run(&invocation),
            Command::Trust(TrustCommand::Pin(args)) => args.run(&invocation),
            Command::Verify(args) => args.run(&invocation),
        }
    }
}

/// Runs `work` to its end on this thread.
///
/// # Errors
/// What `work` says, and when the system gives no means to wait for it.
pub(crate) fn wait<T>(work: impl Future<Output = Outcome<T>>) -> Outcome<T> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::internal)?;
    let done = runtime.block_on(work);
    // A credential helper that hangs is waited for on a thread, which nobody needs any more.
    runtime.shutdown_background();
    done
}
