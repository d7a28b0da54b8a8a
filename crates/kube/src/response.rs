//! AdmissionReview responses, as the Kubernetes API describes them (`AdmissionResponse` of `admission.k8s.io/v1`, and
//! "Dynamic Admission Control", "Response").

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::Code;
use doorward_core::text::one_line;
use serde_json::{Value, json};

use crate::image_answer::{Decision, ImageAnswer, Phase, Reason};
use crate::patch::PatchOperation;
use crate::review::{Envelope, RefusedReview, Review};
use crate::workload::Workload;
use crate::{audit, denial, warnings};

/// The HTTP status of every answer ("Response"). A refusal is said in the body; any other status would make the API
/// server apply its `failurePolicy` instead of showing the reason.
pub const HTTP_STATUS: u16 = 200;
/// The media type of every answer ("Response").
pub const CONTENT_TYPE: &str = "application/json";
/// Where the documentation is published. [`Code::anchor`] is relative to it.
pub const DOCUMENTATION: &str = "https://doorward.github.io/doorward";

/// The most characters of the name of a node.
const MAX_NODE: usize = 253;

/// The answer to a review.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Response {
    envelope: Envelope,
    /// Status code, reason and message of a refusal.
    denial: Option<Denial>,
    warnings: Vec<String>,
    audit_annotations: BTreeMap<String, String>,
    patch: Vec<PatchOperation>,
    /// Whether it would be refused if that kept anything from running.
    is_reported_only: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Denial {
    code: u16,
    reason: &'static str,
    message: String,
    /// After how many seconds the same request may succeed, if waiting is all that it takes.
    retry_after: Option<u32>,
}

impl Response {
    /// Answers a review with what was decided about its images, linking to [`DOCUMENTATION`].
    pub fn answer(review: &Review, phase: Phase, images: Vec<ImageAnswer<'_>>) -> Self {
        Self::answer_linking(review, phase, images, DOCUMENTATION)
    }

    /// Answers a review with what was decided about its images; `docs` is where the documentation is published.
    ///
    /// Every image that is not [unchanged](crate::ImageUse::unchanged) needs an answer: one that has none is refused,
    /// and of several for one image the strictest counts. An image that was verified under another repository or
    /// digest than the object names is refused, whatever its answer says. `AdmissionResponse.allowed` is true if no
    /// image is refused.
    ///
    /// The images of an object [made from a template](crate::Workload::is_made_from_template) are never replaced, and
    /// the validating webhook does not expect it: those of the pods that such an object makes are.
    ///
    /// The [mirror of a static Pod](Review::mirrors) is neither changed nor refused, because its containers run whatever is
    /// answered. What would refuse it is a warning.
    pub fn answer_linking(
        review: &Review,
        phase: Phase,
        images: Vec<ImageAnswer<'_>>,
        docs: &str,
    ) -> Self {
        let mut images = complete(review, phase, images);
        let mut response = Self::to(review.envelope().clone());
        let mirrors = review.mirrors();
        if mirrors.is_some() {
            for answer in &mut images {
                response.is_reported_only |= answer.decision == Decision::Deny;
                answer.decision = answer.decision.min(Decision::Warn);
            }
        }
        response.warnings = warnings::bounded(images.iter().flat_map(|answer| {
            let own = (answer.decision == Decision::Warn).then(|| denial::warning(answer));
            own.into_iter().chain(answer.warnings.iter().cloned())
        }));
        response.audit_annotations = audit::annotations(&images);
        if let Some(node) = mirrors {
            let node = one_line(node, MAX_NODE);
            let annotations = &mut response.audit_annotations;
            annotations.insert("static-pod-of".to_owned(), node);
        }
        if images
            .iter()
            .any(|answer| answer.decision == Decision::Deny)
        {
            let message = denial::denial(review, &images, docs);
            response.denial = Some(Denial {
                code: 403,
                reason: "Forbidden",
                message,
                retry_after: None,
            });
        } else if phase == Phase::Mutate {
            response.patch = patch(review, &images);
        }
        response
    }

    /// Refuses a review that could not be read, linking to [`DOCUMENTATION`].
    pub fn refuse(refused: &RefusedReview) -> Self {
        Self::refuse_linking(refused, DOCUMENTATION)
    }

    /// Refuses a review that could not be read; `docs` is where the documentation is published.
    pub fn refuse_linking(refused: &RefusedReview, docs: &str) -> Self {
        let mut response = Self::to(refused.envelope.clone());
        let code = refused.error.code().as_str().to_owned();
        response.audit_annotations.insert("code".to_owned(), code);
        response.denial = Some(Denial {
            code: 403,
            reason: "Forbidden",
            message: denial::refusal(&refused.error, docs),
            retry_after: None,
        });
        response
    }

    /// Puts a review off, about which nothing was decided because too many others are under way, linking to
    /// [`DOCUMENTATION`].
    ///
    /// It is refused with the status 429 and `retryAfterSeconds`. The API server hands both on, and its clients send the
    /// request again by themselves. Any HTTP status but 200 would be a failure of the webhook to it, which no client tries
    /// again and which does not say why.
    pub fn busy(review: &Review) -> Self {
        Self::busy_linking(review, DOCUMENTATION)
    }

    /// As [`Response::busy`]; `docs` is where the documentation is published.
    pub fn busy_linking(review: &Review, docs: &str) -> Self {
        let mut response = Self::to(review.envelope().clone());
        let code = Code::ADMISSION_BUSY.as_str().to_owned();
        response.audit_annotations.insert("code".to_owned(), code);
        response.denial = Some(Denial {
            code: 429,
            reason: "TooManyRequests",
            message: denial::busy(review, docs),
            retry_after: Some(1),
        });
        response
    }

