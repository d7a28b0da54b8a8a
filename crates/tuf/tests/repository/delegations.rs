//! Who may speak for a file, in which order they are asked, and what a delegated role cannot go back behind.

use std::path::Path;
use std::sync::Arc;

use doorward_core::Class;
use doorward_tuf::{Material, TufError};

use crate::support::{Delegation, Release, Site, load, names, now, repository, target};

/// A release with these roles below the targets role.
fn release(delegations: Vec<Delegation>) -> Release {
    let mut release = Release::new(1);
    release.delegations = delegations;
    release
}

/// A role for everything below `z/` that lists `z/x` as its own.
fn claimant(name: &str) -> Delegation {
    Delegation::new(name, "z/*", vec![target("z/x", name.as_bytes())])
}

/// A role for everything below `z/` that lists none of it.
fn silent(name: &str) -> Delegation {
    Delegation::new(name, "z/*", Vec::new())
}

async fn asked_for(site: &Arc<Site>, wanted: &[&str], folder: &Path) -> Result<Material, TufError> {
    repository(site, Release::first_root(true), folder)
        .load(&names(wanted), now())
        .await
}

/// Whose content `z/x` has.
async fn speaker(delegations: Vec<Delegation>) -> Result<String, TufError> {
    let folder = tempfile::tempdir().unwrap();
    let site = Site::of(&release(delegations));
    let material = asked_for(&site, &["z/x"], folder.path()).await?;
    let content = material.targets.values().next().unwrap();
    Ok(String::from_utf8(content.to_vec()).unwrap())
}

fn is_unlisted(outcome: &Result<String, TufError>) -> bool {
    matches!(outcome, Err(TufError::TargetUnlisted { .. }))
}

#[tokio::test]
async fn no_role_is_asked_after_one_that_ends_the_search() {
    let ending = |name| Delegation {
        terminating: true,
        ..silent(name)
    };
    // Beside it, below what comes later, and beside the role that delegates to it.
    let outcome = speaker(vec![ending("a"), claimant("b")]).await;
    assert!(is_unlisted(&outcome), "{outcome:?}");
    let mut above = silent("a");
    above.below = vec![ending("b"), claimant("c")];
    let outcome = speaker(vec![above, claimant("d")]).await;
    assert!(is_unlisted(&outcome), "{outcome:?}");
    // Those below it speak for it.
    let mut above = ending("a");
    above.below = vec![claimant("b")];
    assert_eq!(speaker(vec![above, claimant("c")]).await.unwrap(), "b");
    // One for other paths ends nothing, and neither does one that does not say so.
    let elsewhere = Delegation {
        paths: vec!["y/*".to_owned()],
        ..ending("a")
    };
    assert_eq!(speaker(vec![elsewhere, claimant("b")]).await.unwrap(), "b");
    assert_eq!(
        speaker(vec![silent("a"), claimant("b")]).await.unwrap(),
        "b"
    );
}

#[tokio::test]
async fn roles_are_asked_in_the_order_of_their_delegator_and_depth_first() {
    for names in [
        ["a", "b", "c"],
        ["a", "c", "b"],
        ["b", "a", "c"],
        ["b", "c", "a"],
        ["c", "a", "b"],
        ["c", "b", "a"],
    ] {
        let beside = names.map(claimant).into();
        assert_eq!(speaker(beside).await.unwrap(), names[0], "{names:?}");
        // The second has one below it, which comes before the third and after the first.
        let mut second = silent(names[1]);
        second.below = vec![claimant("below")];
        let nested = vec![silent(names[0]), second, claimant(names[2])];
        assert_eq!(speaker(nested).await.unwrap(), "below", "{names:?}");
        let mut second = silent(names[1]);
        second.below = vec![claimant("below")];
        let nested = vec![claimant(names[0]), second, claimant(names[2])];
        assert_eq!(speaker(nested).await.unwrap(), names[0], "{names:?}");
    }
}

#[tokio::test]
async fn roles_that_delegate_in_a_circle_are_each_asked_once() {
    let mut first = silent("a");
    let mut second = silent("b");
    second.below = vec![silent("a")];
    first.below = vec![second];
    let outcome = speaker(vec![first]).await;
    assert!(is_unlisted(&outcome), "{outcome:?}");
}

