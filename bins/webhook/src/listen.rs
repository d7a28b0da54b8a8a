//! Listening sockets.

use std::future::Future;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use axum_server::{Handle, Server};
use hyper_util::rt::TokioTimer;

use crate::connection::Bounded;

/// Connections on a socket at a time. API servers keep a few each.
const CONNECTIONS: usize = 1_024;
/// Longer than the 90 seconds for which the API server keeps an idle connection: if we closed first, a review could
/// be on its way already, and would fail.
const SILENCE: Duration = Duration::from_secs(100);
/// A TLS handshake is two round trips.
const HANDSHAKE: Duration = Duration::from_secs(5);
/// Streams of one h2 connection, as many as the API server would open.
const STREAMS: u32 = 250;

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

/// Serves HTTPS with HTTP/1.1 and h2 until `handle` says otherwise.
pub(crate) fn https(
    listener: TcpListener,
    router: Router,
    tls: RustlsConfig,
    handle: Handle<SocketAddr>,
) -> io::Result<impl Future<Output = io::Result<()>> + Send + use<>> {
    let acceptor = RustlsAcceptor::new(tls)
        .handshake_timeout(HANDSHAKE)
        .acceptor(Bounded::new(CONNECTIONS, SILENCE));
    let server = configured(axum_server::from_tcp(listener)?.acceptor(acceptor)).handle(handle);
    Ok(server.serve(router.into_make_service()))
}

/// Serves plain HTTP until `handle` says otherwise.
pub(crate) fn http(
    listener: TcpListener,
    router: Router,
    handle: Handle<SocketAddr>,
) -> io::Result<impl Future<Output = io::Result<()>> + Send + use<>> {
    let server =
        configured(axum_server::from_tcp(listener)?.acceptor(Bounded::new(CONNECTIONS, SILENCE)));
    Ok(server.handle(handle).serve(router.into_make_service()))
}

fn configured<A>(mut server: Server<SocketAddr, A>) -> Server<SocketAddr, A> {
    let builder = server.http_builder();
    // Idle time counts as time to read a header, see SILENCE.
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(SILENCE);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(STREAMS)
        .max_header_list_size(16 << 10);
    server
}
