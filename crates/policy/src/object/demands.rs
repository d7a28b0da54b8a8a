//! Everything that the entries of a policy demand.

use crate::{Checks, Demand, Demands, PolicyBody, PolicyObject};

impl PolicyObject {
    /// The demands of all entries that can be read: see [`of_body`].
    pub(super) fn demands(&self) -> Vec<&Demand> {
        let bodies = self.entries().filter_map(|(_, body)| body.ok());
        bodies.flat_map(of_body).collect()
    }
}

/// The demands of an entry, those of its alternatives and of the signers of documents among them.
pub(super) fn of_body(body: &PolicyBody) -> Vec<&Demand> {
    let mut found = Vec::new();
    match &body.checks {
        Checks::Unchecked(_) => {}
        Checks::Demanded(demands) => add(demands, &mut found),
    }
    found
}

fn add<'p>(demands: &'p Demands, found: &mut Vec<&'p Demand>) {
    for demand in demands {
        found.push(demand);
        match demand {
            Demand::AnyOf(alternatives) => {
                for demands in alternatives {
                    add(demands, found);
                }
            }
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
            Demand::Image(_)
            | Demand::Notation(_)
            | Demand::Sigstore(_)
            | Demand::Simple(_)
            | Demand::Trust(_) => {}
        }
    }
}
