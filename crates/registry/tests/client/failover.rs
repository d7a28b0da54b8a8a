//! Several trust servers of one collection: when the next one stands in, and when not.

use std::time::Duration;

use doorward_core::FetchError;
use doorward_registry::Timeouts;
use doorward_testkit::{Fault, NotaryServer, Redirect, TlsAuthority};

use crate::support::*;

/// Two servers that have the same collection.
async fn pair() -> (NotaryServer, NotaryServer) {
    let publication = collection();
    let (first, second) = (
        NotaryServer::builder().base_path("/first").start().await,
        NotaryServer::builder().base_path("/second").start().await,
    );
    first.publish(&publication);
    second.publish(&publication);
    (first, second)
}

#[tokio::test]
async fn the_next_server_stands_in_for_one_that_cannot_be_asked() {
    let (first, second) = pair().await;
    for fault in [
        Fault::Closed,
        Fault::NotHttp,
        Fault::Redirect(Redirect::Loop),
        Fault::Redirect(Redirect::Unreachable),
        Fault::Reset,
        Fault::StallBeforeHeaders,
        Fault::StallInBody { after: 10 },
        Fault::Status(400),
        Fault::Status(500),
        Fault::Status(503),
        Fault::TooManyRequests { retry_after: None },
        Fault::Truncated { after: 10 },
    ] {
        first.clear_faults();
        first.fault(fault.clone());
        first.take_requests();
        let wanted = metadata(&[&first.url(), &second.url()], "root.json");
        let answer = get(&loopback().anonymous(), wanted).await;
        let source = answer.expect("the answer of the second").source;
        assert!(source.starts_with(&second.url()), "{fault:?}: {source}");
        assert!(!first.take_requests().is_empty(), "{fault:?}");
    }
}

