//! `doorward deploy static`.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use clap::{Args, ValueEnum};
use doorward::Exit;
use doorward_core::Reference;
use doorward_kube::{StaticAdmission, StaticDoor, StaticFile};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::custom::CustomArgs;
use crate::failure::{Failure, Outcome};
use crate::files;
use crate::invocation::Invocation;
use crate::render::program::Output;
use crate::streams;
use crate::style::Style;

/// Print the files with which an API server asks the webhook from its first object on
///
/// Webhook configurations are objects of the API server: it goes by them only once it serves, and who may delete them
/// opens the door. These files are on the node of the API server, and so is the webhook, as a static Pod that needs no API
/// server. Each begins with the path that it belongs to. Nothing is written.
#[derive(Debug, Args)]
pub(crate) struct StaticArgs {
    /// The image of the webhook that you built and pushed, best by digest
    #[arg(long, value_name = "IMAGE")]
    image: String,
    /// By what the API server asks
    #[arg(long, value_name = "DOOR", default_value = "manifests")]
    by: Door,
    /// The authority of the webhook's serving certificate, which must be for 127.0.0.1. Required for `manifests`
    #[arg(long, value_name = "PEM")]
    ca_bundle: Option<PathBuf>,
    /// The port of 127.0.0.1 on which the webhook is asked; its health is on the next one
    #[arg(long, value_name = "PORT", default_value_t = 8443, value_parser = clap::value_parser!(u16).range(1024..65535))]
    port: u16,
    /// The folder on the node with policies, certificates and configurations
    #[arg(long, value_name = "PATH", default_value = "/etc/kubernetes/doorward", value_parser = folder)]
    folder: String,
    /// How long the API server waits for an answer
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(2..=30))]
    timeout_seconds: u64,
    /// Do not judge this namespace. Can be repeated
    #[arg(long = "exclude-namespace", value_name = "NAMESPACE")]
    excluded: Vec<String>,
    #[command(flatten)]
    custom: CustomArgs,
}

/// By what an API server asks before it serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Door {
    /// The plug-in ImagePolicyWebhook, which every API server has: it sees the images of containers alone, and pins nothing
    ImagePolicy,
    /// Webhook configurations in files: Kubernetes 1.36 with the feature gate, and 1.37
    Manifests,
}

impl From<Door> for StaticDoor {
    fn from(door: Door) -> Self {
        match door {
            Door::ImagePolicy => Self::ImagePolicy,
            Door::Manifests => Self::Manifests,
        }
    }
}

/// An absolute path that means the same wherever it is written.
fn folder(text: &str) -> Result<String, String> {
    let is_plain = |part: &str| {
        let of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        !part.is_empty() && !matches!(part, "." | "..") && part.chars().all(of_name)
    };
    let parts = text.strip_prefix('/').map(|rest| rest.split('/'));
    if parts.is_some_and(|mut parts| parts.all(is_plain)) {
        return Ok(text.to_owned());
    }
    Err("expected an absolute path of letters, digits, `-`, `_` and `.`".to_owned())
}

impl StaticArgs {
    pub(crate) fn run(self, invocation: &Invocation<'_>) -> Outcome {
        self.image.parse::<Reference>().map_err(|error| {
            Failure::new(Exit::Usage, anyhow::Error::new(error).context("--image"))
        })?;
        let authorities = self.authorities()?;
        let custom = self.custom.workloads()?;
        let has_webhooks = self.by == Door::Manifests;
        if !has_webhooks && (!custom.is_empty() || !self.excluded.is_empty()) {
            return Err(Failure::usage(
                "the plug-in ImagePolicyWebhook asks about Pods alone, and about those of every namespace: \
                 --exclude-namespace, --workload and --image-field go with --by manifests",
            ));
        }
        let admission = StaticAdmission {
            image: self.image,
            port: self.port,
            folder: self.folder,
            timeout: Duration::from_secs(self.timeout_seconds),
            authorities,
            excluded: self.excluded,
            custom,
            options: Vec::new(),
        };
        let text = text(&admission.files(self.by.into())).map_err(Failure::internal)?;
        streams::data(&Output::generated(text).into(), Style::plain())?;
        let folder = &admission.folder;
        let gate = match has_webhooks {
            true => {
                " and, with Kubernetes 1.36, --feature-gates=ManifestBasedAdmissionControlConfig=true"
            }
            false => " and ImagePolicyWebhook among --enable-admission-plugins",
        };
        invocation.terminal.hint(&format!(
            "start the API server with --admission-control-config-file={folder}/admission.yaml{gate}, and mount {folder} into \
             it; the guide says what else belongs there"
        ));
        Ok(Exit::Allowed)
    }

    /// What is in the file with the authority: certificates and nothing else.
    fn authorities(&self) -> Outcome<Vec<u8>> {
        let Some(path) = &self.ca_bundle else {
            return match self.by {
                Door::ImagePolicy => Ok(Vec::new()),
                Door::Manifests => Err(Failure::usage(
                    "--ca-bundle is required: the authority of the webhook's serving certificate",
                )),
            };
        };
        let pem = files::read_file(path)?;
        let wrong = |why: &str| {
            let why = anyhow!("{why}")
                .context(format!("{} cannot be used as --ca-bundle", path.display()));
            Failure::invalid(why)
        };
        if pem
            .windows(b"PRIVATE KEY".len())
            .any(|text| text == b"PRIVATE KEY")
        {
            return Err(wrong("it has a private key, which would be printed"));
        }
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        match certificates {
            Ok(certificates) if !certificates.is_empty() => Ok(pem),
            Ok(_) => Err(wrong("it has no certificate in PEM")),
            Err(error) => Err(wrong(&error.to_string())),
        }
    }
}

/// The files in one text, each behind its path.
fn text(files: &[StaticFile]) -> anyhow::Result<String> {
    let mut texts = Vec::new();
    for StaticFile { path, content } in files {
        let yaml = serde_yaml::to_string(content).with_context(|| path.clone())?;
        texts.push(format!("# {path}\n{yaml}"));
    }
    Ok(texts.join("---\n"))
}
