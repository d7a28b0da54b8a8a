//! The files themselves, and which roles may speak for them.

use doorward_core::{Class, FetchError};
use doorward_tuf::{Limits, TufError};
use serde_json::json;

use crate::support::{
    Delegation, FAR, Key, PAST, Release, Site, load, names, now, repository, sign, target,
};

fn delegation(name: &str, path: &str, target_name: &str) -> Delegation {
    Delegation::new(name, path, vec![target(target_name, b"delegated")])
}

#[tokio::test]
async fn listed_files_are_read_with_and_without_consistent_snapshots() {
    for consistent in [true, false] {
        let mut release = Release::new(1);
        release.consistent = consistent;
        release.targets.push(target("b/c d.json", b"in a folder"));
        let site = Site::of(&release);
        let folder = tempfile::tempdir().unwrap();
        let material = repository(&site, Release::first_root(consistent), folder.path())
            .load(&names(&["a.json", "b/c d.json"]), now())
            .await
            .expect("material");
        let contents: Vec<_> = material.targets.values().map(AsRef::as_ref).collect();
        assert_eq!(contents, [&b"material"[..], b"in a folder"]);
        assert_eq!(material.root_version, 1);
        assert_eq!(material.expires, FAR.parse().unwrap());
    }
}

#[tokio::test]
async fn a_target_with_other_content_gives_no_byte() {
    let release = Release::new(1);
    let path = release
        .files()
        .into_keys()
        .find(|path| path.starts_with("targets/"))
        .expect("a target");
    for content in [&b"materiaL"[..], b"materia", b""] {
        let site = Site::of(&release);
        site.put(&path, content);
        let folder = tempfile::tempdir().unwrap();
        let error = load(&site, Release::first_root(true), folder.path())
            .await
            .expect_err("refused");
        assert!(
            matches!(error, TufError::TargetMismatch { .. }),
            "{error:?}"
        );
        assert_eq!(error.class(), Class::Integrity);
    }
}

#[tokio::test]
async fn a_target_longer_than_listed_is_not_read_to_its_end() {
    let release = Release::new(1);
    let site = Site::of(&release);
    for path in release
        .files()
        .into_keys()
        .filter(|p| p.starts_with("targets/"))
    {
        site.put(&path, b"material and more".to_vec());
    }
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        load(&site, Release::first_root(true), folder.path()).await,
        Err(TufError::TooLarge {
            document: "a.json".to_owned(),
            limit: 8
        })
    );
}

