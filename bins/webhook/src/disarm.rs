//! Taking the webhook configurations away by hand.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use doorward::Exit;
use doorward_kube::client::{ApiServer, WebhookConfigurations};

/// Deletes the webhook configurations that --arm wrote, so that no image is judged any more.
///
/// Needs no running webhook. One that still runs with --arm writes them again: take it down first.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "doorward-webhook disarm",
    bin_name = "doorward-webhook disarm",
    version,
    about,
    max_term_width = 100
)]
pub struct Disarm {
    /// The kubeconfig whose current context leads to the cluster. Without it, the service account of the Pod does
    #[arg(long, value_name = "FILE", env = "DOORWARD_KUBECONFIG")]
    pub kubeconfig: Option<PathBuf>,

    /// The namespace of the webhook whose configurations are deleted. Those of another are left alone
    #[arg(
        long,
        value_name = "NAMESPACE",
        env = "DOORWARD_HOME_NAMESPACE",
        default_value = "doorward"
    )]
    pub home_namespace: String,
}

/// Deletes them, and says what became of each.
#[must_use]
pub fn disarm(args: &Disarm) -> ExitCode {
    let done = tokio::runtime::Runtime::new()
        .context("no runtime")
        .and_then(|runtime| runtime.block_on(remove(args)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "doorward-webhook disarm: {error:#}");
            ExitCode::from(Exit::Invalid.code())
        }
    }
}

async fn remove(args: &Disarm) -> Result<()> {
    let server = ApiServer::connect(args.kubeconfig.as_deref()).await;
    let server = server.context("there is no way to the cluster")?;
    let (removed, left) = WebhookConfigurations::new(server)
        .remove(&args.home_namespace)
        .await?;
    let mut out = std::io::stdout();
    for name in &removed {
        writeln!(out, "deleted: {name}")?;
    }
    if !left.is_empty() {
        let left: Vec<_> = left.iter().map(ToString::to_string).collect();
        bail!("{}", left.join("; "));
    }
    if removed.is_empty() {
        writeln!(out, "nothing to delete")?;
    }
    Ok(())
}
