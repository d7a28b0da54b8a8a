//! Asks, and takes the time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::{Certificate, Client};
use serde_json::Value;

use crate::program::Program;
use crate::site::Site;

/// What is asked, over and over.
#[derive(Clone)]
pub(crate) struct Asked {
    path: &'static str,
    body: Arc<dyn Fn(usize) -> String + Send + Sync>,
    expected: Expected,
}

/// What each answer must be, so that nothing else is measured by mistake.
#[derive(Clone, Copy)]
pub(crate) enum Expected {
    /// A review that allows, or denies.
    Allowed(bool),
    /// This status, without a review.
    Status(u16),
}

impl Asked {
    /// The same review, each time with a uid of its own.
    pub(crate) fn same(body: String, allowed: bool) -> Self {
        Self::each(move |_| body.clone(), Expected::Allowed(allowed))
    }

    /// The review of each number. `UID` in it is replaced.
    pub(crate) fn each(
        body: impl Fn(usize) -> String + Send + Sync + 'static,
        expected: Expected,
    ) -> Self {
        Self {
            path: "/mutate",
            body: Arc::new(body),
            expected,
        }
    }

    /// The same, at another path.
    pub(crate) fn at(mut self, path: &'static str) -> Self {
        self.path = path;
        self
    }
}

/// How much is asked.
#[derive(Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) connections: usize,
    pub(crate) reviews: usize,
    pub(crate) h2: bool,
}

/// What a run came to.
pub(crate) struct Figures {
    latencies: Vec<Duration>,
    wall: Duration,
    cpu: Duration,
    resident: f64,
}

impl Figures {
    pub(crate) const HEADER: &str = concat!(
        "| case                         |  c | reviews | reviews/s |  p50 ms |  p99 ms |  max ms | CPU ms/review | RSS MiB |\n",
        "|------------------------------|---:|--------:|----------:|--------:|--------:|--------:|--------------:|--------:|",
    );

    pub(crate) fn median(&self) -> f64 {
        self.percentile(50)
    }

    /// Reviews in a second.
    pub(crate) fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.wall.as_secs_f64()
    }

    /// CPU time of the webhook for one review, in milliseconds.
    pub(crate) fn cost(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e3 / self.latencies.len() as f64
    }

    fn percentile(&self, percent: usize) -> f64 {
        let index = (self.latencies.len() * percent / 100).min(self.latencies.len() - 1);
        self.latencies[index].as_secs_f64() * 1e3
    }

    pub(crate) fn row(&self, name: &str, connections: usize) -> String {
        format!(
            "| {name:<28} | {connections:>2} | {:>7} | {:>9.0} | {:>7.2} | {:>7.2} | {:>7.2} | {:>13.4} | {:>7.1} |",
            self.latencies.len(),
            self.rate(),
            self.percentile(50),
            self.percentile(99),
            self.percentile(100),
            self.cost(),
            self.resident,
        )
    }
}

/// Posts reviews over kept-alive connections, and expects the answer to each.
pub(crate) async fn drive(site: &Site, program: &Program, asked: &Asked, pace: Pace) -> Figures {
    let Pace {
        connections,
        reviews,
        h2,
    } = pace;
    let cpu = program.cpu();
    let started = Instant::now();
    let askers: Vec<_> = (0..connections)
        .map(|asker| {
            let client = client(site, h2);
            let url = format!("https://{}{}", program.address, asked.path);
            let asked = asked.clone();
            tokio::spawn(async move {
                let mut latencies = Vec::with_capacity(reviews / connections + 1);
                for number in (asker..reviews).step_by(connections) {
                    let body = (asked.body)(number).replacen("UID", &number.to_string(), 1);
                    let started = Instant::now();
                    ask(&client, &url, body, asked.expected).await;
                    latencies.push(started.elapsed());
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

/// Drives a fiftieth of it first, so that connections, tokens and parsed keys are there, and prints a row.
pub(crate) async fn row(
    name: &str,
    site: &Site,
    program: &Program,
    asked: &Asked,
    pace: Pace,
) -> Figures {
    let first = Pace {
        reviews: 10.max(pace.reviews / 50),
        ..pace
    };
    drive(site, program, asked, first).await;
    let figures = drive(site, program, asked, pace).await;
    println!("{}", figures.row(name, pace.connections));
    figures
}

async fn ask(client: &Client, url: &str, body: String, expected: Expected) {
    let request = client
        .post(url)
        .header("content-type", "application/json")
        .body(body);
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let answer = answer.bytes().await.unwrap();
    match expected {
        Expected::Status(expected) => assert_eq!(status, expected),
        Expected::Allowed(allowed) => {
            let answer: Value = serde_json::from_slice(&answer).unwrap();
            assert_eq!(answer["response"]["allowed"], allowed, "{answer}");
        }
    }
}

/// One who asks over TLS and keeps its connection.
pub(crate) fn client(site: &Site, h2: bool) -> Client {
    let authority = Certificate::from_pem(site.authority.ca_pem().as_bytes()).unwrap();
    let builder = Client::builder()
        .tls_certs_only([authority])
        .no_proxy()
        .tcp_nodelay(true);
    let builder = if h2 { builder } else { builder.http1_only() };
    builder.build().unwrap()
}