#[tokio::test]
async fn a_target_with_the_right_sha256_and_another_wrong_hash_is_refused() {
    for (hash, value) in [("sha512", json!("00")), ("sha384", json!(""))] {
        let mut release = Release::new(1);
        release.targets[0].1["hashes"][hash] = value;
        let folder = tempfile::tempdir().unwrap();
        let error = load(
            &Site::of(&release),
            Release::first_root(true),
            folder.path(),
        )
        .await
        .expect_err("refused");
        assert!(
            matches!(error, TufError::TargetMismatch { .. }),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_target_larger_than_the_callers_bound_is_not_asked_for() {
    let site = Site::of(&Release::new(1));
    let mut limits = Limits::default();
    limits.target_bytes = 7;
    let folder = tempfile::tempdir().unwrap();
    let error = repository(&site, Release::first_root(true), folder.path())
        .with_limits(limits)
        .load(&names(&["a.json"]), now())
        .await
        .expect_err("refused");
    assert!(
        matches!(error, TufError::TooLarge { limit: 7, .. }),
        "{error:?}"
    );
    assert!(
        !site
            .take_asked()
            .iter()
            .any(|path| path.starts_with("targets/"))
    );
}

#[tokio::test]
async fn one_name_that_nothing_lists_refuses_the_whole_load() {
    let folder = tempfile::tempdir().unwrap();
    let error = repository(
        &Site::of(&Release::new(1)),
        Release::first_root(true),
        folder.path(),
    )
    .load(&names(&["a.json", "b.json"]), now())
    .await
    .expect_err("refused");
    assert!(
        matches!(error, TufError::TargetUnlisted { .. }),
        "{error:?}"
    );
    assert_eq!(error.class(), Class::Untrusted);
}

#[tokio::test]
async fn a_listed_file_that_the_server_does_not_have_is_missing() {
    let release = Release::new(1);
    let site = Site::of(&release);
    for path in release
        .files()
        .into_keys()
        .filter(|p| p.starts_with("targets/"))
    {
        site.remove(&path);
    }
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(
        load(&site, Release::first_root(true), folder.path()).await,
        Err(TufError::Missing {
            document: "a.json".to_owned()
        })
    );
}

#[tokio::test]
async fn a_store_that_refuses_a_listed_file_is_not_one_that_does_not_have_it() {
    let release = Release::new(1);
    let site = Site::of(&release);
    for path in release
        .files()
        .into_keys()
        .filter(|p| p.starts_with("targets/"))
    {
        let detail = "403".to_owned();
        site.fail(&path, FetchError::Unauthorized { detail });
    }
    let folder = tempfile::tempdir().unwrap();
    let error = load(&site, Release::first_root(true), folder.path())
        .await
        .expect_err("unavailable");
    assert!(matches!(error, TufError::Fetch { .. }), "{error:?}");
    assert_eq!(error.class(), Class::Unavailable);
}

#[tokio::test]
async fn a_delegated_role_speaks_for_its_paths() {
    let mut release = Release::new(1);
    release.delegations = vec![delegation("team", "team/*", "team/b.json")];
    let folder = tempfile::tempdir().unwrap();
    let material = repository(
        &Site::of(&release),
        Release::first_root(true),
        folder.path(),
    )
    .load(&names(&["team/b.json"]), now())
    .await
    .expect("material");
    assert_eq!(material.targets.values().next().unwrap(), "delegated");
}

#[tokio::test]
async fn a_role_speaks_for_nothing_outside_its_paths() {
    let mut release = Release::new(1);
    release.delegations = vec![delegation("team", "team/*", "b.json")];
    let site = Site::of(&release);
    let folder = tempfile::tempdir().unwrap();
    let loader = repository(&site, Release::first_root(true), folder.path());
    let error = loader
        .load(&names(&["b.json"]), now())
        .await
        .expect_err("refused");
    assert!(
        matches!(error, TufError::TargetUnlisted { .. }),
        "{error:?}"
    );
    // The role is not even asked for what it may not speak for.
    let asked = site.take_asked();
    assert!(!asked.iter().any(|path| path.contains("team")), "{asked:?}");
    assert!(loader.load(&names(&["a.json"]), now()).await.is_ok());
}

#[tokio::test]
async fn a_role_with_the_name_of_another_kind_of_role_speaks_for_nothing() {
    for name in ["root", "timestamp", "snapshot", "targets"] {
        let mut release = Release::new(1);
        release.delegations = vec![delegation(name, "team/*", "team/b.json")];
        let folder = tempfile::tempdir().unwrap();
        let loader = repository(
            &Site::of(&release),
            Release::first_root(true),
            folder.path(),
        );
        assert!(loader.load(&names(&["team/b.json"]), now()).await.is_err());
    }
}

#[tokio::test]
async fn an_expired_delegated_role_speaks_for_nothing() {
    let mut release = Release::new(1);
    release.delegations = vec![delegation("team", "team/*", "team/b.json")];
    release.delegations[0].expires = PAST;
    let folder = tempfile::tempdir().unwrap();
    let loader = repository(
        &Site::of(&release),
        Release::first_root(true),
        folder.path(),
    );
    let error = loader
        .load(&names(&["team/b.json"]), now())
        .await
        .expect_err("refused");
    assert!(matches!(error, TufError::Expired { .. }), "{error:?}");
}

#[tokio::test]
async fn a_delegated_role_signed_by_another_key_is_refused() {
    let mut release = Release::new(1);
    release.delegations = vec![delegation("team", "team/*", "team/b.json")];
    let signed: serde_json::Value =
        serde_json::from_slice(&release.files()["metadata/1.team.json"]).unwrap();
    let site = Site::of(&release);
    site.put(
        "metadata/1.team.json",
        sign(&signed["signed"], &[&Key::new(2)]),
    );
    let folder = tempfile::tempdir().unwrap();
    let error = repository(&site, Release::first_root(true), folder.path())
        .load(&names(&["team/b.json"]), now())
        .await
        .expect_err("refused");
    assert!(
        matches!(
            error,
            TufError::Threshold { .. } | TufError::HashMismatch { .. }
        ),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_delegated_role_that_expires_first_bounds_the_material_at_any_depth() {
    let soonest = "2090-01-01T00:00:00Z";
    for depth in [1, 2] {
        let mut role = delegation("last", "team/*", "team/b.json");
        role.expires = soonest;
        if depth == 2 {
            let mut above = delegation("first", "team/*", "team/c.json");
            above.below = vec![role];
            role = above;
        }
        let mut release = Release::new(1);
        release.delegations = vec![role];
        let folder = tempfile::tempdir().unwrap();
        let loader = repository(
            &Site::of(&release),
            Release::first_root(true),
            folder.path(),
        );
        let material = loader
            .load(&names(&["team/b.json"]), now())
            .await
            .expect("material");
        assert_eq!(material.expires, soonest.parse().unwrap());
        assert_eq!(
            loader
                .load(&names(&["team/b.json"]), material.expires)
                .await,
            Err(TufError::Expired {
                role: "last".to_owned()
            })
        );
    }
}

#[tokio::test]
async fn delegations_without_end_are_bounded_whatever_they_are_called() {
    for consistent in [true, false] {
        let mut release = Release::new(1);
        release.consistent = consistent;
        release.delegations = (1000..1080)
            .map(|n| delegation(&format!("{n}.root"), "z/*", &format!("z/{n}")))
            .collect();
        let site = Site::of(&release);
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(
            repository(&site, Release::first_root(consistent), folder.path())
                .load(&names(&["z/x"]), now())
                .await,
            Err(TufError::TooMany {
                what: "documents".to_owned(),
                limit: 64
            })
        );
        // The end of the roots, and 64 documents.
        assert_eq!(site.take_asked().len(), 65);
    }
}
