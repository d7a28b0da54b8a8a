//! Another client of the same specification, `tough`, judges the same repositories.
//!
//! The two are to agree, but for what is named here: `tough` looks at every delegated role of a repository, and wants the
//! identifier of a key to be its hash.

use std::collections::BTreeMap;
use std::sync::Arc;

use doorward_tuf::TufError;
use futures::stream;
use tough::{
    ExpirationEnforcement, RepositoryLoader, Transport, TransportError, TransportErrorKind,
    TransportStream, async_trait,
};
use url::Url;

use crate::support::{
    Delegation, Key, METADATA, PAST, Release, Site, TARGETS, load, root, root_with, sign, target,
};

/// The files of a repository by path.
#[derive(Clone, Debug)]
struct Files(Arc<BTreeMap<String, Vec<u8>>>);

#[async_trait]
impl Transport for Files {
    async fn fetch(&self, url: Url) -> Result<TransportStream, TransportError> {
        let path = url.path().trim_start_matches('/').to_owned();
        match self.0.get(&path) {
            Some(bytes) => Ok(Box::pin(stream::iter([Ok(bytes.clone().into())]))),
            None => Err(TransportError::new(TransportErrorKind::FileNotFound, url)),
        }
    }
}

/// Whether `tough` takes the repository, and lists `a.json` in it.
async fn tough_takes(files: &BTreeMap<String, Vec<u8>>, given: &[u8]) -> bool {
    let url = |text: &str| Url::parse(text).expect("a URL");
    let folder = tempfile::tempdir().unwrap();
    let loaded = RepositoryLoader::new(&given, url(METADATA), url(TARGETS))
        .transport(Files(Arc::new(files.clone())))
        .datastore(folder.path())
        .expiration_enforcement(ExpirationEnforcement::Safe)
        .load()
        .await;
    let name = tough::TargetName::new("a.json").unwrap();
    let Ok(repository) = loaded else { return false };
    matches!(repository.read_target(&name).await, Ok(Some(_)))
}

/// Whether this crate takes it.
async fn we_take(files: &BTreeMap<String, Vec<u8>>, given: Vec<u8>) -> Result<(), TufError> {
    let site = Arc::new(Site::default());
    for (path, bytes) in files {
        site.put(path, bytes.clone());
    }
    let folder = tempfile::tempdir().unwrap();
    load(&site, given, folder.path()).await.map(|_| ())
}

/// Repositories by what is the matter with them.
fn repositories() -> Vec<(&'static str, BTreeMap<String, Vec<u8>>)> {
    let good = Release::new(1).files();
    let of = |change: &dyn Fn(&mut Release)| {
        let mut release = Release::new(1);
        change(&mut release);
        release.files()
    };
    let with = |path: &str, bytes: Vec<u8>| {
        let mut files = good.clone();
        files.insert(path.to_owned(), bytes);
        files
    };
    let without = |path: &str| {
        let mut files = good.clone();
        files.remove(path);
        files
    };
    let [one, two, three, four] = [1, 2, 3, 4].map(Key::new);
    let roles: [&[&Key]; 4] = [&[&one], &[&two], &[&three], &[&four]];
    let delegated = |release: &mut Release| {
        release.delegations = vec![Delegation::new(
            "team",
            "team/*",
            vec![target("team/b.json", b"b")],
        )];
    };
    vec![
        ("nothing", good.clone()),
        ("a delegated role", of(&delegated)),
        ("a timestamp that expired", of(&|release| release.expires[2] = PAST)),
        ("a snapshot that expired", of(&|release| release.expires[1] = PAST)),
        ("targets that expired", of(&|release| release.expires[0] = PAST)),
        ("a timestamp of another key", of(&|release| release.signers[2] = 1)),
        ("a snapshot of another key", of(&|release| release.signers[1] = 1)),
        ("targets of another key", of(&|release| release.signers[0] = 1)),
        ("no timestamp", without("metadata/timestamp.json")),
        ("no snapshot", without("metadata/1.snapshot.json")),
        ("no targets", without("metadata/1.targets.json")),
        ("another snapshot", with("metadata/1.snapshot.json", of(&|release| release.expires[1] = "2095-01-01T00:00:00Z")["metadata/1.snapshot.json"].clone())),
        ("a second root", with("metadata/2.root.json", sign(&root(2, true, roles), &[&one]))),
        ("a second root of another key", with("metadata/2.root.json", sign(&root(2, true, roles), &[&two]))),
        ("a second root that is the third", with("metadata/2.root.json", sign(&root(3, true, roles), &[&one]))),
        ("a second root that expired", with("metadata/2.root.json", sign(&root_with(2, true, roles, PAST), &[&one]))),
        ("a timestamp that is none", with("metadata/timestamp.json", b"{}".to_vec())),
        ("a file that nothing lists", of(&|release| release.targets.clear())),
    ]
}

#[tokio::test]
async fn two_clients_take_and_refuse_the_same_repositories() {
    let given = Release::first_root(true);
    let mut taken = 0;
    for (what, files) in repositories() {
        let ours = we_take(&files, given.clone()).await;
        let theirs = tough_takes(&files, &given).await;
        assert_eq!(ours.is_ok(), theirs, "{what}: {ours:?}");
        taken += usize::from(theirs);
    }
    assert_eq!(taken, 3);
}
