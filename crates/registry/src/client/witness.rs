//! Evidence that a server is out.
//!
//! Only here an [`Outage`] is made, which is what `onUnavailable: warn` forgives. The deployer chooses the
//! name of the image, the credentials, how much is fetched and in what order. So a failure counts only if none of that
//! can be its cause:
//!
//! * the exchange was with the server that was asked, not with one that it led to;
//! * no credential was in it, nor a token that was had with one;
//! * either there was no connection at all, or the server fails in the same way at a URL in which nothing was chosen;
//! * the server has not answered anybody for a while: trouble that begins in the middle of many requests may come of
//!   their number, also a connection that is refused;
//! * neither it, nor what has its address, nor its token service has had a reason for some time to shut this machine
//!   out: wrong credentials, several requests that it refused, very many requests;
//! * there is no crowd of exchanges with it or at its address, nor was a moment ago, of which a bound on connections
//!   could be the cause;
//! * name servers say all about its name: where it does not resolve that there is no such name, else which addresses
//!   it has. One that does not answer may be asked too much.

use std::sync::Arc;
use std::time::Instant;

use doorward_core::{FetchError, Outage, OutageCause};
use futures::FutureExt;
use url::Url;

use super::Inner;
use crate::ExchangeKind;
use crate::origin::Origin;
use crate::single_flight::Fallible;
use crate::transport::resolver::addresses;
use crate::transport::{Failure, Hop, Reply, Request};

/// The largest answer to a probe that is taken. It is not looked at.
const MAX_BODY: usize = 64 << 10;

/// A probe that panicked has seen nothing.
impl Fallible for Option<OutageCause> {
    fn fault() -> Self {
        None
    }
}

/// A request that has nothing in it but the server.
pub(super) fn probe_of(url: Url, hop: Hop) -> Request {
    Request {
        hop,
        ..Request::get(ExchangeKind::Probe, url, MAX_BODY)
    }
}

impl Inner {
    /// What it means that a request brought no answer.
    pub(super) async fn failed(
        self: &Arc<Self>,
        request: &Request,
        failure: Failure,
        probe: &Request,
    ) -> FetchError {
        match failure.cause {
            Some(cause) => self.judge(request, cause, failure.error, probe).await,
            None => failure.error,
        }
    }

    /// What it means that a request was answered with a status other than 200.
    pub(super) async fn denied(
        self: &Arc<Self>,
        request: &Request,
        reply: &Reply,
        probe: &Request,
    ) -> FetchError {
        match reply.outage_cause() {
            Some(cause) => self.judge(request, cause, reply.failure(), probe).await,
            None => reply.failure(),
        }
    }

