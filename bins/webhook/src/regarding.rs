//! The object that a review is about, for what is written of it.

use doorward_kube::{Regarding, Review};

/// The object, if it is in a namespace.
pub(crate) fn regarding(review: &Review) -> Option<Regarding> {
    Some(Regarding {
        api_version: review.resource().api_version(),
        kind: review.workload()?.kind_name().to_owned(),
        namespace: review.namespace()?.to_owned(),
        name: review.name().unwrap_or_default().to_owned(),
    })
}
