//! What is doubtful in policies, as far as it is looked for where reviews are answered.

use std::collections::HashMap;

use doorward_core::Timestamp;
use doorward_policy::{Diagnostic, PolicyKind, PolicyObject, lint, lint_at};

/// The most bytes of patterns that a namespace may have for its policies to be compared with each other. It takes up to the
/// square of that, and what a namespace writes must not keep others waiting.
const OF_NAMESPACE: usize = 16 << 10;
/// The same of the policies of the cluster, which are the operator's.
const OF_CLUSTER: usize = 256 << 10;

/// What the linter says of policies, of those that are small enough. What is left out `doorward policy lint` says.
pub(crate) fn risks(policies: &[PolicyObject], now: Option<Timestamp>) -> Vec<Diagnostic> {
    let scope = |policy: &PolicyObject| match policy.kind {
        PolicyKind::ClusterImagePolicy => None,
        PolicyKind::ImagePolicy => Some(policy.namespace.clone().unwrap_or_default()),
    };
    let mut sizes: HashMap<Option<String>, usize> = HashMap::new();
    for policy in policies {
        let size: usize = policy
            .entries()
            .map(|(pattern, _)| pattern.len() + 16)
            .sum();
        *sizes.entry(scope(policy)).or_default() += size;
    }
    let is_small = |policy: &&PolicyObject| {
        let scope = scope(policy);
        let most = if scope.is_none() {
            OF_CLUSTER
        } else {
            OF_NAMESPACE
        };
        sizes.get(&scope).is_some_and(|size| *size <= most)
    };
    let small: Vec<PolicyObject> = policies.iter().filter(is_small).cloned().collect();
    match now {
        Some(now) => lint_at(&small, now),
        None => lint(&small),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy(namespace: &str, patterns: usize, length: usize) -> PolicyObject {
        let entry = |number| {
            let pattern = format!("r.example/{number:06}{}", "x".repeat(length));
            json!({"name": pattern, "policy": {}})
        };
        let object = json!({
            "apiVersion": "portieris.cloud.ibm.com/v1", "kind": "ImagePolicy",
            "metadata": {"name": "p", "namespace": namespace},
            "spec": {"repositories": (0..patterns).map(entry).collect::<Vec<_>>()},
        });
        PolicyObject::from_value("p", &object).0
    }

    #[test]
    fn policies_that_take_long_to_compare_are_not_and_hide_no_others() {
        let large = policy("evil", 1_000, 100);
        assert_eq!(risks(std::slice::from_ref(&large), None), []);
        let small = policy("shop", 10, 10);
        let alone = risks(std::slice::from_ref(&small), None);
        assert!(!alone.is_empty());
        assert_eq!(risks(&[large, small], None), alone);
    }
}
