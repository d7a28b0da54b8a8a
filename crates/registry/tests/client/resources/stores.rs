//! Stores of signatures beside the registry.

use super::*;

#[tokio::test]
async fn a_store_on_a_web_server_or_a_disk_is_read() {
    let registry = Registry::builder().start().await;
    let digest = Digest::sha256(b"image");
    let store = Lookaside::builder().start().await;
    let client = builder(&registry)
        .plain_http(store.address())
        .local_stores()
        .build()
        .expect("a client")
        .anonymous();
    store.put("team/app", &digest, b"signature".to_vec());
    let folder = tempfile::tempdir().expect("a folder");
    let directory = LookasideDirectory::new(folder.path());
    directory
        .put("team/app", &digest, b"signature")
        .expect("written");
    for base in [store.url(), directory.url()] {
        let base = base.trim_end_matches('/');
        let at = |number: u32| {
            lookaside(format!(
                "{base}/team/app@sha256={}/signature-{number}",
                digest.hex()
            ))
        };
        assert_eq!(
            get(&client, at(1)).await.expect("a signature").bytes,
            b"signature"[..]
        );
        assert_eq!(
            get(&client, at(2)).await,
            Err(FetchError::NotFound),
            "{base}"
        );
    }
}

#[tokio::test]
async fn a_store_gets_its_own_credential_and_never_that_of_a_registry() {
    let registry = Registry::builder().start().await;
    let digest = Digest::sha256(b"image");
    let access = doorward_core::Basic::new("store", "right");
    let store = Lookaside::builder()
        .basic_auth(access.clone())
        .start()
        .await;
    store.put("team/app", &digest, b"signature".to_vec());
    let client = client_and(&registry, &store.address());
    let client = with(&client, &[password("store", "right")]);
    let url = format!(
        "{}/team/app@sha256={}/signature-1",
        store.url(),
        digest.hex()
    );
    let answer = get(&client, lookaside(url.clone())).await;
    assert!(
        matches!(answer, Err(FetchError::Unauthorized { .. })),
        "{answer:?}"
    );
    assert!(store.take_requests().iter().all(|r| !r.has_authorization()));
    let resource = Resource::Lookaside {
        url,
        access: Some(access),
    };
    assert_eq!(
        get(&client, resource).await.expect("a signature").bytes,
        b"signature"[..]
    );
}

#[tokio::test]
async fn a_store_on_http_is_not_asked_unless_its_host_was_named() {
    let store = Lookaside::builder().start().await;
    store.put_file("x", "signature");
    let port = store
        .address()
        .rsplit(':')
        .next()
        .expect("a port")
        .to_owned();
    let access = Some(doorward_core::Basic::new("store", "s3cret"));
    for named in [
        None,
        Some("127.0.0.1".to_owned()),
        Some(format!("localhost:{port}")),
        Some(format!("store.example:{port}")),
    ] {
        let mut builder = hasty();
        if let Some(named) = &named {
            builder = builder.plain_http(named);
        }
        let client = builder.build().expect("a client").anonymous();
        // Of a network that is kept for documentation: were it asked, nothing would answer.
        let elsewhere = format!("192.0.2.1:{port}");
        for (host, access) in [(elsewhere, None), (store.address(), access.clone())] {
            let url = format!("http://{host}/x");
            let answer = get(&client, Resource::Lookaside { url, access }).await;
            let Err(FetchError::Insecure { detail }) = &answer else {
                panic!("{named:?}: {answer:?}");
            };
            assert!(
                detail.contains(&host) && !detail.contains("s3cret"),
                "{detail}"
            );
        }
    }
    assert!(store.requests().is_empty(), "nothing was sent");
    let client = hasty()
        .plain_http(store.address())
        .build()
        .expect("a client");
    let url = format!("{}/x", store.url());
    assert!(get(&client.anonymous(), lookaside(url)).await.is_ok());
}

#[tokio::test]
async fn a_store_on_this_machine_is_asked_without_tls_and_shown_nothing() {
    let store = Lookaside::builder().start().await;
    store.put_file("x", "signature");
    let client = hasty().build().expect("a client").anonymous();
    let url = format!("{}/x", store.url());
    assert!(get(&client, lookaside(url)).await.is_ok());
    assert!(store.requests().iter().all(|r| !r.has_authorization()));
}

#[tokio::test]
async fn a_store_that_says_403_for_what_is_not_there_is_told_with_what_it_may_mean() {
    let store = Lookaside::builder().start().await;
    let client = hasty()
        .plain_http(store.address())
        .build()
        .expect("a client");
    for (status, may_mean_missing) in [(403, true), (401, false)] {
        store.clear_faults();
        store.fault(doorward_testkit::FaultRule::new(
            doorward_testkit::Fault::Status(status),
        ));
        let url = format!("{}/x", store.url());
        let answer = get(&client.anonymous(), lookaside(url)).await;
        let Err(FetchError::Unauthorized { detail }) = &answer else {
            panic!("{answer:?}");
        };
        let expected = format!("{} answered {status}", store.address());
        assert!(detail.starts_with(&expected), "{detail}");
        assert_eq!(
            detail.contains("instead of 404"),
            may_mean_missing,
            "{detail}"
        );
    }
}
