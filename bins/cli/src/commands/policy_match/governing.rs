//! What governs an image, as it is shown.

use doorward_policy::{Entry, Match, PolicyBody};
use doorward_simple_signing::Requirement;
use serde::Serialize;

use crate::site::notation::Statement;

/// One entry that governs an image.
#[derive(Debug, Serialize)]
pub(super) struct Governing {
    /// `ImagePolicy`, `ClusterImagePolicy`, `ContainersPolicy` or `NotationTrustPolicy`.
    pub(super) kind: String,
    pub(super) namespace: Option<String>,
    /// The name of the policy object or file.
    pub(super) policy: String,
    /// The pattern or scope.
    pub(super) entry: String,
    /// Whether it belongs to a floor.
    pub(super) floor: bool,
    /// `enforce`, `warn` or `audit`. `None` where the entry has an error.
    pub(super) mode: Option<&'static str>,
    /// The checks that it demands. Empty if images pass unchecked or the entry has an error.
    pub(super) demands: Vec<&'static str>,
    /// Whether images pass unchecked.
    pub(super) unchecked: bool,
    /// Why the entry denies whatever it governs.
    pub(super) error: Option<String>,
    /// Whether it is not known that the entry governs the image, and it counts for that reason.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) supposed: bool,
    /// From when a failure does what the mode says, if the entry says so.
    #[serde(rename = "effectiveFrom", skip_serializing_if = "Option::is_none")]
    pub(super) effective_from: Option<String>,
}

impl Governing {
    pub(super) fn of(entry: &Entry, found: &Match<'_>) -> Self {
        let rule = &entry.rule;
        let body = entry.body.as_ref();
        Self {
            kind: rule.kind.to_string(),
            namespace: rule.namespace.clone(),
            policy: rule.name.clone(),
            entry: rule.entry.clone(),
            floor: rule.floor,
            mode: body.ok().map(|body| body.mode.as_str()),
            demands: body.map(PolicyBody::demands).unwrap_or_default(),
            unchecked: body.is_ok_and(PolicyBody::is_unchecked),
            error: body.err().map(|diagnostic| diagnostic.message.clone()),
            supposed: found.is_supposed(entry),
            effective_from: body
                .ok()
                .and_then(|body| body.effective_from)
                .map(|from| from.to_string()),
        }
    }

    pub(super) fn of_file(name: &str, scope: &str, requirements: &[Requirement]) -> Self {
        let accepts = |one: &Requirement| matches!(one, Requirement::InsecureAcceptAnything);
        let unchecked = !requirements.is_empty() && requirements.iter().all(accepts);
        let demanded = (!unchecked).then_some("simple");
        Self::enforced("ContainersPolicy", name, scope, demanded)
    }

    pub(super) fn of_statement(file: &str, statement: &Statement<'_>) -> Self {
        let demanded = statement.demands.then_some("notation");
        Self::enforced("NotationTrustPolicy", file, statement.name, demanded)
    }

    /// An entry of a file of another program, unchecked if nothing is demanded.
    fn enforced(kind: &str, file: &str, entry: &str, demanded: Option<&'static str>) -> Self {
        Self {
            kind: kind.to_owned(),
            namespace: None,
            policy: file.to_owned(),
            entry: entry.to_owned(),
            floor: false,
            mode: Some("enforce"),
            demands: demanded.into_iter().collect(),
            unchecked: demanded.is_none(),
            error: None,
            supposed: false,
            effective_from: None,
        }
    }
}
