//! Reviews of policies themselves: whether one may be written.

use doorward_core::Timestamp;
use doorward_core::text::one_line;
use doorward_policy::{Diagnostic, Document, PolicySet};
use serde::Deserialize;
use serde_json::Value;

use crate::limits::Limits;
use crate::operation::Operation;
use crate::response::{DOCUMENTATION, Response};
use crate::review::{API_VERSIONS, Envelope, KIND, RefusedReview, ReviewError};
use crate::risks::risks;
use crate::view::read_policy;

/// The mistakes that a refusal shows; further ones are counted.
const MAX_SHOWN: usize = 20;
/// The most characters of one mistake.
const MAX_LINE: usize = 400;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
struct ReviewDocument {
    api_version: Option<String>,
    kind: Option<String>,
    request: Option<Request>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", expecting = "an object")]
struct Request {
    uid: Option<String>,
    sub_resource: Option<String>,
    operation: Option<String>,
    #[serde(default)]
    object: Value,
    #[serde(default)]
    old_object: Value,
}

impl Response {
    /// Answers the review of a policy that somebody writes: one with a mistake is refused, with what the linter says of it,
    /// and what is only doubtful is a warning.
    ///
    /// Refusing it here is a courtesy: a policy with a mistake that is stored all the same denies what it governs. So nothing
    /// stands in the way of deleting a policy, of its status, or of an update that leaves its `spec` as it is.
    ///
    /// A body that is no review, or is about something else than a policy, is refused.
    pub fn of_policy(body: &[u8], limits: &Limits, now: Timestamp) -> Self {
        match answer(body, limits, now) {
            Ok(response) => response,
            Err(refused) => Self::refuse(&refused),
        }
    }
}

fn answer(body: &[u8], limits: &Limits, now: Timestamp) -> Result<Response, RefusedReview> {
    let refused = |envelope, error| RefusedReview { envelope, error };
    if body.len() > limits.bytes {
        let limit = limits.bytes;
        return Err(refused(
            Envelope::default(),
            ReviewError::TooLarge { limit },
        ));
    }
    let not_review = |detail| refused(Envelope::default(), ReviewError::NotReview { detail });
    // What is passed over is not looked at, and JSON is UTF-8 throughout (RFC 8259 section 8.1).
    let text = std::str::from_utf8(body).map_err(|error| not_review(error.to_string()))?;
    let document: ReviewDocument = serde_json::from_str(text)
        .map_err(|error| not_review(format!("line {} column {}", error.line(), error.column())))?;
    let mut envelope = Envelope {
        api_version: document.api_version,
        kind: document.kind,
        uid: String::new(),
    };
    let version = envelope.api_version.as_deref().unwrap_or_default();
    if !API_VERSIONS.contains(&version) || envelope.kind.as_deref() != Some(KIND) {
        let found = envelope
            .kind
            .as_deref()
            .unwrap_or("a document without a kind");
        let found = one_line(&format!("{version} {found}"), 200);
        return Err(refused(envelope, ReviewError::WrongKind { found }));
    }
    let Some(request) = document.request else {
        return Err(refused(envelope, ReviewError::MissingRequest));
    };
    envelope.uid = request.uid.clone().unwrap_or_default();
    if envelope.uid.is_empty() {
        return Err(refused(envelope, ReviewError::MissingUid));
    }
    if !is_written(&request) {
        return Ok(Response::pass(envelope, Vec::new()));
    }
    if request.object.is_null() {
        let operation = Operation::named(request.operation.as_deref());
        return Err(refused(envelope, ReviewError::MissingObject { operation }));
    }
    let Some((document, mut found)) = read_policy(&request.object) else {
        let text = |name: &str| {
            request
                .object
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let resource = one_line(&format!("{} {}", text("apiVersion"), text("kind")), 200);
        return Err(refused(
            envelope,
            ReviewError::UnsupportedResource { resource },
        ));
    };
    let what = match document {
        Document::Policy(policy) => {
            let policies = [policy];
            let risks = risks(&policies, Some(now));
            let [policy] = policies;
            found.extend(PolicySet::compile(vec![policy]).1);
            found.extend(risks);
            Written::Policy
        }
        Document::Exception(exception) => {
            found.extend(exception.mistakes().iter().cloned());
            found.extend(exception.notes().iter().cloned());
            found.extend(exception.lint_time(now, limits.longest_exception));
            Written::Exception
        }
        Document::Other { .. } | Document::NotAnObject { .. } => Written::Policy,
    };
    found.dedup();
    let (mistakes, risks): (Vec<_>, Vec<_>) = found.iter().partition(|found| found.is_error());
    let warnings = risks.into_iter().map(line).collect();
    Ok(match mistakes.as_slice() {
        [] => Response::pass(envelope, warnings),
        mistakes => Response::invalid(envelope, message(what, mistakes), warnings),
    })
}

/// Whether anything of what a policy says is being written.
fn is_written(request: &Request) -> bool {
    let is_write = matches!(request.operation.as_deref(), Some("CREATE" | "UPDATE"));
    let is_part = request
        .sub_resource
        .as_deref()
        .is_some_and(|part| !part.is_empty());
    let is_deleting = request
        .old_object
        .pointer("/metadata/deletionTimestamp")
        .is_some();
    let spec = request.object.get("spec");
    let is_same = request.operation.as_deref() == Some("UPDATE")
        && spec.is_some()
        && request.old_object.get("spec") == spec;
    is_write && !is_part && !is_deleting && !is_same
}

/// What somebody writes.
#[derive(Clone, Copy)]
enum Written {
    Exception,
    Policy,
}

fn message(what: Written, mistakes: &[&Diagnostic]) -> String {
    let count = match mistakes.len() {
        1 => "a mistake".to_owned(),
        many => format!("{many} mistakes"),
    };
    let mut text = match what {
        Written::Exception => format!("the exception has {count}, and would count for nothing"),
        Written::Policy => format!("the policy has {count}, and would deny what it governs"),
    };
    for mistake in mistakes.iter().take(MAX_SHOWN) {
        text.push_str("\n  ");
        text.push_str(&line(mistake));
    }
    if let Some(more) = mistakes
        .len()
        .checked_sub(MAX_SHOWN)
        .filter(|more| *more > 0)
    {
        text.push_str(&format!("\n  and {more} more"));
    }
    text.push_str(&format!(
        "\n  see: {DOCUMENTATION}/reference/lint-codes.html"
    ));
    text
}

/// A finding on one line: where, what, and what was probably meant.
fn line(found: &Diagnostic) -> String {
    let mut text = String::new();
    if !found.path.is_empty() {
        text.push_str(&found.path);
        text.push_str(": ");
    }
    text.push_str(&found.message);
    if let Some(suggestion) = &found.suggestion {
        text.push_str("; ");
        text.push_str(suggestion);
    }
    text.push_str(&format!(" ({})", found.code));
    one_line(&text, MAX_LINE)
}

#[cfg(test)]
mod tests;
