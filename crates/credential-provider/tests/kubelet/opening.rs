//! Which folders and programs are taken.

use std::fs;
use std::os::unix::fs::symlink;

use doorward_registry::Keychain;

use crate::site::{Site, answering, mode, users};

fn refused(site: &Site) -> String {
    site.open().map(|_| ()).unwrap_err().to_string()
}

#[tokio::test]
async fn a_provider_that_is_not_in_the_folder_is_told_at_the_start() {
    let site = Site::with("").await;
    fs::remove_file(site.path("cloud")).unwrap();
    let told = refused(&site);
    assert!(
        told.starts_with("the credential provider cloud in /"),
        "{told}"
    );
    assert!(told.ends_with(": it is not installed"), "{told}");
}

#[tokio::test]
async fn what_is_no_program_is_told_at_the_start() {
    let site = Site::with("").await;
    mode(&site.path("cloud"), 0o644);
    assert!(refused(&site).ends_with(": it cannot be run: it is no executable file"));
    fs::remove_file(site.path("cloud")).unwrap();
    fs::create_dir(site.path("cloud")).unwrap();
    assert!(refused(&site).ends_with(": it cannot be run: it is no executable file"));
}

#[tokio::test]
async fn a_folder_or_program_that_others_may_change_is_refused() {
    let site = Site::with("").await;
    mode(&site.path("cloud"), 0o775);
    assert!(refused(&site).ends_with(": it cannot be run: its group may write to it"));
    mode(&site.path("cloud"), 0o755);
    mode(site.folder.path(), 0o777);
    assert!(refused(&site).ends_with("as a folder of programs: everybody may write to it"));
    mode(site.folder.path(), 0o700);
    assert!(site.open().is_ok());
}

#[tokio::test]
async fn a_folder_of_providers_is_not_called_one_of_plug_ins() {
    let site = Site::with("").await;
    mode(site.folder.path(), 0o777);
    let told = refused(&site);
    assert!(!told.contains("plug-in"), "{told}");
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_refused() {
    let site = Site::with("").await;
    let configuration = site.configuration();
    let path = site.path("nowhere");
    let told = doorward_credential_provider::CredentialProviders::open(configuration, path);
    let told = told.map(|_| ()).unwrap_err().to_string();
    assert!(told.contains("No such file"), "{told}");
}

#[tokio::test]
async fn a_link_is_followed_to_a_program_that_is_as_safe() {
    let site = Site::with(&answering("Image", None, &["r.example u p"])).await;
    let elsewhere = tempfile::tempdir().unwrap();
    let real = elsewhere.path().join("cloud-1.0");
    fs::rename(site.path("cloud"), &real).unwrap();
    symlink(&real, site.path("cloud")).unwrap();
    assert_eq!(users(&site.providers(), "r.example/a").await, ["u"]);
    mode(elsewhere.path(), 0o777);
    let told = refused(&site);
    assert!(
        told.contains("the folder /") && told.ends_with("everybody may write to it"),
        "{told}"
    );
    fs::remove_file(&real).unwrap();
    assert!(refused(&site).ends_with("it is not installed"));
}

#[tokio::test]
async fn other_providers_are_another_keychain() {
    let site = Site::with("").await.and("other", "s.example", "");
    let whole = site.providers().fingerprint();
    assert_eq!(whole, site.providers().fingerprint());
    let mut part = site.configuration();
    part.providers.pop();
    let other = |configuration| {
        doorward_credential_provider::CredentialProviders::open(configuration, site.folder.path())
            .unwrap()
            .fingerprint()
    };
    assert_ne!(whole, other(part));
    let mut environment = site.configuration();
    environment.providers[0]
        .env
        .push(("A".to_owned(), "b".to_owned()));
    assert_ne!(whole, other(environment));
}
