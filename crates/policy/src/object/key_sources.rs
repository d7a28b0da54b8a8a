//! Where the keys of a policy are fetched from.

use crate::{Demand, KeySource, PolicyObject};

impl PolicyObject {
    /// The keys at an address or in a key management service that its entries name. One that is named more than once may
    /// be there more than once.
    #[must_use]
    pub fn key_sources(&self) -> Vec<&KeySource> {
        let demands = self.demands().into_iter();
        let sigstore = demands.filter_map(|demand| match demand {
            Demand::Sigstore(sigstore) => Some(sigstore),
            Demand::AnyOf(_)
            | Demand::Attestations(_)
            | Demand::Image(_)
            | Demand::Notation(_)
            | Demand::Simple(_)
            | Demand::Trust(_)
            | Demand::Vulnerability(_) => None,
        });
        sigstore.flat_map(|one| one.key_sources()).collect()
    }
}
