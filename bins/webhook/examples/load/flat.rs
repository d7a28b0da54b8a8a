//! Descriptors, threads, tasks and memory over many reviews: what grows would be lost.

use std::time::Duration;

use futures::future::join_all;

use crate::Options;
use crate::drive::{Asked, Pace, client, drive};
use crate::program::Program;
use crate::reviews::pod;
use crate::site::Site;

const REVIEWS: usize = 50_000;
const STEPS: usize = 5;

pub(crate) async fn measure(options: &Options) {
    let site = Site::start().await;
    let good = pod(&[&site.signed("app")]);
    let bad = pod(&[&site.unsigned("bad")]);
    let program = Program::start(&site, &["--log", &options.log]);
    let say = async |name: &str| {
        let (descriptors, threads) = (program.descriptors(), program.threads());
        let (tasks, resident) = (program.tasks().await, program.resident());
        println!(
            "| {name:<24} | {descriptors:>11} | {threads:>7} | {tasks:>5} | {resident:>7.1} |"
        );
    };
    println!("| after                    | descriptors | threads | tasks | RSS MiB |");
    println!("|--------------------------|------------:|--------:|------:|--------:|");
    say("start").await;
    for step in 1..=STEPS {
        let pace = Pace {
            connections: options.connections,
            reviews: REVIEWS / STEPS / 2,
            h2: options.h2,
        };
        drive(&site, &program, &Asked::same(good.clone(), true), pace).await;
        drive(&site, &program, &Asked::same(bad.clone(), false), pace).await;
        leave_early(&site, &program, &good).await;
        // Those who left are noticed.
        tokio::time::sleep(Duration::from_secs(2)).await;
        say(&format!("{} reviews", step * REVIEWS / STEPS)).await;
    }
}

/// Asks as API servers do that do not wait for the answer: a hundred connections that go while they are answered.
async fn leave_early(site: &Site, program: &Program, body: &str) {
    let url = format!("https://{}/mutate", program.address);
    let leaving = (0..100_u64).map(|number| {
        let request = client(site, false)
            .post(&url)
            .header("content-type", "application/json")
            .body(body.replacen("UID", &number.to_string(), 1))
            .timeout(Duration::from_millis(1 + number % 20));
        async move {
            // Whether it was answered in time is of no interest.
            let _ = request.send().await;
        }
    });
    join_all(leaving).await;
}
