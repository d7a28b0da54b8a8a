//! One image is decided on alike at every door.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

mod ask;
mod cases;
mod command;
mod differences;
mod held;
mod said;
mod scheme;
mod special;
mod world;

use std::collections::BTreeSet;

use futures::future::join_all;
use futures::stream::{self, StreamExt as _};
use serde_json::Value;

use ask::{Door, Doors};
use cases::Case;
use held::Held;
use said::Said;
use special::Special;
use world::World;

/// How many questions are under way at a time. Most of them wait for a server that is out.
const AT_ONCE: usize = 96;
/// How many images one process decides about. Each process reads all documents.
const TOGETHER: usize = 80;

/// What every door says, door by door for each case.
async fn asked(doors: &Doors, cases: &[Case]) -> Vec<Vec<Said>> {
    let asked = cases.iter().enumerate().flat_map(|(place, case)| {
        let doors = Door::ALL.iter().enumerate();
        doors.map(move |(number, door)| (place, number, case, *door))
    });
    let mut said = vec![vec![Said::default(); Door::ALL.len()]; cases.len()];
    let mut answers = stream::iter(asked)
        .map(async |(place, number, case, door)| (place, number, doors.ask(door, case).await))
        .buffer_unordered(AT_ONCE);
    while let Some((place, number, answer)) = answers.next().await {
        said[place][number] = answer;
    }
    drop(answers);
    said
}

/// The documents of a cluster.
fn joined(world: &World, mut documents: Vec<String>) -> String {
    documents.push(world.keys());
    documents.join("---\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_door_says_the_same_of_the_same_image() {
    let world = World::start();
    let (mut cases, policy) = cases::product(&world);
    let special = Special::all(&world);
    cases.extend(special.cases);
    let mut documents = special.documents;
    documents.push(policy);
    let documents = joined(&world, documents);
    let reports = command::verify(&world, &documents, &cases, TOGETHER);
    let doors = Doors::open(&world, &documents);
    let said = asked(&doors, &cases).await;
    let names: BTreeSet<_> = cases
        .iter()
        .map(|case| (&case.image, case.namespace, case.account, case.tier))
        .collect();
    assert_eq!(names.len(), cases.len(), "no case is there twice");
    assert!(cases.len() >= 500, "{}", cases.len());
    let held = Held::of(&cases, &reports, &said);
    assert_eq!(held.compared(), cases.len() * Door::ALL.len());
    held.all_the_same();
    held.has_all_differences();
}

/// An outage must not be taken for what a crowd of requests brings about, so each is asked about alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_door_says_the_same_of_an_outage() {
    let world = World::start();
    let Special {
        cases, documents, ..
    } = Special::down(&world);
    let documents = joined(&world, documents);
    let reports = command::verify(&world, &documents, &cases, 1);
    let asking = cases.iter().map(async |case| {
        let doors = Doors::apart(&world, &documents);
        asked(&doors, std::slice::from_ref(case)).await.remove(0)
    });
    let said = join_all(asking).await;
    let warned = reports.iter().filter(|report| report["verdict"] == "warn");
    assert_eq!(
        warned.count(),
        cases.len() / 2,
        "where it is to be a warning"
    );
    Held::of(&cases, &reports, &said).all_the_same();
}

/// A person who runs the command can put the mistake right, so it decides nothing until then.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_door_denies_alike_by_a_policy_with_a_mistake_and_the_command_decides_nothing() {
    let world = World::start();
    let Special {
        cases, documents, ..
    } = Special::wrong(&world);
    let documents = joined(&world, documents);
    let (exit, told) = command::refuses(&world, &documents, &cases[0]);
    assert_eq!(exit, 6, "{told}");
    assert!(
        told.contains("the policies have mistakes, so nothing was decided"),
        "{told}"
    );
    let doors = Doors::open(&world, &documents);
    let said = asked(&doors, &cases).await;
    let reports = reports_of_check(&said);
    for report in &reports {
        assert_eq!(
            (&report["verdict"], &report["code"]),
            (&"deny".into(), &"policy-invalid".into()),
            "{report}"
        );
    }
    Held::of(&cases, &reports, &said).all_the_same();
}

/// A word that is no name of an image is a slip of who typed it, and not a verdict about an image.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_door_denies_alike_what_is_no_reference_and_the_command_decides_nothing() {
    let world = World::start();
    let mut special = Special::wrong(&world);
    special.unreadable();
    let documents = joined(&world, special.documents);
    let cases = special.cases;
    let doors = Doors::open(&world, &documents);
    let said = asked(&doors, &cases).await;
    let reports = reports_of_check(&said);
    for (case, report) in cases.iter().zip(&reports) {
        assert_eq!(
            (&report["verdict"], &report["code"]),
            (&"deny".into(), &"reference-invalid".into()),
            "{report}"
        );
        let (exit, told) = command::refuses(&world, &world.keys(), case);
        assert_eq!(exit, 2, "{told}");
        assert!(told.contains("is not an image reference"), "{told}");
    }
    Held::of(&cases, &reports, &said).all_the_same();
}

/// The reports that `/v1/check` shows: what the other doors are compared with where the command decides nothing.
fn reports_of_check(said: &[Vec<Said>]) -> Vec<Value> {
    let mut doors = Door::ALL.iter();
    let check = doors.position(|door| *door == Door::Check).unwrap();
    let reports = said.iter().map(|said| said[check].report.clone());
    reports.map(Option::unwrap).collect()
}
