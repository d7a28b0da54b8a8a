//! Where the keys of a policy are fetched from.

use crate::{Demand, KeySource, PolicyObject};

impl PolicyObject {
    /// The keys and certificates at an address or in a key management service that its entries name. One that is named more
    /// than once may be there more than once.
    #[must_use]
    pub fn key_sources(&self) -> Vec<&KeySource> {
        let demands = self.demands().into_iter();
        demands.flat_map(of_demand).collect()
    }
}

/// Those that a demand names itself.
pub(super) fn of_demand(demand: &Demand) -> Vec<&KeySource> {
    match demand {
        Demand::Notation(notation) => notation.key_sources().collect(),
        Demand::Sigstore(sigstore) => sigstore.key_sources().collect(),
        Demand::Simple(simple) => simple.key_sources().collect(),
        Demand::AnyOf(_)
        | Demand::Attestations(_)
        | Demand::Image(_)
        | Demand::Trust(_)
        | Demand::Vulnerability(_) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_at_an_address_is_named_in_every_scheme_and_for_the_signers_of_documents() {
        let pin = "fb81c9d28159de999eebc8b385feca42fdc26a202aee9c61be1b87c0a278c02e";
        let file =
            |name: &str| json!({"url": format!("https://keys.example/{name}"), "sha256": pin});
        let simple =
            |name: &str| json!({"requirements": [{"type": "signedBy", "keyURL": file(name)}]});
        let notation = |name: &str| json!({"trustStores": [{"type": "ca", "certificateURL": file(name)}], "trustedIdentities": ["*"]});
        let value = json!({
            "apiVersion": "doorward.dev/v1", "kind": "ImagePolicy", "metadata": {"name": "p", "namespace": "n"},
            "spec": {"repositories": [{"name": "*", "policy": {
                "simple": simple("a"),
                "notation": notation("b"),
                "sigstore": {"authorities": [{"keyURL": file("c")}]},
                "attestations": [{"artifactType": "a/b", "signedBy": {"simple": simple("d")}}],
                "vulnerability": {"report": {"maxSeverity": "high", "signedBy": {"notation": notation("e")}}},
            }}]},
        });
        let (policy, wrong) = PolicyObject::from_value("p", &value);
        assert_eq!(wrong, []);
        let expected = ["a", "b", "c", "d", "e"].map(|name| format!("https://keys.example/{name}"));
        let named: BTreeSet<_> = policy
            .key_sources()
            .iter()
            .map(|one| one.address().to_owned())
            .collect();
        assert!(named.iter().eq(&expected), "{named:?}");
        let servers: BTreeSet<_> = policy.servers().into_iter().collect();
        assert!(servers.iter().eq(&expected), "{servers:?}");
    }
}
