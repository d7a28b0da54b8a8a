//! The schemes of this build: for each a unit that compiles, and its codes.

#[cfg(feature = "documents")]
mod documents;
mod image;
#[cfg(any(feature = "documents", feature = "sigstore"))]
mod kept_in;
#[cfg(feature = "notary")]
mod notary;
#[cfg(feature = "notation")]
mod notation;
#[cfg(feature = "sigstore")]
mod sigstore;
#[cfg(feature = "simple-signing")]
mod simple;

use std::sync::Arc;

use doorward_core::{Code, Scheme};
use doorward_policy::Demand;

use super::unit::CompileUnit;

#[cfg(feature = "notation")]
pub(super) use self::notation::trust_policy;
#[cfg(feature = "simple-signing")]
pub(super) use self::simple::containers;

/// The units, a row for each scheme.
///
/// `first_use`: whether `trust` of the Portieris groups, which cannot name pins, believes the first root.
#[cfg_attr(
    not(feature = "notary"),
    allow(unused_variables, reason = "a setting of a scheme")
)]
pub(crate) fn units(first_use: bool) -> Vec<Arc<dyn CompileUnit>> {
    vec![
        #[cfg(feature = "documents")]
        Arc::new(documents::DocumentsUnit),
        #[cfg(feature = "notary")]
        Arc::new(notary::NotaryUnit { first_use }),
        #[cfg(feature = "notation")]
        Arc::new(notation::NotationUnit::default()),
        #[cfg(feature = "sigstore")]
        Arc::new(sigstore::SigstoreUnit),
        #[cfg(feature = "simple-signing")]
        Arc::new(simple::SimpleUnit),
        Arc::new(image::ImageUnit),
    ]
}

/// Every reason code that this build can give, by name: those that belong to no scheme, and those of each scheme that
/// it has. For documentation, metrics and the rules of reports.
#[must_use]
pub fn codes() -> Vec<Code> {
    let tables: &[&[Code]] = &[
        Code::ALL,
        #[cfg(feature = "documents")]
        documents::codes::ALL,
        image::codes::ALL,
        crate::materials::codes::ALL,
        #[cfg(feature = "notary")]
        doorward_notary::codes::ALL,
        #[cfg(feature = "notation")]
        doorward_notation::codes::ALL,
        #[cfg(feature = "sigstore")]
        doorward_sigstore::codes::ALL,
        #[cfg(feature = "simple-signing")]
        doorward_simple_signing::codes::ALL,
    ];
    let mut all = tables.concat();
    all.sort();
    all
}

/// The scheme that a demand is of, by the name used in reports, whether this build has it or not.
pub(super) const fn scheme_of(demand: &Demand) -> Scheme {
    match demand {
        Demand::Trust(_) => Scheme::NOTARY,
        Demand::Simple(_) => Scheme::SIMPLE_SIGNING,
        Demand::Notation(_) => Scheme::NOTATION,
        Demand::Sigstore(_) => Scheme::SIGSTORE,
        Demand::Attestations(_)
        | Demand::Vulnerability(_)
        | Demand::Image(_)
        | Demand::AnyOf(_) => Scheme::custom(demand.name()),
    }
}
