//! Where the workloads come from that are looked at: files, or a live cluster.

use anyhow::anyhow;
use clap::Args;
use doorward::Exit;
use doorward_registry::RequestRate;

use crate::circumstances::Circumstances;
#[cfg(feature = "kubernetes")]
use crate::cluster::ClusterArgs;
use crate::custom::CustomArgs;
use crate::failure::{Failure, Outcome};
use crate::invocation::Invocation;
use crate::settings::Origin;
use crate::site::Site;
use crate::workloads::{Judged, Judging, Workloads};

/// Where the workloads come from.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct WorkloadArgs {
    #[cfg(feature = "kubernetes")]
    #[command(flatten)]
    live: LiveArgs,
    #[command(flatten)]
    custom: CustomArgs,
    /// Ask each registry so many times a second at most, such as `5` or `0.5`
    ///
    /// What it is asked about images and signatures is evenly spaced; what it takes to sign in, or to try again, comes on
    /// top. To wait for a turn does not count against --timeout.
    /// Without it, a registry is asked as fast as it answers, about eight repositories at a time.
    #[arg(long, value_name = "N", value_parser = rate)]
    registry_qps: Option<RequestRate>,
}

fn rate(text: &str) -> Result<RequestRate, &'static str> {
    let requests = text.parse().ok().and_then(RequestRate::per_second);
    requests.ok_or("expected a number from 0.001 to 1000")
}

/// Whether the workloads are those of a live cluster, and of which.
#[cfg(feature = "kubernetes")]
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Cluster")]
struct LiveArgs {
    /// Look at every workload of a live cluster, by the policies that it has
    ///
    /// The Pods that run, and what Pods are made from. With --filename on the command line, by the policies in these files in
    /// place of those of the cluster: so it shows what they would refuse before they are applied. Nothing is written.
    #[arg(short = 'A', long)]
    all_namespaces: bool,
    #[command(flatten)]
    cluster: ClusterArgs,
}

impl WorkloadArgs {
    /// How often each registry is asked at most, if that was said.
    pub(crate) const fn rate(&self) -> Option<RequestRate> {
        self.registry_qps
    }

    /// Whether the workloads are those of a live cluster.
    #[cfg(feature = "kubernetes")]
    pub(crate) const fn is_live(&self) -> bool {
        self.live.all_namespaces
    }

    /// Whether the workloads are those of a live cluster, which this build asks about none.
    #[cfg(not(feature = "kubernetes"))]
    pub(crate) const fn is_live(&self) -> bool {
        false
    }

    /// The site whose workloads `command` is about. What it asks a cluster for, it asks for on the runtime that this is called on.
    ///
    /// # Errors
    /// When there is nowhere to take workloads from, when a setting is none of workloads, when the cluster cannot be asked, and when
    /// what may be a workload in a file cannot be read.
    async fn site(
        &self,
        command: &str,
        circumstances: &Circumstances,
        invocation: &Invocation<'_>,
    ) -> Outcome<Site> {
        let Circumstances { rules, access, .. } = circumstances;
        for (flag, setting) in [
            ("--containers-policy", &rules.containers_policy),
            ("--trust-policy", &rules.trust_policy),
        ] {
            if setting.value.is_some() {
                return Err(Failure::usage(format!(
                    "{flag} knows no workloads: {command} decides by the policies that --filename names"
                )));
            }
        }
        if access.service_account.origin == Origin::Flag {
            return Err(Failure::usage(format!(
                "--service-account does not go with {command}: each workload names its own"
            )));
        }
        let custom = self.custom.workloads()?;
        #[cfg(feature = "kubernetes")]
        if self.is_live() {
            if access.offline.value {
                let error =
                    anyhow!("a cluster is asked with --all-namespaces, and nobody with --offline");
                return Err(Failure::new(Exit::Inconclusive, error));
            }
            let server = self.live.cluster.connect().await?;
            return Site::load_live(rules, custom, server, invocation).await;
        }
        #[cfg(feature = "kubernetes")]
        no_cluster_is_named(invocation)?;
        if rules.filename.value.is_empty() {
            let hint = match cfg!(feature = "kubernetes") {
                true => {
                    "name files or directories with workloads and policies with --filename, or take those of a cluster with \
                     --all-namespaces"
                }
                false => "name files or directories with workloads and policies with --filename",
            };
            return Err(Failure::usage(format!("there is nothing to {command}")).with_hint(hint));
        }
        let site = Site::load_knowing(rules, custom, invocation)?;
        if site.unread_workloads() > 0 {
            return Err(Failure::invalid(anyhow!(
                "what may be a workload cannot be read, so its images would be passed over"
            )));
        }
        Ok(site)
    }
}

/// Refuses options that lead to a cluster where none is asked.
///
/// # Errors
/// When one was typed. What a variable says for all commands may be left over.
#[cfg(feature = "kubernetes")]
pub(crate) fn no_cluster_is_named(invocation: &Invocation<'_>) -> Outcome<()> {
    for option in ["kubeconfig", "context"] {
        if invocation.resolver.is_typed(option) {
            return Err(Failure::usage(format!(
                "--{option} goes with --all-namespaces: no cluster is asked without"
            )));
        }
    }
    Ok(())
}

/// What `judging` finds out about the images of the workloads that `command` is about, and where they are.
///
/// # Errors
/// When the workloads cannot be had, or a setting is wrong.
pub(crate) async fn judge<J: Judging>(
    command: &str,
    workloads: &WorkloadArgs,
    circumstances: &Circumstances,
    judging: &J,
    invocation: &Invocation<'_>,
) -> Outcome<(Site, Judged<J::Found>)> {
    let site = workloads.site(command, circumstances, invocation).await?;
    let workloads = Workloads {
        site: &site,
        access: &circumstances.access,
        memory: &circumstances.memory,
        now: circumstances.now,
        terminal: invocation.terminal,
        rate: workloads.rate(),
    };
    let judged = workloads.each(judging).await?;
    Ok((site, judged))
}

/// The exit of a run over workloads of which so many were passed over, beside those that could not be read. The other verdicts do not
/// make up for them.
pub(crate) const fn exit_over(site: &Site, passed_over: usize, exit: Exit) -> Exit {
    match exit {
        Exit::Internal => exit,
        _ if site.unread_workloads() > 0 || passed_over > 0 => Exit::Invalid,
        _ => exit,
    }
}
