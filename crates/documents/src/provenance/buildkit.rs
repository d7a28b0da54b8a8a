//! What `BuildKit` says of a build.

use super::{Source, Sources};
use crate::DocumentError;
use crate::member::Node;

/// The types of build, of SLSA 0.2 and 1.
pub(super) const TYPES: [&str; 2] = [
    "https://mobyproject.org/buildkit@v1",
    "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md",
];

/// The source in the parameters of SLSA 1, and the folders of the machine that built.
pub(super) fn read(parameters: &Node<'_>, sources: &mut Sources) -> Result<(), DocumentError> {
    parameters.without_twins(&["configSource", "parameters", "request"])?;
    if let Some(config) = parameters.member("configSource")? {
        context(&config, sources)?;
    }
    // The name has changed from one version to the next.
    for name in ["request", "parameters"] {
        if let Some(request) = parameters.member(name)? {
            locals(&request, sources)?;
        }
    }
    Ok(())
}

/// The context, if it is at an address.
pub(super) fn context(config: &Node<'_>, sources: &mut Sources) -> Result<(), DocumentError> {
    config.without_twins(&["uri"])?;
    match config.name("uri")? {
        Some(uri) => sources.add(Source::of_context(uri)),
        None => Ok(()),
    }
}

/// A folder of the machine that built, which nobody else can look into. It counts as a source that no pattern means.
pub(super) fn locals(request: &Node<'_>, sources: &mut Sources) -> Result<(), DocumentError> {
    request.without_twins(&["locals"])?;
    if request.elements("locals")?.next().is_some() {
        sources.add(Source::nowhere("a folder of the machine that built"))?;
    }
    Ok(())
}

/// What else was used. Everything that is no package is a source: a repository that is copied into the image, a stage that a
/// repository took the place of, a file that was fetched.
pub(super) fn materials<'n: 'a, 'a>(
    parent: &'n Node<'a>,
    list: &'n str,
    sources: &mut Sources,
) -> Result<(), DocumentError> {
    for entry in parent.elements(list)? {
        entry.without_twins(&["uri"])?;
        if let Some(uri) = entry.name("uri")?.filter(|uri| !uri.starts_with("pkg:")) {
            sources.add(Source::of_context(uri))?;
        }
    }
    Ok(())
}
