//! HTTP exchanges: one request and its bounded answer, with redirects and retries.

pub(crate) mod address;
mod body;
mod clients;
mod cooling;
mod exhaustion;
mod failure;
mod gate;
mod kit;
pub(crate) mod ledger;
mod pacing;
mod redirect;
pub(crate) mod reply;
pub(crate) mod resolver;
mod retry;
mod warning;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use doorward_core::OutageCause;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderName, HeaderValue, StatusCode};
use url::Url;

use self::cooling::Asker;
use crate::auth::shown::Shown;
use crate::origin::Origin;
use crate::origin::host_of;
use crate::tls::TlsMaterial;
use crate::{BuildError, Exchange, ExchangeKind, ExchangeOutcome, Observer, Retries, Timeouts};

pub(crate) use clients::{Bounds, Clients, Pair};
pub(crate) use cooling::Cooling;
pub(crate) use failure::Failure;
pub(crate) use gate::Gate;
pub(crate) use kit::{ByHost, Kit};
pub(crate) use pacing::Pacing;
pub(crate) use redirect::is_loopback;
pub(crate) use reply::{Content, Reply};
pub(crate) use retry::asked_for;
pub(crate) use warning::Warnings;

/// The account whose exemptions an advisor applies.
const ACCOUNT: HeaderName = HeaderName::from_static("account");

/// How a request comes to go to its server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hop {
    /// A certificate names it, which may be anybody's.
    Certificate,
    /// An image, a policy or an operator names it.
    First,
    /// The operator names it, for this alone.
    Operator,
    /// Another server names it.
    Led {
        /// Whether that one is on this machine or its link.
        from_local: bool,
    },
}

