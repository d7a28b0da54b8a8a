//! The servers that a policy names.

use doorward_core::Authority;

use super::demands::of_body;
use super::key_sources;
use crate::{Demand, KeySource, PolicyObject};

impl PolicyObject {
    /// The URLs of the servers that it names: trust servers, signature stores, servers of keys, and the registries of entries without a
    /// star in the host. One that is named more than once may be there more than once.
    #[must_use]
    pub fn servers(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (pattern, body) in self.entries() {
            let host = pattern.split_once('/').map(|(host, _)| host);
            let registry = host
                .filter(|host| !host.contains('*') && Authority::is_written_in(host))
                .and_then(|host| host.parse::<Authority>().ok());
            found.extend(registry.map(|registry| format!("https://{registry}/")));
            for demand in body.into_iter().flat_map(of_body) {
                found.extend(named(demand));
            }
        }
        found
    }
}

/// The servers that a demand names itself.
fn named(demand: &Demand) -> Vec<String> {
    let mut found: Vec<String> = match demand {
        Demand::Simple(simple) => simple.store_url.iter().cloned().collect(),
        Demand::Trust(trust) => trust.trust_servers.clone(),
        Demand::AnyOf(_)
        | Demand::Attestations(_)
        | Demand::Image(_)
        | Demand::Notation(_)
        | Demand::Sigstore(_)
        | Demand::Vulnerability(_) => Vec::new(),
    };
    let sources = key_sources::of_demand(demand).into_iter();
    found.extend(sources.filter_map(|source| match source {
        KeySource::Url { url, .. } => Some(url.clone()),
        KeySource::Kms { .. } => None,
    }));
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn registries_stores_and_trust_servers_are_named_within_alternatives_too() {
        let value = json!({
            "apiVersion": "doorward.dev/v1", "kind": "ClusterImagePolicy", "metadata": {"name": "p"},
            "spec": {"repositories": [
                {"name": "*", "policy": {"unchecked": true}},
                {"name": "*.example/a", "policy": {"unchecked": true}},
                {"name": "library/a", "policy": {"unchecked": true}},
                {"name": "r.example:5000/*", "policy": {"anyOf": [
                    {"simple": {"storeURL": "https://store.example/s", "requirements": [{"type": "reject"}]}},
                    {"trust": {"enabled": true, "trustServer": "https://trust.example",
                               "pins": {"trustOnFirstUse": true}}},
                ]}},
            ]},
        });
        let (policy, wrong) = PolicyObject::from_value("p", &value);
        assert_eq!(wrong, []);
        assert!(policy.entries().all(|(_, body)| body.is_ok()));
        assert_eq!(
            policy.servers(),
            [
                "https://r.example:5000/",
                "https://store.example/s",
                "https://trust.example"
            ]
        );
    }
}
