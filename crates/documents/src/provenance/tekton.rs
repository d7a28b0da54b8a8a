//! What Tekton Chains says of a build.

use super::{Source, Sources};
use crate::DocumentError;
use crate::member::Node;

/// The types of build, of all versions that write SLSA 0.2 or 1.
pub(super) const TYPES: [&str; 6] = [
    "tekton.dev/v1beta1/TaskRun",
    "tekton.dev/v1beta1/PipelineRun",
    "tekton.dev/v1/TaskRun",
    "tekton.dev/v1/PipelineRun",
    "https://tekton.dev/chains/v2/slsa",
    "https://tekton.dev/chains/v2/slsa-tekton",
];

/// The source in the parameters, if the pipeline came from one. Those of the image are in the list of dependencies.
pub(super) fn read(parameters: &Node<'_>, sources: &mut Sources) -> Result<(), DocumentError> {
    parameters.without_twins(&["buildConfigSource"])?;
    let Some(config) = parameters.member("buildConfigSource")? else {
        return Ok(());
    };
    config.without_twins(&["repository", "ref"])?;
    if let Some(source) = config
        .name("repository")?
        .and_then(Source::under_version_control)
    {
        let reference = source.reference().or(config.name("ref")?);
        sources.add(Source::at(source.repository(), reference))?;
    }
    Ok(())
}
