//! Plug-ins that are small shell scripts, good ones and bad ones.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests"
)]

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bytes::Bytes;
use doorward_core::{PluginCommand, PluginError, PluginHost, PluginName};
use doorward_plugin_exec::ExecHost;
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

const NAME: &str = "com.example.test";

/// One test at a time: a program that is written in one thread cannot be run while another one forks.
static ALONE: Mutex<()> = Mutex::const_new(());

struct Site {
    folder: TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Site {
    async fn with(script: &str) -> Self {
        let alone = ALONE.lock().await;
        let folder = tempfile::tempdir().unwrap();
        let site = Self {
            folder,
            _alone: alone,
        };
        fs::create_dir(site.program().parent().unwrap()).unwrap();
        fs::write(site.program(), format!("#!/bin/sh\n{script}\n")).unwrap();
        mode(&site.program(), 0o755);
        site
    }

    fn program(&self) -> PathBuf {
        self.folder
            .path()
            .join(NAME)
            .join(format!("notation-{NAME}"))
    }

    fn mark(&self) -> PathBuf {
        self.folder.path().join("mark")
    }

    fn host(&self) -> ExecHost {
        ExecHost::open(self.folder.path()).unwrap()
    }

    async fn call(&self) -> Result<String, PluginError> {
        ask(&self.host(), "{}").await
    }
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

async fn ask(host: &ExecHost, request: &str) -> Result<String, PluginError> {
    let name: PluginName = NAME.parse().unwrap();
    let request = Bytes::copy_from_slice(request.as_bytes());
    let command = PluginCommand::VerifySignature;
    let answer = host.call(&name, command, &request, 64 << 10).await?;
    Ok(String::from_utf8(answer.to_vec()).unwrap())
}

fn detail(answer: Result<String, PluginError>) -> String {
    match answer {
        Err(PluginError::Failed { detail }) => detail,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_plug_in_is_told_the_command_and_the_request_and_nothing_else() {
    let site = Site::with(
        "echo \"$#\" \"$1\"; cat; echo; pwd; /usr/bin/env | grep -v '^PWD=\\|^_=\\|^SHLVL='; true",
    )
    .await;
    assert_eq!(site.call().await.unwrap(), "1 verify-signature\n{}\n/\n");
}

#[tokio::test]
async fn a_request_that_nobody_reads_keeps_nobody_from_answering() {
    let site = Site::with("echo good").await;
    let long = "x".repeat(4 << 20);
    assert_eq!(ask(&site.host(), &long).await.unwrap(), "good\n");
}

#[tokio::test]
async fn a_plug_in_that_is_slow_ends_with_all_that_it_has_started() {
    let site = Site::with("(sleep 2; echo late > \"${0%/*/*}/mark\") & sleep 60").await;
    let begin = Instant::now();
    let host = site.host().deadline(Duration::from_millis(300));
    assert!(detail(ask(&host, "{}").await).contains("within"));
    assert!(begin.elapsed() < Duration::from_secs(20));
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!site.mark().exists());
}

#[tokio::test]
async fn a_call_that_is_let_go_leaves_no_process() {
    let site = Site::with("sleep 2; echo late > \"${0%/*/*}/mark\"").await;
    let host = site.host();
    let dropped = tokio::time::timeout(Duration::from_millis(300), ask(&host, "{}")).await;
    assert!(dropped.is_err());
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!site.mark().exists());
}

#[tokio::test]
async fn what_a_plug_in_leaves_behind_ends_with_it() {
    let site =
        Site::with("(sleep 2; echo late > \"${0%/*/*}/mark\") >/dev/null 2>&1 & echo good").await;
    assert_eq!(site.call().await.unwrap(), "good\n");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(!site.mark().exists());
}

#[tokio::test]
async fn a_plug_in_that_does_not_stop_talking_is_not_heard_to_its_end() {
    for script in ["yes", "head -c 65537 /dev/zero"] {
        let site = Site::with(script).await;
        let answer = site.call().await;
        assert_eq!(
            answer,
            Err(PluginError::TooLarge { limit: 64 << 10 }),
            "{script}"
        );
    }
    let site = Site::with("head -c 65536 /dev/zero").await;
    assert_eq!(site.call().await.unwrap().len(), 65536);
}

#[tokio::test]
async fn what_a_plug_in_says_beside_its_answer_takes_nothing_from_it() {
    let site = Site::with("head -c 200000 /dev/zero >&2; echo good").await;
    assert_eq!(site.call().await.unwrap(), "good\n");
}

#[tokio::test]
async fn what_a_plug_in_says_beside_its_answer_takes_no_more_time_than_there_is() {
    let site = Site::with("echo good; exec yes >&2").await;
    let host = site.host().deadline(Duration::from_millis(300));
    assert!(detail(ask(&host, "{}").await).contains("within"));
}

#[tokio::test]
async fn a_plug_in_that_crashes_gives_no_answer_also_if_it_said_one() {
    let error = r#"echo '{"errorCode":"THROTTLED","errorMessage":"later"}' >&2"#;
    for (script, expected) in [
        ("echo good; exit 1".to_owned(), "exit status: 1"),
        ("echo good; kill -9 $$".to_owned(), "signal: 9"),
        (format!("{error}; exit 1"), "THROTTLED: later"),
    ] {
        let site = Site::with(&script).await;
        let said = detail(site.call().await);
        assert!(said.contains(expected), "{said}");
    }
}

#[tokio::test]
async fn a_program_that_everybody_may_change_is_not_run() {
    let site = Site::with("echo good").await;
    let program = site.program();
    assert!(site.call().await.is_ok());
    let host = site.host();
    for (path, bad, good) in [
        (program.clone(), 0o757, 0o755),
        (program.parent().unwrap().to_owned(), 0o777, 0o755),
        (site.folder.path().to_owned(), 0o777, 0o755),
    ] {
        mode(&path, bad);
        assert!(detail(ask(&host, "{}").await).contains("everybody"));
        mode(&path, good);
    }
    mode(site.folder.path(), 0o777);
    assert!(ExecHost::open(site.folder.path()).is_err());
}

#[tokio::test]
async fn no_link_leads_out_of_the_folder() {
    let site = Site::with("echo good").await;
    let (program, elsewhere) = (site.program(), site.folder.path().join("elsewhere"));
    fs::rename(&program, &elsewhere).unwrap();
    symlink(&elsewhere, &program).unwrap();
    assert!(detail(site.call().await).contains("link"));
    fs::remove_file(&program).unwrap();
    fs::rename(&elsewhere, &program).unwrap();
    let own = program.parent().unwrap();
    fs::rename(own, &elsewhere).unwrap();
    symlink(&elsewhere, own).unwrap();
    assert!(detail(site.call().await).contains("link"));
}

#[tokio::test]
async fn what_is_not_installed_or_no_program_is_not_run() {
    let site = Site::with("echo good").await;
    mode(&site.program(), 0o644);
    assert!(detail(site.call().await).contains("executable"));
    fs::remove_file(site.program()).unwrap();
    fs::create_dir(site.program()).unwrap();
    assert!(detail(site.call().await).contains("executable"));
    fs::remove_dir(site.program()).unwrap();
    assert_eq!(site.call().await, Err(PluginError::NotInstalled));
    fs::remove_dir(site.program().parent().unwrap()).unwrap();
    assert_eq!(site.call().await, Err(PluginError::NotInstalled));
    assert!(ExecHost::open(site.folder.path().join("nowhere")).is_err());
}
