//! What reports say of one image.

use std::collections::BTreeMap;

use doorward::{Decision, Rule, UsedException, Verdict};
use doorward_core::text::one_line;
use doorward_core::{Code, Timestamp};
use serde_json::{Value, json};

use super::outcome::ReportOutcome;
use crate::became::became;
use crate::regarding::Regarding;
use crate::runs::Runs;
use crate::{ImageUse, Reason};

/// What reports name as the source of results.
pub(super) const SOURCE: &str = "doorward";
/// The category of all results.
const CATEGORY: &str = "Image Trust";
/// The policy of a result that no policy has led to. The field must be there.
const NO_POLICY: &str = "none";
/// The property that tells which image of the object it is.
pub(super) const PLACE: &str = "place";

/// The most characters of a message.
const MAX_MESSAGE: usize = 700;
/// The most characters of an image: as many as a reference can have.
const MAX_IMAGE: usize = 530;
/// The most characters of any other text.
const MAX_TEXT: usize = 320;
/// Exceptions that a report has of one image. An entry has one at most, and few entries govern an image.
const MAX_EXCEPTIONS: usize = 4;

/// What reports say of one image of one object: what was decided about it last, in place of all that was said before.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportedImage {
    regarding: Regarding,
    place: String,
    at: Timestamp,
    results: Vec<ReportResult>,
}

/// One result.
#[derive(Clone, Debug, PartialEq)]
struct ReportResult {
    policy: String,
    rule: Option<String>,
    outcome: ReportOutcome,
    message: String,
    properties: BTreeMap<&'static str, String>,
}

/// Which image of which object: API version, kind, name, place.
pub(super) type Key = [String; 4];

impl ReportedImage {
    /// What a verdict says.
    #[must_use]
    pub fn judged(
        regarding: Regarding,
        image: &ImageUse,
        verdict: &Verdict,
        runs: Runs,
        at: Timestamp,
    ) -> Self {
        let mut properties = BTreeMap::from([("mode", verdict.mode().as_str().to_owned())]);
        if let Some(digest) = verdict.digest() {
            properties.insert("digest", digest.to_string());
        }
        // What was admitted once and would be refused now has failed: nobody let it through.
        let is_running = runs == Runs::AsStaticPod || verdict.decision() != Decision::Deny;
        let outcome = match verdict.code() {
            Some(code) => ReportOutcome::of(code, is_running),
            None if verdict.pinned().is_none() => ReportOutcome::Skip,
            None => ReportOutcome::Pass,
        };
        let mut message = verdict.message();
        if let Some(code) = verdict.code() {
            properties.insert("code", code.as_str().to_owned());
            message = format!("{}: {message}", became(verdict, runs));
        }
        let excepted = verdict.decision() != Decision::Deny;
        let exceptions = verdict.exceptions().iter().filter(|_| excepted);
        let mut results: Vec<_> = exceptions
            .take(MAX_EXCEPTIONS)
            .map(|exception| of_exception(exception, &message, &properties))
            .collect();
        // What exceptions admit has their lines alone.
        if results.is_empty() {
            let (policy, rule) = named(verdict.rules().first());
            results.push(ReportResult {
                policy,
                rule,
                outcome,
                message,
                properties,
            });
        }
        Self::of(regarding, image, at, results)
    }

    /// That there is no verdict, and why.
    #[must_use]
    pub fn unjudged(
        regarding: Regarding,
        image: &ImageUse,
        reason: &Reason,
        runs: Runs,
        at: Timestamp,
    ) -> Self {
        let became = match runs {
            Runs::Already => "runs, and could not be judged again",
            Runs::AsStaticPod => "runs all the same, as a static Pod of its node",
            Runs::IfAdmitted => "refused",
        };
        let result = ReportResult {
            policy: NO_POLICY.to_owned(),
            rule: None,
            outcome: ReportOutcome::of(reason.code, false),
            message: format!("{became}: {}", reason.message),
            properties: BTreeMap::from([("code", reason.code.as_str().to_owned())]),
        };
        Self::of(regarding, image, at, vec![result])
    }

