//! Who is shown to a trust server, and when.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use doorward_core::{FetchError, Repository};
use doorward_registry::{Credential, DockerConfig, Fingerprint, Keychain};
use doorward_testkit::{
    Authentication, Endpoint, Fault, FaultRule, NotaryServer, NotaryServerBuilder, RecordedRequest,
    Redirect, Registry, TlsAuthority,
};

use crate::support::*;

fn lines(requests: &[RecordedRequest]) -> Vec<String> {
    requests.iter().map(line).collect()
}

/// How often a password was sent.
fn passwords_shown(server: &NotaryServer) -> usize {
    let requests = server.requests();
    let basic =
        |request: &&RecordedRequest| request.authorization_scheme().as_deref() == Some("basic");
    requests.iter().filter(basic).count()
}

/// Two accounts, of which only one may read the collection.
fn guarded() -> NotaryServerBuilder {
    NotaryServer::builder().access(
        Registry::builder()
            .authentication(Authentication::Bearer)
            .account_for("bob", "right", &["other/*"])
            .account("alice", "right"),
    )
}

fn challenged(challenges: &[&str]) -> NotaryServerBuilder {
    NotaryServer::builder().access(
        Registry::builder()
            .authentication(Authentication::Bearer)
            .account("alice", "right")
            .challenges(challenges),
    )
}

#[tokio::test]
async fn a_server_that_asks_for_nothing_is_shown_nothing() {
    let (server, _) = trust_server(NotaryServer::builder()).await;
    let answer = root(&named(&server), &server, &[password("alice", "right")]).await;
    assert!(answer.is_ok(), "{answer:?}");
    assert!(
        server
            .requests()
            .iter()
            .all(|request| !request.has_authorization())
    );
}

#[tokio::test]
async fn a_token_is_for_the_whole_name_and_goes_with_the_next_file_at_once() {
    let (server, _) = trust_server(guarded()).await;
    let client = with(&named(&server), &[password("alice", "right")]);
    let url = server.url();
    get(&client, metadata(&[&url], "root.json"))
        .await
        .expect("cold");
    let asked = server.take_requests();
    let path = server.path(GUN, "root.json");
    assert_eq!(
        lines(&asked),
        [
            format!("GET {path} - 401"),
            "GET /token - 200".to_owned(),
            format!("GET {path} bearer 401"),
            "GET /token basic 200".to_owned(),
            format!("GET {path} bearer 200"),
        ]
    );
    let scope = "scope=repository%3Ar.example%3A5000%2Fteam%2Fapp%3Apull";
    for request in asked.iter().filter(|request| request.path == "/token") {
        assert!(
            request
                .query
                .as_deref()
                .is_some_and(|query| query.contains(scope))
        );
    }
    get(&client, metadata(&[&url], "timestamp.json"))
        .await
        .expect("warm");
    let path = server.path(GUN, "timestamp.json");
    assert_eq!(
        lines(&server.take_requests()),
        [format!("GET {path} bearer 200")]
    );
}

#[tokio::test]
async fn a_challenge_for_something_else_does_not_change_the_scope() {
    for challenge in [
        "Bearer realm=\"{realm}\",service=\"{service}\",scope=\"registry:catalog:*\"",
        "Bearer realm=\"{realm}\",service=\"{service}\"",
        "Basic realm=\"x\", Bearer realm=\"{realm}\", service=\"{service}\"{,scope}",
        "Negotiate, bearer REALM=\"{realm}\", Service=\"{service}\"{,scope}",
    ] {
        let (server, _) = trust_server(challenged(&[challenge])).await;
        let answer = root(&named(&server), &server, &[password("alice", "right")]).await;
        assert!(
            answer.is_ok(),
            "{challenge}: {answer:?} {:?}",
            lines(&server.requests())
        );
    }
}

#[tokio::test]
async fn credentials_are_tried_in_order_until_one_opens_the_collection() {
    let (server, _) = trust_server(guarded()).await;
    // Refused by the token service; given a token that the server refuses; accepted; never needed.
    let credentials = [
        password("alice", "wrong"),
        password("bob", "right"),
        password("alice", "right"),
        password("carol", "right"),
    ];
    let answer = root(&named(&server), &server, &credentials).await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(
        passwords_shown(&server),
        3,
        "{:?}",
        lines(&server.requests())
    );
}

