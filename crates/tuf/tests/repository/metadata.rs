//! Timestamp, snapshot and targets: signatures, expiry, hashes, bounds, and answers that are none.

use std::sync::Arc;
use std::time::Duration;

use doorward_core::{Class, Fetch, FetchError, FetchFuture, Fetcher, Timestamp};
use doorward_tuf::{Limits, Location, Repository, TufError};

use crate::support::{
    Key, METADATA, PAST, Release, Site, TARGETS, key, load, memory, names, now, repository, root,
    sign,
};

async fn refused(site: &Arc<Site>, given: Vec<u8>) -> TufError {
    let folder = tempfile::tempdir().unwrap();
    load(site, given, folder.path()).await.expect_err("refused")
}

fn unavailable() -> FetchError {
    FetchError::Unavailable {
        detail: "503".to_owned(),
    }
}

#[tokio::test]
async fn each_expired_role_refuses_the_repository() {
    for (index, role) in ["targets", "snapshot", "timestamp"].into_iter().enumerate() {
        let mut release = Release::new(1);
        release.expires[index] = PAST;
        let error = refused(&Site::of(&release), Release::first_root(true)).await;
        let role = role.to_owned();
        assert_eq!(error, TufError::Expired { role });
        assert_eq!(error.class(), Class::Untrusted);
    }
}

#[tokio::test]
async fn the_time_that_is_given_is_the_only_clock() {
    let mut release = Release::new(1);
    release.expires[2] = PAST;
    let site = Site::of(&release);
    let folder = tempfile::tempdir().unwrap();
    let given = Release::first_root(true);
    let loader = repository(&site, given, folder.path());
    let then: Timestamp = PAST.parse().unwrap();
    let wanted = names(&["a.json"]);
    assert!(loader.load(&wanted, then.plus(-1)).await.is_ok());
    assert_eq!(
        loader.load(&wanted, then).await,
        Err(TufError::Expired {
            role: "timestamp".to_owned()
        })
    );
}

#[tokio::test]
async fn an_injected_time_after_an_expiry_refuses_before_any_file_is_asked_for() {
    let mut release = Release::new(1);
    release.expires[1] = "2090-01-01T00:00:00Z";
    let site = Site::of(&release);
    let folder = tempfile::tempdir().unwrap();
    let loader = repository(&site, Release::first_root(true), folder.path());
    let wanted = names(&["a.json"]);
    let just: Timestamp = "2090-01-01T00:00:00Z".parse().unwrap();
    let expired = Err(TufError::Expired {
        role: "snapshot".to_owned(),
    });
    assert_eq!(loader.load(&wanted, just).await, expired);
    assert!(
        !site
            .take_asked()
            .iter()
            .any(|path| path.starts_with("targets/"))
    );
    assert!(loader.load(&wanted, just.plus(-1)).await.is_ok());
}

#[tokio::test]
async fn each_role_signed_by_a_key_of_another_role_is_refused() {
    for index in 0..3 {
        let mut release = Release::new(1);
        release.signers[index] = 1;
        let error = refused(&Site::of(&release), Release::first_root(true)).await;
        assert!(matches!(error, TufError::Threshold { .. }), "{error:?}");
        assert_eq!(error.class(), Class::Untrusted);
    }
}

/// A root whose timestamp needs the keys 4 and 6.
fn root_with_two_for_timestamp() -> Vec<u8> {
    let [one, two, three, four, six] = [1, 2, 3, 4, 6].map(Key::new);
    let roles: [&[&Key]; 4] = [&[&one], &[&two], &[&three], &[&four, &six]];
    sign(&root(1, true, roles), &[&one])
}

