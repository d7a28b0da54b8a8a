//! What the API server asks about.

use serde_json::Value;

use super::code::CheckupCode;
use super::finding::{Findings, listed};
use super::registration::{Part, Registered};
use super::setup::Setup;
use crate::asking::EPHEMERAL;
use crate::resource::WorkloadKind;

const OPERATIONS: [&str; 2] = ["CREATE", "UPDATE"];

/// Something that is to be asked about, in any of these groups and versions: they are the same objects.
struct Wanted {
    resource: String,
    places: Vec<(String, String)>,
}

pub(super) fn look(one: &Registered<'_>, setup: &Setup, findings: &mut Findings) {
    let wanted = match one.part {
        Part::Policies => policies(&one.wanted),
        Part::Mutating | Part::Validating => workloads(setup),
    };
    // Otherwise what comes in by another group or version of the same kind is not seen.
    let is_exact = one.webhook["matchPolicy"] == "Exact";
    let mut missing = Vec::new();
    for Wanted { resource, places } in &wanted {
        for operation in OPERATIONS {
            let is_asked = |(group, version): &(String, String)| {
                let rules = one.webhook["rules"].as_array().into_iter().flatten();
                rules
                    .into_iter()
                    .any(|rule| covers(rule, (group, version), resource, operation, is_exact))
            };
            let is_whole = match is_exact {
                true => places.iter().all(is_asked),
                false => places.iter().any(is_asked),
            };
            if !is_whole {
                missing.push(format!("{operation} of {resource}"));
            }
        }
    }
    if missing.is_empty() {
        return;
    }
    let exactly = if is_exact {
        " (matchPolicy is Exact)"
    } else {
        ""
    };
    let message = format!(
        "{}: nobody asks about {}{exactly}",
        one.name(),
        listed(&missing)
    );
    let code = match one.part {
        Part::Policies => CheckupCode::ConfigurationDrifted,
        Part::Mutating | Part::Validating => CheckupCode::RulesIncomplete,
    };
    findings.add(
        code,
        one.configuration.clone(),
        message,
        "restore the rules: start the webhook with --arm, which keeps them, or apply the chart again",
    );
}

/// Everything with Pods in it.
fn workloads(setup: &Setup) -> Vec<Wanted> {
    let mut wanted = Vec::new();
    for kind in WorkloadKind::ALL {
        let places = kind.versions().iter();
        let places: Vec<_> = places
            .map(|(group, version)| ((*group).to_owned(), (*version).to_owned()))
            .collect();
        if *kind == WorkloadKind::Pod {
            wanted.push(Wanted {
                resource: EPHEMERAL.to_owned(),
                places: places.clone(),
            });
        }
        wanted.push(Wanted {
            resource: kind.resource().to_owned(),
            places,
        });
    }
    wanted.extend(setup.armament().extra.into_iter().map(|custom| Wanted {
        resource: custom.resource,
        places: vec![(custom.group, "*".to_owned())],
    }));
    wanted
}

/// Every resource of every group in the rules of the plan.
fn policies(plan: &Value) -> Vec<Wanted> {
    let texts = |list: &Value| -> Vec<String> {
        let texts = list.as_array().into_iter().flatten();
        texts.filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut wanted = Vec::new();
    for rule in plan["rules"].as_array().into_iter().flatten() {
        let groups = texts(&rule["apiGroups"]);
        for resource in texts(&rule["resources"]) {
            for group in &groups {
                wanted.push(Wanted {
                    resource: resource.clone(),
                    places: vec![(group.clone(), "*".to_owned())],
                });
            }
        }
    }
    wanted
}

/// Whether a rule has the API server ask. The version `*` stands for any, as they are the same objects; where the match is exact, for
/// all of them.
fn covers(
    rule: &Value,
    (group, version): (&str, &str),
    resource: &str,
    operation: &str,
    is_exact: bool,
) -> bool {
    let texts = |member: &str| {
        let list = rule[member].as_array().into_iter().flatten();
        list.filter_map(Value::as_str)
    };
    let has = |member: &str, wanted: &str| texts(member).any(|one| one == "*" || one == wanted);
    let any_version = !is_exact && version == "*" && texts("apiVersions").next().is_some();
    let is_named = texts("resources").any(|pattern| match resource.split_once('/') {
        None => pattern == "*" || pattern == "*/*" || pattern == resource,
        Some((whole, part)) => {
            pattern == "*/*"
                || pattern == resource
                || pattern.strip_suffix("/*") == Some(whole)
                || pattern.strip_prefix("*/") == Some(part)
        }
    });
    let is_in_scope = rule["scope"]
        .as_str()
        .is_none_or(|scope| scope != "Cluster");
    has("apiGroups", group)
        && (any_version || has("apiVersions", version))
        && has("operations", operation)
        && is_named
        && is_in_scope
}
