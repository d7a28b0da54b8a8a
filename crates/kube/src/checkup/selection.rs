//! What a configuration leaves out: namespaces, and objects.

use serde_json::Value;

use super::code::CheckupCode;
use super::finding::{Findings, listed};
use super::installation::Installation;
use super::label_selector::{is_everything, matches};
use super::registration::Registered;
use super::setup::Setup;
use crate::cluster::NAME_LABEL;

pub(super) fn look(
    one: &Registered<'_>,
    installation: &Installation,
    setup: &Setup,
    findings: &mut Findings,
) {
    if !one.part.is_of_workloads() {
        return;
    }
    tell_objects(one, findings);
    let selector = &one.webhook["namespaceSelector"];
    let is_planned = *selector == one.wanted["namespaceSelector"] && setup.is_known;
    let named = left_out_by_name(selector);
    let mut tell = |code, message: String, remedy: &str| {
        findings.add(code, one.configuration.clone(), message, remedy);
    };
    let Some(namespaces) = installation.namespaces.known() else {
        // That the names are not known is said; that there may be some is, too.
        if !is_planned && named.is_none() {
            let message = format!(
                "{}: its namespaceSelector is not the planned one; which namespaces it leaves out is not known",
                one.name()
            );
            tell(CheckupCode::NamespacesExcluded, message, REMEDY);
        }
        return;
    };
    let (mut excluded, mut left_out) = (Vec::new(), Vec::new());
    for namespace in namespaces {
        let name = namespace["metadata"]["name"].as_str().unwrap_or_default();
        if name == setup.home || matches(selector, &namespace["metadata"]["labels"]) {
            continue;
        }
        let is_meant = setup.excluded().iter().any(|meant| meant == name);
        // Where others than the webhook write the configuration, those that it names are theirs to name.
        let is_named = !setup.arms && named.as_ref().is_some_and(|named| named.contains(&name));
        match is_meant || is_named {
            true => left_out.push(name),
            false => excluded.push(name),
        }
    }
    if !excluded.is_empty() {
        let message = format!(
            "{}: not asked about the namespaces {}: any image runs there",
            one.name(),
            listed(&excluded)
        );
        tell(CheckupCode::NamespacesExcluded, message, REMEDY);
    } else if !is_planned && named.is_none() {
        let message = format!(
            "{}: namespaceSelector is not as planned: it leaves out no namespace of now, and may leave out one to come",
            one.name()
        );
        tell(CheckupCode::ConfigurationDrifted, message, REMEDY);
    }
    if !left_out.is_empty() {
        let message = format!(
            "{}: not asked about the namespaces {}, which the installation names: anybody who may create Pods there runs any image",
            one.name(),
            listed(&left_out)
        );
        tell(
            CheckupCode::NamespacesLeftOut,
            message,
            "have them judged by a policy that fits them, and take them out of the excluded namespaces",
        );
    }
}

const REMEDY: &str = "restore the namespaceSelector: start the webhook with --arm, which keeps it, or apply the chart again";

/// The names that a selector leaves out, if it does nothing else.
fn left_out_by_name(selector: &Value) -> Option<Vec<&str>> {
    if !is_everything(&selector["matchLabels"]) {
        return None;
    }
    let mut names = Vec::new();
    for expression in selector["matchExpressions"]
        .as_array()
        .into_iter()
        .flatten()
    {
        if expression["key"] != NAME_LABEL || expression["operator"] != "NotIn" {
            return None;
        }
        let values = expression["values"].as_array().into_iter().flatten();
        names.extend(values.filter_map(Value::as_str));
    }
    Some(names)
}

fn tell_objects(one: &Registered<'_>, findings: &mut Findings) {
    let mut by = Vec::new();
    if !is_everything(&one.webhook["objectSelector"]) {
        by.push("objectSelector");
    }
    let conditions = &one.webhook["matchConditions"];
    let is_without = conditions.is_null() || conditions.as_array().is_some_and(Vec::is_empty);
    if !is_without {
        by.push("matchConditions");
    }
    if by.is_empty() {
        return;
    }
    let message = format!(
        "{}: not asked about all objects, by {}: anybody who writes an object may choose its labels",
        one.name(),
        by.join(" and ")
    );
    findings.add(
        CheckupCode::ObjectsExcluded,
        one.configuration.clone(),
        message,
        "take them out: start the webhook with --arm, which keeps the configuration, or apply the chart again",
    );
}
