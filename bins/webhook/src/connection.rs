//! Connections: how many there are, which of them goes when there are too many, and how long one may be silent.

use std::future::{Future, Ready, ready};
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use axum_server::tls_rustls::RustlsAcceptor;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

use crate::fair::{Fair, Leave, Peer};
use crate::metrics::Metrics;

/// What bounds the connections of a socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Connections at a time.
    pub(crate) connections: usize,
    /// Of these, how many may be in the middle of a TLS handshake.
    pub(crate) handshakes: usize,
    /// How long one may be silent: before its first byte, between requests, or in one.
    pub(crate) silence: Duration,
}

/// The connections of a socket.
///
/// A connection over a bound is let in and another is closed: the connection longest without use, of the peer that has
/// most. Of use is what begins a request, and what has one answered; bytes alone are not.
/// While a request is worked on, its connection is not closed.
#[derive(Debug)]
pub(crate) struct Connections {
    bounds: Bounds,
    open: Mutex<Fair<SocketAddr, Open>>,
    next: AtomicU64,
    metrics: Arc<Metrics>,
}

#[derive(Debug)]
struct Open {
    id: u64,
    handshaking: bool,
    requests: usize,
}

impl Connections {
    pub(crate) fn new(bounds: Bounds, metrics: Arc<Metrics>) -> Arc<Self> {
        Arc::new(Self {
            bounds,
            open: Mutex::new(Fair::new()),
            next: AtomicU64::new(0),
            metrics,
        })
    }

    fn open(&self) -> MutexGuard<'_, Fair<SocketAddr, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a connection in. `None`, if there is no room and requests are worked on in every other one.
    fn enter(&self, from: SocketAddr, id: u64, handshaking: bool) -> Option<Leave> {
        let mut open = self.open();
        let state = Open {
            id,
            handshaking,
            requests: 0,
        };
        let leave = open.enter(from, Peer::from(from.ip()), state);
        let begun = open.details().filter(|open| open.handshaking).count();
        if begun > self.bounds.handshakes {
            let begun = |open: &Open| usize::from(open.handshaking);
            open.evict(begun, |open| open.handshaking);
            self.metrics.closed("handshakes");
        }
        if open.len() <= self.bounds.connections {
            return Some(leave);
        }
        let may_go = |open: &Open| open.requests == 0 && open.id != id;
        self.metrics.closed("room");
        if open.evict(|_| 1, may_go).is_none() {
            open.remove(&from);
            return None;
        }
        Some(leave)
    }

    fn established(&self, from: SocketAddr, id: u64) {
        let mut open = self.open();
        if let Some(open) = open.detail(&from).filter(|open| open.id == id) {
            open.handshaking = false;
        }
    }

    fn leave(&self, from: SocketAddr, id: u64) {
        let mut open = self.open();
        // The address may belong to the next connection by now.
        if open.detail(&from).is_some_and(|open| open.id == id) {
            open.remove(&from);
        }
    }

    /// Notes that a request begins in the connection from this address.
    pub(crate) fn begins(&self, from: SocketAddr) {
        self.open().used(&from);
    }

    /// Notes that a request of the connection from this address is worked on, until the guard is dropped.
    pub(crate) fn working(self: &Arc<Self>, from: SocketAddr) -> Working {
        let mut open = self.open();
        let id = open.detail(&from).map(|open| {
            open.requests += 1;
            open.id
        });
        drop(open);
        Working {
            connections: Arc::clone(self),
            from,
            id,
        }
    }

    /// Closes every connection in which no request is worked on.
    pub(crate) fn close_unused(&self) {
        let mut open = self.open();
        while open.evict(|_| 1, |open| open.requests == 0).is_some() {}
    }
}

/// A request is worked on.
#[derive(Debug)]
pub(crate) struct Working {
    connections: Arc<Connections>,
    from: SocketAddr,
    id: Option<u64>,
}

impl Drop for Working {
    fn drop(&mut self) {
        let mut open = self.connections.open();
        if let Some(found) = open.detail(&self.from)
            && Some(found.id) == self.id
        {
            found.requests = found.requests.saturating_sub(1);
            open.used(&self.from);
        }
    }
}

/// Accepts connections within bounds, without Nagle's delay.
#[derive(Clone, Debug)]
pub(crate) struct Bounded {
    connections: Arc<Connections>,
    handshaking: bool,
}

