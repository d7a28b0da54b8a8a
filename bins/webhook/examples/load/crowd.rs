//! Many Pods with ten images each, each image with five signatures: what registries are asked for then, and how long it takes.
//!
//! It is the load that Ratify published figures for. A Pod that is refused comes again after a second, as controllers have it.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use doorward_core::Timestamp;
use doorward_testkit::{CertificateBuilder, Certified, EnvelopeBuilder, Fault, FaultRule, Image};
use serde_json::Value;

use crate::Options;
use crate::drive::client;
use crate::program::Program;
use crate::reviews::pod;
use crate::site::Site;

/// Images of one Pod.
const OF_ONE: usize = 10;
/// Signatures of one image. The last one is by whom the policy trusts.
const SIGNATURES: usize = 5;
/// Different images of all Pods.
const IMAGES: usize = 200;
const ROUND_TRIP: Duration = Duration::from_millis(5);
/// Requests of a second that the registry answers where it throttles. It answers all others with 429 and `Retry-After: 1`.
const THROTTLE: usize = 200;

pub(crate) async fn measure(options: &Options) {
    println!(
        "{} Pods of {OF_ONE} images of {IMAGES}, {SIGNATURES} signatures each, the registry {} ms away; each Pod asks /mutate and /validate\n\
         | registry           |  c | Pods/s | p50 ms | p95 ms | max ms | refused | requests | 429s | CPU ms/Pod | RSS MiB |\n\
         |--------------------|---:|-------:|-------:|-------:|-------:|--------:|---------:|-----:|-----------:|--------:|",
        options.pods,
        ROUND_TRIP.as_millis(),
    );
    for (name, throttle) in [
        ("answers all", None),
        ("200 requests a second", Some(THROTTLE)),
    ] {
        crowd(options, name, throttle).await;
    }
}

async fn crowd(options: &Options, name: &str, throttle: Option<usize>) {
    let site = Arc::new(Site::start().await);
    let images = notation(&site);
    let trust = site.path("trust.yaml").display().to_string();
    let program = Program::start(&site, &["-f", &trust, "--log", &options.log]);
    site.registry.set_latency(ROUND_TRIP);
    site.forget_requests();
    // What somebody writes, and what the mutating webhook makes of it.
    let bodies = |name: fn(&Named) -> &str| -> Arc<Vec<String>> {
        let pod_of = |first: usize| {
            let of_one = (first..first + OF_ONE).map(|number| name(&images[number % IMAGES]));
            pod(&of_one.collect::<Vec<_>>())
        };
        Arc::new((0..IMAGES).map(pod_of).collect())
    };
    let asked = [
        ("mutate", bodies(|image| &image.tagged)),
        ("validate", bodies(|image| &image.pinned)),
    ];
    let throttling = throttle.map(|most| tokio::spawn(throttled(Arc::clone(&site), most)));
    let (cpu, started) = (program.cpu(), Instant::now());
    let refused = Arc::new(AtomicUsize::new(0));
    let askers: Vec<_> = (0..options.connections)
        .map(|asker| {
            let pods = (asker..options.pods).step_by(options.connections);
            let (asked, refused) = (asked.clone(), Arc::clone(&refused));
            let (client, address) = (client(&site, options.h2), program.address.clone());
            tokio::spawn(async move {
                let mut latencies = Vec::new();
                for number in pods {
                    for (path, bodies) in &asked {
                        let url = format!("https://{address}/{path}");
                        let body = &bodies[number % IMAGES];
                        latencies.push(admitted(&client, &url, body, &refused).await);
                    }
                }
                latencies
            })
        })
        .collect();
    let mut latencies = Vec::new();
    for asker in askers {
        latencies.extend(asker.await.unwrap());
    }
    let took = started.elapsed();
    if let Some(throttling) = throttling {
        throttling.abort();
    }
    latencies.sort_unstable();
    let percentile = |percent: usize| {
        let index = (latencies.len() * percent / 100).min(latencies.len() - 1);
        latencies[index].as_secs_f64() * 1e3
    };
    let requests = site.registry.take_requests();
    let turned_away = requests
        .iter()
        .filter(|request| request.status.is_some_and(|status| status.as_u16() == 429))
        .count();
    println!(
        "| {name:<18} | {:>2} | {:>6.0} | {:>6.1} | {:>6.1} | {:>6.0} | {:>7} | {:>8} | {turned_away:>4} | {:>10.2} | {:>7.1} |",
        options.connections,
        options.pods as f64 / took.as_secs_f64(),
        percentile(50),
        percentile(95),
        percentile(100),
        refused.load(Ordering::Relaxed),
        requests.len(),
        program.cpu().saturating_sub(cpu).as_secs_f64() * 1e3 / options.pods as f64,
        program.resident(),
    );
}