#[tokio::test]
async fn a_role_that_two_delegate_to_is_signed_by_the_keys_that_each_of_them_names() {
    // Both roles delegate to `shared` and name other keys for it; it is signed by that of the second.
    let shared = |path: &str, key| Delegation {
        key,
        ..Delegation::new(
            "shared",
            path,
            vec![target("a/x", b"x"), target("b/x", b"x")],
        )
    };
    let mut first = Delegation::new("first", "a/*", Vec::new());
    first.below = vec![shared("a/*", 6)];
    let mut second = Delegation::new("second", "b/*", Vec::new());
    second.below = vec![shared("b/*", 7)];
    let site = Site::of(&release(vec![first, second]));
    let folder = tempfile::tempdir().unwrap();
    assert!(asked_for(&site, &["b/x"], folder.path()).await.is_ok());
    for wanted in [&["a/x"][..], &["b/x", "a/x"], &["a/x", "b/x"]] {
        let error = asked_for(&site, wanted, folder.path())
            .await
            .expect_err("refused");
        assert!(matches!(error, TufError::Threshold { .. }), "{error:?}");
        assert_eq!(error.class(), Class::Untrusted);
    }
}

#[tokio::test]
async fn a_delegator_cannot_say_that_no_signature_is_needed() {
    for (threshold, is_taken) in [(0, false), (1, true), (2, false)] {
        let role = Delegation {
            threshold,
            ..claimant("a")
        };
        let outcome = speaker(vec![role]).await;
        assert_eq!(outcome.is_ok(), is_taken, "{threshold}: {outcome:?}");
    }
}

#[tokio::test]
async fn a_star_in_a_path_stays_within_its_segment() {
    for (path, is_taken) in [
        ("z/*", true),
        ("*/x", true),
        ("*", false),
        ("z*", false),
        ("z", false),
        ("z/x/*", false),
        ("*/*/x", false),
    ] {
        let role = Delegation {
            paths: vec![path.to_owned()],
            ..claimant("a")
        };
        let outcome = speaker(vec![role]).await;
        assert_eq!(outcome.is_ok(), is_taken, "{path}: {outcome:?}");
    }
}

/// A release in which a delegated role has a version of its own.
fn with_role(version: u64, role: u64) -> Release {
    let mut release = Release::new(version);
    release.delegations = vec![Delegation {
        version: role,
        ..claimant("team")
    }];
    release
}

#[tokio::test]
async fn an_older_delegated_role_is_refused_after_a_newer_one() {
    for (older, is_taken) in [(1, false), (2, true), (3, true)] {
        let folder = tempfile::tempdir().unwrap();
        let site = Site::of(&with_role(1, 2));
        asked_for(&site, &["z/x"], folder.path())
            .await
            .expect("material");
        // Everything above it is newer.
        let site = Site::of(&with_role(2, older));
        let outcome = asked_for(&site, &["z/x"], folder.path()).await;
        assert_eq!(outcome.is_ok(), is_taken, "{older}: {outcome:?}");
        if let Err(error) = outcome {
            assert!(matches!(error, TufError::Rollback { .. }), "{error:?}");
            assert_eq!(error.class(), Class::Integrity);
        }
    }
    // It counts also if the role was never read, and if it is not listed any more.
    let folder = tempfile::tempdir().unwrap();
    let given = Release::first_root(true);
    load(&Site::of(&with_role(1, 2)), given.clone(), folder.path())
        .await
        .expect("material");
    for release in [with_role(2, 1), Release::new(3)] {
        let error = load(&Site::of(&release), given.clone(), folder.path())
            .await
            .expect_err("refused");
        assert!(matches!(error, TufError::Rollback { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn the_document_of_a_delegated_role_is_the_version_that_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let newer = with_role(1, 2);
    let older = with_role(1, 1).files()["metadata/1.team.json"].clone();
    let site = Site::of(&newer);
    site.put("metadata/2.team.json", older);
    let error = asked_for(&site, &["z/x"], folder.path())
        .await
        .expect_err("refused");
    assert!(matches!(error, TufError::HashMismatch { .. }), "{error:?}");
}

#[tokio::test]
async fn a_timestamp_that_lists_an_older_snapshot_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let given = Release::first_root(true);
    let three = Site::of(&Release::new(3));
    load(&three, given.clone(), folder.path())
        .await
        .expect("material");
    // By keys that were stolen: a far later timestamp, over the snapshot and targets of before.
    let mut stolen = Release::new(3);
    stolen.versions = [2, 2, 1_000_000];
    let error = load(&Site::of(&stolen), given.clone(), folder.path())
        .await
        .expect_err("refused");
    assert!(matches!(error, TufError::Rollback { .. }), "{error:?}");
    // The true one is still taken, and the stolen one still is not.
    for (release, is_taken) in [
        (Release::new(3), true),
        (stolen, false),
        (Release::new(4), true),
    ] {
        let outcome = load(&Site::of(&release), given.clone(), folder.path()).await;
        assert_eq!(outcome.is_ok(), is_taken, "{outcome:?}");
    }
}