    /// Lets a request go on, with these warnings.
    #[cfg(feature = "manifests")]
    pub(crate) fn pass(envelope: Envelope, warnings: Vec<String>) -> Self {
        Self {
            warnings: warnings::bounded(warnings),
            ..Self::to(envelope)
        }
    }

    /// Refuses a request for what the object says, with these warnings.
    #[cfg(feature = "manifests")]
    pub(crate) fn invalid(envelope: Envelope, message: String, warnings: Vec<String>) -> Self {
        Self {
            denial: Some(Denial {
                code: 422,
                reason: "Invalid",
                message,
                retry_after: None,
            }),
            ..Self::pass(envelope, warnings)
        }
    }

    /// The same with one annotation more for the audit log of the API server, cut to 600 characters.
    pub fn with_audit_annotation(mut self, key: &str, value: &str) -> Self {
        let value = one_line(value, 600);
        self.audit_annotations.insert(key.to_owned(), value);
        self
    }

    const fn to(envelope: Envelope) -> Self {
        Self {
            envelope,
            denial: None,
            warnings: Vec::new(),
            audit_annotations: BTreeMap::new(),
            patch: Vec::new(),
            is_reported_only: false,
        }
    }

    /// Whether the request may go on (`AdmissionResponse.allowed`).
    #[must_use]
    pub const fn is_allowed(&self) -> bool {
        self.denial.is_none()
    }

    /// Whether it is let go on only because a refusal would keep nothing from running: it is the mirror of a static Pod, and
    /// an image of it may not run.
    #[must_use]
    pub const fn is_reported_only(&self) -> bool {
        self.is_reported_only
    }

    /// What `kubectl` shows after `denied the request:`.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.denial.as_ref().map(|denial| denial.message.as_str())
    }

    /// What the author of the request hears in any case (`AdmissionResponse.warnings`).
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// What goes into the audit log (`AdmissionResponse.auditAnnotations`).
    #[must_use]
    pub const fn audit_annotations(&self) -> &BTreeMap<String, String> {
        &self.audit_annotations
    }

    /// How the object changes (`AdmissionResponse.patch`). Nothing changes in what is refused, nor by the validating
    /// webhook.
    #[must_use]
    pub fn patch(&self) -> &[PatchOperation] {
        &self.patch
    }

    /// The body of the answer: the `uid` and the version of the review ("Response"), and of the rest what there is.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut response = json!({ "uid": self.envelope.uid, "allowed": self.is_allowed() });
        let mut put = |name: &str, value: Value| {
            if let Value::Object(members) = &mut response {
                members.insert(name.to_owned(), value);
            }
        };
        if let Some(denial) = &self.denial {
            let mut status = json!({ "status": "Failure", "code": denial.code, "reason": denial.reason, "message": denial.message });
            if let (Some(seconds), Value::Object(members)) = (denial.retry_after, &mut status) {
                members.insert(
                    "details".to_owned(),
                    json!({ "retryAfterSeconds": seconds }),
                );
            }
            put("status", status);
        }
        if !self.warnings.is_empty() {
            put("warnings", json!(self.warnings));
        }
        if !self.audit_annotations.is_empty() {
            put("auditAnnotations", json!(self.audit_annotations));
        }
        if !self.patch.is_empty() {
            put("patchType", json!("JSONPatch"));
            put(
                "patch",
                json!(STANDARD.encode(json!(self.patch).to_string())),
            );
        }
        let mut review = json!({ "response": response });
        if let Value::Object(members) = &mut review {
            let echo = [
                ("apiVersion", &self.envelope.api_version),
                ("kind", &self.envelope.kind),
            ];
            for (name, text) in echo {
                if let Some(text) = text {
                    members.insert(name.to_owned(), json!(text));
                }
            }
        }
        review.to_string()
    }
}

/// One checked answer for each image that needs one, in the order of the object.
fn complete<'a>(
    review: &'a Review,
    phase: Phase,
    answers: Vec<ImageAnswer<'a>>,
) -> Vec<ImageAnswer<'a>> {
    let is_left_alone = review.mirrors().is_some()
        || review
            .workload()
            .is_some_and(Workload::is_made_from_template);
    review
        .undecided()
        .map(|image| {
            let strictest = answers
                .iter()
                .filter(|answer| answer.image == image)
                .map(|answer| {
                    let mut answer = answer.clone();
                    answer.replace &= !is_left_alone;
                    answer.checked(phase)
                })
                // The first of equals.
                .reduce(|kept, next| {
                    if next.decision > kept.decision {
                        next
                    } else {
                        kept
                    }
                });
            strictest.unwrap_or_else(|| {
                ImageAnswer::deny(
                    image,
                    Reason::new(Code::INTERNAL_ERROR, "nothing was decided about this image"),
                )
            })
        })
        .collect()
}

fn patch(review: &Review, images: &[ImageAnswer<'_>]) -> Vec<PatchOperation> {
    let Some(workload) = review.workload() else {
        return Vec::new();
    };
    let replaced: Vec<_> = images
        .iter()
        .filter_map(|answer| Some((answer.image, answer.replacement()?)))
        .collect();
    let mut patch: Vec<_> = replaced
        .iter()
        .map(|(image, new)| PatchOperation::Replace {
            path: image.pointer.clone(),
            value: new.as_str().into(),
        })
        .collect();
    let replaced: Vec<_> = replaced.iter().map(|(image, _)| *image).collect();
    patch.extend(workload.annotated().record(workload.images(), &replaced));
    patch
}

#[cfg(test)]
mod tests;
