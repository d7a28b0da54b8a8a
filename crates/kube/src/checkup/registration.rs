//! Which webhook configurations there are, and where they lead.

use serde_json::Value;

use super::code::CheckupCode;
use super::finding::{Findings, ObjectName, listed};
use super::installation::{Answer, Installation};
use super::label_selector;
use super::setup::Setup;
use crate::armament::CONFIGURATIONS;

/// What the API server is to wait where a configuration does not say (`admissionregistration.k8s.io/v1`).
const DEFAULT_TIMEOUT: u64 = 10;
/// What restores a configuration.
const RESTORE: &str = "restore the configuration: start the webhook with --arm, which keeps it, or apply the chart again";

/// What a webhook is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Mutating,
    Policies,
    Validating,
}

impl Part {
    pub(super) const fn is_of_workloads(self) -> bool {
        matches!(self, Self::Mutating | Self::Validating)
    }

    /// The paths at which the webhook answers.
    const fn paths(self) -> &'static [&'static str] {
        match self {
            Self::Mutating => &["/mutate", "/admit"],
            Self::Policies => &["/policies"],
            Self::Validating => &["/validate"],
        }
    }

    /// Where the plan has it among the configurations: as [`CONFIGURATIONS`].
    const fn place(self) -> usize {
        match self {
            Self::Validating => 0,
            Self::Mutating => 1,
            Self::Policies => 2,
        }
    }
}

/// A webhook of a configuration.
#[derive(Clone, Debug)]
pub(super) struct Registered<'a> {
    pub(super) part: Part,
    pub(super) configuration: ObjectName,
    pub(super) webhook: &'a Value,
    /// As the plan has it.
    pub(super) wanted: Value,
}

impl Registered<'_> {
    /// For messages: a configuration may have several.
    pub(super) fn name(&self) -> &str {
        self.webhook["name"].as_str().unwrap_or_default()
    }
}

/// The webhooks of this installation, and what is wrong with how they are registered.
pub(super) fn look<'a>(
    installation: &'a Installation,
    setup: &Setup,
    findings: &mut Findings,
) -> Vec<Registered<'a>> {
    let planned = setup.armament().configurations();
    let mut all = Vec::new();
    for part in [Part::Mutating, Part::Validating, Part::Policies] {
        let list = match part {
            Part::Mutating => &installation.mutating,
            Part::Policies | Part::Validating => &installation.validating,
        };
        let wanted = planned
            .get(part.place())
            .map(|plan| plan.webhooks[0].clone());
        let wanted = wanted.unwrap_or_default();
        all.extend(of_part(part, list, setup, &wanted));
    }
    tell_missing(installation, &all, findings);
    for one in &all {
        tell_way(one, setup, findings);
        tell_failure_policy(one, findings);
        tell_time(one, setup, findings);
        tell_drift(one, setup, findings);
    }
    all
}

/// Those of the configurations that bear the planned name; if there are none, those of others that lead to the Service.
fn of_part<'a>(
    part: Part,
    list: &'a Answer<Vec<Value>>,
    setup: &Setup,
    wanted: &Value,
) -> Vec<Registered<'a>> {
    let Some((_, kind, planned)) = CONFIGURATIONS.get(part.place()) else {
        return Vec::new();
    };
    let (mut named, mut leading) = (Vec::new(), Vec::new());
    for configuration in list.known().into_iter().flatten() {
        let is_named = configuration["metadata"]["name"] == *planned;
        for webhook in configuration["webhooks"].as_array().into_iter().flatten() {
            let one = || Registered {
                part,
                configuration: ObjectName::of(kind, configuration),
                webhook,
                wanted: wanted.clone(),
            };
            let service = &webhook["clientConfig"]["service"];
            let leads_here = service["name"] == setup.service.as_str()
                && service["namespace"] == setup.home.as_str();
            let is_of_policies = service["path"] == "/policies";
            if is_named {
                named.push(one());
            } else if leads_here && is_of_policies == (part == Part::Policies) {
                leading.push(one());
            }
        }
    }
    if named.is_empty() { leading } else { named }
}

