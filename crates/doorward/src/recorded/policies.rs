//! The policies of a recorded decision, as texts.

use std::time::Duration;

use doorward_core::transcript::PolicyText;
use doorward_policy::{
    Document, ExceptionKind, ExceptionObject, PolicyKind, PolicyObject, PolicySet, policy_texts,
    read_documents,
};

/// The texts of all policies in force, ready to be written down with a decision.
#[derive(Clone, Debug, Default)]
pub struct RecordedPolicies {
    default_namespace: String,
    /// How long an exception may last, in seconds.
    longest_exception: i64,
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
            for (document, text) in policy_texts(source, bytes)? {
                let (is_of_cluster, namespace) = match document {
                    Document::Policy(policy) => (
                        policy.kind == PolicyKind::ClusterImagePolicy,
                        policy.namespace,
                    ),
                    Document::Exception(exception) => (
                        exception.kind == ExceptionKind::ClusterImageException,
                        exception.namespace,
                    ),
                    Document::Other { .. } | Document::NotAnObject { .. } => return None,
                };
                let home = (!is_of_cluster)
                    .then(|| namespace.unwrap_or_else(|| default_namespace.to_owned()));
                let (source, text) = (source.into(), text.into());
                policies.push((home, PolicyText { source, text }));
            }
        }
        let texts = policies.iter().map(|(_, text)| text);
        let longest = set.longest_exception();
        let again = set_of(texts, default_namespace, longest).ok()?;
        (again.fingerprint() == set.fingerprint()).then(|| Self {
            default_namespace: default_namespace.to_owned(),
            longest_exception: longest,
            policies,
        })
    }

    pub(super) fn default_namespace(&self) -> &str {
        &self.default_namespace
    }

    pub(super) const fn longest_exception(&self) -> i64 {
        self.longest_exception
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
    longest_exception: i64,
) -> Result<PolicySet, String> {
    let mut policies: Vec<PolicyObject> = Vec::new();
    let mut exceptions: Vec<ExceptionObject> = Vec::new();
    for PolicyText { source, text } in texts {
        // A text ends with a line break, or it may have been cut.
        let text = format!("{text}\n");
        let (documents, diagnostics) = read_documents(source, text.as_bytes());
        if let Some(diagnostic) = diagnostics.first() {
            return Err(diagnostic.to_string());
        }
        for document in documents {
            match document {
                Document::Policy(mut policy) => {
                    if policy.kind == PolicyKind::ImagePolicy && policy.namespace.is_none() {
                        policy.namespace = Some(default_namespace.to_owned());
                    }
                    policies.push(policy);
                }
                Document::Exception(mut exception) => {
                    if exception.kind == ExceptionKind::ImageException
                        && exception.namespace.is_none()
                    {
                        exception.namespace = Some(default_namespace.to_owned());
                    }
                    exceptions.push(exception);
                }
                Document::Other { .. } | Document::NotAnObject { .. } => {
                    return Err(format!("{source} is no policy"));
                }
            }
        }
    }
    let (set, mut diagnostics) = PolicySet::compile(policies);
    let longest = Duration::from_secs(u64::try_from(longest_exception).unwrap_or_default());
    let (set, found) = set.with_exceptions(exceptions, longest);
    diagnostics.extend(found);
    match diagnostics.iter().find(|diagnostic| diagnostic.is_error()) {
        None => Ok(set),
        Some(diagnostic) => Err(diagnostic.to_string()),
    }
}
