//! Custom resources that images are looked for in.

use clap::Args;
use doorward_kube::CustomWorkloads;

use crate::failure::{Failure, Outcome};

/// What a webhook was given.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Custom resources")]
pub(crate) struct CustomArgs {
    /// Look for a Pod's specification at this JSON pointer in objects of a custom resource, where `*` is every element
    ///
    /// Such as `argoproj.io/rollouts=/spec/template/spec`. A `?` at the end says that some objects have none there. Can be
    /// repeated. `argo-rollouts`, `jobset` and `knative` stand for what these projects have.
    #[arg(
        long = "workload",
        value_name = "GROUP/RESOURCE=POINTER",
        env = "DOORWARD_WORKLOAD",
        value_delimiter = ','
    )]
    workload: Vec<String>,
    /// Look for a single image at this JSON pointer in objects of a custom resource, as --workload does for a Pod's
    /// specification
    ///
    /// Can be repeated.
    #[arg(
        long = "image-field",
        value_name = "GROUP/RESOURCE=POINTER",
        env = "DOORWARD_IMAGE_FIELD",
        value_delimiter = ','
    )]
    image_field: Vec<String>,
}

impl CustomArgs {
    /// The custom resources.
    ///
    /// # Errors
    /// If one of them is not of the form that it must have.
    pub(crate) fn workloads(&self) -> Outcome<CustomWorkloads> {
        let pod_specs = self.workload.iter().map(String::as_str);
        let images = self.image_field.iter().map(String::as_str);
        CustomWorkloads::parse(pod_specs, images)
            .map_err(|error| Failure::usage(format!("--workload and --image-field: {error}")))
    }
}
