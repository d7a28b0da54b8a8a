//! The API server of the test kit: that it comes up, and that nothing of it stays.
//!
//! Skipped, by name, where it is not built (`scripts/build-kube-apiserver`) or etcd or kubectl are not installed; with
//! `DOORWARD_REQUIRE_TOOLS=1` that is a failure.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test stops at what it cannot do"
)]

use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use doorward_testkit::ApiServer;

/// In its environment the second test is the process that is killed.
const VICTIM: &str = "DOORWARD_TESTKIT_VICTIM";

fn are_programs_there() -> bool {
    let missing = ApiServer::missing();
    if missing.is_empty() {
        return true;
    }
    assert!(
        std::env::var_os("DOORWARD_REQUIRE_TOOLS").is_none_or(|value| value != "1"),
        "not installed: {}",
        missing.join(", ")
    );
    eprintln!("skipped: not installed: {}", missing.join(", "));
    false
}

fn listens(url: &str) -> bool {
    let address = url.strip_prefix("https://").unwrap();
    TcpStream::connect(address).is_ok()
}

fn comes_to_be(what: impl Fn() -> bool) -> bool {
    (0..300).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        what()
    })
}

#[test]
fn a_server_takes_objects_by_https_and_kubectl_and_is_gone_when_dropped() {
    if !are_programs_there() {
        return;
    }
    let server = ApiServer::builder().start_blocking();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(server.namespace("shop", &[("team", "till")]));
    let accounts = server
        .kubectl()
        .args([
            "get",
            "serviceaccounts",
            "--namespace=shop",
            "--output=name",
        ])
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8_lossy(&accounts.stdout),
        "serviceaccount/default\n",
        "{accounts:?}"
    );
    let nobody = runtime.block_on(server.get("/api/v1/namespaces/none"));
    assert_eq!(nobody.status, 404);
    assert_eq!(nobody.refused(), "namespaces \"none\" not found");
    assert!(!server.has_controllers());

    let (url, folder) = (server.url().to_owned(), server.kubeconfig());
    let folder = folder.parent().unwrap();
    assert!(folder.is_dir() && listens(&url));
    drop(server);
    assert!(!folder.exists() && !listens(&url));
}

#[test]
fn a_test_that_is_killed_leaves_no_server_behind() {
    if std::env::var_os(VICTIM).is_some() {
        let server = ApiServer::builder().start_blocking();
        println!(
            "\n{VICTIM} {} {}",
            server.url(),
            server.kubeconfig().display()
        );
        loop {
            std::thread::park();
        }
    }
    if !are_programs_there() {
        return;
    }
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "--nocapture",
            "a_test_that_is_killed_leaves_no_server_behind",
        ])
        .env(VICTIM, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(victim.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .find(|line| line.starts_with(VICTIM))
        .expect("it says where the server is");
    let mut words = said.split(' ').skip(1);
    let (url, kubeconfig) = (words.next().unwrap(), Path::new(words.next().unwrap()));
    let folder = kubeconfig.parent().unwrap();
    assert!(folder.is_dir() && listens(url));
    victim.kill().unwrap();
    victim.wait().unwrap();
    assert!(comes_to_be(|| !listens(url)), "the server is killed");
    assert!(comes_to_be(|| !folder.exists()), "its folder is removed");
}
