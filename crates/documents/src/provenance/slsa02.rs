//! SLSA provenance 0.2 ("Provenance", version 0.2).

use super::{Family, Provenance, Source, Sources, buildkit};
use crate::DocumentError;
use crate::member::Node;

pub(super) const TYPE: &str = "https://slsa.dev/provenance/v0.2";

pub(super) fn read(root: &Node<'_>) -> Result<Provenance, DocumentError> {
    root.without_twins(&["builder", "buildType", "invocation", "materials"])?;
    let builder = match root.member("builder")? {
        Some(builder) => {
            builder.without_twins(&["id"])?;
            builder.name("id")?.map(str::to_owned)
        }
        None => None,
    };
    let build_type = root.required_name("buildType")?.to_owned();
    let mut sources = Sources::default();
    sources.add_list(root, "materials")?;
    // Where the build was defined, which most builders take from the source itself.
    if let Some(invocation) = root.member("invocation")? {
        invocation.without_twins(&["configSource"])?;
        if let Some(config) = invocation.member("configSource")? {
            config.without_twins(&["uri"])?;
            if let Some(uri) = config.name("uri")? {
                let is_source = match Family::of(&build_type) {
                    Some(Family::BuildKit) => buildkit::is_remote(uri),
                    // A task can come from a registry, which is no source.
                    Some(Family::Tekton) => Source::under_version_control(uri).is_some(),
                    Some(Family::GitHub) | None => true,
                };
                if is_source {
                    sources.add(Source::of(uri))?;
                }
            }
        }
    }
    Ok(Provenance {
        builder,
        build_type,
        sources: Some(sources.0),
    })
}
