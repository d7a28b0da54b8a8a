//! A server of fixed answers on the loopback interface.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// The longest head of a request that is read. The client's have a few hundred bytes.
const MOST: usize = 8 * 1024;
const END_OF_HEAD: &[u8] = b"\r\n\r\n";

/// What is served at one path.
pub(super) struct Page {
    pub(super) media_type: &'static str,
    pub(super) content: &'static [u8],
}

/// The pages by path.
pub(super) type Pages = BTreeMap<String, Page>;

/// A listener with its pages. It answers while [`Loopback::serve`] is polled.
///
/// It knows as much of HTTP as the demonstration needs: `GET` and `HEAD`, one request for each connection.
pub(super) struct Loopback {
    listener: TcpListener,
    address: SocketAddr,
    pages: Arc<Pages>,
}

impl Loopback {
    /// Listens on a free port.
    ///
    /// # Errors
    /// If the system gives no port.
    pub(super) fn bind(pages: Pages) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        Ok(Self {
            address: listener.local_addr()?,
            listener,
            pages: Arc::new(pages),
        })
    }

    /// Host and port.
    pub(super) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Answers until it is dropped.
    ///
    /// # Errors
    /// If the listener fails.
    pub(super) async fn serve(self) -> io::Result<Infallible> {
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await?;
            let pages = Arc::clone(&self.pages);
            // A client that went away does not concern the others.
            connections.spawn(async move { answer(stream, &pages).await.ok() });
        }
    }
}

async fn answer(mut stream: TcpStream, pages: &Pages) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(END_OF_HEAD) {
        if head.len() > MOST || stream.read_buf(&mut head).await? == 0 {
            return Ok(());
        }
    }
    stream.write_all(&reply(&head, pages)).await?;
    stream.shutdown().await
}

/// The answer to a request's head.
fn reply(head: &[u8], pages: &Pages) -> Vec<u8> {
    let head = String::from_utf8_lossy(head);
    let mut line = head.split(' ');
    let (method, path) = (line.next(), line.next().unwrap_or_default());
    let (status, page) = match (method, pages.get(path)) {
        (Some("GET" | "HEAD"), Some(page)) => ("200 OK", page),
        (Some("GET" | "HEAD"), None) => ("404 Not Found", &NOTHING),
        _ => ("405 Method Not Allowed", &NOTHING),
    };
    let (media_type, content) = (page.media_type, page.content);
    let mut reply = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        content.len()
    )
    .into_bytes();
    if method != Some("HEAD") {
        reply.extend_from_slice(content);
    }
    reply
}

const NOTHING: Page = Page {
    media_type: "text/plain",
    content: b"",
};

#[cfg(test)]
mod tests {
    use super::*;

    fn replied(head: &str) -> String {
        let page = Page {
            media_type: "text/plain",
            content: b"hello",
        };
        let pages = Pages::from([("/v2/greeting".to_owned(), page)]);
        String::from_utf8(reply(head.as_bytes(), &pages)).unwrap_or_default()
    }

    #[test]
    fn a_page_is_served_by_its_path() {
        let reply = replied("GET /v2/greeting HTTP/1.1\r\n\r\n");
        assert!(reply.starts_with("HTTP/1.1 200 OK\r\n"), "{reply}");
        assert!(reply.ends_with("\r\n\r\nhello"), "{reply}");
    }

    #[test]
    fn the_head_of_a_page_has_its_length_and_not_its_content() {
        let reply = replied("HEAD /v2/greeting HTTP/1.1\r\n\r\n");
        assert!(reply.contains("content-length: 5\r\n"), "{reply}");
        assert!(reply.ends_with("\r\n\r\n"), "{reply}");
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        assert!(replied("GET /v2/farewell HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
    }

    #[test]
    fn nothing_is_written() {
        assert!(replied("PUT /v2/greeting HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 405 "));
        assert!(replied("\r\n\r\n").starts_with("HTTP/1.1 405 "));
    }
}
