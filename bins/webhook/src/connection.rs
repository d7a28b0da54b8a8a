//! Connections: how many there are, and how long one may be silent.

use std::future::{Future, Ready, ready};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep, sleep};

/// Accepts a bounded number of connections at a time, without Nagle's delay, and closes those that stay silent.
///
/// One over the bound is closed at once, which an API server reports as a failed webhook call.
#[derive(Clone, Debug)]
pub(crate) struct Bounded {
    permits: Arc<Semaphore>,
    silence: Duration,
}

impl Bounded {
    /// At most `connections`, each silent for `silence` at most: before its first byte, between requests, or in one.
    pub(crate) fn new(connections: usize, silence: Duration) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(connections)),
            silence,
        }
    }
}

impl<S> Accept<TcpStream, S> for Bounded {
    type Stream = Connection;
    type Service = S;
    type Future = Ready<io::Result<(Connection, S)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
            return ready(Err(io::Error::other("too many connections")));
        };
        // An answer is one small write: with Nagle's delay it would wait for the client's acknowledgement.
        ready(stream.set_nodelay(true).map(|()| {
            let connection = Connection {
                stream,
                silence: self.silence,
                until: Box::pin(sleep(self.silence)),
                _permit: permit,
            };
            (connection, service)
        }))
    }
}

/// One accepted connection.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    silence: Duration,
    until: Pin<Box<Sleep>>,
    _permit: OwnedSemaphorePermit,
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        match Pin::new(&mut this.stream).poll_read(cx, buffer) {
            Poll::Ready(done) => {
                this.until.as_mut().reset(Instant::now() + this.silence);
                Poll::Ready(done)
            }
            Poll::Pending => this
                .until
                .as_mut()
                .poll(cx)
                .map(|()| Err(io::ErrorKind::TimedOut.into())),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, bytes)
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
        Pin::new(&mut self.get_mut().stream).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    async fn pair(bound: &Bounded) -> (TcpStream, io::Result<(Connection, ())>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        (client, bound.accept(stream, ()).await)
    }

    #[tokio::test]
    async fn one_connection_too_many_is_closed_and_there_is_room_again_when_another_ends() {
        let bound = Bounded::new(1, Duration::from_secs(60));
        let (_client, first) = pair(&bound).await;
        let (_, second) = pair(&bound).await;
        assert!(first.is_ok() && second.is_err());
        drop(first);
        assert!(pair(&bound).await.1.is_ok());
    }

    #[tokio::test]
    async fn a_connection_that_says_nothing_is_given_up() {
        let bound = Bounded::new(1, Duration::from_millis(50));
        let (_client, accepted) = pair(&bound).await;
        let (mut connection, ()) = accepted.unwrap();
        let error = connection.read_u8().await.expect_err("given up");
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn a_byte_now_and_then_keeps_a_connection() {
        let bound = Bounded::new(1, Duration::from_millis(400));
        let (mut client, accepted) = pair(&bound).await;
        let (mut connection, ()) = accepted.unwrap();
        for _ in 0..4 {
            sleep(Duration::from_millis(150)).await;
            client.write_u8(7).await.unwrap();
            assert_eq!(connection.read_u8().await.unwrap(), 7);
        }
    }
}
