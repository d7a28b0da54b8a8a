//! Where the keys of a policy are fetched from.

use crate::{Checks, Demand, Demands, KeySource, PolicyObject};

impl PolicyObject {
    /// The keys at an address or in a key management service that its entries name. One that is named more than once may
    /// be there more than once.
    #[must_use]
    pub fn key_sources(&self) -> Vec<&KeySource> {
        let mut found = Vec::new();
        for body in self.entries().filter_map(|(_, body)| body.ok()) {
            match &body.checks {
                Checks::Unchecked(_) => {}
                Checks::Demanded(demands) => add(demands, &mut found),
            }
        }
        found
    }
}

fn add<'p>(demands: &'p Demands, found: &mut Vec<&'p KeySource>) {
    for demand in demands {
        match demand {
            Demand::AnyOf(alternatives) => {
                for demands in alternatives {
                    add(demands, found);
                }
            }
            Demand::Sigstore(sigstore) => found.extend(sigstore.key_sources()),
            Demand::Attestations(attestations) => {
                for attestation in attestations {
                    add(&attestation.signed_by, found);
                }
            }
            Demand::Vulnerability(vulnerability) => {
                for signers in vulnerability.signers() {
                    add(signers, found);
                }
            }
            Demand::Image(_) | Demand::Notation(_) | Demand::Simple(_) | Demand::Trust(_) => {}
        }
    }
}
