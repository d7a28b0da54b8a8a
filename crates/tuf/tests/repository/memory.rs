//! What the folder keeps from load to load, and what it cannot do.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

use doorward_core::{Class, Fetch, FetchError, FetchFuture, Fetcher};
use doorward_tuf::{Location, Repository, TufError};

use crate::support::{
    Delegation, FAR, Key, METADATA, Release, Site, TARGETS, load, names, now, root, sign, target,
};

#[tokio::test]
async fn an_older_timestamp_is_refused_after_a_newer_one() {
    let folder = tempfile::tempdir().unwrap();
    let given = Release::first_root(true);
    for version in [2, 2, 3] {
        let site = Site::of(&Release::new(version));
        load(&site, given.clone(), folder.path())
            .await
            .expect("material");
    }
    let error = load(&Site::of(&Release::new(2)), given.clone(), folder.path())
        .await
        .expect_err("refused");
    assert!(matches!(error, TufError::Rollback { .. }), "{error:?}");
    assert_eq!(error.class(), Class::Integrity);
    // The refused load has not moved the memory back.
    assert!(
        load(&Site::of(&Release::new(2)), given.clone(), folder.path())
            .await
            .is_err()
    );
    assert!(
        load(&Site::of(&Release::new(3)), given, folder.path())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn an_older_role_below_a_newer_timestamp_is_refused() {
    for versions in [[2, 2, 4], [2, 4, 4]] {
        let folder = tempfile::tempdir().unwrap();
        let given = Release::first_root(true);
        load(&Site::of(&Release::new(3)), given.clone(), folder.path())
            .await
            .expect("material");
        let mut release = Release::new(4);
        release.versions = versions;
        let error = load(&Site::of(&release), given, folder.path())
            .await
            .expect_err("refused");
        assert!(matches!(error, TufError::Rollback { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_timestamp_that_was_seen_counts_although_its_load_failed() {
    let folder = tempfile::tempdir().unwrap();
    let given = Release::first_root(true);
    let site = Site::of(&Release::new(3));
    site.remove("metadata/3.snapshot.json");
    assert!(load(&site, given.clone(), folder.path()).await.is_err());
    let error = load(&Site::of(&Release::new(2)), given, folder.path())
        .await
        .expect_err("refused");
    assert!(matches!(error, TufError::Rollback { .. }), "{error:?}");
}

#[tokio::test]
async fn versions_that_a_thief_raised_are_forgotten_when_the_keys_change() {
    let folder = tempfile::tempdir().unwrap();
    let given = Release::first_root(true);
    load(
        &Site::of(&Release::new(1_000_000)),
        given.clone(),
        folder.path(),
    )
    .await
    .expect("material");

    let [one, two, three, four] = [1, 2, 13, 14].map(Key::new);
    let roles: [&[&Key]; 4] = [&[&one], &[&two], &[&three], &[&four]];
    let mut release = Release::new(2);
    release.signers = [2, 13, 14];
    let site = Site::of(&release);
    site.put("metadata/2.root.json", sign(&root(2, true, roles), &[&one]));
    for _ in 0..2 {
        load(&site, given.clone(), folder.path())
            .await
            .expect("material");
    }
    // From here on the new versions are remembered, and the old root is still where the caller starts.
    release.versions = [1; 3];
    let site = Site::of(&release);
    site.put("metadata/2.root.json", sign(&root(2, true, roles), &[&one]));
    let error = load(&site, given, folder.path())
        .await
        .expect_err("refused");
    assert!(matches!(error, TufError::Rollback { .. }), "{error:?}");
}

#[tokio::test]
async fn versions_are_forgotten_although_the_first_load_after_the_change_failed() {
    let folder = tempfile::tempdir().unwrap();
    let given = Release::first_root(true);
    let raised = Site::of(&Release::new(1_000_000));
    load(&raised, given.clone(), folder.path())
        .await
        .expect("material");

    // Only the key of the snapshot changes, so that the raised timestamp is still signed as it must be.
    let [one, two, three, four] = [1, 2, 13, 4].map(Key::new);
    let roles: [&[&Key]; 4] = [&[&one], &[&two], &[&three], &[&four]];
    let mut release = Release::new(2);
    release.signers = [2, 13, 4];
    let site = Site::of(&release);
    site.put("metadata/2.root.json", sign(&root(2, true, roles), &[&one]));
    let detail = "503".to_owned();
    site.fail(
        "metadata/timestamp.json",
        FetchError::Unavailable { detail },
    );
    assert!(load(&site, given.clone(), folder.path()).await.is_err());
    site.publish(&release);
    load(&site, given, folder.path()).await.expect("material");
}

#[tokio::test]
async fn a_delegated_role_with_the_name_of_a_file_does_not_erase_the_memory() {
    let folder = tempfile::tempdir().unwrap();
    let given = Release::first_root(false);
    let release = |version: u64, delegated: &[(&str, &str)]| {
        let mut release = Release::new(1);
        release.consistent = false;
        // Nothing but the timestamp tells one from the other.
        release.versions[2] = version;
        release.delegations = delegated
            .iter()
            .map(|(name, path)| Delegation {
                name: (*name).to_owned(),
                paths: vec![(*path).to_owned()],
                targets: vec![target(path, b"x")],
                expires: FAR,
                below: Vec::new(),
            })
            .collect();
        release
    };
    // The same document under another name, so that it can be served in the place of the timestamp.
    let role = release(1, &[("other", "x")]).files()["metadata/other.json"].clone();
    let two_faced = |release: &Release| {
        let mut files = release.files();
        let timestamp = files.remove("metadata/timestamp.json").unwrap();
        let site = Site::of(release);
        site.answer("metadata/timestamp.json", [Ok(timestamp), Ok(role.clone())]);
        site
    };
    let rolled_back = async |version| {
        let error = load(
            &two_faced(&release(version, &[("timestamp", "x")])),
            given.clone(),
            folder.path(),
        )
        .await
        .expect_err("refused");
        assert!(matches!(error, TufError::Rollback { .. }), "{error:?}");
    };

    let site = two_faced(&release(3, &[("timestamp", "x")]));
    load(&site, given.clone(), folder.path())
        .await
        .expect("material");
    rolled_back(2).await;

    let site = two_faced(&release(4, &[("timestamp", "x"), ("gone", "y")]));
    site.remove("metadata/gone.json");
    assert_eq!(
        load(&site, given.clone(), folder.path()).await,
        Err(TufError::Missing {
            document: "gone.json".to_owned()
        })
    );
    rolled_back(2).await;
}

#[tokio::test]
async fn a_root_put_into_the_folder_gains_no_trust() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two, three, four] = [31, 32, 33, 34].map(Key::new);
    let roles: [&[&Key]; 4] = [&[&one], &[&two], &[&three], &[&four]];
    let planted = sign(&root(2, true, roles), &[&one]);
    std::fs::write(folder.path().join("2.root.json"), planted).unwrap();
    let site = Site::of(&Release::new(1));
    let error = load(&site, Release::first_root(true), folder.path())
        .await
        .expect_err("refused");
    assert_eq!(error, TufError::FolderForeign { version: 2 });
    assert_eq!(error.class(), Class::Configuration);
    assert!(site.take_asked().is_empty());
}

#[tokio::test]
async fn a_folder_of_another_repository_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two, three, four] = [1, 2, 3, 4].map(Key::new);
    let roles: [&[&Key]; 4] = [&[&one], &[&two], &[&three], &[&four]];
    let site = Site::of(&Release::new(1));
    site.put("metadata/2.root.json", sign(&root(2, true, roles), &[&one]));
    load(&site, Release::first_root(true), folder.path())
        .await
        .expect("material");

    let other = Key::new(41);
    let roles: [&[&Key]; 4] = [&[&other], &[&two], &[&three], &[&four]];
    for version in [1, 2] {
        let given = sign(&root(version, true, roles), &[&other]);
        let error = load(&site, given, folder.path())
            .await
            .expect_err("refused");
        assert_eq!(error, TufError::FolderForeign { version: 2 });
    }
}

#[tokio::test]
async fn a_damaged_memory_refuses_instead_of_being_taken_for_none() {
    for name in ["timestamp.json", "snapshot.json", "latest_known_time.json"] {
        for damage in [&b""[..], b"{}", b"null", b"\"\""] {
            let folder = tempfile::tempdir().unwrap();
            let (site, given) = (Site::of(&Release::new(2)), Release::first_root(true));
            load(&site, given.clone(), folder.path())
                .await
                .expect("material");
            let path = folder.path().join(name);
            assert!(path.is_file(), "{name} is remembered");
            std::fs::write(&path, damage).unwrap();
            let error = load(&site, given, folder.path())
                .await
                .expect_err("refused");
            assert!(matches!(error, TufError::Folder { .. }), "{error:?}");
        }
    }
}

#[tokio::test]
async fn a_clock_that_went_back_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("latest_known_time.json"),
        "\"2095-01-01T00:00:00Z\"",
    )
    .unwrap();
    assert_eq!(
        load(
            &Site::of(&Release::new(1)),
            Release::first_root(true),
            folder.path()
        )
        .await,
        Err(TufError::ClockSetBack)
    );
}

#[tokio::test]
async fn a_folder_that_another_process_holds_is_unavailable() {
    let folder = tempfile::tempdir().unwrap();
    let held = File::create(folder.path().join("lock")).unwrap();
    held.lock().unwrap();
    let (site, given) = (Site::of(&Release::new(1)), Release::first_root(true));
    let error = load(&site, given.clone(), folder.path())
        .await
        .expect_err("held");
    assert!(matches!(error, TufError::FolderInUse { .. }), "{error:?}");
    assert_eq!(error.class(), Class::Unavailable);
    drop(held);
    assert!(load(&site, given, folder.path()).await.is_ok());
}

#[tokio::test]
async fn a_folder_that_cannot_be_read_is_an_error_and_not_forgetfulness() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a file");
    std::fs::write(&file, b"").unwrap();
    let (site, given) = (Site::of(&Release::new(1)), Release::first_root(true));
    let error = load(&site, given.clone(), &file.join("below"))
        .await
        .expect_err("no folder");
    assert!(matches!(error, TufError::Folder { .. }), "{error:?}");

    let blocked = folder.path().join("blocked");
    std::fs::create_dir_all(blocked.join("1.root.json")).unwrap();
    let error = load(&site, given, &blocked).await.expect_err("no file");
    assert!(matches!(error, TufError::Folder { .. }), "{error:?}");
}