/// Asks until the Pod is admitted. Returns how long the answer that admits it took.
async fn admitted(
    client: &reqwest::Client,
    url: &str,
    body: &str,
    refused: &AtomicUsize,
) -> Duration {
    loop {
        let started = Instant::now();
        let request = client.post(url).header("content-type", "application/json");
        let answer = request.body(body.to_owned()).send().await.unwrap();
        let answer: Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
        if answer["response"]["allowed"] == true {
            return started.elapsed();
        }
        refused.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// Has the registry answer no more than so many requests a second.
async fn throttled(site: Arc<Site>, most: usize) {
    loop {
        site.registry.clear_faults();
        let full = Fault::TooManyRequests {
            retry_after: Some(1),
        };
        site.registry.fault(FaultRule::new(full).after(most));
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

/// An image as somebody writes it, and as it is pinned.
struct Named {
    tagged: String,
    pinned: String,
}

/// Images with signatures of the Notary Project, and the policy that trusts one signer of them.
fn notation(site: &Site) -> Vec<Named> {
    site.registry.set_referrers(true);
    let now = doorward_webhook::now().unix();
    let (from, until) = (
        Timestamp::from_unix(now - 86_400),
        Timestamp::from_unix(now + 86_400 * 30),
    );
    let signers: Vec<(Certified, Certified)> = (0..SIGNATURES)
        .map(|number| {
            let root = CertificateBuilder::authority(&format!("root {number}"));
            let root = root.valid(from, until).self_signed();
            let leaf = CertificateBuilder::code_signer("build").valid(from, until);
            (leaf.issued_by(&root), root)
        })
        .collect();
    let names = (0..IMAGES).map(|number| {
        let repository = format!("crowd/app-{number}");
        let image = Image::sample(&repository);
        let digest = site.registry.push_image(&repository, "1", &image);
        let target = image.manifest().descriptor();
        for (leaf, root) in &signers {
            let envelope = EnvelopeBuilder::new(&[leaf, root], &target);
            let envelope = envelope.signed_at(Timestamp::from_unix(now - 3600)).build();
            site.registry
                .push_referrer(&repository, &envelope.attached_to(&target));
        }
        Named {
            tagged: site.registry.reference(&repository, "1"),
            pinned: format!("{}/{repository}@{digest}", site.registry.address()),
        }
    });
    let names = names.collect();
    let (_, trusted) = &signers[SIGNATURES - 1];
    site.add_policy(&format!(
        "  - name: '{}/crowd/*'\n    policy:\n      notation:\n        level: strict\n        overrides: {{revocation: skip}}\n        \
         trustStores: [{{type: ca, secret: acme}}]\n        trustedIdentities: ['*']\n",
        site.registry.address(),
    ));
    let pem: String = trusted
        .pem()
        .lines()
        .map(|line| format!("    {line}\n"))
        .collect();
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: acme, namespace: doorward}\nstringData:\n  ca.pem: |\n";
    fs::write(site.path("trust.yaml"), format!("{secret}{pem}")).unwrap();
    names
}
