//! Pods created through a real API server, without a webhook and with one that goes by the policies of the cluster.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use doorward_testkit::ApiServer;
use futures::future::join_all;
use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::Options;
use crate::changes;
use crate::drive::{Asked, Pace, drive};
use crate::program::Program;
use crate::reviews::pod_in;
use crate::site::Site;

const DEFINITIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/crds");
const CONFIGURATIONS: &str = "/apis/admissionregistration.k8s.io/v1";
pub(crate) const POLICIES: &str = "/apis/doorward.dev/v1/clusterimagepolicies";
pub(crate) const PODS: &str = "/api/v1/namespaces/load/pods?dryRun=All";
/// What replicas and definitions ask for, and what a review could ask for.
const READ_BY_REVIEWS: [&str; 6] = [
    "clusterimagepolicies",
    "configmaps",
    "imagepolicies",
    "namespaces",
    "secrets",
    "serviceaccounts",
];

pub(crate) async fn measure(options: &Options) {
    let missing = ApiServer::missing();
    if !missing.is_empty() {
        println!(
            "cluster: not measured, not installed: {}",
            missing.join(", ")
        );
        return;
    }
    let server = ApiServer::builder().start_blocking();
    let site = Site::start().await;
    let image = site.signed("app");
    prepare(&server, &site).await;
    println!(
        "| Pods created                 |  c | creations | creations/s |  p50 ms |  p99 ms | refused |"
    );
    println!(
        "|------------------------------|---:|----------:|------------:|--------:|--------:|--------:|"
    );
    create(&server, "without a webhook", 64, options.reviews, &image).await;
    let kubeconfig = server.kubeconfig().display().to_string();
    let source = [
        "--from-cluster",
        "--kubeconfig",
        &kubeconfig,
        "--log",
        &options.log,
    ];
    let program = Program::start_without_files(&site, &source);
    guard(&server, &site, &program, &image).await;
    for connections in [1, 8, 64] {
        create(
            &server,
            "verified and pinned, twice",
            connections,
            options.reviews,
            &image,
        )
        .await;
    }
    for round_trip in [5, 20] {
        site.set_latency(Duration::from_millis(round_trip));
        let name = format!("the same, {round_trip} ms away");
        create(&server, &name, 64, options.reviews, &image).await;
    }
    site.set_latency(Duration::ZERO);
    quiet(&server, &site, &program, &image, options).await;
    changes::measure(&server, &site).await;
}

/// The definitions, a namespace, the key and the policy.
async fn prepare(server: &ApiServer, site: &Site) {
    let mut kubectl = server.kubectl();
    kubectl.args(["apply", "--validate=false", "-f", DEFINITIONS]);
    let output = kubectl.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for name in ["doorward", "load"] {
        server.namespace(name, &[]).await;
    }
    let policy = std::fs::read_to_string(site.path("policy.yaml")).unwrap();
    for document in serde_yaml::Deserializer::from_str(&policy) {
        let object = Value::deserialize(document).unwrap();
        let path = match object["kind"].as_str() {
            Some("Secret") => "/api/v1/namespaces/doorward/secrets",
            _ => POLICIES,
        };
        loop {
            let answer = server.post(path, &object).await;
            if answer.status == 201 {
                break;
            }
            // The definition is not served yet.
            assert_eq!(answer.status, 404, "{:?}", answer.body);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Has the API server ask, and waits until it does.
async fn guard(server: &ApiServer, site: &Site, program: &Program, image: &str) {
    for (kind, path) in [("Mutating", "/mutate"), ("Validating", "/validate")] {
        let webhook = json!({
            "name": "images.doorward.dev",
            "clientConfig": {
                "url": format!("https://{}{path}", program.address),
                "caBundle": BASE64_STANDARD.encode(site.authority.ca_pem()),
            },
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}],
            "sideEffects": "NoneOnDryRun", "failurePolicy": "Fail", "timeoutSeconds": 10,
            "admissionReviewVersions": ["v1"],
        });
        let configuration = json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": format!("{kind}WebhookConfiguration"),
            "metadata": {"name": "load"}, "webhooks": [webhook],
        });
        let path = format!(
            "{CONFIGURATIONS}/{}webhookconfigurations",
            kind.to_lowercase()
        );
        server.post(&path, &configuration).await.succeeded();
    }
    loop {
        let answer = server.post(PODS, &pod(image)).await;
        let stored = answer.succeeded();
        let found = stored["spec"]["containers"][0]["image"].as_str().unwrap();
        if found.contains('@') {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Creates Pods, on a dry run so that the store fills with nothing, and prints how it went.
async fn create(server: &ApiServer, name: &str, connections: usize, creations: usize, image: &str) {
    let object = pod(image);
    let started = Instant::now();
    let askers = (0..connections).map(|asker| {
        let object = &object;
        async move {
            let mut took = Vec::new();
            let mut refused = 0;
            for _ in (asker..creations).step_by(connections) {
                let started = Instant::now();
                let answer = server.post(PODS, object).await;
                took.push(started.elapsed());
                refused += usize::from(answer.status != 201);
            }
            (took, refused)
        }
    });
    let parts = join_all(askers).await;
    let wall = started.elapsed().as_secs_f64();
    let refused: usize = parts.iter().map(|part| part.1).sum();
    let mut took: Vec<_> = parts.into_iter().flat_map(|part| part.0).collect();
    took.sort_unstable();
    let percentile = |percent: usize| {
        let index = (took.len() * percent / 100).min(took.len() - 1);
        took[index].as_secs_f64() * 1e3
    };
    println!(
        "| {name:<28} | {connections:>2} | {creations:>9} | {:>11.0} | {:>7.2} | {:>7.2} | {refused:>7} |",
        creations as f64 / wall,
        percentile(50),
        percentile(99),
    );
}

/// What reviews of a remembered image ask the API server for.
async fn quiet(server: &ApiServer, site: &Site, program: &Program, image: &str, options: &Options) {
    let before = reads(server).await;
    let pace = Pace {
        connections: options.connections,
        reviews: options.reviews,
        h2: options.h2,
    };
    let asked = Asked::same(pod_in("load", &[image]), true);
    drive(site, program, &asked, pace).await;
    let after = reads(server).await;
    println!(
        "\n{} reviews made the API server read policies, Secrets, accounts or namespaces {} times",
        options.reviews,
        after - before
    );
}

/// How often the API server was asked for single objects or lists that reviews need, by anybody.
async fn reads(server: &ApiServer) -> f64 {
    let answer = server.get("/metrics").await.body;
    let text = answer.as_str().expect("metrics are text");
    let lines = text
        .lines()
        .filter(|line| line.starts_with("apiserver_request_total{"))
        .filter(|line| {
            ["verb=\"GET\"", "verb=\"LIST\""]
                .iter()
                .any(|verb| line.contains(verb))
        })
        .filter(|line| {
            let named = |resource: &&str| line.contains(&format!("resource=\"{resource}\""));
            READ_BY_REVIEWS.iter().any(named)
        });
    lines
        .filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok())
        .sum()
}

pub(crate) fn pod(image: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
        "spec": {"containers": [{"name": "web", "image": image}]},
    })
}
