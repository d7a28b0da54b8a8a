//! What GitHub's own attestations and the SLSA generators for GitHub Actions say of a build.

use super::{Source, Sources};
use crate::DocumentError;
use crate::member::Node;

/// The types of build: of `actions/attest-build-provenance`, and of the generators (`slsa-github-generator`).
pub(super) const TYPES: [&str; 6] = [
    "https://actions.github.io/buildtypes/workflow/v1",
    "https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1",
    "https://github.com/slsa-framework/slsa-github-generator/container@v1",
    "https://github.com/slsa-framework/slsa-github-generator/generic@v1",
    "https://github.com/slsa-framework/slsa-github-generator/go@v1",
    "https://github.com/slsa-framework/slsa-github-generator/delegator-generic@v0",
];

/// The workflow and the source in the parameters: the one by its parts, the other as a URI.
pub(super) fn read(parameters: &Node<'_>, sources: &mut Sources) -> Result<(), DocumentError> {
    parameters.without_twins(&["workflow", "source"])?;
    if let Some(workflow) = parameters.member("workflow")? {
        workflow.without_twins(&["repository", "ref"])?;
        let repository = workflow.required_name("repository")?;
        sources.add(Source::at(repository, workflow.name("ref")?))?;
    }
    if let Some(source) = parameters.member("source")? {
        source.without_twins(&["uri"])?;
        let uri = source.required_name("uri")?;
        sources.add(Source::of(uri))?;
    }
    Ok(())
}
