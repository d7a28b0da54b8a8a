//! `doorward install policies`.

use clap::{Args, ValueEnum};
use doorward::Exit;

use crate::failure::Outcome;
use crate::render::program::Output;
use crate::streams;
use crate::style::Style;

/// Print policies to begin with, as YAML
///
/// For `kubectl apply -f -`, once the definitions are there. Policies of your own for an image or a namespace decide instead of
/// `observe` and `warn`, because they are more specific. Take these away when your own are complete.
#[derive(Debug, Args)]
pub(super) struct PoliciesArgs {
    /// Which
    #[arg(long, value_name = "NAME")]
    preset: Preset,
}

/// Policies to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Preset {
    /// Admits what no other policy governs, and records that it would have been refused
    Observe,
    /// Warns where images of Kubernetes, distroless and Chainguard are not signed by them, and records the rest as `observe`
    OfficialImages,
    /// What Portieris' chart installs for IBM Cloud
    Portieris,
    /// Admits what no other policy governs, and warns its author that it would have been refused
    Warn,
}

impl Preset {
    const fn text(self) -> &'static str {
        match self {
            Self::Observe => include_str!("presets/observe.yaml"),
            Self::OfficialImages => include_str!("presets/official-images.yaml"),
            Self::Portieris => include_str!("presets/portieris.yaml"),
            Self::Warn => include_str!("presets/warn.yaml"),
        }
    }
}

impl PoliciesArgs {
    pub(super) fn run(self) -> Outcome {
        let output = Output::generated(self.preset.text().to_owned());
        streams::data(&output.into(), Style::plain())?;
        Ok(Exit::Allowed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward_policy::{Document, PolicySet, read_documents};

    #[test]
    fn every_preset_is_of_policies_without_a_mistake() {
        for preset in Preset::value_variants() {
            let (documents, mut found) = read_documents("preset", preset.text().as_bytes());
            let written = preset.text().matches("kind:").count();
            assert_eq!(documents.len(), written, "{preset:?}");
            let policies = documents.into_iter().filter_map(|document| match document {
                Document::Policy(policy) => Some(policy),
                _ => None,
            });
            let policies: Vec<_> = policies.collect();
            assert_eq!(policies.len(), written, "{preset:?}");
            found.extend(PolicySet::compile(policies).1);
            found.retain(doorward_policy::Diagnostic::is_error);
            assert!(found.is_empty(), "{preset:?}: {found:?}");
        }
    }
}
