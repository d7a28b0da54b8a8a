//! Why nothing is known to govern an image.

use doorward_core::{Code, Reference, Rejection};
use doorward_policy::{Entry, Missing, Scope};

use crate::context::Context;

/// That no entry matches the image.
pub(super) fn no_match(
    image: &str,
    reference: &Reference,
    scope: Scope,
    tags: Option<&Entry>,
    context: &Context<'_>,
) -> Rejection {
    let policies = match scope {
        Scope::Namespace => {
            format!(
                "image policy in namespace {}",
                context.namespace().unwrap_or("default")
            )
        }
        Scope::Cluster => "cluster image policy".to_owned(),
    };
    let normalised = reference.canonical().or_latest().digest_only().to_string();
    let also = if normalised == image {
        String::new()
    } else {
        format!(" or {normalised}")
    };
    // What an entry for a tag had pinned is asked about by its digest.
    let by_tag = tags.map_or_else(String::new, |entry| {
        format!(
            "; an entry for this repository exists but names a tag, {:?}, which an image by digest does not have",
            entry.rule.entry
        )
    });
    Rejection::new(
        Code::POLICY_NO_MATCH,
        format!("no entry of any {policies} matches {image}{also}{by_tag}"),
    )
}

/// That nobody knows whether anything governs the image.
pub(super) fn not_known(image: &str, missing: Missing, context: &Context<'_>) -> Rejection {
    let place = context.namespace().map_or_else(String::new, |namespace| {
        format!(" in namespace {namespace}")
    });
    let detail = format!(
        "whether a cluster image policy with an entry for {image} is for this workload{place} cannot be told: {missing}"
    );
    Rejection::new(Code::POLICY_SELECTION_UNKNOWN, detail)
}

/// That there are no policies.
pub(super) fn no_policy(context: &Context<'_>) -> Rejection {
    let detail = match context.namespace() {
        Some(namespace) => {
            format!("there is no image policy in namespace {namespace} and no cluster image policy")
        }
        None => "there is no cluster image policy".to_owned(),
    };
    Rejection::new(Code::POLICY_NONE, detail)
}
