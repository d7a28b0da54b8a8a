//! Asks, and takes the time.

use std::time::{Duration, Instant};

use reqwest::{Certificate, Client};
use serde_json::Value;

use crate::program::Program;
use crate::site::Site;

/// What a run came to.
pub(crate) struct Figures {
    latencies: Vec<Duration>,
    wall: Duration,
    cpu: Duration,
    resident: f64,
}

impl Figures {
    pub(crate) const HEADER: &str = concat!(
        "| case                     |  c | reviews | reviews/s |  p50 ms |  p99 ms | CPU ms/review | RSS MiB |\n",
        "|--------------------------|---:|--------:|----------:|--------:|--------:|--------------:|--------:|",
    );

    pub(crate) fn median(&self) -> f64 {
        self.percentile(50)
    }

    fn percentile(&self, percent: usize) -> f64 {
        let index = (self.latencies.len() * percent / 100).min(self.latencies.len() - 1);
        self.latencies[index].as_secs_f64() * 1e3
    }

    pub(crate) fn row(&self, name: &str, connections: usize) -> String {
        let count = self.latencies.len();
        format!(
            "| {name:<24} | {connections:>2} | {count:>7} | {:>9.0} | {:>7.2} | {:>7.2} | {:>13.4} | {:>7.1} |",
            count as f64 / self.wall.as_secs_f64(),
            self.percentile(50),
            self.percentile(99),
            self.cpu.as_secs_f64() * 1e3 / count as f64,
            self.resident,
        )
    }
}

/// Posts `reviews` reviews over kept-alive connections, each its own uid, and expects this answer to each.
pub(crate) async fn drive(
    site: &Site,
    program: &Program,
    body: &str,
    connections: usize,
    reviews: usize,
    h2: bool,
    allowed: bool,
) -> Figures {
    let cpu = program.cpu();
    let started = Instant::now();
    let askers: Vec<_> = (0..connections)
        .map(|asker| {
            let client = client(site, h2);
            let url = format!("https://{}/mutate", program.address);
            let body = body.to_owned();
            let share = reviews / connections + usize::from(asker < reviews % connections);
            tokio::spawn(async move {
                let mut latencies = Vec::with_capacity(share);
                for number in 0..share {
                    let body = body.replacen("UID", &format!("{asker}-{number}"), 1);
                    let started = Instant::now();
                    let request = client
                        .post(&url)
                        .header("content-type", "application/json")
                        .body(body);
                    let answer = request.send().await.unwrap().bytes().await.unwrap();
                    latencies.push(started.elapsed());
                    let answer: Value = serde_json::from_slice(&answer).unwrap();
                    assert_eq!(answer["response"]["allowed"], allowed, "{answer}");
                }
                latencies
            })
        })
        .collect();
    let mut latencies = Vec::with_capacity(reviews);
    for asker in askers {
        latencies.extend(asker.await.unwrap());
    }
    let wall = started.elapsed();
    latencies.sort_unstable();
    site.forget_requests();
    Figures {
        latencies,
        wall,
        cpu: program.cpu().saturating_sub(cpu),
        resident: program.resident(),
    }
}

fn client(site: &Site, h2: bool) -> Client {
    let authority = Certificate::from_pem(site.authority.ca_pem().as_bytes()).unwrap();
    let builder = Client::builder()
        .tls_certs_only([authority])
        .no_proxy()
        .tcp_nodelay(true);
    let builder = if h2 { builder } else { builder.http1_only() };
    builder.build().unwrap()
}