    fn of(
        regarding: Regarding,
        image: &ImageUse,
        at: Timestamp,
        mut results: Vec<ReportResult>,
    ) -> Self {
        let short = |text: &String| one_line(text, MAX_TEXT);
        let place = short(&image.place());
        for result in &mut results {
            let properties = &mut result.properties;
            for text in properties.values_mut() {
                *text = short(text);
            }
            properties.insert("image", one_line(&image.image, MAX_IMAGE));
            properties.insert(PLACE, place.clone());
            result.message = one_line(&result.message, MAX_MESSAGE);
            result.policy = short(&result.policy);
            result.rule = result.rule.as_ref().map(short);
        }
        Self {
            regarding: Regarding {
                api_version: short(&regarding.api_version),
                kind: short(&regarding.kind),
                name: short(&regarding.name),
                namespace: regarding.namespace,
            },
            place,
            at,
            results,
        }
    }

    /// The namespace whose report it is in.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.regarding.namespace
    }

    /// Whether both are about the same image of the same object.
    #[must_use]
    pub fn is_about_the_same(&self, other: &Self) -> bool {
        self.regarding == other.regarding && self.place == other.place
    }

    /// When it was decided.
    pub(super) const fn at(&self) -> Timestamp {
        self.at
    }

    pub(super) fn key(&self) -> Key {
        let Regarding {
            api_version,
            kind,
            name,
            ..
        } = &self.regarding;
        [
            api_version.clone(),
            kind.clone(),
            name.clone(),
            self.place.clone(),
        ]
    }

    /// Its results, each with its outcome.
    pub(super) fn results(&self) -> impl Iterator<Item = (ReportOutcome, Value)> {
        self.results
            .iter()
            .map(|result| (result.outcome, self.result(result)))
    }

    fn result(&self, result: &ReportResult) -> Value {
        let Regarding {
            api_version,
            kind,
            namespace,
            name,
        } = &self.regarding;
        let mut value = json!({
            "source": SOURCE,
            "policy": result.policy,
            "category": CATEGORY,
            "severity": result.outcome.severity(),
            "timestamp": {"seconds": self.at.unix(), "nanos": 0},
            "result": result.outcome.as_str(),
            "scored": result.outcome != ReportOutcome::Warn,
            "resources": [{"apiVersion": api_version, "kind": kind, "namespace": namespace, "name": name}],
            "message": result.message,
            "properties": result.properties,
        });
        if let (Some(rule), Some(members)) = (&result.rule, value.as_object_mut()) {
            members.insert("rule".to_owned(), rule.clone().into());
        }
        value
    }
}

/// The policy and the rule that a result names: the object with its namespace, and the entry in it.
fn named(rule: Option<&Rule>) -> (String, Option<String>) {
    let Some(rule) = rule else {
        return (NO_POLICY.to_owned(), None);
    };
    let policy = match &rule.namespace {
        Some(namespace) => format!("{namespace}/{}", rule.name),
        None => rule.name.clone(),
    };
    (policy, Some(rule.entry.clone()))
}

/// That an exception lets the image run, under the policy that would have refused it.
fn of_exception(
    exception: &UsedException,
    message: &str,
    properties: &BTreeMap<&'static str, String>,
) -> ReportResult {
    let (policy, rule) = named(Some(&exception.rule));
    let mut properties = properties.clone();
    properties.insert("code", Code::EXCEPTION_USED.as_str().to_owned());
    let name = match &exception.namespace {
        Some(namespace) => format!("{} {namespace}/{}", exception.kind, exception.name),
        None => format!("{} {}", exception.kind, exception.name),
    };
    properties.insert("exception", name);
    properties.insert("exceptionUntil", exception.until.to_string());
    properties.insert("exceptedCodes", exception.codes.join(", "));
    ReportResult {
        policy,
        rule,
        outcome: ReportOutcome::Warn,
        message: message.to_owned(),
        properties,
    }
}

#[cfg(test)]
mod tests;