#[tokio::test]
async fn nobody_without_the_right_password_reads_a_guarded_collection() {
    let (server, _) = trust_server(guarded()).await;
    for credentials in [
        &[][..],
        &[password("alice", "s3cret"), password("bob", "right")],
    ] {
        let answer = root(&named(&server), &server, credentials).await;
        let Err(FetchError::Unauthorized { detail }) = &answer else {
            panic!("{answer:?}");
        };
        assert!(!detail.contains("s3cret"), "{detail}");
    }
}

#[tokio::test]
async fn what_is_answered_to_an_accepted_token_is_final_and_trouble_is_no_answer() {
    let both = [password("alice", "right"), password("bob", "right")];
    for (status, shown) in [(404, 1), (500, 2)] {
        let (server, _) = trust_server(guarded()).await;
        // The first two requests are the one without a token and the one with an anonymous token.
        let rule = FaultRule::new(Fault::Status(status));
        server.fault(rule.on(server.path(GUN, "root.json")).after(2));
        let answer = root(&named(&server), &server, &both).await;
        match answer {
            Err(FetchError::Unauthorized { .. }) if status == 500 => {}
            Err(FetchError::NotFound) if status == 404 => {}
            other => panic!("{status}: {other:?}"),
        }
        assert_eq!(passwords_shown(&server), shown, "{status}");
    }
}

#[tokio::test]
async fn a_file_that_is_missing_is_missing_for_everyone_and_leaves_the_collection_open() {
    let (server, _) = trust_server(guarded()).await;
    let client = with(
        &named(&server),
        &[password("alice", "right"), password("bob", "right")],
    );
    let url = server.url();
    let answer = get(&client, metadata(&[&url], "7.root.json")).await;
    assert_eq!(answer, Err(FetchError::NotFound));
    assert_eq!(passwords_shown(&server), 1);
    server.take_requests();
    get(&client, metadata(&[&url], "root.json"))
        .await
        .expect("there");
    assert_eq!(server.requests().len(), 1);
}

/// Fails the test when it is asked.
struct Sealed(AtomicUsize);

impl Keychain for Sealed {
    fn credentials(&self, _: &Repository) -> Vec<Credential> {
        self.0.fetch_add(1, Ordering::SeqCst);
        vec![password("alice", "right")]
    }

    fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(["sealed"])
    }
}

#[tokio::test]
async fn not_found_without_a_challenge_asks_no_keychain() {
    let server = NotaryServer::builder().start().await;
    let keychain = Arc::new(Sealed(AtomicUsize::new(0)));
    let client = loopback().with_keychain(keychain.clone());
    let answer = get(&client, metadata(&[&server.url()], "root.json")).await;
    assert_eq!(answer, Err(FetchError::NotFound));
    assert_eq!(server.requests().len(), 1);
    assert_eq!(keychain.0.load(Ordering::SeqCst), 0);
}

/// A keychain with these passwords of alice, by host.
fn passwords(hosts: &[(&str, &str)]) -> Arc<DockerConfig> {
    let auths: serde_json::Map<_, _> = hosts
        .iter()
        .map(|(host, word)| {
            let entry = serde_json::json!({"username": "alice", "password": word});
            ((*host).to_owned(), entry)
        })
        .collect();
    let config = serde_json::json!({ "auths": auths }).to_string();
    Arc::new(DockerConfig::parse(config.as_bytes()).expect("a configuration"))
}

#[tokio::test]
async fn a_trust_server_of_another_host_is_not_shown_the_credentials_of_the_registry() {
    let (server, _) = trust_server(guarded()).await;
    let address = server.address();
    let (other, own) = ("r.example:5000", address.as_str());
    for (hosts, shown) in [
        (&[(other, "right")][..], 0),
        (&[(other, "right"), (own, "wrong")], 1),
        (&[(other, "wrong"), (own, "right")], 1),
        (&[(own, "right")], 1),
    ] {
        server.take_requests();
        let scoped = named(&server).with_keychain(passwords(hosts));
        let answer = get(&scoped, metadata(&[&server.url()], "root.json")).await;
        let is_let_in = hosts.contains(&(own, "right"));
        assert_eq!(answer.is_ok(), is_let_in, "{hosts:?}: {answer:?}");
        assert_eq!(passwords_shown(&server), shown, "{hosts:?}");
        if let Err(FetchError::Unauthorized { detail }) = answer
            && shown == 0
        {
            let expected = format!("has no entry for {own} (it has: {other})");
            assert!(detail.ends_with(&expected), "{detail}");
        }
    }
}

