//! Through the registry crate's client: a server, and an offline copy.

use std::path::Path;
use std::sync::Arc;

use doorward_core::Class;
use doorward_registry::{RegistryClient, Retries};
use doorward_testkit::{Fault, FaultRule, Lookaside};
use doorward_tuf::{Location, Material, Repository, TufError};

use crate::support::{PAST, Release, key, memory, names, now};

async fn load(
    plain_http: Option<&str>,
    location: Location,
    folder: &Path,
) -> Result<Material, TufError> {
    let mut builder = RegistryClient::builder()
        .local_stores()
        .retries(Retries::none());
    if let Some(host) = plain_http {
        builder = builder.plain_http(host);
    }
    let client = builder.build().expect("a client");
    Repository::new(
        Arc::new(client.anonymous()),
        location,
        Release::first_root(true),
        memory(folder),
        key(),
    )
    .load(&names(&["a.json"]), now())
    .await
}

async fn from_server(server: &Lookaside, folder: &Path) -> Result<Material, TufError> {
    let base = server.url();
    let location = Location::new(&format!("{base}/metadata"), &format!("{base}/targets"));
    let host = base.strip_prefix("http://").expect("plain HTTP").to_owned();
    load(Some(&host), location.expect("a location"), folder).await
}

async fn server() -> Lookaside {
    let server = Lookaside::builder().start().await;
    for (path, bytes) in Release::new(1).files() {
        server.put_file(&path, bytes);
    }
    server
}

#[tokio::test]
async fn a_server_is_asked_for_each_document_once() {
    let (server, folder) = (server().await, tempfile::tempdir().unwrap());
    let material = from_server(&server, folder.path()).await.expect("material");
    assert_eq!(material.targets.values().next().unwrap(), "material");
    assert_eq!(server.requests().len(), 5, "{:?}", server.requests());
    // The end of the roots, and whether anything is new.
    let again = from_server(&server, folder.path()).await;
    assert_eq!(again, Ok(material));
    assert_eq!(server.requests().len(), 7, "{:?}", server.requests());
}

#[tokio::test]
async fn an_endless_answer_is_refused() {
    let (server, folder) = (server().await, tempfile::tempdir().unwrap());
    server.fault(FaultRule::new(Fault::Endless).on("*timestamp.json"));
    assert_eq!(
        from_server(&server, folder.path()).await,
        Err(TufError::TooLarge {
            document: "timestamp.json".to_owned(),
            limit: 64 << 10
        })
    );
}

#[tokio::test]
async fn a_server_that_fails_or_is_gone_is_unavailable() {
    for document in ["*2.root.json", "*timestamp.json", "*a.json"] {
        let (server, folder) = (server().await, tempfile::tempdir().unwrap());
        server.fault(FaultRule::new(Fault::Status(503)).on(document));
        let error = from_server(&server, folder.path())
            .await
            .expect_err("unavailable");
        assert_eq!(error.class(), Class::Unavailable, "{document} {error:?}");
    }
    let (server, folder) = (server().await, tempfile::tempdir().unwrap());
    server.stop();
    let error = from_server(&server, folder.path())
        .await
        .expect_err("unavailable");
    assert_eq!(error.class(), Class::Unavailable, "{error:?}");
}

#[tokio::test]
async fn a_server_without_the_repository_says_so() {
    let (server, folder) = (server().await, tempfile::tempdir().unwrap());
    server.clear();
    assert_eq!(
        from_server(&server, folder.path()).await,
        Err(TufError::Missing {
            document: "timestamp.json".to_owned()
        })
    );
}

fn copy_to(folder: &Path, release: &Release) -> Location {
    for (path, bytes) in release.files() {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    Location::offline_copy(folder).expect("a location")
}

#[tokio::test]
async fn an_offline_copy_is_read_without_a_network() {
    let (copy, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let location = copy_to(copy.path(), &Release::new(1));
    let material = load(None, location, folder.path()).await.expect("material");
    assert_eq!(material.targets.values().next().unwrap(), "material");
}

#[tokio::test]
async fn an_offline_copy_that_expired_is_refused() {
    let (copy, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut release = Release::new(1);
    release.expires[2] = PAST;
    let location = copy_to(copy.path(), &release);
    assert_eq!(
        load(None, location, folder.path()).await,
        Err(TufError::Expired {
            role: "timestamp".to_owned()
        })
    );
}

#[tokio::test]
async fn an_offline_copy_older_than_the_server_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let [newer, older] = [2, 1].map(Release::new);
    let copies = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let newer = copy_to(copies[0].path(), &newer);
    let older = copy_to(copies[1].path(), &older);
    assert!(load(None, newer, folder.path()).await.is_ok());
    let error = load(None, older, folder.path()).await.expect_err("refused");
    assert!(matches!(error, TufError::Rollback { .. }), "{error:?}");
}

#[tokio::test]
async fn a_folder_that_is_no_copy_is_missing() {
    let (copy, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let location = Location::offline_copy(copy.path()).expect("a location");
    let error = load(None, location, folder.path())
        .await
        .expect_err("missing");
    assert!(matches!(error, TufError::Missing { .. }), "{error:?}");
}
