//! Whether the API server reaches a replica, and how many there are.

use std::collections::BTreeMap;

use serde_json::Value;

use super::code::CheckupCode;
use super::finding::{Findings, ObjectName};
use super::installation::Installation;
use super::registration::Registered;
use super::setup::Setup;

pub(super) fn look(
    installation: &Installation,
    setup: &Setup,
    registered: &[Registered<'_>],
    findings: &mut Findings,
) {
    let object = ObjectName::new("Service", Some(&setup.home), &setup.service);
    let Some(service) = installation.service.known() else {
        return;
    };
    let Some(service) = service else {
        // A name that was guessed says nothing: that nobody knows how the webhook is set up is said.
        if !setup.service_is_known {
            return;
        }
        findings.add(
            CheckupCode::ServiceMissing,
            object,
            "it is not there: the API server reaches no replica",
            "apply the chart or what `doorward install` prints again",
        );
        return;
    };
    // A name elsewhere has neither ports nor endpoints here.
    if service["spec"]["type"] == "ExternalName" {
        return;
    }
    tell_ports(service, setup, registered, &object, findings);
    let Some(slices) = installation.slices.known() else {
        return;
    };
    let ready = ready(slices);
    let deployment = ObjectName::new(
        "Deployment",
        Some(&setup.home),
        &installation.deployment_name,
    );
    match ready.len() {
        0 => {
            findings.add(
                CheckupCode::ServiceEndpoints,
                object,
                "no replica behind it is ready: the API server gets no answer",
                "look at the Pods of the webhook, at their readiness and at what they log, and whether the Service selects them",
            );
        }
        1 => findings.add(
            CheckupCode::ReplicasSingle,
            deployment,
            "one replica alone is ready: while it is replaced, the API server gets no answer",
            "run at least two replicas: replicaCount of the chart",
        ),
        _ => {
            let nodes: Option<Vec<&str>> = ready.values().copied().collect();
            let Some(nodes) = nodes else { return };
            if nodes.windows(2).all(|pair| pair.first() == pair.last()) {
                let message = format!(
                    "all {} replicas run on the node {}: what takes it away leaves nobody to answer",
                    nodes.len(),
                    nodes.first().copied().unwrap_or_default()
                );
                findings.add(
                    CheckupCode::ReplicasOneNode,
                    deployment,
                    message,
                    "spread them over nodes: spread of the chart, and enough nodes with room",
                );
            }
        }
    }
}

fn tell_ports(
    service: &Value,
    setup: &Setup,
    registered: &[Registered<'_>],
    object: &ObjectName,
    findings: &mut Findings,
) {
    let ports = service["spec"]["ports"].as_array().into_iter().flatten();
    let ports: Vec<u64> = ports.filter_map(|port| port["port"].as_u64()).collect();
    for one in registered {
        let asked = &one.webhook["clientConfig"]["service"];
        if asked["name"] != setup.service.as_str() || asked["namespace"] != setup.home.as_str() {
            continue;
        }
        let port = asked["port"].as_u64().unwrap_or(443);
        if !ports.contains(&port) {
            let message = format!(
                "{} of {} asks at its port {port}, on which it does not listen",
                one.name(),
                one.configuration
            );
            findings.add(
                CheckupCode::ServicePort,
                object.clone(),
                message,
                "have both name one port: --service of the webhook, and service.port of the chart",
            );
        }
    }
}

/// The replicas that are ready, each with its node, if that is known. One with two addresses is one.
fn ready(slices: &[Value]) -> BTreeMap<&str, Option<&str>> {
    let mut ready = BTreeMap::new();
    let endpoints = slices
        .iter()
        .flat_map(|slice| slice["endpoints"].as_array())
        .flatten();
    for endpoint in endpoints {
        // No word on it counts as ready (`EndpointConditions`).
        if endpoint["conditions"]["ready"] == false {
            continue;
        }
        let target = endpoint["targetRef"]["name"].as_str();
        let address = endpoint["addresses"][0].as_str();
        let node = endpoint["nodeName"].as_str();
        let node = node.or_else(|| endpoint["topology"]["kubernetes.io/hostname"].as_str());
        ready.insert(target.or(address).unwrap_or_default(), node);
    }
    ready
}
