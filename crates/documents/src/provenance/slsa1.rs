//! SLSA provenance 1 ("Build: Provenance", version 1).

use super::{Family, Provenance, Sources, buildkit, github, materials, tekton};
use crate::DocumentError;
use crate::member::Node;

pub(super) const TYPE: &str = "https://slsa.dev/provenance/v1";

pub(super) fn read(root: &Node<'_>) -> Result<Provenance, DocumentError> {
    root.without_twins(&["buildDefinition", "runDetails"])?;
    let Some(definition) = root.member("buildDefinition")? else {
        return Err(root.malformed("an object with `buildDefinition`"));
    };
    let Some(run) = root.member("runDetails")? else {
        return Err(root.malformed("an object with `runDetails`"));
    };
    definition.without_twins(&["buildType", "externalParameters", "resolvedDependencies"])?;
    run.without_twins(&["builder"])?;
    let builder = match run.member("builder")? {
        Some(builder) => {
            builder.without_twins(&["id"])?;
            builder.name("id")?.map(str::to_owned)
        }
        None => None,
    };
    let build_type = definition.required_name("buildType")?.to_owned();
    let mut sources = Sources::default();
    // What the parameters mean is said by the type of the build alone.
    let parameters = definition.member("externalParameters")?;
    let family = Family::of(&build_type);
    if family == Some(Family::BuildKit) {
        buildkit::materials(&definition, "resolvedDependencies", &mut sources)?;
    } else {
        sources.add_list(&definition, "resolvedDependencies")?;
    }
    match (family, &parameters) {
        (Some(Family::BuildKit), Some(parameters)) => buildkit::read(parameters, &mut sources)?,
        (Some(Family::GitHub), Some(parameters)) => github::read(parameters, &mut sources)?,
        (Some(Family::Tekton), _) => tekton::read(&definition, parameters.as_ref(), &mut sources)?,
        (Some(_) | None, _) => {}
    }
    let images = materials::read(&definition, "resolvedDependencies", family, &build_type)?;
    Ok(Provenance {
        builder,
        build_type,
        sources: family.map(|_| sources.named()),
        images,
    })
}
