//! From the given root to the newest one.

use std::sync::Arc;

use doorward_core::{Class, FetchError};
use doorward_tuf::TufError;

use crate::support::{FAR, Key, PAST, Release, Site, load, root, root_with, sign};

/// Roots 1 to 3. Each changes the root key (1, 11, 21) and is signed by the old and the new one; the third changes
/// the key of the timestamp from 4 to 14.
fn second() -> Vec<u8> {
    let [old, new, two, three, four] = [1, 11, 2, 3, 4].map(Key::new);
    let roles: [&[&Key]; 4] = [&[&new], &[&two], &[&three], &[&four]];
    sign(&root(2, true, roles), &[&old, &new])
}

fn third() -> Vec<u8> {
    let [old, new, two, three, four] = [11, 21, 2, 3, 14].map(Key::new);
    let roles: [&[&Key]; 4] = [&[&new], &[&two], &[&three], &[&four]];
    sign(&root(3, true, roles), &[&old, &new])
}

fn rotated() -> Arc<Site> {
    let mut release = Release::new(2);
    release.signers[2] = 14;
    let site = Site::of(&release);
    site.put("metadata/2.root.json", second());
    site.put("metadata/3.root.json", third());
    site
}

#[tokio::test]
async fn two_rotations_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    let material = load(&rotated(), Release::first_root(true), folder.path())
        .await
        .expect("material");
    assert_eq!(material.root_version, 3);
}

