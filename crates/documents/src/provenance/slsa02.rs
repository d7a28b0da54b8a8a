//! SLSA provenance 0.2 ("Provenance", version 0.2).

use super::{Family, Provenance, Source, Sources, buildkit, materials, tekton};
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
    let family = Family::of(&build_type);
    match family {
        Some(Family::BuildKit) => buildkit::materials(root, "materials", &mut sources)?,
        _ => sources.add_list(root, "materials")?,
    }
    // Where the build was defined, which most builders take from the source itself.
    let invocation = root.member("invocation")?;
    let config = match &invocation {
        Some(invocation) => {
            invocation.without_twins(&["configSource", "parameters"])?;
            invocation.member("configSource")?
        }
        None => None,
    };
    let uri = match &config {
        Some(config) => {
            config.without_twins(&["uri"])?;
            config.name("uri")?
        }
        None => None,
    };
    match family {
        Some(Family::BuildKit) => {
            if let Some(config) = &config {
                buildkit::context(config, &mut sources)?;
            }
            if let Some(invocation) = &invocation
                && let Some(parameters) = invocation.member("parameters")?
            {
                buildkit::locals(&parameters, &mut sources)?;
            }
        }
        // A task can come from a registry, or stand in the run itself.
        Some(Family::Tekton) => tekton::defined_at(uri, None, &mut sources)?,
        Some(Family::GitHub) | None => {
            if let Some(uri) = uri {
                sources.add(Source::of(uri))?;
            }
        }
    }
    let images = materials::read(root, "materials", family, &build_type)?;
    Ok(Provenance {
        builder,
        build_type,
        sources: Some(sources.named()),
        images,
    })
}