/// One request.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) kind: ExchangeKind,
    pub(crate) url: Url,
    pub(crate) hop: Hop,
    pub(crate) authorization: Option<Shown>,
    pub(crate) accept: Option<HeaderValue>,
    /// A form to be posted, with a credential in it; without one the request is a `GET`.
    pub(crate) form: Option<Vec<(&'static str, String)>>,
    /// A question in DER to be posted, and its media type. It may be asked again.
    pub(crate) question: Option<(&'static str, Bytes)>,
    /// The account in whose name is asked. It goes where the authorization goes, and nowhere else.
    pub(crate) account: Option<HeaderValue>,
    /// Whether only the word of the very server counts, so that no redirect is followed.
    pub(crate) is_direct: bool,
    /// The largest body taken if the answer is 200.
    pub(crate) max_bytes: usize,
}

impl Request {
    pub(crate) const fn get(kind: ExchangeKind, url: Url, max_bytes: usize) -> Self {
        Self {
            kind,
            url,
            hop: Hop::First,
            authorization: None,
            accept: None,
            form: None,
            question: None,
            account: None,
            is_direct: false,
            max_bytes,
        }
    }

    /// Whether somebody's credential is in it, or a token that was had with one.
    pub(crate) fn shows_credential(&self) -> bool {
        self.form.is_some()
            || self
                .authorization
                .as_ref()
                .is_some_and(Shown::is_credential)
    }
}

/// Sends requests.
pub(crate) struct Transport {
    pub(crate) clients: RwLock<Arc<ByHost>>,
    pub(crate) kit: Kit,
    pub(crate) bounds: Bounds,
    /// Whether the environment names a proxy. Then the peer of a connection may be the proxy, and says nothing of where
    /// the server is.
    pub(crate) is_proxied: bool,
    pub(crate) gate: Gate,
    pub(crate) ledger: Arc<ledger::Ledger>,
    pub(crate) timeouts: Timeouts,
    pub(crate) retries: Retries,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    pub(crate) warnings: Warnings,
    pub(crate) cooling: Cooling,
    pub(crate) pacing: Pacing,
}

impl Transport {
    fn clients(&self) -> Arc<ByHost> {
        Arc::clone(&self.clients.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Uses these certificates from now on. Requests under way end as they began.
    pub(crate) fn renew(&self, material: &TlsMaterial) -> Result<(), BuildError> {
        let clients = Arc::new(self.kit.make(material)?);
        *self.clients.write().unwrap_or_else(PoisonError::into_inner) = clients;
        Ok(())
    }

    /// Sends a request until there is an answer or no use in trying again.
    ///
    /// Any status is an answer. What is an error is that there is none, or that it breaks a bound.
    pub(crate) async fn send(&self, request: &Request) -> Result<Reply, Failure> {
        let mut tried = 0;
        loop {
            let outcome = self.send_once(request).await;
            // Only what can be repeated without effect is repeated.
            let wait = (request.form.is_none() && tried < self.retries.count)
                .then(|| match &outcome {
                    Ok(reply) => self.retries.after_status(tried, reply),
                    Err(failure) if failure.again => Some(self.retries.backoff(tried)),
                    Err(_) => None,
                })
                .flatten();
            let Some(wait) = wait else {
                return outcome;
            };
            tried += 1;
            tokio::time::sleep(wait).await;
        }
    }

    /// Sends a request and follows redirects.
    pub(crate) async fn send_once(&self, request: &Request) -> Result<Reply, Failure> {
        redirect::follow(self, request).await
    }

    /// One exchange, without redirects.
    async fn exchange(
        &self,
        request: &Request,
        url: &Url,
        origin: &Origin,
        hop: Hop,
        shown: Option<&Shown>,
    ) -> Result<Content, Failure> {
        let host = host_of(url);
        let reach = self.bounds.reach(url, hop).map_err(Failure::of)?;
        // What leads to a credential is asked in nobody's name: those who have none yet must not keep it from being tried.
        // And what others keep under the same name, as stores do by their paths, or where a server leads, is no registry.
        let is_of_registry = matches!(
            request.kind,
            ExchangeKind::Blob
                | ExchangeKind::Manifest
                | ExchangeKind::Referrers
                | ExchangeKind::SignatureExtension
                | ExchangeKind::VulnerabilityStatus
        );
        let is_led = matches!(hop, Hop::Led { .. });
        let asker = (is_of_registry && !is_led).then(|| Asker {
            origin: origin.clone(),
            account: shown.and_then(Shown::account),
        });
        if let Some(asker) = &asker {
            self.cool(asker, &host).await?;
        }
        // Waiting here is part of the time of the fetch and of nothing else: a queue of ours is not the server's.
        let is_known = self.ledger.is_known(origin, Instant::now());
        let _permit = self.gate.enter(origin, is_known).await;
        let _underway = self.ledger.begin(origin, Instant::now());
        let mut watch = Watch::start(self.observer.as_deref(), request.kind, &host);
        let clients = self.clients();
        let client = clients
            .of(&host)
            .choose(&reach, self.ledger.may_pool(origin, Instant::now()));
        let mut builder = match (&request.form, &request.question) {
            (Some(form), _) => client.post(url.clone()).form(form),
            (None, Some((media_type, question))) => client
                .post(url.clone())
                .header(CONTENT_TYPE, *media_type)
                .body(question.clone()),
            (None, None) => client.get(url.clone()),
        };
        if let Some(accept) = &request.accept {
            builder = builder.header(ACCEPT, accept);
        }
        if let Some(shown) = shown {
            builder = builder.header(AUTHORIZATION, shown.header());
            if let Some(account) = &request.account {
                builder = builder.header(ACCOUNT, account);
            }
        }
        // The connection has its own, shorter bound within this one.
        let bound = self.timeouts.connect + self.timeouts.idle;
        let response = match tokio::time::timeout(bound, builder.send()).await {
            Err(_) => {
                watch.outcome = ExchangeOutcome::TimedOut;
                let detail = format!("{host} did not answer in time");
                let took = watch.start.elapsed();
                return Err(Failure::late(OutageCause::Silent, detail, bound, took));
            }
            Ok(Err(error)) => {
                watch.outcome = if error.is_timeout() {
                    ExchangeOutcome::TimedOut
                } else {
                    ExchangeOutcome::Broken
                };
                let (bound, took) = (self.timeouts.connect, watch.start.elapsed());
                let failure = Failure::not_sent(&host, error, bound, took);
                return Err(if self.is_proxied {
                    failure.behind_proxy()
                } else {
                    failure
                });
            }
            Ok(Ok(response)) => response,
        };
        let status = response.status();
        let address = response
            .remote_addr()
            .filter(|_| !self.is_proxied)
            .map(|peer| peer.ip());
        let answer = ledger::Answer {
            origin,
            address,
            kind: request.kind,
            is_first: url.path().ends_with("/signature-1"),
            status,
            is_shown: request.form.is_some() || shown.is_some_and(Shown::is_credential),
        };
        if status == StatusCode::TOO_MANY_REQUESTS
            && let Some(asker) = &asker
        {
            let wait = response.headers().get(RETRY_AFTER);
            let wait = wait.and_then(|header| asked_for(header, SystemTime::now()));
            self.cooling.note(asker, wait, Instant::now());
        }
        let is_trouble = reply::is_trouble(status);
        self.ledger.note(&answer, is_trouble, Instant::now());
        let is_local = address
            .or_else(|| address::literal(url))
            .is_some_and(address::is_local);
        let headers = response.headers().clone();
        let observer = self.observer.as_deref();
        self.warnings.take(request.kind, &host, &headers, observer);
        // What a receiver of notices says beside its status is of no use.
        let read = if status == StatusCode::OK && request.kind != ExchangeKind::Notice {
            body::read(
                response,
                request.max_bytes,
                self.timeouts.idle,
                &host,
                &mut watch.bytes,
            )
            .await
        } else {
            Ok(body::read_error(response, self.timeouts.idle, &mut watch.bytes).await)
        };
        watch.outcome = match &read {
            Ok(_) => ExchangeOutcome::Answered(status.as_u16()),
            Err(body::ReadError::Silent(_)) => ExchangeOutcome::TimedOut,
            Err(body::ReadError::TooLarge(_)) => ExchangeOutcome::TooLarge,
            Err(body::ReadError::Broken(_)) => ExchangeOutcome::Broken,
        };
        let body = read?;
        drop(watch);
        Ok(Content {
            host,
            status,
            headers,
            body,
            is_local,
        })
    }
}

impl Transport {
    /// Waits until a server that wants to be asked less can be asked.
    ///
    /// # Errors
    /// If that is later than a request is worth waiting for.
    async fn cool(&self, asker: &Asker, host: &str) -> Result<(), Failure> {
        let mut has_waited = false;
        while let Some(wait) = self.cooling.wait(asker, Instant::now()) {
            // Once: where others are refused meanwhile, to go on waiting would be to wait for them.
            if has_waited || wait > self.retries.longest {
                let seconds = wait.as_secs().max(1);
                return Err(Failure::held_back(format!(
                    "{host} answered that it is asked too often, and is asked again in {seconds} s"
                )));
            }
            // Those who waited for the same moment should not all come in it.
            tokio::time::sleep(wait + self.retries.base.mul_f64(retry::jitter())).await;
            has_waited = true;
        }
        Ok(())
    }
}

/// Whether an answer to a credential says that it is wrong, or was shown too often: what servers shut addresses out
/// for.
pub(crate) fn is_refusal(status: StatusCode) -> bool {
    matches!(status.as_u16(), 401 | 403 | 429)
}

/// Tells the observer of an exchange when it is over, however it ends.
struct Watch<'a> {
    observer: Option<&'a dyn Observer>,
    kind: ExchangeKind,
    host: &'a str,
    start: Instant,
    outcome: ExchangeOutcome,
    bytes: usize,
}

impl<'a> Watch<'a> {
    fn start(observer: Option<&'a dyn Observer>, kind: ExchangeKind, host: &'a str) -> Self {
        Self {
            observer,
            kind,
            host,
            start: Instant::now(),
            outcome: ExchangeOutcome::Cancelled,
            bytes: 0,
        }
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        let duration = self.start.elapsed();
        tracing::debug!(kind = %self.kind, host = self.host, outcome = ?self.outcome, ?duration, bytes = self.bytes, "http exchange");
        if let Some(observer) = self.observer {
            observer.exchange(&Exchange {
                kind: self.kind,
                host: self.host.to_owned(),
                outcome: self.outcome,
                duration,
                bytes: self.bytes,
            });
        }
    }
}
