//! AdmissionReview requests, as the Kubernetes API describes them (`AdmissionReview` of `admission.k8s.io/v1`, and
//! "Dynamic Admission Control"). Steps name its fields.

mod bare;
mod error;
mod request;
mod running;
mod subject;

use doorward_core::text::one_line;
use serde_json::value::RawValue;

use crate::custom::CustomWorkloads;
use crate::limits::Limits;
use crate::operation::Operation;
use crate::resource::GroupVersionResource;
use crate::user::User;
use crate::workload::Workload;

pub use error::{RefusedReview, ReviewError};
use request::{Request, ReviewDocument};
pub use subject::{Exemption, Subject};

/// The kind of every review.
pub(crate) const KIND: &str = "AdmissionReview";
/// The versions that are understood (`AdmissionReview.apiVersion`). Their fields are the same.
pub(crate) const API_VERSIONS: [&str; 2] = ["admission.k8s.io/v1", "admission.k8s.io/v1beta1"];

/// What an answer has to repeat of its review.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The `apiVersion`, as it came.
    pub api_version: Option<String>,
    /// The `kind`, as it came.
    pub kind: Option<String>,
    /// The `uid` of the request; empty if there is none.
    pub uid: String,
}

/// A review: one request to the API server, and the images in it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Review {
    envelope: Envelope,
    operation: Operation,
    resource: GroupVersionResource,
    sub_resource: Option<String>,
    namespace: Option<String>,
    name: Option<String>,
    dry_run: bool,
    /// Read only where something depends on it.
    user: Option<Box<User>>,
    subject: Subject,
    mirrors: Option<String>,
}

impl Review {
    /// Reads the body of a review with the default [`Limits`].
    ///
    /// # Errors
    /// See [`Review::parse_within`].
    pub fn parse(body: &[u8]) -> Result<Self, Box<RefusedReview>> {
        Self::parse_within(body, &Limits::default())
    }

    /// Reads the body of a review. Only the parts that are needed are stored; whatever else is in the object is
    /// skipped, however deep it is nested. Stricter than the API server, which takes the last of two members with one
    /// name, because another reader may take the first.
    ///
    /// # Errors
    /// If the body is not a review, or asks for something that could start images which cannot be found. Answer with
    /// [`Response::refuse`](crate::Response::refuse).
    pub fn parse_within(body: &[u8], limits: &Limits) -> Result<Self, Box<RefusedReview>> {
        Self::parse_knowing(body, limits, &CustomWorkloads::default())
    }

    /// Reads the body of a review as [`Review::parse_within`] does, with custom resources whose images are known.
    ///
    /// # Errors
    /// See [`Review::parse_within`].
    pub fn parse_knowing(
        body: &[u8],
        limits: &Limits,
        custom: &CustomWorkloads,
    ) -> Result<Self, Box<RefusedReview>> {
        let refused = |envelope, error| Box::new(RefusedReview { envelope, error });
        if body.len() > limits.bytes {
            return Err(refused(
                Envelope::default(),
                ReviewError::TooLarge {
                    limit: limits.bytes,
                },
            ));
        }
        // No body at all is a review without a request, like `null`.
        let body = if body.trim_ascii().is_empty() {
            b"null"
        } else {
            body
        };
        let document: Option<ReviewDocument<'_>> =
            serde_json::from_slice(body).map_err(|error| {
                refused(
                    Envelope::default(),
                    ReviewError::NotReview {
                        detail: place(&error),
                    },
                )
            })?;
        let Some(document) = document else {
            return Err(refused(Envelope::default(), ReviewError::MissingRequest));
        };
        let mut envelope = Envelope {
            api_version: document.api_version,
            kind: document.kind,
            uid: String::new(),
        };
        let Some(request) = document.request else {
            return Err(refused(envelope, ReviewError::MissingRequest));
        };
        envelope.uid = request.uid.clone().unwrap_or_default();
        match Self::read(&envelope, request, limits, custom) {
            Ok(review) => Ok(Self { envelope, ..review }),
            Err(error) => Err(refused(envelope, error)),
        }
    }

