//! What BuildKit says of a build.

use super::{Source, Sources};
use crate::DocumentError;
use crate::member::Node;

/// The types of build, of SLSA 0.2 and 1.
pub(super) const TYPES: [&str; 2] = [
    "https://mobyproject.org/buildkit@v1",
    "https://github.com/moby/buildkit/blob/master/docs/attestations/slsa-definitions.md",
];

/// The source that was built, if it was none of the machine's own folders.
pub(super) fn read(parameters: &Node<'_>, sources: &mut Sources) -> Result<(), DocumentError> {
    parameters.without_twins(&["configSource"])?;
    let Some(config) = parameters.member("configSource")? else {
        return Ok(());
    };
    config.without_twins(&["uri"])?;
    if let Some(uri) = config.name("uri")?.filter(|uri| is_remote(uri)) {
        sources.add(Source::of(uri))?;
    }
    Ok(())
}

/// Whether a context is at an address, and no folder of the machine that built.
pub(super) fn is_remote(uri: &str) -> bool {
    uri.contains("://")
}
