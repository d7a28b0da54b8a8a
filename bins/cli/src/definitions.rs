//! The definitions of the custom resources as files.

use doorward_policy::{Group, PolicyKind, crd};

/// The names of the files and their texts, of all kinds of these groups.
pub(crate) fn files(
    groups: impl IntoIterator<Item = Group>,
) -> Result<Vec<(String, String)>, serde_yaml::Error> {
    let each = groups
        .into_iter()
        .flat_map(|group| PolicyKind::ALL.map(|kind| (kind, group)));
    each.map(|(kind, group)| {
        let definition = crd::definition(kind, group);
        let plural = crd::plural(kind);
        let text = format!(
            "# {kind} of {}. Generated: `doorward install crds` prints it; do not edit by hand.\n{}",
            group.api_version(),
            serde_yaml::to_string(&definition)?
        );
        Ok((format!("{plural}.{group}.yaml"), text))
    })
    .collect()
}