#[tokio::test]
async fn one_signature_of_two_is_not_enough_however_often_it_is_given() {
    let release = Release::new(1);
    let signed: serde_json::Value =
        serde_json::from_slice(&release.files()["metadata/timestamp.json"]).unwrap();
    let signed = &signed["signed"];
    let [four, six] = [4, 6].map(Key::new);
    for keys in [&[&four][..], &[&four, &four], &[]] {
        let site = Site::of(&release);
        site.put("metadata/timestamp.json", sign(signed, keys));
        let error = refused(&site, root_with_two_for_timestamp()).await;
        assert!(matches!(error, TufError::Threshold { .. }), "{error:?}");
    }
    let site = Site::of(&release);
    site.put("metadata/timestamp.json", sign(signed, &[&four, &six]));
    let folder = tempfile::tempdir().unwrap();
    assert!(
        load(&site, root_with_two_for_timestamp(), folder.path())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_validly_signed_document_of_another_release_is_refused() {
    let (release, mut other) = (Release::new(1), Release::new(1));
    other.expires = ["2095-01-01T00:00:00Z"; 3];
    for document in ["snapshot", "targets"] {
        let site = Site::of(&release);
        let path = format!("metadata/1.{document}.json");
        site.put(&path, other.files()[&path].clone());
        let error = refused(&site, Release::first_root(true)).await;
        let document = document.to_owned();
        assert_eq!(error, TufError::HashMismatch { document });
    }
}

#[tokio::test]
async fn endless_metadata_is_refused_at_its_bound() {
    for (document, limit) in [
        ("2.root.json", 256 << 10),
        ("timestamp.json", 64 << 10),
        ("1.snapshot.json", 256 << 10),
        ("1.targets.json", 1 << 20),
    ] {
        let site = Site::of(&Release::new(1));
        site.put(&format!("metadata/{document}"), vec![b' '; limit + 1]);
        let error = refused(&site, Release::first_root(true)).await;
        let (document, limit) = (document.to_owned(), u64::try_from(limit).unwrap());
        assert_eq!(error, TufError::TooLarge { document, limit });
        assert_eq!(error.class(), Class::Integrity);
    }
}

#[tokio::test]
async fn a_server_that_cannot_be_asked_is_unavailable_whichever_document_it_is() {
    for document in [
        "2.root.json",
        "timestamp.json",
        "1.snapshot.json",
        "1.targets.json",
    ] {
        let site = Site::of(&Release::new(1));
        site.fail(&format!("metadata/{document}"), unavailable());
        let error = refused(&site, Release::first_root(true)).await;
        assert_eq!(error.class(), Class::Unavailable, "{document}");
        let (document, source) = (document.to_owned(), unavailable());
        assert_eq!(error, TufError::Fetch { document, source });
    }
}

#[tokio::test]
async fn a_document_that_the_server_does_not_have_is_missing_and_not_unavailable() {
    for document in ["timestamp.json", "1.snapshot.json", "1.targets.json"] {
        let site = Site::of(&Release::new(1));
        site.remove(&format!("metadata/{document}"));
        let error = refused(&site, Release::first_root(true)).await;
        assert_eq!(error.class(), Class::Untrusted, "{document}");
        let document = document.to_owned();
        assert_eq!(error, TufError::Missing { document });
    }
}

#[tokio::test]
async fn a_document_of_another_form_is_malformed() {
    for bytes in ["", "null", "{}", "<html>", "{\"signed\":null}"] {
        let site = Site::of(&Release::new(1));
        site.put("metadata/timestamp.json", bytes);
        let error = refused(&site, Release::first_root(true)).await;
        assert!(matches!(error, TufError::Malformed { .. }), "{error:?}");
    }
    let site = Site::of(&Release::new(1));
    site.put("metadata/timestamp.json", "[".repeat(60_000));
    let error = refused(&site, Release::first_root(true)).await;
    assert!(matches!(error, TufError::Malformed { .. }), "{error:?}");
}

/// A server that takes requests and never answers.
struct Silent;

impl Fetcher for Silent {
    fn fetch<'a>(&'a self, _: &'a Fetch) -> FetchFuture<'a> {
        Box::pin(std::future::pending())
    }
}

#[tokio::test]
async fn a_server_that_never_answers_meets_the_deadline() {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::new(METADATA, TARGETS).unwrap();
    let mut limits = Limits::default();
    limits.deadline = Duration::from_millis(20);
    let error = Repository::new(
        Arc::new(Silent),
        location,
        Release::first_root(true),
        memory(folder.path()),
        key(),
    )
    .with_limits(limits)
    .load(&names(&["a.json"]), now())
    .await
    .expect_err("late");
    assert_eq!(error, TufError::DeadlineExceeded { seconds: 0 });
    assert_eq!(error.class(), Class::Unavailable);
}