/// Puts something that cannot be replaced where the timestamp will go, once the load is under way.
struct Meddler(Arc<Site>, PathBuf);

impl Fetcher for Meddler {
    fn fetch<'a>(&'a self, fetch: &'a Fetch) -> FetchFuture<'a> {
        std::fs::create_dir_all(self.1.join("timestamp.json")).unwrap();
        self.0.fetch(fetch)
    }
}

#[tokio::test]
async fn what_cannot_be_remembered_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let meddler = Meddler(Site::of(&Release::new(1)), folder.path().to_path_buf());
    let error = Repository::new(
        Arc::new(meddler),
        Location::new(METADATA, TARGETS).unwrap(),
        Release::first_root(true),
        folder.path(),
    )
    .load(&names(&["a.json"]), now())
    .await
    .expect_err("not remembered");
    assert!(matches!(error, TufError::Folder { .. }), "{error:?}");
}

#[tokio::test]
async fn nothing_but_what_is_remembered_stays_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("load-killed")).unwrap();
    let (site, given) = (Site::of(&Release::new(1)), Release::first_root(true));
    load(&site, given.clone(), folder.path())
        .await
        .expect("material");
    site.fail("metadata/timestamp.json", FetchError::NotFound);
    assert!(load(&site, given, folder.path()).await.is_err());
    let mut left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(
        left,
        [
            "latest_known_time.json",
            "lock",
            "snapshot.json",
            "timestamp.json"
        ]
    );
}