    fn read(
        envelope: &Envelope,
        request: Request<'_>,
        limits: &Limits,
        custom: &CustomWorkloads,
    ) -> Result<Self, ReviewError> {
        let version_fits = envelope
            .api_version
            .as_deref()
            .is_some_and(|version| API_VERSIONS.contains(&version));
        if !version_fits || envelope.kind.as_deref() != Some(KIND) {
            let found = [envelope.api_version.as_deref(), envelope.kind.as_deref()];
            let found = found.into_iter().flatten().collect::<Vec<_>>().join(" ");
            let found = if found.is_empty() {
                "a document without apiVersion and kind".to_owned()
            } else {
                found
            };
            return Err(ReviewError::WrongKind {
                found: one_line(&found, 200),
            });
        }
        // `AdmissionRequest.uid`: the answer must repeat it.
        if envelope.uid.is_empty() {
            return Err(ReviewError::MissingUid);
        }
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        let mut review = Self {
            envelope: Envelope::default(),
            operation: Operation::named(request.operation.as_deref()),
            resource: request.resource.unwrap_or_default(),
            sub_resource: filled(request.sub_resource),
            namespace: filled(request.namespace),
            name: filled(request.name),
            dry_run: request.dry_run.unwrap_or(false),
            user: None,
            subject: Subject::Exempt(Exemption::Operation),
            mirrors: None,
        };
        let objects = (request.object, request.old_object);
        review.subject = review.subject_of(objects, limits, custom)?;
        if let (None, Subject::Workload(workload)) = (&review.name, &review.subject) {
            review.name = workload.name().map(str::to_owned);
        }
        review.look_at_user(request.user_info);
        Ok(review)
    }

    /// Reads who asks, where something depends on it.
    fn look_at_user(&mut self, user: Option<&RawValue>) {
        let Subject::Workload(workload) = &self.subject else {
            return;
        };
        let breaks_glass = workload.break_glass().is_some();
        if !breaks_glass && workload.mirror_on().is_none() {
            return;
        }
        // One that cannot be read is nobody.
        let user: Option<User> = user.and_then(|user| serde_json::from_str(user.get()).ok());
        let Some(user) = user else {
            return;
        };
        if self.sub_resource.is_none() {
            self.mirrors = user.mirrors(self.operation, workload);
        }
        self.user = breaks_glass.then(|| Box::new(user));
    }

    /// What the answer repeats.
    #[must_use]
    pub const fn envelope(&self) -> &Envelope {
        &self.envelope
    }

    /// What the API server is asked to do.
    #[must_use]
    pub const fn operation(&self) -> Operation {
        self.operation
    }

    /// The resource.
    #[must_use]
    pub const fn resource(&self) -> &GroupVersionResource {
        &self.resource
    }

    /// The subresource, if the request is for one.
    #[must_use]
    pub fn sub_resource(&self) -> Option<&str> {
        self.sub_resource.as_deref()
    }

    /// The namespace of the request (`AdmissionRequest.namespace`), whose policies apply. What the object itself says
    /// does not count.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The name of the object, or the prefix of a name that is yet to be generated.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether nothing will be stored (`AdmissionRequest.dryRun`), so that nothing else may change either.
    #[must_use]
    pub const fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// The node of which the request makes the mirror of a static Pod. The Pod runs whatever is answered: its images are
    /// judged and reported, and it is neither changed nor refused.
    #[must_use]
    pub fn mirrors(&self) -> Option<&str> {
        self.mirrors.as_deref()
    }

    /// Who asks the API server for it (`AdmissionRequest.userInfo`). Known only where the object asks for the
    /// [glass to be broken](Workload::break_glass).
    #[must_use]
    pub fn user(&self) -> Option<&User> {
        self.user.as_deref()
    }

    /// What the review is about.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The workload, if there is one to look at.
    #[must_use]
    pub const fn workload(&self) -> Option<&Workload> {
        match &self.subject {
            Subject::Exempt(_) => None,
            Subject::Workload(workload) => Some(&**workload),
        }
    }

    /// The images that have to be decided.
    pub fn undecided(&self) -> impl Iterator<Item = &crate::ImageUse> {
        self.workload().into_iter().flat_map(Workload::undecided)
    }
}

/// Where a document breaks, without what stands there.
fn place(error: &serde_json::Error) -> String {
    let what = if error.is_data() {
        "wrong type or repeated member"
    } else {
        "not valid JSON"
    };
    format!("{what} at line {} column {}", error.line(), error.column())
}

#[cfg(test)]
mod tests;
