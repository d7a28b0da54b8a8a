//! An installation as the webhook arms it, without a fault.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_policy::{ExceptionKind, Group, PolicyKind, crd};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use serde_json::{Map, Value, json};

use super::super::*;
use crate::armament::CONFIGURATIONS;

/// When it is looked at.
pub(super) const NOW: i64 = 1_800_000_000;
pub(super) const DAY: i64 = 86_400;

/// An authority and a certificate under it, PEM.
pub(super) struct Issued {
    pub(super) authority: String,
    pub(super) certificate: String,
}

pub(super) fn issued(name: &str, authority_until: i64, until: i64) -> Issued {
    let time = |unix: i64| {
        rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(u64::try_from(unix).unwrap())
    };
    let params = |common: &str, until: i64| {
        let mut params = CertificateParams::default();
        params.not_before = time(NOW - 100 * DAY);
        params.not_after = time(until);
        params.distinguished_name.push(DnType::CommonName, common);
        params
    };
    let mut authority = params("authority", authority_until);
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let mut leaf = params("leaf", until);
    leaf.subject_alt_names = vec![rcgen::SanType::DnsName(name.try_into().unwrap())];
    let certificate = leaf
        .signed_by(&KeyPair::generate().unwrap(), &authority)
        .unwrap();
    Issued {
        authority: authority.pem(),
        certificate: certificate.pem(),
    }
}

pub(super) fn good() -> Issued {
    issued("doorward.doorward.svc", NOW + 60 * DAY, NOW + 60 * DAY)
}

fn deployment() -> Value {
    json!({
        "metadata": {"name": "doorward", "namespace": "doorward"},
        "spec": {"replicas": 2, "template": {"spec": {
            "serviceAccountName": "doorward",
            "containers": [{"name": "webhook", "args": [
                "--from-cluster", "--tls-secret=doorward-tls", "--service=doorward:443", "--arm", "--arm-owner=doorward",
                "--timeout=10s",
            ]}],
        }}},
    })
}

fn answers(kind: &str, group: Group) -> Vec<Value> {
    match (kind, group) {
        ("ClusterImagePolicy", Group::Doorward) => vec![accepted("base")],
        _ => Vec::new(),
    }
}

/// A policy that is in force.
pub(super) fn accepted(name: &str) -> Value {
    json!({
        "metadata": {"name": name, "generation": 3},
        "status": {"conditions": [
            {"type": "Accepted", "status": "True", "observedGeneration": 3, "message": "in force as it is written"},
            {"type": "Ready", "status": "True", "observedGeneration": 3, "message": "usable"},
        ]},
    })
}

pub(super) fn endpoint(pod: &str, node: &str) -> Value {
    json!({"addresses": ["10.0.0.1"], "conditions": {"ready": true}, "nodeName": node, "targetRef": {"kind": "Pod", "name": pod}})
}

pub(super) fn namespace(name: &str, labels: &[(&str, &str)]) -> Value {
    let mut all: Map<String, Value> = Map::new();
    all.insert("kubernetes.io/metadata.name".to_owned(), name.into());
    all.extend(
        labels
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).into())),
    );
    json!({"metadata": {"name": name, "labels": all}})
}

pub(super) fn role(name: &str, rules: Value) -> Value {
    json!({"metadata": {"name": name}, "rules": rules})
}

pub(super) fn binding(name: &str, role: &str, subjects: Value) -> Value {
    json!({
        "metadata": {"name": name},
        "roleRef": {"kind": "ClusterRole", "name": role},
        "subjects": subjects,
    })
}

/// As Kubernetes has it for itself.
fn of_kubernetes(mut object: Value) -> Value {
    object["metadata"]["labels"] = json!({"kubernetes.io/bootstrapping": "rbac-defaults"});
    object
}