#[tokio::test]
async fn a_root_that_was_seen_stays_when_the_server_hides_it() {
    let folder = tempfile::tempdir().unwrap();
    load(&rotated(), Release::first_root(true), folder.path())
        .await
        .expect("material");
    // The thief of the old timestamp key shows the repository as it was before the rotation.
    let old = Site::of(&Release::new(9));
    let error = load(&old, Release::first_root(true), folder.path())
        .await
        .expect_err("refused");
    assert!(matches!(error, TufError::Threshold { .. }), "{error:?}");
    assert_eq!(
        old.take_asked().first().map(String::as_str),
        Some("metadata/4.root.json")
    );
    // Without the memory nothing speaks against it.
    let elsewhere = tempfile::tempdir().unwrap();
    assert!(
        load(&old, Release::first_root(true), elsewhere.path())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_root_that_was_seen_stays_when_the_rest_of_the_load_failed() {
    let folder = tempfile::tempdir().unwrap();
    let site = rotated();
    site.fail(
        "metadata/timestamp.json",
        FetchError::Unavailable {
            detail: "reset".to_owned(),
        },
    );
    let error = load(&site, Release::first_root(true), folder.path())
        .await
        .expect_err("unavailable");
    assert_eq!(error.class(), Class::Unavailable);
    let error = load(
        &Site::of(&Release::new(9)),
        Release::first_root(true),
        folder.path(),
    )
    .await
    .expect_err("refused");
    assert!(matches!(error, TufError::Threshold { .. }), "{error:?}");
}

#[tokio::test]
async fn a_newer_given_root_goes_on_from_the_same_folder() {
    let folder = tempfile::tempdir().unwrap();
    let site = rotated();
    for given in [Release::first_root(true), second(), third()] {
        let material = load(&site, given, folder.path()).await.expect("material");
        assert_eq!(material.root_version, 3);
    }
}

#[tokio::test]
async fn a_root_without_the_old_or_the_new_threshold_is_refused() {
    let [old, new, two, three, four] = [1, 11, 2, 3, 4].map(Key::new);
    let roles: [&[&Key]; 4] = [&[&new], &[&two], &[&three], &[&four]];
    for keys in [&[&old][..], &[&new], &[]] {
        let site = Site::of(&Release::new(1));
        site.put("metadata/2.root.json", sign(&root(2, true, roles), keys));
        let folder = tempfile::tempdir().unwrap();
        let error = load(&site, Release::first_root(true), folder.path())
            .await
            .expect_err("refused");
        assert!(
            matches!(&error, TufError::Threshold { role, .. } if role == "root"),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_root_that_is_not_the_next_version_is_refused() {
    let [one, two, three, four] = [1, 2, 3, 4].map(Key::new);
    let roles: [&[&Key]; 4] = [&[&one], &[&two], &[&three], &[&four]];
    for version in [1, 3] {
        let site = Site::of(&Release::new(1));
        site.put(
            "metadata/2.root.json",
            sign(&root(version, true, roles), &[&one]),
        );
        let folder = tempfile::tempdir().unwrap();
        let error = load(&site, Release::first_root(true), folder.path())
            .await
            .expect_err("refused");
        assert!(matches!(error, TufError::Rollback { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn only_the_last_root_must_be_unexpired() {
    let [one, two, three, four] = [1, 2, 3, 4].map(Key::new);
    let roles: [&[&Key]; 4] = [&[&one], &[&two], &[&three], &[&four]];
    let of = |version, expires| sign(&root_with(version, true, roles, expires), &[&one]);
    let site = Site::of(&Release::new(1));
    site.put("metadata/2.root.json", of(2, PAST));
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        load(&site, of(1, PAST), folder.path()).await,
        Err(TufError::Expired {
            role: "root".to_owned()
        })
    );
    site.put("metadata/3.root.json", of(3, FAR));
    assert!(load(&site, of(1, PAST), folder.path()).await.is_ok());
}

#[tokio::test]
async fn roots_without_end_are_bounded() {
    let [one, two, three, four] = [1, 2, 3, 4].map(Key::new);
    let roles: [&[&Key]; 4] = [&[&one], &[&two], &[&three], &[&four]];
    let site = Site::of(&Release::new(1));
    for version in 2..=300 {
        site.put(
            &format!("metadata/{version}.root.json"),
            sign(&root(version, true, roles), &[&one]),
        );
    }
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        load(&site, Release::first_root(true), folder.path()).await,
        Err(TufError::TooMany {
            what: "newer roots".to_owned(),
            limit: 256
        })
    );
}

#[tokio::test]
async fn a_store_that_may_not_be_listed_ends_the_roots_with_403() {
    let site = Site::of(&Release::new(1));
    let detail = "403".to_owned();
    site.fail("metadata/2.root.json", FetchError::Unauthorized { detail });
    let folder = tempfile::tempdir().unwrap();
    assert!(
        load(&site, Release::first_root(true), folder.path())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_store_that_a_credential_provider_could_not_open_ends_no_roots() {
    let site = Site::of(&Release::new(1));
    let error = FetchError::CredentialProvider {
        detail: "403; out of order".to_owned(),
    };
    site.fail("metadata/2.root.json", error.clone());
    let folder = tempfile::tempdir().unwrap();
    let refused = load(&site, Release::first_root(true), folder.path()).await;
    let document = "2.root.json".to_owned();
    assert_eq!(
        refused.map(|_| ()),
        Err(TufError::Fetch {
            document,
            source: error
        })
    );
}

#[tokio::test]
async fn a_given_root_that_does_not_vouch_for_itself_is_refused_before_anything_is_asked() {
    let [one, two, three, four] = [1, 2, 3, 4].map(Key::new);
    let roles: [&[&Key]; 4] = [&[&one], &[&two], &[&three], &[&four]];
    for given in [
        sign(&root(1, true, roles), &[&two]),
        sign(&root(1, true, roles), &[]),
        b"{}".to_vec(),
        Vec::new(),
    ] {
        let site = Site::of(&Release::new(1));
        let folder = tempfile::tempdir().unwrap();
        let error = load(&site, given, folder.path())
            .await
            .expect_err("refused");
        assert!(matches!(error, TufError::RootInvalid { .. }), "{error:?}");
        assert_eq!(error.class(), Class::Configuration);
        assert!(site.take_asked().is_empty());
    }
}
