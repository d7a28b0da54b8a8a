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
//!   their number.

use std::sync::Arc;
use std::time::Instant;

use doorward_core::{FetchError, Outage, OutageCause};
use futures::FutureExt;
use url::Url;

use super::Inner;
use crate::ExchangeKind;
use crate::origin::Origin;
use crate::single_flight::Fallible;
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
        let is_up = || self.transport.ledger.is_up(&origin, Instant::now());
        let is_probe = request.url == probe.url && !request.shows_credential();
        let witnessed = match cause {
            // Nothing was sent.
            OutageCause::ConnectionRefused | OutageCause::NoRoute
                if !request.shows_credential() =>
            {
                Some(cause)
            }
            // Nor here, but it may come of how many others were looked up or connected to.
            OutageCause::NameNotResolved | OutageCause::NoConnection
                if !request.shows_credential() =>
            {
                (!is_up()).then_some(cause)
            }
            // What was shown may have been the cause, unless it never came to that. Even then the server is asked
            // again, so that it is an exchange without a credential that counts.
            OutageCause::ConnectionRefused
            | OutageCause::NameNotResolved
            | OutageCause::NoRoute
            | OutageCause::NoConnection => self.probe(probe).await,
            _ if request.shows_credential() || is_up() => None,
            _ if is_probe => Some(cause),
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

    /// How a server fails that is asked for nothing. Nothing, if it does not fail, or counts as up.
    async fn probe(self: &Arc<Self>, probe: &Request) -> Option<OutageCause> {
        let make = || {
            let (inner, probe) = (Arc::clone(self), probe.clone());
            async move {
                let cause = match inner.transport.send_once(&probe).await {
                    Ok(reply) => reply.outage_cause(),
                    Err(failure) => failure.cause,
                };
                let origin = Origin::of(&probe.url)?;
                let is_up = inner.transport.ledger.is_up(&origin, Instant::now());
                cause.filter(|_| !is_up)
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