#[tokio::test]
async fn a_trust_server_on_the_host_of_the_registry_is_shown_its_credentials() {
    let (server, publication) = trust_server(guarded()).await;
    // Another port of the same host.
    let gun = "127.0.0.1:5000/team/app";
    server.publish_as(gun, &publication);
    let wanted = doorward_core::Resource::NotaryMetadata {
        servers: vec![server.url()],
        gun: gun.parse().expect("a repository"),
        file: "root.json".to_owned(),
    };
    let keychain = passwords(&[("127.0.0.1:5000", "right")]);
    let answer = get(&named(&server).with_keychain(keychain), wanted).await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(passwords_shown(&server), 1);
}

#[tokio::test]
async fn a_trust_server_on_http_that_was_not_named_is_shown_nothing() {
    let (server, _) = trust_server(guarded()).await;
    let address = server.address();
    let keychain = passwords(&[("r.example:5000", "right"), (&address, "right")]);
    let scoped = loopback().with_keychain(keychain);
    let answer = get(&scoped, metadata(&[&server.url()], "root.json")).await;
    assert!(
        matches!(answer, Err(FetchError::Unauthorized { .. })),
        "{answer:?}"
    );
    assert_eq!(passwords_shown(&server), 0);
}

#[tokio::test]
async fn a_token_service_on_plain_http_gets_no_credential() {
    let authority = TlsAuthority::new();
    let realm = ["Bearer realm=\"http://auth.example/token\",service=\"s\""];
    for builder in [challenged(&realm).tls_from(&authority), challenged(&realm)] {
        let (server, _) = trust_server(builder).await;
        let client = hasty()
            .ca_pem(None, authority.ca_pem())
            .build()
            .expect("a client");
        let answer = root(&client, &server, &[password("alice", "right")]).await;
        // It is refused before it is looked for.
        let Err(FetchError::Unauthorized { detail }) = &answer else {
            panic!("{answer:?}");
        };
        assert!(detail.contains("on http"), "{detail}");
        assert_eq!(passwords_shown(&server), 0);
    }
}

#[tokio::test]
async fn a_redirect_to_another_host_is_followed_without_the_token() {
    let authority = TlsAuthority::new();
    let (server, publication) = trust_server(guarded().tls_from(&authority)).await;
    let rule = FaultRule::new(Fault::Redirect(Redirect::OtherHost));
    server.fault(rule.on(server.path(GUN, "root.json")).after(2));
    let client = hasty()
        .ca_pem(None, authority.ca_pem())
        .build()
        .expect("a client");
    let answer = root(&client, &server, &[password("alice", "right")]).await;
    assert_eq!(answer.expect("an answer").bytes, publication.role("root"));
    let elsewhere: Vec<_> = server
        .requests()
        .into_iter()
        .filter(|request| request.endpoint == Endpoint::Elsewhere)
        .collect();
    assert_eq!(elsewhere.len(), 1);
    assert!(!elsewhere[0].has_authorization());
}

#[tokio::test]
async fn a_public_collection_is_opened_with_a_token_and_without_a_credential() {
    let builder = NotaryServer::builder().access(
        Registry::builder()
            .authentication(Authentication::Bearer)
            .account("alice", "right")
            .public("r.example:5000/*"),
    );
    let (server, _) = trust_server(builder).await;
    let answer = root(&named(&server), &server, &[password("alice", "right")]).await;
    assert!(answer.is_ok(), "{answer:?}");
    assert_eq!(passwords_shown(&server), 0);
}

#[tokio::test]
async fn an_expired_token_is_replaced_without_trying_everyone_again() {
    let (server, _) = trust_server(guarded()).await;
    let credentials = [password("bob", "right"), password("alice", "right")];
    let client = with(&named(&server), &credentials);
    let url = server.url();
    get(&client, metadata(&[&url], "root.json"))
        .await
        .expect("cold");
    server.expire_tokens();
    server.take_requests();
    get(&client, metadata(&[&url], "timestamp.json"))
        .await
        .expect("again");
    let path = server.path(GUN, "timestamp.json");
    assert_eq!(
        lines(&server.take_requests()),
        [
            format!("GET {path} bearer 401"),
            "GET /token basic 200".to_owned(),
            format!("GET {path} bearer 200"),
        ]
    );
}
