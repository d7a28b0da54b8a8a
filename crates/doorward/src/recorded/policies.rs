//! The policies of a recorded decision, as texts.

use doorward_core::transcript::PolicyText;
use doorward_policy::{
    Document, PolicyKind, PolicyObject, PolicySet, policy_texts, read_documents,
};

/// The texts of all policies in force, ready to be written down with a decision.
#[derive(Clone, Debug, Default)]
pub struct RecordedPolicies {
    default_namespace: String,
    /// With the namespace that each is in force in; none for a cluster policy.
    policies: Vec<(Option<String>, PolicyText)>,
}

impl RecordedPolicies {
    /// The policies in these texts, each with its name, of which `set` was made. A policy that names no namespace is of
    /// `default_namespace`.
    ///
    /// Only the policies: no comment, and no Secret that stands in the same text. Returns `None` if the same set cannot
    /// be made of them again. So it is where a policy has a mistake: what cannot be read may be anything, a Secret as
    /// well, and is not written down.
    pub fn of<'a>(
        set: &PolicySet,
        texts: impl IntoIterator<Item = (&'a str, &'a [u8])>,
        default_namespace: &str,
    ) -> Option<Self> {
        let mut policies = Vec::new();
        for (source, bytes) in texts {
            for (policy, text) in policy_texts(source, bytes)? {
                let home = match policy.kind {
                    PolicyKind::ClusterImagePolicy => None,
                    PolicyKind::ImagePolicy => Some(
                        policy
                            .namespace
                            .unwrap_or_else(|| default_namespace.to_owned()),
                    ),
                };
                let (source, text) = (source.into(), text.into());
                policies.push((home, PolicyText { source, text }));
            }
        }
        let texts = policies.iter().map(|(_, text)| text);
        let again = set_of(texts, default_namespace).ok()?;
        (again.fingerprint() == set.fingerprint()).then(|| Self {
            default_namespace: default_namespace.to_owned(),
            policies,
        })
    }

    pub(super) fn default_namespace(&self) -> &str {
        &self.default_namespace
    }

    /// Those that may govern an image in `namespace`. What others demand in theirs is nobody's business here.
    pub(super) fn that_may_govern(&self, namespace: Option<&str>) -> Vec<PolicyText> {
        let policies = self.policies.iter();
        policies
            .filter(|(home, _)| home.is_none() || home.as_deref() == namespace)
            .map(|(_, text)| text.clone())
            .collect()
    }
}

/// The set that these texts make, or what is wrong with them.
pub(super) fn set_of<'a>(
    texts: impl IntoIterator<Item = &'a PolicyText>,
    default_namespace: &str,
) -> Result<PolicySet, String> {
    let mut policies: Vec<PolicyObject> = Vec::new();
    for PolicyText { source, text } in texts {
        // A text ends with a line break, or it may have been cut.
        let text = format!("{text}\n");
        let (documents, diagnostics) = read_documents(source, text.as_bytes());
        if let Some(diagnostic) = diagnostics.first() {
            return Err(diagnostic.to_string());
        }
        for document in documents {
            let Document::Policy(mut policy) = document else {
                return Err(format!("{source} is no policy"));
            };
            if policy.kind == PolicyKind::ImagePolicy && policy.namespace.is_none() {
                policy.namespace = Some(default_namespace.to_owned());
            }
            policies.push(policy);
        }
    }
    let (set, diagnostics) = PolicySet::compile(policies);
    match diagnostics.iter().find(|diagnostic| diagnostic.is_error()) {
        None => Ok(set),
        Some(diagnostic) => Err(diagnostic.to_string()),
    }
}
