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

/// What Chains calls the definition of a run among the dependencies.
const DEFINITIONS: [&str; 2] = ["pipeline", "task"];

/// The source in the parameters, if the pipeline came from one, and the definition among the dependencies. Those of the image are
/// in that list, too: they are what the pipeline says.
pub(super) fn read(
    definition: &Node<'_>,
    parameters: Option<&Node<'_>>,
    sources: &mut Sources,
) -> Result<(), DocumentError> {
    let mut is_defined = false;
    for entry in definition.elements("resolvedDependencies")? {
        entry.without_twins(&["name", "uri"])?;
        if entry
            .name("name")?
            .is_some_and(|name| DEFINITIONS.contains(&name))
        {
            is_defined = true;
            defined_at(entry.name("uri")?, None, sources)?;
        }
    }
    if let Some(parameters) = parameters {
        parameters.without_twins(&["buildConfigSource"])?;
        if let Some(config) = parameters.member("buildConfigSource")? {
            config.without_twins(&["repository", "ref"])?;
            is_defined = true;
            defined_at(config.name("repository")?, config.name("ref")?, sources)?;
        }
    }
    if !is_defined {
        defined_at(None, None, sources)?;
    }
    Ok(())
}

/// Where the run was defined. One that is in no repository can say of any repository that it built from there.
pub(super) fn defined_at(
    uri: Option<&str>,
    reference: Option<&str>,
    sources: &mut Sources,
) -> Result<(), DocumentError> {
    let source = uri.and_then(Source::under_version_control).map_or_else(
        || Source::nowhere("a run whose definition is in no repository"),
        |source| {
            let reference = source.reference().or(reference);
            Source::at(source.repository(), reference)
        },
    );
    sources.add(source)
}
