//! Serving the requests of one connection.

use std::sync::Arc;

use http::{Request, Response};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};

use super::shared::Shared;
use super::{Endpoint, Exchange, WireOrders};
use crate::fault::{Answer, Broken, FaultyBody, REDIRECTED};

/// The largest request body a test server takes, in bytes: pushed layers are small.
const MAX_REQUEST: usize = 64 << 20;

/// One accepted connection.
pub(crate) struct Connection {
    pub(crate) shared: Arc<Shared>,
    pub(crate) endpoint: Endpoint,
    pub(crate) number: u64,
    pub(crate) orders: Arc<WireOrders>,
}

impl Connection {
    /// Serves HTTP/1.1, or HTTP/2 where the client chose it, until either side ends.
    pub(crate) async fn serve<S>(self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let this = Arc::new(self);
        let service = service_fn(move |request| {
            let this = Arc::clone(&this);
            async move { this.answer(request).await }
        });
        // An error here is the fault that was asked for, or a client that went away.
        let _ = auto::Builder::new(TokioExecutor::new())
            .serve_connection(TokioIo::new(stream), service)
            .await;
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<FaultyBody>, Broken> {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, MAX_REQUEST)
            .collect()
            .await
            .map_err(|_| Broken)?
            .to_bytes();
        let path = head.uri.path();
        let (path, redirected) = match path.strip_prefix(REDIRECTED) {
            Some(rest) => (rest, true),
            None => (path, false),
        };
        let exchange = Exchange {
            endpoint: self.endpoint,
            method: head.method,
            path: path.to_owned(),
            query: head.uri.query().map(str::to_owned),
            headers: head.headers,
            body,
        };
        let shared = &self.shared;
        let place = shared.log.begin(self.number, &exchange);
        // The target of an injected redirect must not meet the fault that led there.
        let fault = (!redirected)
            .then(|| shared.faults.next_for(&exchange))
            .flatten();
        let name = fault.as_ref().map(crate::Fault::name);
        if name.is_some() {
            shared.log.complete(place, None, name);
        }
        let reply = shared.application.answer(&exchange);
        let answer = match fault {
            None => Answer::honest(reply),
            Some(fault) => {
                fault
                    .apply(&exchange, reply, &shared.addresses, &self.orders)
                    .await
            }
        };
        let response = answer.into_response()?;
        shared.log.complete(place, Some(response.status()), name);
        Ok(response)
    }
}