#[tokio::test]
async fn an_answer_of_the_first_server_is_final_whatever_it_is() {
    let (first, second) = pair().await;
    for (fault, is_expected) in [
        (
            Fault::Status(404),
            (|e| *e == FetchError::NotFound) as fn(&FetchError) -> bool,
        ),
        (Fault::Status(401), |e| {
            matches!(e, FetchError::Unauthorized { .. })
        }),
        (Fault::Status(403), |e| {
            matches!(e, FetchError::Unauthorized { .. })
        }),
        (Fault::Status(406), |e| {
            matches!(e, FetchError::Malformed { .. })
        }),
        (Fault::Status(410), |e| {
            matches!(e, FetchError::Malformed { .. })
        }),
        (Fault::FalseGzip, |e| {
            matches!(e, FetchError::Malformed { .. })
        }),
        (Fault::Endless, |e| matches!(e, FetchError::TooLarge { .. })),
    ] {
        first.clear_faults();
        first.fault(fault.clone());
        let wanted = metadata(&[&first.url(), &second.url()], "root.json");
        let error = get(&loopback().anonymous(), wanted)
            .await
            .expect_err("no file");
        assert!(is_expected(&error), "{fault:?}: {error:?}");
    }
    // Bytes are for who asked to judge, also nonsense.
    first.clear_faults();
    first.fault(Fault::Html);
    let wanted = metadata(&[&first.url(), &second.url()], "root.json");
    assert!(get(&loopback().anonymous(), wanted).await.is_ok());
    assert!(second.requests().is_empty());
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_or_believed_is_stood_in_for() {
    let (gone, second) = pair().await;
    gone.stop();
    let stranger = NotaryServer::builder()
        .tls_from(&TlsAuthority::new())
        .start()
        .await;
    stranger.publish(&collection());
    for url in [
        gone.url(),
        stranger.url(),
        "https://does-not-exist.invalid".to_owned(),
    ] {
        let wanted = metadata(&[&url, &second.url()], "root.json");
        let answer = get(&loopback().anonymous(), wanted).await;
        assert!(answer.is_ok(), "{url}: {answer:?}");
    }
}

#[tokio::test]
async fn a_silent_first_server_leaves_the_second_its_share_of_the_time() {
    let (first, second) = pair().await;
    first.fault(Fault::StallBeforeHeaders);
    // Silence alone would take longer than all the time there is.
    let times = Timeouts::default()
        .connect(Duration::from_secs(30))
        .idle(Duration::from_secs(30))
        .total(Duration::from_secs(3));
    let client = hasty().timeouts(times).build().expect("a client");
    let wanted = metadata(&[&first.url(), &second.url()], "root.json");
    let answer = get(&client.anonymous(), wanted).await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(first.requests().len(), 1);
}

#[tokio::test]
async fn servers_that_are_all_silent_are_all_named_in_time() {
    let (first, second) = pair().await;
    first.fault(Fault::StallBeforeHeaders);
    second.fault(Fault::StallBeforeHeaders);
    let times = Timeouts::default()
        .idle(Duration::from_secs(30))
        .total(Duration::from_secs(1));
    let client = hasty().timeouts(times).build().expect("a client");
    let wanted = metadata(&[&first.url(), &second.url()], "root.json");
    let answer = get(&client.anonymous(), wanted).await;
    let Err(FetchError::Unavailable { detail }) = answer else {
        panic!("{answer:?}");
    };
    for server in [&first, &second] {
        assert_eq!(detail.matches(&server.url()).count(), 1, "{detail}");
    }
}

#[tokio::test]
async fn the_files_of_an_update_stay_with_the_server_that_answered() {
    let (first, second) = pair().await;
    first.fault(Fault::Status(500));
    let client = loopback().anonymous();
    let servers = [first.url(), second.url()];
    let wanted = |file| metadata(&[&servers[0], &servers[1]], file);
    get(&client, wanted("root.json"))
        .await
        .expect("from the second");
    // The file, and whether the server is there at all.
    assert_eq!(first.take_requests().len(), 2);
    get(&client, wanted("timestamp.json"))
        .await
        .expect("from the second");
    assert!(first.requests().is_empty());
    // When the one that answered no longer does, the other is asked after all.
    first.clear_faults();
    second.fault(Fault::Status(500));
    let answer = get(&client, wanted("root.json"))
        .await
        .expect("from the first");
    assert!(answer.source.starts_with(&first.url()));
}

#[tokio::test]
async fn servers_that_are_all_out_are_each_named_once_and_asked_again() {
    let (first, second) = pair().await;
    first.fault(Fault::Status(503));
    second.stop();
    let client = loopback().anonymous();
    let wanted = metadata(&[&first.url(), &second.url(), &first.url()], "root.json");
    for _ in 0..2 {
        first.take_requests();
        let Err(FetchError::Outage(outage)) = get(&client, wanted.clone()).await else {
            panic!("neither can be asked");
        };
        let detail = outage.detail();
        for server in [&first, &second] {
            assert_eq!(detail.matches(&server.address()).count(), 1, "{detail}");
        }
        assert!(!first.requests().is_empty());
    }
    first.clear_faults();
    assert!(get(&client, wanted).await.is_ok());
}

#[tokio::test]
async fn a_server_without_tls_is_asked_only_on_this_machine_or_if_it_was_named() {
    let (first, _) = pair().await;
    let plain = "http://does-not-exist.invalid/notary";
    // Also as the one that stands in, so that the mistake does not wait for an outage.
    for servers in [&[plain][..], &[&first.url(), plain]] {
        let answer = get(&loopback().anonymous(), metadata(servers, "root.json")).await;
        assert!(
            matches!(answer, Err(FetchError::Insecure { .. })),
            "{answer:?}"
        );
    }
    assert!(first.requests().is_empty());
    let client = hasty()
        .plain_http("does-not-exist.invalid")
        .build()
        .expect("a client");
    let answer = get(&client.anonymous(), metadata(&[plain], "root.json")).await;
    assert!(
        answer.as_ref().is_err_and(FetchError::is_unavailable),
        "{answer:?}"
    );
}

#[tokio::test]
async fn lists_without_servers_or_with_too_many_and_addresses_that_are_none_are_malformed() {
    let (first, _) = pair().await;
    let (url, anonymous) = (first.url(), loopback().anonymous());
    for servers in [
        vec![],
        vec![url.as_str(); 9],
        vec!["https://u:s3cret@n.example"],
        vec![&url, "https://n.example/?s3cret"],
        vec![&url, "n.example"],
    ] {
        let answer = get(&anonymous, metadata(&servers, "root.json")).await;
        let Err(error @ FetchError::Malformed { .. }) = &answer else {
            panic!("{servers:?}: {answer:?}");
        };
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
    let answer = get(&anonymous, metadata(&[&url], "../../x.json")).await;
    assert!(
        matches!(answer, Err(FetchError::Malformed { .. })),
        "{answer:?}"
    );
    assert!(first.requests().is_empty());
}
