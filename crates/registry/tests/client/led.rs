//! What is shown to a server that another one leads to: nothing.

use std::time::Duration;

use doorward_core::{Basic, Resource};
use doorward_registry::{RegistryClient, Retries, Timeouts};
use doorward_testkit::{Authentication, Registry, TlsAuthority};
use proptest::prelude::*;

use crate::evidence::{run, some_credential};
use crate::outages::manifest;
use crate::scripted::{Reaction, Scripted};
use crate::support::*;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
enum Wanted {
    Manifest,
    Metadata,
    Signature,
}

impl Wanted {
    fn of(self, server: &str) -> Resource {
        let gun = format!("{server}/app").parse().expect("a repository");
        match self {
            Self::Manifest => manifest(server, "app"),
            Self::Metadata => Resource::NotaryMetadata {
                servers: vec![format!("http://{server}")],
                gun,
                file: "root.json".to_owned(),
            },
            Self::Signature => Resource::Lookaside {
                url: format!("http://{server}/app@sha256=00/signature-1"),
                access: Some(Basic::new("u", "p")),
            },
        }
    }
}

/// Takes everyone who shows something, and leads everyone to one place.
async fn leading(challenge: &'static str, status: u16, to: String) -> Scripted {
    Scripted::start(move |address, asked| match asked.path.as_str() {
        "/v2/" => Reaction::challenge(&challenge.replace("ADDRESS", address)),
        path if path.starts_with("/token") => Reaction::json(200, r#"{"token":"hers"}"#),
        _ => Reaction::Reply(status, format!("Location: {to}\r\n"), String::new()),
    })
    .await
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn no_credential_goes_where_a_redirect_leads_whatever_is_asked_for_there(
        wanted in proptest::sample::select(vec![Wanted::Manifest, Wanted::Metadata, Wanted::Signature]),
        challenge in proptest::sample::select(vec![
            "Basic realm=r",
            "Bearer realm=\"http://ADDRESS/token\",service=\"r\"",
        ]),
        status in proptest::sample::select(vec![301_u16, 302, 303, 307, 308]),
        elsewhere in proptest::sample::select(vec![Authentication::Basic, Authentication::Bearer]),
        credentials in proptest::collection::vec(some_credential(), 1..3),
    ) {
        run(async {
            let authority = TlsAuthority::new();
            let other = Registry::builder()
                .tls_from(&authority)
                .authentication(elsewhere)
                .account("u", "p")
                .start()
                .await;
            let place = "/v2/app/manifests/1";
            let to = format!("https://{}{place}", other.address());
            let server = leading(challenge, status, to).await;
            let client = RegistryClient::builder()
                .no_proxy()
                .retries(Retries::none())
                .timeouts(Timeouts::default().idle(Duration::from_secs(2)))
                .ca_pem(None, authority.ca_pem())
                .plain_http(&server.address)
                .build()
                .expect("a client");
            let answer = get(&with(&client, &credentials), wanted.of(&server.address)).await;
            assert!(answer.is_err(), "{answer:?}");
            let requests = other.requests();
            assert!(!requests.is_empty(), "{answer:?} {:#?}", server.log());
            for request in &requests {
                assert_eq!(request.line(), format!("GET {place}"));
                assert!(!request.has_authorization(), "{request:?}");
            }
        });
    }
}