fn tell_missing(installation: &Installation, all: &[Registered<'_>], findings: &mut Findings) {
    let has = |part: Part| all.iter().any(|one| one.part == part);
    let (mutates, validates) = (has(Part::Mutating), has(Part::Validating));
    let knows_mutating = installation.mutating.known().is_some();
    let knows_validating = installation.validating.known().is_some();
    if knows_mutating && knows_validating && !mutates && !validates {
        findings.add(
            CheckupCode::NotRegistered,
            ObjectName::cluster("ValidatingWebhookConfiguration", "doorward"),
            "no configuration has the API server ask this webhook about workloads: every image is admitted",
            "start the webhook with --arm, or apply the chart with its webhook configurations, and look at what the webhook logs",
        );
        return;
    }
    if knows_mutating && !mutates {
        findings.add(
            CheckupCode::MutatingMissing,
            ObjectName::cluster("MutatingWebhookConfiguration", "doorward"),
            "no mutating webhook is registered: images run by their tags, which may lead elsewhere after they were judged",
            RESTORE,
        );
    }
    if knows_validating && !validates {
        findings.add(
            CheckupCode::ValidatingMissing,
            ObjectName::cluster("ValidatingWebhookConfiguration", "doorward"),
            "no validating webhook is registered: what other webhooks change after this one is not judged",
            RESTORE,
        );
    }
    if knows_validating && !has(Part::Policies) {
        findings.add(
            CheckupCode::PoliciesMissing,
            ObjectName::cluster("ValidatingWebhookConfiguration", "doorward-policies"),
            "policies are not reviewed when they are written: mistakes show in their status and in denials alone",
            RESTORE,
        );
    }
}

/// Where it leads.
fn tell_way(one: &Registered<'_>, setup: &Setup, findings: &mut Findings) {
    let client = &one.webhook["clientConfig"];
    let service = &client["service"];
    let text = |member: &str| service[member].as_str().unwrap_or_default();
    let (name, namespace, path) = (text("name"), text("namespace"), text("path"));
    let wrong = if client["url"].is_string() {
        "it asks a URL and no Service".to_owned()
    } else if (name, namespace) != (setup.service.as_str(), setup.home.as_str()) {
        format!(
            "it asks the Service {namespace}/{name}, and the webhook is behind {}/{}",
            setup.home, setup.service
        )
    } else if !one.part.paths().contains(&path) {
        format!(
            "it asks at {path:?}, and the answers are at {}",
            one.part.paths().join(" and ")
        )
    } else {
        return;
    };
    let message = format!("{}: {wrong}", one.name());
    let object = one.configuration.clone();
    findings.add(CheckupCode::PointsElsewhere, object, message, RESTORE);
}

fn tell_failure_policy(one: &Registered<'_>, findings: &mut Findings) {
    let policy = &one.webhook["failurePolicy"];
    if !one.part.is_of_workloads() || policy.is_null() || policy == "Fail" {
        return;
    }
    let message = format!(
        "{}: failurePolicy is {policy}: whatever keeps the webhook from answering admits every image",
        one.name()
    );
    let object = one.configuration.clone();
    findings.add(
        CheckupCode::FailurePolicyIgnore,
        object,
        message,
        "set failurePolicy to Fail: the webhook with --arm does, and the chart with webhooks.failurePolicy",
    );
}

/// How long the API server waits. The webhook answers a second before what it was told, whatever it found out by then.
fn tell_time(one: &Registered<'_>, setup: &Setup, findings: &mut Findings) {
    let waits = one.webhook["timeoutSeconds"]
        .as_u64()
        .unwrap_or(DEFAULT_TIMEOUT);
    let Some(planned) = one.wanted["timeoutSeconds"].as_u64() else {
        return;
    };
    if waits >= planned || !setup.is_known {
        return;
    }
    let message = format!(
        "{}: the API server waits {waits} seconds, and the webhook may take {planned}: what takes longer is refused without a \
         reason",
        one.name()
    );
    let object = one.configuration.clone();
    let remedy =
        format!("set timeoutSeconds to {planned}, or tell the webhook the same with --timeout");
    findings.add(CheckupCode::TimeoutTooShort, object, message, remedy);
}

/// In what else it is not as planned. What leaves images out is found by others.
fn tell_drift(one: &Registered<'_>, setup: &Setup, findings: &mut Findings) {
    const ELSEWHERE: [&str; 9] = [
        "clientConfig",
        "failurePolicy",
        "matchConditions",
        "matchPolicy",
        "name",
        "namespaceSelector",
        "objectSelector",
        "rules",
        "timeoutSeconds",
    ];
    let mut fields: Vec<&str> = Vec::new();
    let members = |value: &'_ Value| value.as_object().cloned().unwrap_or_default();
    let (there, planned) = (members(one.webhook), members(&one.wanted));
    for (field, wanted) in &planned {
        let found = there.get(field).unwrap_or(&Value::Null);
        if !ELSEWHERE.contains(&field.as_str()) && !found.is_null() && found != wanted {
            fields.push(field);
        }
    }
    // What this version does not know may leave out anything.
    for (field, found) in &there {
        let is_known = planned.contains_key(field) || ELSEWHERE.contains(&field.as_str());
        if !is_known && !label_selector::is_everything(found) {
            fields.push(field);
        }
    }
    let is = |field: &'static str| {
        one.webhook[field] != one.wanted[field] && !one.webhook[field].is_null()
    };
    if is("timeoutSeconds")
        && (setup.is_known || one.part == Part::Policies)
        && one.webhook["timeoutSeconds"].as_u64() > one.wanted["timeoutSeconds"].as_u64()
    {
        fields.push("timeoutSeconds");
    }
    if one.part == Part::Policies && is("failurePolicy") {
        fields.push("failurePolicy");
    }
    if fields.is_empty() {
        return;
    }
    fields.sort_unstable();
    let message = format!("{}: not as planned: {}", one.name(), listed(&fields));
    findings.add(
        CheckupCode::ConfigurationDrifted,
        one.configuration.clone(),
        message,
        RESTORE,
    );
}
