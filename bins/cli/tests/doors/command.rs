//! The command: what all doors are compared with.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::Value;

use crate::cases::Case;
use crate::world::{NOW, World};

/// How many processes run at a time. They wait for most of it.
const AT_ONCE: usize = 4;

/// The reports of the command on these cases, in order. Cases of one namespace and service account are asked about together,
/// at most so many at a time.
pub(crate) fn verify(
    world: &World,
    documents: &str,
    cases: &[Case],
    together: usize,
) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("documents.yaml"), documents).unwrap();
    let mut alike: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (place, case) in cases.iter().enumerate() {
        alike
            .entry((case.namespace, case.account))
            .or_default()
            .push(place);
    }
    let parts: Vec<&[usize]> = alike
        .values()
        .flat_map(|places| places.chunks(together))
        .collect();
    let reports = Mutex::new(vec![Value::Null; cases.len()]);
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(part) = parts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let output = run(
                        world,
                        folder.path(),
                        &cases[part[0]],
                        part.iter().map(|&place| &cases[place]),
                    );
                    let report: Value =
                        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| {
                            panic!("{error}: {}", String::from_utf8_lossy(&output.stderr))
                        });
                    let found = report["images"].as_array().unwrap();
                    assert_eq!(found.len(), part.len());
                    for (&place, image) in part.iter().zip(found) {
                        assert_eq!(image["image"], cases[place].image.as_str());
                        reports.lock().unwrap()[place] = image.clone();
                    }
                }
            });
        }
    });
    reports.into_inner().unwrap()
}

/// What the command says where it decides nothing: its exit, and its words.
pub(crate) fn refuses(world: &World, documents: &str, case: &Case) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("documents.yaml"), documents).unwrap();
    let output = run(world, folder.path(), case, [case]);
    assert!(output.stdout.is_empty(), "{}", case.name);
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn run<'c>(
    world: &World,
    folder: &Path,
    of: &Case,
    cases: impl IntoIterator<Item = &'c Case>,
) -> Output {
    let images: Vec<&str> = cases.into_iter().map(|case| case.image.as_str()).collect();
    let mut command = Command::new(env!("CARGO_BIN_EXE_doorward"));
    command
        .args([
            "verify",
            "-",
            "-f",
            "documents.yaml",
            "-o",
            "json",
            "--exit-zero",
            "-q",
        ])
        .args(["-n", of.namespace, "--service-account", of.account])
        .args(["--timeout", "60s", "--at", &NOW.to_string()])
        .args(["--mirror", &format!("docker.io={}", world.hub())])
        .args(["--plain-http", &world.plain().join(",")])
        .current_dir(folder)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", folder.join("home"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(images.join("\n").as_bytes()).unwrap();
    drop(input);
    child.wait_with_output().unwrap()
}
