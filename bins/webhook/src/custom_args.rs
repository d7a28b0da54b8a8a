//! The options about custom resources.

use anyhow::{Context, Result};
use clap::Args;
use doorward_kube::CustomWorkloads;

/// Custom resources that images are looked for in.
#[derive(Clone, Debug, Default, Args)]
pub struct CustomArgs {
    /// Look for a Pod's specification at this JSON pointer in objects of a custom resource, where `*` is every element: such
    /// as `argoproj.io/rollouts=/spec/template/spec`. A `?` at the end says that some objects have none there. Can be
    /// repeated. `argo-rollouts`, `jobset` and `knative` stand for what these projects have. The webhook configurations have
    /// to name the resource too
    #[arg(
        long = "workload",
        value_name = "GROUP/RESOURCE=POINTER",
        env = "DOORWARD_WORKLOAD",
        value_delimiter = ','
    )]
    pub workloads: Vec<String>,

    /// Look for a single image at this JSON pointer in objects of a custom resource, as --workload does for a Pod's
    /// specification. Can be repeated
    #[arg(
        long = "image-field",
        value_name = "GROUP/RESOURCE=POINTER",
        env = "DOORWARD_IMAGE_FIELD",
        value_delimiter = ','
    )]
    pub image_fields: Vec<String>,
}

impl CustomArgs {
    /// The custom resources.
    ///
    /// # Errors
    /// If one of them is not of the form that it must have.
    pub(crate) fn custom_workloads(&self) -> Result<CustomWorkloads> {
        let pod_specs = self.workloads.iter().map(String::as_str);
        let images = self.image_fields.iter().map(String::as_str);
        CustomWorkloads::parse(pod_specs, images).context("--workload and --image-field")
    }
}