pub(super) fn installation() -> Installation {
    let issued = good();
    let deployment = deployment();
    let mut armament = Setup::of("doorward", Some(&deployment), []).armament();
    armament.authorities = issued.authority.into_bytes();
    let planned = armament.configurations();
    let of_kind = |wanted: &str| {
        let each = planned.iter().zip(CONFIGURATIONS);
        let each = each.filter(|(_, (_, kind, _))| *kind == wanted);
        let each = each.map(
            |(plan, (_, _, name))| json!({"metadata": {"name": name}, "webhooks": plan.webhooks}),
        );
        Answer::Known(each.collect())
    };
    let all = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]);
    let collector = "system:controller:generic-garbage-collector";
    let delete = json!([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["delete", "get", "list", "patch", "update"]}]);
    let own = json!([
        {
            "apiGroups": ["admissionregistration.k8s.io"],
            "resources": ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
            "resourceNames": ["doorward", "doorward-policies"], "verbs": ["get", "update", "delete"],
        },
    ]);
    let account = |namespace: &str, name: &str| json!([{"kind": "ServiceAccount", "namespace": namespace, "name": name}]);
    Installation {
        home: "doorward".to_owned(),
        deployment_name: "doorward".to_owned(),
        deployment: Answer::Known(Some(deployment)),
        mutating: of_kind("MutatingWebhookConfiguration"),
        validating: of_kind("ValidatingWebhookConfiguration"),
        service: Answer::Known(Some(json!({
            "metadata": {"name": "doorward", "namespace": "doorward"},
            "spec": {"type": "ClusterIP", "ports": [{"name": "reviews", "port": 443}]},
        }))),
        slices: Answer::Known(vec![
            json!({"endpoints": [endpoint("a", "one"), endpoint("b", "two")]}),
        ]),
        secret: Answer::Known(Some(json!({
            "metadata": {"name": "doorward-tls"},
            "data": {"tls.crt": STANDARD.encode(issued.certificate)},
        }))),
        namespaces: Answer::Known(vec![
            namespace("doorward", &[]),
            namespace("kube-system", &[]),
            namespace("shop", &[("env", "prod")]),
        ]),
        definitions: definitions(),
        policies: Installation::kinds()
            .map(|(kind, group, is_exception)| PolicyAnswer {
                kind,
                group,
                is_exception,
                found: Answer::Known(answers(kind, group)),
            })
            .collect(),
        roles: Answer::Known(vec![
            role("cluster-admin", all),
            of_kubernetes(role(collector, delete)),
            role("doorward", own),
            role(
                "view",
                json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get", "list", "watch"]}]),
            ),
        ]),
        bindings: Answer::Known(vec![
            of_kubernetes(binding(
                "cluster-admin",
                "cluster-admin",
                json!([{"kind": "Group", "name": "system:masters"}]),
            )),
            of_kubernetes(binding(
                collector,
                collector,
                account("kube-system", "generic-garbage-collector"),
            )),
            binding("doorward", "doorward", account("doorward", "doorward")),
            binding(
                "viewers",
                "view",
                json!([{"kind": "Group", "name": "system:authenticated"}]),
            ),
        ]),
    }
}

fn definitions() -> Vec<DefinitionAnswer> {
    let of_group = |group| PolicyKind::ALL.map(|kind| crd::definition(kind, group));
    let policies = Group::ALL.into_iter().flat_map(of_group);
    let all = policies.chain(ExceptionKind::ALL.map(crd::exception_definition));
    all.map(|wanted| DefinitionAnswer {
        found: Answer::Known(Some(wanted.clone())),
        wanted,
    })
    .collect()
}

/// The same where nobody answers.
pub(super) fn unanswered() -> Installation {
    fn none<T>(kind: &str) -> Answer<T> {
        Answer::Unanswered(Unanswered {
            right: format!("list {kind}"),
            kind: kind.to_owned(),
            namespace: None,
            name: None,
            is_forbidden: false,
            why: "the API server did not answer in time".to_owned(),
        })
    }
    let mut all = installation();
    all.deployment = none("Deployment");
    all.mutating = none("MutatingWebhookConfiguration");
    all.validating = none("ValidatingWebhookConfiguration");
    all.service = none("Service");
    all.slices = none("EndpointSlice");
    all.secret = none("Secret");
    all.namespaces = none("Namespace");
    all.roles = none("ClusterRole");
    all.bindings = none("ClusterRoleBinding");
    for (number, definition) in all.definitions.iter_mut().enumerate() {
        definition.found = none(&format!("CustomResourceDefinition{number}"));
    }
    for policy in &mut all.policies {
        policy.found = none(policy.kind);
    }
    all
}

/// Changes the webhooks about workloads.
pub(super) fn webhooks(given: &mut Installation, change: impl Fn(&mut Value)) {
    for list in [&mut given.mutating, &mut given.validating] {
        let Answer::Known(list) = list else { continue };
        for configuration in list.iter_mut() {
            if configuration["metadata"]["name"] == "doorward" {
                change(&mut configuration["webhooks"][0]);
            }
        }
    }
}

/// The options of the webhook, with these more.
pub(super) fn options(given: &mut Installation, more: &[&str]) {
    let Answer::Known(Some(deployment)) = &mut given.deployment else {
        panic!("a Deployment")
    };
    let args = &mut deployment["spec"]["template"]["spec"]["containers"][0]["args"];
    let Value::Array(args) = args else {
        panic!("options")
    };
    args.extend(more.iter().map(|&word| Value::from(word)));
}

pub(super) fn look(given: &Installation) -> Vec<CheckupFinding> {
    let within = Duration::from_secs(14 * 86_400);
    checkup(given, Timestamp::from_unix(NOW), within)
}

/// The codes of what is found, each once.
pub(super) fn codes(given: &Installation) -> Vec<CheckupCode> {
    let mut codes: Vec<_> = look(given).iter().map(|found| found.code).collect();
    codes.dedup();
    codes
}

/// The only finding.
pub(super) fn only(given: &Installation) -> CheckupFinding {
    let mut found = look(given);
    assert_eq!(found.len(), 1, "{found:#?}");
    found.remove(0)
}
