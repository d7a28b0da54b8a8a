//! What an inspection asks of a scheme.

use doorward_core::{Reference, Repository};
use doorward_policy::Demand;

use super::entry::PolicyEntry;
use crate::context::Context;
use crate::rules::Rules;
use crate::survey::Places;

/// What a scheme is asked to look at.
pub struct Inspecting<'a> {
    pub(crate) reference: &'a Reference,
    pub(crate) located: &'a Repository,
    pub(crate) places: &'a Places,
    pub(super) context: &'a Context<'a>,
    /// Every demand of the entries that govern the image, alternatives among them.
    pub(crate) demands: Vec<(&'a Demand, PolicyEntry<'a>)>,
}

impl<'a> Inspecting<'a> {
    /// The image, normalised, with its tag also if it has a digest.
    #[must_use]
    pub const fn reference(&self) -> &'a Reference {
        self.reference
    }

    /// Where its repository is kept.
    #[must_use]
    pub const fn located(&self) -> &'a Repository {
        self.located
    }

    /// The rules that govern images.
    #[must_use]
    pub const fn rules(&self) -> &'a Rules {
        self.context.rules
    }

    /// Places to look in that no policy names.
    #[must_use]
    pub const fn places(&self) -> &'a Places {
        self.places
    }

    /// Every demand of the entries that govern the image, with its entry. What only one of several alternatives
    /// demands is among them: an inspection looks at everything.
    pub fn demands(&self) -> impl Iterator<Item = (&'a Demand, PolicyEntry<'a>)> {
        self.demands.iter().copied()
    }
}

impl std::fmt::Debug for Inspecting<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inspecting")
            .field("reference", &self.reference.to_string())
            .finish_non_exhaustive()
    }
}