impl Bounded {
    /// For plain HTTP.
    pub(crate) const fn new(connections: Arc<Connections>) -> Self {
        Self {
            connections,
            handshaking: false,
        }
    }

    /// For what begins with a handshake; see [`Established`].
    pub(crate) const fn before_handshake(connections: Arc<Connections>) -> Self {
        Self {
            connections,
            handshaking: true,
        }
    }

    fn connection(&self, stream: TcpStream) -> io::Result<Connection> {
        // An answer is one small write: with Nagle's delay it would wait for the client's acknowledgement.
        stream.set_nodelay(true)?;
        let from = stream.peer_addr()?;
        let id = self.connections.next.fetch_add(1, Ordering::Relaxed);
        let leave = self.connections.enter(from, id, self.handshaking);
        let leave = leave.ok_or_else(|| io::Error::other("too many connections"))?;
        let silence = self.connections.bounds.silence;
        Ok(Connection {
            stream,
            until: Box::pin(sleep(silence)),
            leave,
            gone: None,
            connections: Arc::clone(&self.connections),
            from,
            id,
        })
    }
}

impl<S> Accept<TcpStream, S> for Bounded {
    type Stream = Connection;
    type Service = S;
    type Future = Ready<io::Result<(Connection, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready(
            self.connection(stream)
                .map(|connection| (connection, service)),
        )
    }
}

/// Accepts TLS, and notes when a handshake is over.
#[derive(Clone, Debug)]
pub(crate) struct Established(pub(crate) RustlsAcceptor<Bounded>);

impl<S: Send + 'static> Accept<TcpStream, S> for Established {
    type Stream = <RustlsAcceptor<Bounded> as Accept<TcpStream, S>>::Stream;
    type Service = S;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Self::Stream, S)>> + Send>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let handshake = self.0.accept(stream, service);
        Box::pin(async move {
            let (stream, service) = handshake.await?;
            let (connection, _) = stream.get_ref();
            connection
                .connections
                .established(connection.from, connection.id);
            Ok((stream, service))
        })
    }
}

/// One accepted connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    until: Pin<Box<Sleep>>,
    leave: Leave,
    /// Why it was given up.
    gone: Option<io::ErrorKind>,
    connections: Arc<Connections>,
    from: SocketAddr,
    id: u64,
}

impl Connection {
    /// Whether the connection has to go to make room. Nothing more is read from it then, whatever there is.
    fn is_evicted(&mut self, cx: &mut Context<'_>) -> bool {
        // What was given up is not asked again: `leave` must not be, once it has said so.
        if self.gone.is_none() && Pin::new(&mut self.leave).poll(cx).is_ready() {
            self.gone = Some(io::ErrorKind::ConnectionAborted);
        }
        self.gone == Some(io::ErrorKind::ConnectionAborted)
    }

    /// Takes note of bytes that there was room for: who takes an answer that goes on for long is not silent.
    fn wrote(&mut self, done: &io::Result<usize>) {
        if done.as_ref().is_ok_and(|bytes| *bytes > 0) {
            let silence = self.connections.bounds.silence;
            self.until.as_mut().reset(Instant::now() + silence);
        }
    }

    /// Why a connection that waits is given up, as soon as it is. Once it is, it stays so.
    fn given_up(&mut self, cx: &mut Context<'_>) -> Poll<io::Error> {
        if !self.is_evicted(cx) && self.gone.is_none() && self.until.as_mut().poll(cx).is_ready() {
            self.connections.metrics.closed("silence");
            self.gone = Some(io::ErrorKind::TimedOut);
        }
        self.gone
            .map_or(Poll::Pending, |kind| Poll::Ready(kind.into()))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.connections.leave(self.from, self.id);
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.is_evicted(cx) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        match Pin::new(&mut this.stream).poll_read(cx, buffer) {
            Poll::Ready(done) => {
                let silence = this.connections.bounds.silence;
                this.until.as_mut().reset(Instant::now() + silence);
                Poll::Ready(done)
            }
            Poll::Pending => this.given_up(cx).map(Err),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_write(cx, bytes) {
            Poll::Ready(done) => {
                this.wrote(&done);
                Poll::Ready(done)
            }
            // A client that does not read its answer is as silent as a client that sends nothing.
            Poll::Pending => this.given_up(cx).map(Err),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_write_vectored(cx, parts) {
            Poll::Ready(done) => {
                this.wrote(&done);
                Poll::Ready(done)
            }
            Poll::Pending => this.given_up(cx).map(Err),
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests;