    async fn judge(
        self: &Arc<Self>,
        request: &Request,
        cause: OutageCause,
        error: FetchError,
        probe: &Request,
    ) -> FetchError {
        let detail = match &error {
            FetchError::Unavailable { detail } => detail.clone(),
            _ => return error,
        };
        let Some(origin) = Origin::of(&request.url) else {
            return error;
        };
        if !self.may_be_out(&origin, cause).await {
            return error;
        }
        let is_shown = request.shows_credential();
        let is_probe = request.url == probe.url;
        let is_sent = !matches!(
            cause,
            OutageCause::ConnectionRefused
                | OutageCause::NameNotResolved
                | OutageCause::NoRoute
                | OutageCause::NoConnection
        );
        let witnessed = match cause {
            // What was shown may have been the cause.
            _ if is_shown && is_sent => None,
            // With a credential it is asked again although nothing was sent, so that it is an exchange without one that
            // counts.
            _ if !is_shown && (is_probe || !is_sent) => Some(cause),
            _ => self.probe(probe).await,
        };
        match witnessed {
            #[expect(
                clippy::disallowed_methods,
                reason = "this is the transport, and the only place that makes one"
            )]
            Some(cause) => FetchError::Outage(Outage::witnessed(cause, detail)),
            None => error,
        }
    }

    /// Whether trouble with a server can be evidence at all. See the list above.
    async fn may_be_out(&self, origin: &Origin, cause: OutageCause) -> bool {
        let (ledger, now) = (&self.transport.ledger, Instant::now());
        if ledger.is_up(origin, now) || ledger.is_provoked(origin, now) {
            return false;
        }
        // That there is no such name is its name server's word, whatever else is asked of the server.
        if cause == OutageCause::NameNotResolved {
            return true;
        }
        if ledger.is_crowded(origin, now) {
            return false;
        }
        // Behind a proxy it is the proxy that looks the name up.
        if self.transport.is_proxied {
            return true;
        }
        let patience = self.transport.timeouts.look_up();
        let both = cause == OutageCause::NoRoute;
        let found = addresses(origin.host(), both, patience).await;
        found.is_some_and(|found| {
            !found
                .into_iter()
                .any(|address| ledger.is_address_provoked(address, now))
        })
    }

    /// How a server fails that is asked for nothing. `None` if it does not fail, or cannot be out.
    async fn probe(self: &Arc<Self>, probe: &Request) -> Option<OutageCause> {
        let make = || {
            let (inner, probe) = (Arc::clone(self), probe.clone());
            async move {
                let cause = match inner.transport.send_once(&probe).await {
                    Ok(reply) => reply.outage_cause(),
                    Err(failure) => failure.cause,
                };
                let (origin, cause) = (Origin::of(&probe.url)?, cause?);
                inner.may_be_out(&origin, cause).await.then_some(cause)
            }
            .boxed()
        };
        self.probes.run(probe.url.to_string(), make).await
    }

    /// Whether a server answers 404 to its version check too, as any web server does that is no registry and no trust
    /// server.
    pub(super) async fn is_no_service(&self, probe: &Request) -> bool {
        match self.transport.send_once(probe).await {
            Ok(reply) => reply.status().as_u16() == 404 && !reply.has_service_error(),
            Err(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use doorward_core::{Fetch, Fetcher, Resource, Selector, ServerTrouble};

    use super::*;
    use crate::auth::shown::Shown;
    use crate::transport::ledger::Answer;
    use crate::{Fingerprint, RegistryClient, Retries};

    /// A server at which nothing listens.
    fn gone() -> String {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.local_addr().expect("an address").to_string()
    }

    fn client(server: &str) -> (RegistryClient, Origin) {
        let client = RegistryClient::builder()
            .no_proxy()
            .retries(Retries::none())
            .plain_http(server)
            .build()
            .expect("a client");
        let url = format!("http://{server}").parse().expect("an URL");
        (client, Origin::of(&url).expect("an origin"))
    }

    async fn is_outage(client: &RegistryClient, server: &str) -> bool {
        let repository = format!("{server}/app").parse().expect("a repository");
        let selector = Selector::Tag("1".parse().expect("a tag"));
        let resource = Resource::Manifest {
            repository,
            selector,
        };
        let answer = client.anonymous().fetch(&Fetch::new(resource, 64)).await;
        answer.expect_err("nothing listens").outage().is_some()
    }

    #[tokio::test]
    async fn a_refused_connection_of_a_server_that_just_answered_is_no_outage() {
        let server = gone();
        let (client, origin) = client(&server);
        assert!(is_outage(&client, &server).await);
        let ledger = &client.inner.transport.ledger;
        ledger.answered(&origin, Instant::now());
        assert!(!is_outage(&client, &server).await);
    }

    #[tokio::test]
    async fn a_server_that_shut_this_machine_out_for_wrong_credentials_is_not_out() {
        let server = gone();
        let (client, origin) = client(&server);
        let ledger = &client.inner.transport.ledger;
        ledger.note_provocation(&origin, Instant::now());
        assert!(!is_outage(&client, &server).await);
    }

    #[tokio::test]
    async fn a_server_at_the_address_of_one_that_shut_this_machine_out_is_not_out() {
        let server = gone();
        let (client, _) = client(&server);
        let other = Origin::of(&"https://other.example".parse().expect("an URL"));
        let note = |address: &str| {
            let answer = Answer {
                origin: &other.clone().expect("one"),
                address: Some(address.parse().expect("an address")),
                kind: ExchangeKind::Token,
                is_first: false,
                status: http::StatusCode::UNAUTHORIZED,
                is_shown: true,
            };
            let ledger = &client.inner.transport.ledger;
            ledger.note(&answer, false, Instant::now());
        };
        note("192.0.2.1");
        assert!(is_outage(&client, &server).await);
        note("127.0.0.1");
        assert!(!is_outage(&client, &server).await);
    }

    #[tokio::test]
    async fn what_was_lost_with_a_credential_in_it_is_no_evidence() {
        let server = gone();
        let (client, origin) = client(&server);
        let url: Url = format!("http://{server}/v2/app/manifests/1")
            .parse()
            .expect("an URL");
        // The server is out for those who show nothing, too, and has not answered anybody.
        let probe = probe_of(url.join("/v2/").expect("an URL"), Hop::First);
        let plain = Request::get(ExchangeKind::Manifest, url, 64);
        let header = || "Basic dTpw".parse().expect("a header");
        let shown = Request {
            authorization: Some(Shown::credential(
                origin.clone(),
                header(),
                Fingerprint::of([b"account"]),
            )),
            ..plain.clone()
        };
        let posted = Request {
            form: Some(vec![("refresh_token", "t".to_owned())]),
            ..plain.clone()
        };
        let inner = &client.inner;
        let trouble = |status| ServerTrouble::of(status).map(OutageCause::Trouble);
        for cause in [
            Some(OutageCause::ConnectionLost),
            Some(OutageCause::Silent),
            trouble(500),
            trouble(503),
            trouble(599),
        ] {
            let cause = cause.expect("trouble of a server");
            for (request, expected) in [(&plain, true), (&shown, false), (&posted, false)] {
                let lost = FetchError::Unavailable {
                    detail: "lost".to_owned(),
                };
                let error = inner.judge(request, cause, lost, &probe).await;
                assert_eq!(error.outage().is_some(), expected, "{cause:?} {error:?}");
            }
        }
    }

    #[tokio::test]
    async fn a_server_that_another_one_led_to_says_nothing_about_that_one_by_being_gone() {
        use std::io::{Read, Write};
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let server = listener.local_addr().expect("an address").to_string();
        let next = gone();
        let leads = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection");
            let _ = stream.read(&mut [0; 4096]).expect("a request");
            let reply = format!(
                "HTTP/1.1 307 x\r\nLocation: https://{next}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            );
            stream.write_all(reply.as_bytes()).expect("an answer");
        });
        let (client, _) = client(&server);
        let url = format!("http://{server}/a").parse().expect("an URL");
        let request = Request::get(ExchangeKind::Lookaside, url, 64);
        let failure = client.inner.transport.send_once(&request).await.err();
        let failure = failure.expect("nobody is there");
        assert!(failure.error.is_unavailable(), "{failure:?}");
        assert_eq!(failure.cause, None);
        leads.join().expect("it answered");
    }

    #[tokio::test]
    async fn a_server_that_fails_in_any_way_in_a_crowd_that_the_deployer_holds_is_not_out() {
        use OutageCause::{ConnectionLost, ConnectionRefused, NoConnection, NoRoute, Silent};
        let server = gone();
        let (client, origin) = client(&server);
        let ledger = &client.inner.transport.ledger;
        let begin = || ledger.begin(&origin, Instant::now());
        let held: Vec<_> = (0..5).map(|_| begin()).collect();
        assert!(!is_outage(&client, &server).await);
        let url: Url = format!("http://{server}/v2/").parse().expect("an URL");
        let probe = probe_of(url, Hop::First);
        for cause in [
            ConnectionLost,
            ConnectionRefused,
            NoConnection,
            NoRoute,
            Silent,
        ] {
            let error = FetchError::Unavailable {
                detail: "as told".to_owned(),
            };
            let judged = client.inner.judge(&probe, cause, error, &probe).await;
            assert!(judged.outage().is_none(), "{cause:?}");
        }
        // What was refused because of them is refused a moment longer.
        drop(held);
        assert!(!is_outage(&client, &server).await);
    }
}
