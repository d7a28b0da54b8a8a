//! Whose pull secrets are used, endpoint by endpoint: never those of another namespace than the one that is judged.
//!
//! The namespace `bank` has a pull secret that opens the registry. Everybody here asks for `shop`, or has no right to `bank`, and
//! tries to have that secret used. What the registry saw, what was answered and what was logged tell whether it was.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

#[path = "endpoints/images.rs"]
mod images;
#[path = "endpoints/objects.rs"]
mod objects;
#[path = "endpoints/world.rs"]
mod world;

use std::collections::BTreeMap;

use world::{Door, Outcome, TOKEN, World};

/// One attack on one endpoint.
struct Row {
    endpoint: &'static str,
    door: Door,
    attack: &'static str,
    /// The request, in which `IMAGE` stands for the image.
    body: String,
    outcome: Outcome,
}

#[tokio::test]
async fn no_endpoint_uses_the_pull_secret_of_another_namespace() {
    let world = World::start().await;
    let rows: Vec<Row> = objects::rows().into_iter().chain(images::rows()).collect();
    let mut others = Vec::new();
    for row in &rows {
        let told = format!("{} at {:?}, {}", row.endpoint, row.door, row.attack);
        let answer = world.ask(row.door, row.endpoint, &row.body).await;
        world.saw_no_credential(&told);
        world.shows_no_credential(&told, &answer.text);
        if !row.outcome.is(&answer) {
            let (status, text) = (answer.status, answer.text);
            others.push(format!(
                "{told}: {:?}, and not {status}: {text}",
                row.outcome
            ));
        }
    }
    assert!(others.is_empty(), "{}", others.join("\n"));
    // The table has each endpoint, and each is attacked in more than one way.
    for endpoint in [
        "/mutate",
        "/validate",
        "/admit",
        "/v1/admit",
        "/v1/check",
        "/image-review",
        "/policies",
        "provider /validate",
        "provider /mutate",
    ] {
        let ways = rows.iter().filter(|row| row.endpoint == endpoint).count();
        assert!(ways > 1, "{endpoint}: {ways}");
    }
    world.logs_no_credential();
}

/// Else nothing above would mean anything.
#[tokio::test]
async fn every_endpoint_uses_the_pull_secret_of_the_namespace_that_is_judged() {
    let world = World::start().await;
    for (endpoint, body) in objects::proper().into_iter().chain(images::proper()) {
        let answer = world.ask(Door::Certified, endpoint, &body).await;
        assert!(world.saw_a_credential(), "{endpoint}: {}", answer.text);
        world.shows_no_credential(endpoint, &answer.text);
        assert_eq!(answer.allowed(), Some(true), "{endpoint}: {}", answer.text);
    }
    world.logs_no_credential();
}

#[tokio::test]
async fn no_token_of_a_caller_is_answered_or_logged_whatever_form_it_has() {
    let world = World::start().await;
    let shown = [
        format!("Bearer {TOKEN}"),
        format!("bearer   {TOKEN}"),
        format!("Bearer {TOKEN} {TOKEN}"),
        format!("Bearer: {TOKEN}"),
        format!("Basic {TOKEN}"),
        format!("Bearer {}", TOKEN.repeat(1000)),
        TOKEN.to_owned(),
    ];
    let mut shown: Vec<Vec<u8>> = shown.into_iter().map(String::into_bytes).collect();
    // What is no text.
    shown.push([b"Bearer \xff", TOKEN.as_bytes()].concat());
    // One request to each endpoint.
    let proper: BTreeMap<&str, String> = objects::proper()
        .into_iter()
        .chain(images::proper())
        .collect();
    for (endpoint, body) in proper {
        for (door, body) in [
            (Door::Certified, body.as_str()),
            (Door::Open, &body),
            // What cannot be read is refused, and the refusal is logged.
            (Door::Open, "{}"),
        ] {
            for header in &shown {
                let told = format!(
                    "{endpoint} at {door:?}, {}",
                    String::from_utf8_lossy(header)
                );
                let answer = world.ask_showing(door, endpoint, body, header).await;
                world.shows_no_credential(&told, &answer.text);
            }
        }
    }
    world.logs_no_credential();
}
