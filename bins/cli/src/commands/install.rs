//! `doorward install`.

mod crds;
mod everything;
mod policies;

use clap::{Args, Subcommand};

use crate::failure::Outcome;

use crds::CrdsArgs;
use everything::EverythingArgs;
use policies::PoliciesArgs;

/// Print what a cluster needs, for `kubectl apply -f -`
///
/// Without a subcommand that is the namespace, the definitions of the custom resources, the rights and the webhook: what the
/// chart gives with its own values. Policies are apart, because a cluster takes them only once it knows the definitions, and
/// come first, because without one the webhook denies everything.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct InstallArgs {
    #[command(flatten)]
    everything: EverythingArgs,
    #[command(subcommand)]
    part: Option<InstallPart>,
}

#[derive(Debug, Subcommand)]
enum InstallPart {
    Crds(CrdsArgs),
    Policies(PoliciesArgs),
}

impl InstallArgs {
    pub(crate) fn run(self) -> Outcome {
        match self.part {
            Some(InstallPart::Crds(args)) => args.run(),
            Some(InstallPart::Policies(args)) => args.run(),
            None => self.everything.run(),
        }
    }
}
