//! `doorward install crds`.

use clap::{Args, ValueEnum};
use doorward::Exit;
use doorward_policy::Group;

use crate::definitions;
use crate::failure::{Failure, Outcome};
use crate::render::program::Output;
use crate::streams;
use crate::style::Style;

/// Print the definitions of the custom resources, as YAML
///
/// For `kubectl apply -f -`. They are those of ImagePolicy and ClusterImagePolicy in each group. An API server that knows them
/// refuses on write what their schemas refuse, and shows what a policy may hold: `kubectl explain imagepolicy.spec`.
#[derive(Debug, Args)]
pub(super) struct CrdsArgs {
    /// Only this API group; may be repeated
    #[arg(long = "group", value_name = "GROUP", value_delimiter = ',')]
    groups: Vec<GroupName>,
}

/// A group, by its name or the first part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct GroupName(Group);

impl ValueEnum for GroupName {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [GroupName; 3] = [
            GroupName(Group::Doorward),
            GroupName(Group::Portieris),
            GroupName(Group::SecurityEnforcement),
        ];
        &ALL
    }

    fn to_possible_value(&self) -> Option<clap::builder::PossibleValue> {
        let name = self.0.as_str();
        let first = name.split('.').next().unwrap_or(name);
        Some(clap::builder::PossibleValue::new(name).alias(first))
    }
}

impl CrdsArgs {
    pub(super) fn run(self) -> Outcome {
        let mut groups: Vec<Group> = self.groups.into_iter().map(|name| name.0).collect();
        groups.sort_unstable();
        groups.dedup();
        if groups.is_empty() {
            groups = Group::ALL.to_vec();
        }
        let files = definitions::files(groups).map_err(Failure::internal)?;
        let texts: Vec<_> = files.into_iter().map(|(_, text)| text).collect();
        let output = Output::generated(texts.join("---\n"));
        streams::data(&output.into(), Style::plain())?;
        Ok(Exit::Allowed)
    }
}
