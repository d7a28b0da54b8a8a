//! Trust metadata: where it is asked for, and what is taken.

use std::sync::Arc;

use doorward_core::{Fetch, FetchError, Fetcher};
use doorward_registry::{ExchangeKind, Retries};
use doorward_testkit::{Fault, NotaryServer, TlsAuthority};

use crate::support::*;

#[tokio::test]
async fn every_file_is_had_from_under_a_path_and_by_the_whole_name_of_the_collection() {
    for chunked in [false, true] {
        let builder = NotaryServer::builder()
            .base_path("/notary/v1")
            .chunked(chunked);
        let (server, publication) = trust_server(builder).await;
        let seen = Arc::new(Seen::default());
        let client = hasty().observer(seen.clone()).build().expect("a client");
        for url in [server.url(), format!("{}/", server.url())] {
            for (file, content) in publication.files() {
                let answer = get(&client.anonymous(), metadata(&[&url], file))
                    .await
                    .expect(file);
                assert_eq!(answer.bytes, content, "{file}");
                let path = format!("{}/v2/{GUN}/_trust/tuf/{file}", server.url());
                assert_eq!(answer.source, path);
            }
        }
        // Nothing but the files is asked for.
        let all = publication.files().count() * 2;
        assert_eq!(server.requests().len(), all);
        assert_eq!(seen.kinds(), vec![ExchangeKind::NotaryMetadata; all]);
    }
}

#[tokio::test]
async fn a_mirror_of_the_registry_says_nothing_about_the_collection() {
    let (server, _) = trust_server(NotaryServer::builder()).await;
    let client = hasty()
        .mirror("r.example:5000", "m.example/hub")
        .build()
        .expect("a client");
    assert!(root(&client, &server, &[]).await.is_ok());
}

#[tokio::test]
async fn a_file_over_its_bound_is_not_read_to_its_end() {
    let (server, publication) = trust_server(NotaryServer::builder().chunked(true)).await;
    let client = loopback().anonymous();
    let length = publication.role("root").len();
    let wanted = metadata(&[&server.url()], "root.json");
    let fetch = |limit| Fetch::new(wanted.clone(), limit);
    assert!(client.fetch(&fetch(length)).await.is_ok());
    let limit = length - 1;
    assert_eq!(
        client.fetch(&fetch(limit)).await,
        Err(FetchError::TooLarge { limit })
    );
    server.fault(Fault::Endless);
    assert_eq!(
        client.fetch(&fetch(length)).await,
        Err(FetchError::TooLarge { limit: length })
    );
}

#[tokio::test]
async fn callers_who_want_the_same_file_at_the_same_time_share_it() {
    let (server, _) = trust_server(NotaryServer::builder()).await;
    let client = loopback().anonymous();
    let wanted = || get(&client, metadata(&[&server.url()], "root.json"));
    let (a, b, c) = tokio::join!(wanted(), wanted(), wanted());
    assert!(a.is_ok() && a == b && b == c);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_server_is_believed_by_the_authority_given_for_it_and_no_other() {
    let authority = TlsAuthority::new();
    let (server, _) = trust_server(NotaryServer::builder().tls_from(&authority)).await;
    let host = server.address();
    let ask = async |builder: doorward_registry::Builder| {
        let client = builder.retries(Retries::none()).build().expect("a client");
        root(&client, &server, &[]).await
    };
    for builder in [
        hasty().ca_pem(None, authority.ca_pem()),
        hasty().ca_pem(Some(&host), authority.ca_pem()),
    ] {
        let answer = ask(builder).await;
        assert!(answer.is_ok(), "{answer:?}");
    }
    for builder in [
        hasty(),
        hasty().ca_pem(Some("r.example:5000"), authority.ca_pem()),
        hasty().ca_pem(None, TlsAuthority::new().ca_pem()),
    ] {
        let answer = ask(builder).await;
        assert!(
            answer.as_ref().is_err_and(FetchError::is_unavailable),
            "{answer:?}"
        );
    }
}
