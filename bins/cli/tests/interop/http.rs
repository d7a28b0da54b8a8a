//! HTTP servers of the tests themselves, as small as they can be: one request on a connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

/// What was asked for; methods are answered alike.
pub(crate) struct Request {
    /// Path and query, as they came.
    pub(crate) target: String,
    /// What came with it.
    pub(crate) body: Vec<u8>,
    headers: Vec<(String, String)>,
}

impl Request {
    /// The value of a header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

/// What is answered.
#[derive(Clone)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Response {
    /// A status and a body, and nothing to say about it.
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }
}

/// Serves on a loopback port as long as the test process lives, and says where.
pub(crate) fn serve(answer: impl Fn(&Request) -> Response + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            std::thread::spawn(move || {
                // A client that goes away is its own affair.
                let _ = exchange(&connection, &*answer);
            });
        }
    });
    address
}

fn exchange(
    connection: &TcpStream,
    answer: &(impl Fn(&Request) -> Response + ?Sized),
) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection);
    let mut lines = reader.by_ref().lines();
    let first = lines.next().transpose()?.unwrap_or_default();
    let mut headers = Vec::new();
    while let Some(line) = lines.next().transpose()?.filter(|line| !line.is_empty()) {
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    let mut request = Request {
        target: first.split(' ').nth(1).unwrap_or_default().to_owned(),
        body: Vec::new(),
        headers,
    };
    let length = request.header("content-length").map(str::parse);
    if let Some(Ok(length)) = length {
        reader.take(length).read_to_end(&mut request.body)?;
    }
    let response = answer(&request);
    let mut connection = connection;
    write!(connection, "HTTP/1.1 {} -\r\n", response.status)?;
    for (name, value) in &response.headers {
        write!(connection, "{name}: {value}\r\n")?;
    }
    write!(
        connection,
        "Content-Length: {}\r\nConnection: close\r\n\r\n",
        response.body.len()
    )?;
    connection.write_all(&response.body)
}
