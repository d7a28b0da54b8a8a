//! The byte stream of one accepted connection: delay, reset and garbage below HTTP.

use std::collections::VecDeque;
use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf as _, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

/// What is read from the socket at a time.
const CHUNK: usize = 16 << 10;
/// Bytes held back by the delay before the socket is left to its own flow control.
const HELD: usize = 4 << 20;
/// What [`Wire`] sends when asked to speak something other than HTTP.
const GARBAGE: &[u8] = b"\x00\xff SSH-2.0-not-http\r\n\x7f";

/// A round-trip time shared by every connection of a server, changeable while it runs.
#[derive(Debug, Default)]
pub(crate) struct Latency(AtomicU64);

impl Latency {
    pub(crate) fn set(&self, round_trip: Duration) {
        let nanos = u64::try_from(round_trip.as_nanos()).unwrap_or(u64::MAX);
        self.0.store(nanos, Ordering::Relaxed);
    }

    fn load(&self) -> Duration {
        Duration::from_nanos(self.0.load(Ordering::Relaxed))
    }
}

/// Orders to one connection, given by what answers a request on it.
#[derive(Debug, Default)]
pub(crate) struct WireOrders {
    reset: AtomicBool,
    garbage: AtomicBool,
}

impl WireOrders {
    /// When the connection is dropped, the peer gets a TCP reset instead of an orderly end.
    pub(crate) fn reset(&self) {
        self.reset.store(true, Ordering::Release);
    }

    /// Whatever is written next is replaced by bytes that are not HTTP.
    pub(crate) fn speak_garbage(&self) {
        self.garbage.store(true, Ordering::Release);
    }
}

/// A TCP connection whose inbound bytes arrive one round trip late.
///
/// Delaying what the client sent, chunk by chunk, makes every exchange cost one round trip and lets exchanges that
/// overlap share it, which a pause before each answer would not. The first chunk is delayed twice: the TCP handshake
/// cost a round trip as well. A TLS handshake pays for its own flights.
pub(crate) struct Wire {
    socket: TcpStream,
    orders: Arc<WireOrders>,
    latency: Arc<Latency>,
    accepted: Instant,
    held: VecDeque<(Instant, Bytes)>,
    held_bytes: usize,
    ended: bool,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Wire {
    pub(crate) fn new(socket: TcpStream, orders: Arc<WireOrders>, latency: Arc<Latency>) -> Self {
        Self {
            socket,
            orders,
            latency,
            accepted: Instant::now(),
            held: VecDeque::new(),
            held_bytes: 0,
            ended: false,
            timer: None,
        }
    }

    /// Moves what the socket has into the delay line. An empty chunk stands for the end of the stream.
    fn fill(&mut self, context: &mut Context<'_>, round_trip: Duration) -> io::Result<()> {
        while !self.ended && self.held_bytes < HELD {
            let mut space = vec![0; CHUNK];
            let mut buffer = ReadBuf::new(&mut space);
            match Pin::new(&mut self.socket).poll_read(context, &mut buffer) {
                Poll::Pending => break,
                Poll::Ready(Err(error)) => return Err(error),
                Poll::Ready(Ok(())) => {
                    let chunk = Bytes::copy_from_slice(buffer.filled());
                    self.ended = chunk.is_empty();
                    self.held_bytes += chunk.len();
                    let sent = Instant::now().max(self.accepted + round_trip);
                    self.held.push_back((sent + round_trip, chunk));
                }
            }
        }
        Ok(())
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let round_trip = this.latency.load();
        if round_trip.is_zero() && this.held.is_empty() {
            return Pin::new(&mut this.socket).poll_read(context, buffer);
        }
        this.fill(context, round_trip)?;
        let Some((due, chunk)) = this.held.front_mut() else {
            return if this.ended {
                Poll::Ready(Ok(()))
            } else {
                Poll::Pending
            };
        };
        if *due > Instant::now() {
            let timer = this
                .timer
                .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(*due)));
            if timer.deadline() != *due {
                timer.as_mut().reset(*due);
            }
            ready!(timer.as_mut().poll(context));
        }
        let count = chunk.len().min(buffer.remaining());
        buffer.put_slice(&chunk.split_to(count));
        this.held_bytes -= count;
        if !chunk.has_remaining() {
            this.held.pop_front();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.orders.garbage.load(Ordering::Acquire) {
            ready!(Pin::new(&mut self.socket).poll_write(context, GARBAGE))?;
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        Pin::new(&mut self.socket).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.orders.reset.load(Ordering::Acquire) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.orders.reset.load(Ordering::Acquire) {
            // A reset is what closing with a linger time of zero does. If it cannot be set the peer sees an orderly
            // end in the middle of an answer, which is an error to it as well.
            let _ = self.socket.set_zero_linger();
        }
    }
}
