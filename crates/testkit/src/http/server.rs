//! Listeners, and the tasks that accept on them.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::task::{AbortHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use super::record::{Log, RecordedRequest};
use super::shared::{Addresses, Application, Shared};
use super::wire::{Wire, WireOrders};
use super::{Endpoint, runtime, serve};
use crate::fault::FaultRules;

/// Which listeners a server opens and how.
#[derive(Clone, Default)]
pub(crate) struct Listeners {
    /// The configuration for TLS on every listener but [`Endpoint::Plaintext`].
    pub(crate) tls: Option<Arc<rustls::ServerConfig>>,
    /// Whether the token server has a listener of its own.
    pub(crate) token: bool,
}

/// A running server. Dropping it closes its listeners and connections.
pub(crate) struct Server {
    shared: Arc<Shared>,
    tasks: Mutex<Vec<AbortHandle>>,
}

impl Server {
    /// Opens the listeners on free loopback ports and serves what `application` makes of their addresses.
    pub(crate) fn start<A: Application>(
        listeners: &Listeners,
        application: impl FnOnce(&Addresses) -> Arc<A>,
    ) -> Self {
        let bound = |open: bool| open.then(bind);
        let main = bind();
        let token = bound(listeners.token);
        let elsewhere = bind();
        let plaintext = bound(listeners.tls.is_some());

        let scheme = if listeners.tls.is_some() {
            "https"
        } else {
            "http"
        };
        let main_address = local(&main);
        let main_url = format!("{scheme}://{main_address}");
        // Another name for the same machine, so that redirects there leave the host.
        let other = |scheme: &str, listener: &std::net::TcpListener| {
            format!("{scheme}://localhost:{}", local(listener).port())
        };
        let elsewhere_url = other(scheme, &elsewhere);
        let addresses = Addresses {
            main: main_address,
            token_url: token
                .as_ref()
                .map_or_else(|| main_url.clone(), |listener| other(scheme, listener)),
            plaintext_url: plaintext
                .as_ref()
                .map_or_else(|| elsewhere_url.clone(), |listener| other("http", listener)),
            main_url,
            elsewhere_url,
        };

        let shared = Arc::new(Shared {
            application: application(&addresses),
            addresses,
            faults: FaultRules::default(),
            log: Log::default(),
            latency: Arc::default(),
            connections: AtomicU64::new(0),
        });
        let tls = listeners.tls.clone().map(TlsAcceptor::from);
        let open = [
            (Some(main), Endpoint::Main, tls.clone()),
            (token, Endpoint::Token, tls.clone()),
            (Some(elsewhere), Endpoint::Elsewhere, tls),
            (plaintext, Endpoint::Plaintext, None),
        ];
        let tasks = open
            .into_iter()
            .filter_map(|(listener, endpoint, tls)| {
                let accept = accept(listener?, endpoint, tls, Arc::clone(&shared));
                Some(runtime::handle().spawn(accept).abort_handle())
            })
            .collect();
        Self {
            shared,
            tasks: Mutex::new(tasks),
        }
    }

    pub(crate) fn addresses(&self) -> &Addresses {
        &self.shared.addresses
    }

    pub(crate) fn faults(&self) -> &FaultRules {
        &self.shared.faults
    }

    pub(crate) fn set_latency(&self, round_trip: Duration) {
        self.shared.latency.set(round_trip);
    }

    pub(crate) fn requests(&self) -> Vec<RecordedRequest> {
        self.shared.log.snapshot()
    }

    pub(crate) fn take_requests(&self) -> Vec<RecordedRequest> {
        self.shared.log.take()
    }

    /// Connections accepted so far, over all listeners.
    pub(crate) fn connections(&self) -> u64 {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// Closes the listeners and every connection. From then on connections are refused.
    pub(crate) fn stop(&self) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        for task in tasks.drain(..) {
            task.abort();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn bind() -> std::net::TcpListener {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .expect("a loopback port is free for a test server");
    listener
        .set_nonblocking(true)
        .expect("a fresh listener can be made non-blocking");
    listener
}

fn local(listener: &std::net::TcpListener) -> SocketAddr {
    listener
        .local_addr()
        .expect("a bound listener has an address")
}

/// Accepts until aborted; the connections live in the same task set and end with it.
async fn accept(
    listener: std::net::TcpListener,
    endpoint: Endpoint,
    tls: Option<TlsAcceptor>,
    shared: Arc<Shared>,
) {
    let listener =
        TcpListener::from_std(listener).expect("a non-blocking listener can join the runtime");
    let mut connections = JoinSet::new();
    loop {
        // Ended connections are collected so that a long benchmark does not grow without bound.
        while connections.try_join_next().is_some() {}
        let Ok((socket, _)) = listener.accept().await else {
            continue;
        };
        // Without this a small answer after a small request waits for the peer's delayed acknowledgement, 40 ms.
        let _ = socket.set_nodelay(true);
        let number = shared.connections.fetch_add(1, Ordering::Relaxed) + 1;
        let orders = Arc::new(WireOrders::default());
        let wire = Wire::new(socket, Arc::clone(&orders), Arc::clone(&shared.latency));
        let connection = serve::Connection {
            shared: Arc::clone(&shared),
            endpoint,
            number,
            orders,
        };
        let tls = tls.clone();
        connections.spawn(async move {
            match tls {
                None => connection.serve(wire).await,
                Some(tls) => {
                    // A client that does not trust the certificate ends the handshake: nothing to serve.
                    if let Ok(stream) = tls.accept(wire).await {
                        connection.serve(stream).await;
                    }
                }
            }
        });
    }
}
