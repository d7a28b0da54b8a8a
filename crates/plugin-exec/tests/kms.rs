//! Programs for key management services that are small shell scripts, good ones and bad ones.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use doorward_core::{KeyService, KeyServiceError};
use doorward_plugin_exec::KmsPrograms;
use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

const URI: &str = "awskms:///alias/release";
const GOOD: &str = r#"echo '{"apiVersion": "kms.doorward.dev/v1", "publicKey": "key"}'"#;

/// One test at a time: a program that is written in one thread cannot be run while another one forks.
static ALONE: Mutex<()> = Mutex::const_new(());

struct Site {
    folder: TempDir,
    _alone: MutexGuard<'static, ()>,
}

impl Site {
    async fn with(script: &str) -> Self {
        let alone = ALONE.lock().await;
        let site = Self {
            folder: tempfile::tempdir().unwrap(),
            _alone: alone,
        };
        let path = site.folder.path().join("doorward-kms-awskms");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        site.mode(0o755);
        site
    }

    fn mode(&self, mode: u32) {
        let path = self.folder.path().join("doorward-kms-awskms");
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    fn programs(&self) -> KmsPrograms {
        KmsPrograms::open(self.folder.path()).unwrap()
    }

    async fn ask(&self) -> Result<String, KeyServiceError> {
        ask(&self.programs(), URI).await
    }
}

async fn ask(programs: &KmsPrograms, uri: &str) -> Result<String, KeyServiceError> {
    let key = programs.public_key(uri).await?;
    Ok(String::from_utf8(key.to_vec()).unwrap())
}

fn failed(answer: Result<String, KeyServiceError>) -> String {
    match answer {
        Err(KeyServiceError::Failed { detail }) => detail,
        other => panic!("{other:?}"),
    }
}

fn malformed(answer: Result<String, KeyServiceError>) -> String {
    match answer {
        Err(KeyServiceError::Malformed { detail }) => detail,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_program_is_asked_by_the_scheme_of_the_address_and_gets_all_of_it() {
    let site = Site::with(&format!("grep -q '\"uri\":\"{URI}\"' && {GOOD}")).await;
    assert_eq!(site.ask().await, Ok("key".to_owned()));
    let other = ask(&site.programs(), "awskms:///alias/other").await;
    assert!(failed(other).contains("exit status: 1"));
}

#[tokio::test]
async fn a_program_that_is_missing_is_named() {
    let site = Site::with(GOOD).await;
    let answer = ask(&site.programs(), "gcpkms://projects/p").await;
    let Err(KeyServiceError::NotInstalled { program }) = answer else {
        panic!("{answer:?}");
    };
    assert!(program.ends_with("/doorward-kms-gcpkms"), "{program}");
}

#[tokio::test]
async fn no_address_leads_to_a_program_outside_of_the_folder() {
    let site = Site::with(GOOD).await;
    for uri in [
        "",
        "awskms",
        "://x",
        "../awskms://x",
        "aws/kms://x",
        "AWSKMS://x",
        "aws\0kms://x",
    ] {
        failed(ask(&site.programs(), uri).await);
    }
}

#[tokio::test]
async fn a_program_that_others_may_write_to_is_not_run() {
    let site = Site::with(GOOD).await;
    for mode in [0o775, 0o777, 0o644] {
        site.mode(mode);
        assert!(failed(site.ask().await).contains("doorward-kms-awskms"));
    }
}

#[tokio::test]
async fn a_program_that_hangs_is_ended() {
    let site = Site::with("sleep 600").await;
    let programs = site.programs().deadline(Duration::from_millis(200));
    assert!(failed(ask(&programs, URI).await).contains("no answer within"));
}

#[tokio::test]
async fn garbage_and_too_much_are_no_answers() {
    let site = Site::with("echo garbage").await;
    let told = malformed(site.ask().await);
    assert!(
        told.contains("no JSON") && !told.contains("garbage"),
        "{told}"
    );
    drop(site);
    let site = Site::with("exec cat /dev/zero").await;
    assert!(malformed(site.ask().await).contains("larger than"));
    drop(site);
    let site = Site::with("true").await;
    malformed(site.ask().await);
}

#[tokio::test]
async fn what_a_failing_program_says_is_one_line_without_a_private_key() {
    let site = Site::with("echo 'no\nrole' >&2; exit 3").await;
    let told = failed(site.ask().await);
    assert!(told.ends_with("exit status: 3: no\\nrole"), "{told}");
    drop(site);
    let site = Site::with("echo '-----BEGIN PRIVATE KEY----- MC4C' >&2; exit 3").await;
    let told = failed(site.ask().await);
    assert!(told.ends_with("exit status: 3"), "{told}");
}

#[tokio::test]
async fn a_program_has_of_the_environment_only_what_is_named() {
    let said = r#"echo "{\"apiVersion\": \"kms.doorward.dev/v1\", \"publicKey\": \"$REGION,$HOME,$CARGO_MANIFEST_DIR\"}""#;
    let site = Site::with(said).await;
    assert_eq!(site.ask().await, Ok(",,".to_owned()));
    let programs = site
        .programs()
        .environment([("REGION".to_owned(), "eu".to_owned())]);
    assert_eq!(ask(&programs, URI).await, Ok("eu,,".to_owned()));
}
