//! Policies and workloads of a live cluster.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use doorward::Exit;
use doorward_core::Digest;
use doorward_kube::client::{ApiServer, ClusterWatch, Inventory, RunningContainer};
use doorward_kube::{ClusterView, CustomWorkloads};
use tokio::time::timeout;

use super::{Documents, documents, texts, view_of};
use crate::failure::{Failure, Outcome};
use crate::invocation::Invocation;
use crate::render;
use crate::settings::{Origin, RulesSettings};
use crate::streams;

/// How long the policies of a cluster are waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Reads the workloads of a cluster, and its policies, or in place of these those of the files that were named on the command line.
///
/// A mistake in a policy of the cluster is shown, and denies what the policy governs, as in the webhook.
///
/// # Errors
/// When the cluster cannot be asked, and when a policy in a file says something wrong.
pub(in crate::site) async fn load(
    settings: &RulesSettings,
    custom: CustomWorkloads,
    server: &ApiServer,
    invocation: &Invocation<'_>,
) -> Outcome<(Documents, BTreeMap<RunningContainer, Digest>)> {
    // What is named for all commands was not meant to take the place of what a cluster has.
    let is_by_files = settings.filename.origin == Origin::Flag;
    if !is_by_files && !settings.filename.value.is_empty() {
        let said = "the policies are those of the cluster: with --all-namespaces, files count that --filename names on the command line";
        invocation.terminal.note(said);
    }
    let (mut view, files) = if is_by_files {
        let sources = texts(settings, invocation)?;
        let files = ClusterView::new(&settings.namespace.value)
            .without_workloads()
            .with_longest_exception(settings.longest_exception);
        let files = view_of(&sources, files, invocation)?;
        let mut files = documents(&files);
        files.sources = sources;
        (ClusterView::new("default"), Some(files))
    } else {
        (policies(settings, server, invocation).await?, None)
    };
    let inventory = Inventory::new(server.clone(), custom);
    let found = inventory.read(&mut view, is_by_files).await;
    let found = found
        .context("what runs in the cluster cannot be listed")
        .map_err(unasked)?;
    for missing in found.missing {
        invocation.terminal.warn(&missing);
    }
    let mut read = documents(&view);
    if let Some(files) = files {
        // Of files, policies count and what these name, and nothing that is the cluster's own.
        read = Documents {
            cluster: read.cluster,
            unread_workloads: read.unread_workloads,
            notes: files.notes.into_iter().chain(read.notes).collect(),
            ..files
        };
    }
    for note in &read.notes {
        invocation.terminal.note(note);
    }
    Ok((read, found.running))
}

/// The policies of a cluster and the labels of its namespaces.
async fn policies(
    settings: &RulesSettings,
    server: &ApiServer,
    invocation: &Invocation<'_>,
) -> Outcome<ClusterView> {
    let mut watch = ClusterWatch::start(server, settings.longest_exception);
    let Ok(state) = timeout(PATIENCE, watch.synced()).await else {
        let state = watch.state();
        let still: Vec<String> = state.still().map(|(_, why)| why.to_owned()).collect();
        let why = match still.is_empty() {
            true => "it does not answer".to_owned(),
            false => still.join("; "),
        };
        return Err(unasked(anyhow!(
            "the policies of the cluster cannot be read: {why}"
        )));
    };
    let view = ClusterView::clone(state.view());
    for mistake in view.policies().mistakes() {
        let mut text = render::diagnostic::text(mistake, None);
        streams::remark(text.blank(), invocation.terminal.err);
    }
    Ok(view)
}

/// That the cluster could not be asked says nothing about any image.
fn unasked(error: anyhow::Error) -> Failure {
    Failure::new(Exit::Inconclusive, error)
}
