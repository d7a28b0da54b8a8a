//! Reviews of objects that nobody has sent to an API server.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::{API_VERSIONS, KIND, Review, place};
use crate::custom::CustomWorkloads;
use crate::limits::Limits;
use crate::object_name::is_label;
use crate::operation::Operation;
use crate::resource::{GroupVersionResource, Recognised, WorkloadKind};
use crate::review::{Envelope, Exemption, RefusedReview, ReviewError, Subject};
use crate::workload::WorkloadError;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
struct Head {
    api_version: Option<String>,
    kind: Option<String>,
    metadata: Option<Metadata>,
    /// What makes a list of it to `kubectl`, whatever its kind.
    items: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(expecting = "an object")]
struct Metadata {
    namespace: Option<String>,
}

impl Review {
    /// Reads the body of a review, or an object as it would be reviewed if somebody created it: a workload of Kubernetes', or
    /// of `custom`. The namespace is then the one that the object names. Who asks, by the word of a review, counts for nothing.
    ///
    /// # Errors
    /// As of [`Review::parse_knowing`], and if the object is of a kind whose images are not known.
    pub fn parse_or_create(
        body: &[u8],
        limits: &Limits,
        custom: &CustomWorkloads,
    ) -> Result<Self, Box<RefusedReview>> {
        // What is too large, or no object, is refused as a review that it is not.
        let head: Option<Head> = match body.len() > limits.bytes {
            true => None,
            false => serde_json::from_slice(body).ok(),
        };
        let is_object = head.as_ref().is_some_and(|head| {
            let has_kind = head.kind.as_deref().is_some_and(|kind| kind != KIND);
            has_kind && head.api_version.is_some()
        });
        let Some(head) = head.filter(|_| is_object) else {
            let mut review = Self::parse_knowing(body, limits, custom)?;
            // No API server says who asks, so nobody is a node that makes a mirror, or may break the glass.
            (review.mirrors, review.user) = (None, None);
            return Ok(review);
        };
        let envelope = Envelope {
            api_version: Some(API_VERSIONS[0].to_owned()),
            kind: Some(KIND.to_owned()),
            uid: String::new(),
        };
        match Self::of_creation(body, head, limits, custom) {
            Ok(review) => Ok(Self { envelope, ..review }),
            Err(error) => Err(Box::new(RefusedReview { envelope, error })),
        }
    }

    fn of_creation(
        body: &[u8],
        head: Head,
        limits: &Limits,
        custom: &CustomWorkloads,
    ) -> Result<Self, ReviewError> {
        let object: &RawValue = serde_json::from_slice(body).map_err(|error| {
            let detail = place(&error);
            ReviewError::NotReview { detail }
        })?;
        let unreadable = |detail: &str| {
            let detail = detail.to_owned();
            ReviewError::Workload(WorkloadError::Malformed { detail })
        };
        if head.items.is_some() {
            return Err(unreadable("/items makes a list of it to others"));
        }
        let (api_version, kind) = (
            head.api_version.unwrap_or_default(),
            head.kind.unwrap_or_default(),
        );
        let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
        let resource = match custom.of_object(&api_version, &kind) {
            Some(custom) => custom.resource().to_owned(),
            None => match WorkloadKind::of_object(&api_version, &kind) {
                Recognised::Workload(kind) => kind.resource().to_owned(),
                Recognised::Foreign | Recognised::Unknown => {
                    let resource =
                        doorward_core::text::one_line(&format!("{kind} of {api_version}"), 200);
                    return Err(ReviewError::UnsupportedResource { resource });
                }
            },
        };
        let namespace = head.metadata.and_then(|metadata| metadata.namespace);
        let namespace = namespace.filter(|namespace| !namespace.is_empty());
        if namespace.as_deref().is_some_and(|name| !is_label(name)) {
            return Err(unreadable("/metadata/namespace is no name of a namespace"));
        }
        let mut review = Self {
            envelope: Envelope::default(),
            operation: Operation::Create,
            resource: GroupVersionResource {
                group: group.to_owned(),
                version: version.to_owned(),
                resource,
            },
            sub_resource: None,
            namespace,
            name: None,
            dry_run: true,
            user: None,
            subject: Subject::Exempt(Exemption::Operation),
            mirrors: None,
        };
        review.subject = review.subject_of((Some(object), None), limits, custom)?;
        if let Subject::Workload(workload) = &review.subject {
            review.name = workload.name().map(str::to_owned);
        }
        Ok(review)
    }
}
