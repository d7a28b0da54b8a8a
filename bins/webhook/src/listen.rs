//! Listening sockets.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::middleware::from_fn_with_state;
use axum::{Extension, Router};
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use hyper_util::rt::TokioTimer;

use crate::admin::Readiness;
use crate::connection::{Bounded, Bounds, Connections, Established};
use crate::parting::part;

/// What bounds the socket of reviews. API servers keep a few connections each.
///
/// Silence is longer than the 90 seconds for which the API server keeps an idle connection: if we closed first, a
/// review could be on its way already, and would fail.
pub(crate) const REVIEWS: Bounds = Bounds {
    connections: 1_024,
    handshakes: 256,
    silence: Duration::from_secs(100),
};
/// What bounds the socket of health and metrics, which a kubelet and some collectors ask now and then.
pub(crate) const HEALTH: Bounds = Bounds {
    connections: 64,
    handshakes: 0,
    silence: Duration::from_secs(100),
};
/// A TLS handshake is two round trips.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// The time for the header of a request over HTTP/1.1, from the end of the one before it.
const HEADER: Duration = REVIEWS.silence;
/// Requests in one h2 connection at a time. The API server opens another connection for more.
const STREAMS: u32 = 32;
/// What h2 may send ahead for one request, and for all of a connection.
const WINDOW: u32 = 256 << 10;
const CONNECTION_WINDOW: u32 = 1 << 20;
/// What is read ahead of HTTP/1.1, a header included.
const READ_AHEAD: usize = 64 << 10;

/// Binds `address` so that a wrong one is known before anything runs.
///
/// # Errors
/// If the address is taken or not of this host.
pub(crate) fn bind(address: SocketAddr) -> Result<TcpListener> {
    let listener =
        TcpListener::bind(address).with_context(|| format!("cannot listen on {address}"))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Serves HTTPS with HTTP/1.1 and h2 until `handle` says otherwise. Connections are not kept once `readiness` says that the
/// end is near.
pub(crate) fn https(
    listener: TcpListener,
    router: Router,
    tls: RustlsConfig,
    connections: Arc<Connections>,
    readiness: Arc<Readiness>,
    handle: Handle<SocketAddr>,
) -> io::Result<impl Future<Output = io::Result<()>> + Send + use<>> {
    let acceptor = RustlsAcceptor::new(tls)
        .handshake_timeout(HANDSHAKE)
        .acceptor(Bounded::before_handshake(Arc::clone(&connections)));
    let server = axum_server::from_tcp(listener)?.acceptor(Established(acceptor));
    let server = configured(server).handle(handle);
    Ok(server.serve(
        router
            .layer(from_fn_with_state(readiness, part))
            .layer(Extension(connections))
            .into_make_service_with_connect_info::<SocketAddr>(),
    ))
}

/// Serves plain HTTP until `handle` says otherwise.
pub(crate) fn http(
    listener: TcpListener,
    router: Router,
    connections: Arc<Connections>,
    handle: Handle<SocketAddr>,
) -> io::Result<impl Future<Output = io::Result<()>> + Send + use<>> {
    let acceptor = Bounded::new(Arc::clone(&connections));
    let server = configured(axum_server::from_tcp(listener)?.acceptor(acceptor)).handle(handle);
    Ok(server.serve(
        router
            .layer(Extension(connections))
            .into_make_service_with_connect_info::<SocketAddr>(),
    ))
}

fn configured<A>(mut server: Server<SocketAddr, A>) -> Server<SocketAddr, A> {
    let builder = server.http_builder();
    // Idle time counts as time to read a header.
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER)
        .max_buf_size(READ_AHEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_header_list_size(16 << 10);
    server
}
