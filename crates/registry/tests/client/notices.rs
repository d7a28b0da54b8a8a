//! Notices: what counts as an arrival, and who is shown the token.

use doorward_core::{Fetch, FetchError, Fetcher, Resource, Selector};
use doorward_registry::{NoticeError, Notices, PostedNotice, RegistryClient};

use crate::scripted::{Asked, Reaction, Scripted};

fn notices(server: &Scripted) -> Notices {
    let url = format!("http://{}/events", server.address);
    let client = RegistryClient::builder().notices(url).build().unwrap();
    client.notices().unwrap()
}

fn notice() -> PostedNotice {
    PostedNotice {
        media_type: "application/cloudevents+json",
        body: "{}".into(),
        token: Some("s3cret".to_owned()),
    }
}

async fn answered(reaction: Reaction) -> (Result<(), NoticeError>, usize) {
    let server = Scripted::start(move |_, _| reaction.clone()).await;
    let posted = notices(&server).post(&notice()).await;
    (posted, server.log().len())
}

#[tokio::test]
async fn each_status_of_success_is_an_arrival_and_is_said_once() {
    for status in [200, 201, 202, 204] {
        assert_eq!(
            answered(Reaction::status(status)).await,
            (Ok(()), 1),
            "{status}"
        );
    }
}

#[tokio::test]
async fn what_a_server_says_beside_its_status_makes_no_arrival_undone() {
    let long = "a".repeat(1 << 20);
    let (posted, times) = answered(Reaction::Reply(200, String::new(), long)).await;
    assert_eq!((posted, times), (Ok(()), 1));
}

#[tokio::test]
async fn a_receiver_on_this_machine_is_told_and_images_there_are_still_not_asked() {
    let server = Scripted::start(|_, _| Reaction::status(200)).await;
    let url = format!("http://{}/events", server.address);
    let builder = RegistryClient::builder().guard_addresses().notices(url);
    let client = builder.build().unwrap();
    assert_eq!(client.notices().unwrap().post(&notice()).await, Ok(()));
    let image = Resource::Manifest {
        repository: format!("{}/shop/web", server.address).parse().unwrap(),
        selector: Selector::Tag("1".parse().unwrap()),
    };
    let answer = client.anonymous().fetch(&Fetch::new(image, 1 << 20)).await;
    assert!(
        matches!(answer, Err(FetchError::AddressNotAllowed { .. })),
        "{answer:?}"
    );
    assert_eq!(server.log().len(), 1);
}

#[tokio::test]
async fn what_a_server_will_never_have_is_refused_and_what_it_may_have_later_is_not() {
    for status in [400, 401, 403, 404, 413, 415] {
        let (posted, _) = answered(Reaction::status(status)).await;
        assert!(
            matches!(posted, Err(NoticeError::Refused { .. })),
            "{status}"
        );
    }
    for status in [408, 425, 429, 500, 502, 503, 504] {
        let (posted, times) = answered(Reaction::status(status)).await;
        assert!(
            matches!(posted, Err(NoticeError::Unavailable { wait: None, .. })),
            "{status}"
        );
        assert_eq!(times, 1, "{status}");
    }
    let (posted, _) = answered(Reaction::Reset).await;
    assert!(
        matches!(posted, Err(NoticeError::Unavailable { .. })),
        "{posted:?}"
    );
}

#[tokio::test]
async fn a_server_that_wants_to_be_left_alone_says_for_how_long() {
    let later = Reaction::Reply(429, "Retry-After: 7\r\n".to_owned(), String::new());
    let (posted, _) = answered(later).await;
    let Err(NoticeError::Unavailable { wait, .. }) = posted else {
        panic!("{posted:?}");
    };
    assert_eq!(wait.map(|wait| wait.as_secs()), Some(7));
}

#[tokio::test]
async fn no_redirect_takes_a_notice_or_its_token_elsewhere() {
    for status in [301, 302, 303, 307, 308] {
        let elsewhere = Scripted::start(|_, _| Reaction::status(200)).await;
        let location = format!("Location: http://{}/stolen\r\n", elsewhere.address);
        let (posted, _) = answered(Reaction::Reply(status, location, String::new())).await;
        let Err(NoticeError::Refused { detail }) = posted else {
            panic!("{posted:?}");
        };
        assert!(!detail.contains("s3cret"), "{detail}");
        assert!(elsewhere.log().is_empty(), "{status}");
    }
}

#[tokio::test]
async fn the_token_is_shown_as_a_bearer_token_and_one_that_would_be_two_headers_is_not_sent() {
    let shown = |_: &str, asked: &Asked| match asked.authorization.as_deref() {
        Some("Bearer s3cret") => Reaction::status(204),
        _ => Reaction::status(401),
    };
    let server = Scripted::start(shown).await;
    let notices = notices(&server);
    assert_eq!(notices.post(&notice()).await, Ok(()));
    let mut split = notice();
    split.token = Some("a\r\nX-Other: b".to_owned());
    let posted = notices.post(&split).await;
    assert!(
        matches!(posted, Err(NoticeError::Refused { .. })),
        "{posted:?}"
    );
    assert_eq!(server.log().len(), 1);
    let debug = format!("{notices:?} {:?}", notice());
    assert!(!debug.contains("s3cret"), "{debug}");
}

#[test]
fn notices_go_to_nobody_who_is_not_named_and_over_no_plain_http_to_others() {
    assert!(
        RegistryClient::builder()
            .build()
            .unwrap()
            .notices()
            .is_none()
    );
    for url in [
        "http://sink.example/",
        "ftp://sink.example/",
        "https://a:b@sink.example/",
        "sink",
    ] {
        let built = RegistryClient::builder().notices(url).build();
        let told = built.map(|_| ()).unwrap_err().to_string();
        assert!(told.contains("receiver of notices"), "{told}");
    }
}
