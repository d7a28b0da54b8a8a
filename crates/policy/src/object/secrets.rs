//! The Secrets with key rings that a policy names.

use crate::{Demand, PolicyObject, SimpleKeys, SimpleRequirement};

impl PolicyObject {
    /// The Secrets that `signedBy` requirements name: the namespace if the policy says which, and the name. One that is
    /// named more than once may be there more than once.
    #[must_use]
    pub fn key_secrets(&self) -> Vec<(Option<&str>, &str)> {
        let demands = self.demands().into_iter();
        let requirements = demands.flat_map(|demand| match demand {
            Demand::Simple(simple) => simple.requirements.as_slice(),
            Demand::AnyOf(_)
            | Demand::Attestations(_)
            | Demand::Image(_)
            | Demand::Notation(_)
            | Demand::Sigstore(_)
            | Demand::Trust(_)
            | Demand::Vulnerability(_) => &[],
        });
        let secrets = requirements.filter_map(|wanted| match wanted {
            SimpleRequirement::SignedBy {
                keys: SimpleKeys::Secret(named),
                ..
            } => {
                let namespace = named.namespace.as_deref();
                Some((namespace.or(self.home()), named.name.as_str()))
            }
            _ => None,
        });
        secrets.collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_of_key_rings_are_named_with_their_namespace_within_alternatives_too() {
        let signed = |secret: &str| json!({"type": "signedBy", "keySecret": secret});
        let elsewhere = json!({"type": "signedBy", "keySecret": "c", "keySecretNamespace": "keys"});
        let spec = json!({"repositories": [
            {"name": "*", "policy": {"unchecked": true}},
            {"name": "a/*", "policy": {"simple": {"requirements": [signed("a"), {"type": "reject"}]}}},
            {"name": "b/*", "policy": {"anyOf": [{"simple": {"requirements": [signed("b"), elsewhere]}}]}},
            {"name": "c/*", "policy": {"vulnerability": {"report": {
                "maxSeverity": "high", "signedBy": {"simple": {"requirements": [signed("d")]}},
                "vex": {"statuses": ["fixed"], "signedBy": {"simple": {"requirements": [signed("e")]}}},
            }}}},
            {"name": "d/*", "policy": {"attestations": [
                {"artifactType": "a/b", "signedBy": {"simple": {"requirements": [signed("f")]}}},
            ]}},
        ]});
        for (kind, namespace) in [("ImagePolicy", Some("shop")), ("ClusterImagePolicy", None)] {
            let mut metadata = json!({"name": "p"});
            if let Some(namespace) = namespace {
                metadata["namespace"] = json!(namespace);
            }
            let value = json!({
                "apiVersion": "doorward.dev/v1", "kind": kind, "metadata": metadata, "spec": spec,
            });
            let (policy, wrong) = PolicyObject::from_value("p", &value);
            assert_eq!(wrong, []);
            assert_eq!(
                policy.key_secrets(),
                [
                    (namespace, "a"),
                    (namespace, "b"),
                    (Some("keys"), "c"),
                    (namespace, "d"),
                    (namespace, "e"),
                    (namespace, "f"),
                ]
            );
        }
    }
}
