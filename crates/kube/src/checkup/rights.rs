//! Who may change what decides.

use std::collections::{BTreeMap, BTreeSet};

use doorward_policy::{ExceptionKind, Group, PolicyKind, crd};
use serde_json::Value;

use super::code::CheckupCode;
use super::finding::{Findings, ObjectName, listed};
use super::installation::Installation;
use super::setup::Setup;
use crate::armament::CONFIGURATIONS;

const WRITE: [&str; 5] = ["create", "update", "patch", "delete", "deletecollection"];
/// To create a configuration opens nothing.
const CHANGE: [&str; 4] = ["update", "patch", "delete", "deletecollection"];
const ADMIN: &str = "cluster-admin";
/// What the API server sets on roles and bindings of its own.
const BOOTSTRAPPING: &str = "kubernetes.io/bootstrapping";
/// Groups and users that everybody is, who can reach the API server or run a Pod.
const EVERYBODY: [&str; 4] = [
    "system:anonymous",
    "system:authenticated",
    "system:serviceaccounts",
    "system:unauthenticated",
];

/// What a role lets somebody do.
#[derive(Clone, Debug, Default)]
struct Gives {
    /// Verbs on webhook configurations of the planned names.
    configurations: BTreeSet<&'static str>,
    /// Verbs on policies and exceptions.
    policies: BTreeSet<&'static str>,
}

pub(super) fn look(installation: &Installation, setup: &Setup, findings: &mut Findings) {
    let (Some(roles), Some(bindings)) = (installation.roles.known(), installation.bindings.known())
    else {
        return;
    };
    let roles: BTreeMap<&str, Gives> = roles
        .iter()
        .filter_map(|role| Some((role["metadata"]["name"].as_str()?, gives(role))))
        .collect();
    let mut subjects: BTreeMap<ObjectName, (Gives, BTreeSet<&str>)> = BTreeMap::new();
    let mut admins = BTreeSet::new();
    for binding in bindings {
        let role = binding["roleRef"]["name"].as_str().unwrap_or_default();
        let Some(gives) = roles.get(role) else {
            continue;
        };
        if gives.configurations.is_empty() && gives.policies.is_empty() {
            continue;
        }
        for subject in binding["subjects"].as_array().into_iter().flatten() {
            if is_expected(subject, binding, setup) {
                continue;
            }
            let kind = subject["kind"].as_str().unwrap_or_default();
            let name = subject["name"].as_str().unwrap_or_default();
            let subject = ObjectName::new(kind, subject["namespace"].as_str(), name);
            if role == ADMIN && !is_everybody(&subject) {
                admins.insert(subject.to_string());
                continue;
            }
            let (all, by) = subjects.entry(subject).or_default();
            all.configurations.extend(&gives.configurations);
            all.policies.extend(&gives.policies);
            by.insert(role);
        }
    }
    if !admins.is_empty() {
        let admins: Vec<String> = admins.into_iter().collect();
        let message = format!(
            "beside those who administer the cluster by their group, it is bound to {}: each may delete the webhook \
             configurations, and write policies",
            listed(&admins)
        );
        let object = ObjectName::cluster("ClusterRole", ADMIN);
        findings.add(CheckupCode::RightsConfigurations, object, message, NARROW);
    }
    for (subject, (gives, by)) in subjects {
        tell(
            subject,
            &gives,
            &by.into_iter().collect::<Vec<_>>(),
            findings,
        );
    }
}

const NARROW: &str = "take the right away from those who do not need it: bind a role without it, and review who is bound to those \
                      that have it";

fn tell(subject: ObjectName, gives: &Gives, by: &[&str], findings: &mut Findings) {
    let open = is_everybody(&subject);
    let verbs = |verbs: &BTreeSet<&'static str>| listed(&verbs.iter().collect::<Vec<_>>());
    for (code, given, what) in [
        (
            CheckupCode::RightsConfigurations,
            &gives.configurations,
            "the webhook configurations, without which no image is judged",
        ),
        (
            CheckupCode::RightsPolicies,
            &gives.policies,
            "policies or exceptions in every namespace",
        ),
    ] {
        if given.is_empty() {
            continue;
        }
        let message = format!(
            "may {} {what}, by the ClusterRole {}",
            verbs(given),
            listed(by)
        );
        let code = if open { CheckupCode::RightsOpen } else { code };
        findings.add(code, subject.clone(), message, NARROW);
    }
}

/// Whether this is somebody who is to have such rights: who administers the cluster by a group that Kubernetes has for that, a
/// controller of Kubernetes itself by a role that it came with, or the webhook.
fn is_expected(subject: &Value, binding: &Value, setup: &Setup) -> bool {
    let name = subject["name"].as_str().unwrap_or_default();
    let namespace = subject["namespace"].as_str().unwrap_or_default();
    match subject["kind"].as_str() {
        Some("Group") if matches!(name, "system:masters" | "kubeadm:cluster-admins") => true,
        Some("ServiceAccount") if namespace == setup.home && name == setup.account => true,
        Some(kind) => {
            let metadata = &binding["metadata"];
            let of_kubernetes = metadata["labels"][BOOTSTRAPPING] == "rbac-defaults"
                && metadata["name"]
                    .as_str()
                    .is_some_and(|name| name.starts_with("system:"));
            let is_controller = match kind {
                "ServiceAccount" => namespace == "kube-system",
                _ => name.starts_with("system:kube-"),
            };
            of_kubernetes && is_controller
        }
        None => false,
    }
}

fn is_everybody(subject: &ObjectName) -> bool {
    subject.kind != "ServiceAccount"
        && (EVERYBODY.contains(&subject.name.as_str())
            || subject.name.starts_with("system:serviceaccounts:"))
}

fn gives(role: &Value) -> Gives {
    let mut all = Gives::default();
    for rule in role["rules"].as_array().into_iter().flatten() {
        let has = |member: &str, wanted: &[&str]| {
            let list = rule[member].as_array().into_iter().flatten();
            let mut list = list.filter_map(Value::as_str);
            list.any(|one| one == "*" || wanted.contains(&one))
        };
        let names = rule["resourceNames"].as_array();
        let names = names.filter(|names| !names.is_empty());
        let is_for_ours = names.is_none_or(|names| {
            names
                .iter()
                .any(|name| CONFIGURATIONS.iter().any(|(_, _, ours)| name == ours))
        });
        let plurals: Vec<&str> = CONFIGURATIONS
            .iter()
            .map(|(plural, _, _)| *plural)
            .collect();
        if is_for_ours
            && has("apiGroups", &["admissionregistration.k8s.io"])
            && has("resources", &plurals)
        {
            let may = CHANGE.into_iter().filter(|verb| has("verbs", &[verb]));
            all.configurations.extend(may);
        }
        let policies = PolicyKind::ALL.map(crd::plural);
        let exceptions = ExceptionKind::ALL.map(crd::exception_plural);
        let kinds = [&policies[..], &exceptions[..]].concat();
        if has("apiGroups", &Group::ALL.map(Group::as_str)) && has("resources", &kinds) {
            let may = WRITE.into_iter().filter(|verb| has("verbs", &[verb]));
            all.policies.extend(may);
        }
    }
    all
}
