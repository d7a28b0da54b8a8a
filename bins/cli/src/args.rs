//! The command line: what can be typed.
//!
//! From this one description come the parser, the help texts, the completions, the manual pages and the reference
//! in the book.

use clap::{Parser, Subcommand};

use crate::commands;
use crate::options::Common;

/// Decide whether container images may run, and say why.
///
/// Doorward finds the signatures an image carries, checks them against policy, pins the image to the digest that
/// was verified, and gives the reason when it refuses. A directory of Kubernetes manifests (policies, Secrets,
/// ServiceAccounts) stands for the cluster, so a verdict here is the verdict of the admission webhook.
#[derive(Debug, Parser)]
#[command(
    name = "doorward",
    version,
    propagate_version = true,
    arg_required_else_help = true,
    subcommand_required = true,
    after_long_help = EXITS
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXITS: &str = "\
Exit codes:
  0  allowed, or the command did what it was asked
  1  internal error
  2  the command line is wrong
  3  denied: untrusted or not intact
  4  denied: no policy matches
  5  inconclusive: something required was unavailable (nothing is allowed by that)
  6  a policy, secret, setting or input file is invalid or cannot be read
  7  nothing to verify

Of several images the worst decides, in the order 1, 6, 3, 4, 5, 0.

Settings come from flags, else from DOORWARD_… variables, else from a file (--config, ./doorward.yaml or
$XDG_CONFIG_HOME/doorward/config.yaml), else from defaults. `doorward config` shows where each came from.";

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Admit(commands::admit::AdmitArgs),
    Completions(commands::completions::CompletionsArgs),
    Config(commands::config::ConfigArgs),
    Demo(commands::demo::DemoArgs),
    #[command(subcommand)]
    Deploy(DeployCommand),
    #[cfg(feature = "kubernetes")]
    Doctor(Box<commands::doctor::DoctorArgs>),
    Forecast(Box<commands::forecast::ForecastArgs>),
    Inspect(commands::inspect::InspectArgs),
    Install(commands::install::InstallArgs),
    Man(commands::man::ManArgs),
    #[command(subcommand)]
    Policy(PolicyCommand),
    Scan(Box<commands::scan::ScanArgs>),
    #[command(subcommand)]
    Trust(TrustCommand),
    Verify(commands::verify::VerifyArgs),
}

/// Print what an API server needs that asks before it serves
#[derive(Debug, Subcommand)]
pub(crate) enum DeployCommand {
    Static(Box<commands::deploy::StaticArgs>),
}

/// Work with policies
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    Lint(commands::policy_lint::LintArgs),
    Match(Box<commands::policy_match::MatchArgs>),
}

/// Work with roots of trust of signed collections (Docker Content Trust, Notary v1)
#[derive(Debug, Subcommand)]
pub(crate) enum TrustCommand {
    Import(commands::trust_import::ImportArgs),
    Pin(commands::trust_pin::PinArgs),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_description_of_the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
