//! The definitions of the custom resources as files.

use doorward_policy::{ExceptionKind, Group, PolicyKind, crd};
use serde_json::Value;

/// The names of the files and their texts, of all kinds of these groups.
pub(crate) fn files(
    groups: impl IntoIterator<Item = Group>,
) -> Result<Vec<(String, String)>, serde_yaml::Error> {
    let groups: Vec<Group> = groups.into_iter().collect();
    let mut files = Vec::new();
    for group in &groups {
        for kind in PolicyKind::ALL {
            let definition = crd::definition(kind, *group);
            files.push(file(kind.as_str(), crd::plural(kind), *group, &definition)?);
        }
    }
    if groups.contains(&ExceptionKind::GROUP) {
        for kind in ExceptionKind::ALL {
            let definition = crd::exception_definition(kind);
            let plural = crd::exception_plural(kind);
            files.push(file(
                kind.as_str(),
                plural,
                ExceptionKind::GROUP,
                &definition,
            )?);
        }
    }
    Ok(files)
}

fn file(
    kind: &str,
    plural: &str,
    group: Group,
    definition: &Value,
) -> Result<(String, String), serde_yaml::Error> {
    let text = format!(
        "# {kind} of {}. Generated: `doorward install crds` prints it; do not edit by hand.\n{}",
        group.api_version(),
        serde_yaml::to_string(definition)?
    );
    Ok((format!("{plural}.{group}.yaml"), text))
}
