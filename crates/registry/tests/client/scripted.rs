//! A server that answers each request as a closure says.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What is done about one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reaction {
    /// A status, headers and a body.
    Reply(u16, String, String),
    /// The connection is reset.
    Reset,
    /// Nothing, ever.
    Silence,
}

impl Reaction {
    pub(crate) fn status(status: u16) -> Self {
        Self::Reply(status, String::new(), String::new())
    }

    pub(crate) fn json(status: u16, body: &str) -> Self {
        let header = "Content-Type: application/json\r\n".to_owned();
        Self::Reply(status, header, body.to_owned())
    }

    pub(crate) fn challenge(text: &str) -> Self {
        let header = format!("WWW-Authenticate: {text}\r\n");
        Self::Reply(401, header, String::new())
    }

    /// Whether a server that does this without being shown anything may be out.
    pub(crate) fn is_failure(&self) -> bool {
        match self {
            Self::Reply(status, ..) => (500..600).contains(status),
            Self::Reset | Self::Silence => true,
        }
    }
}

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    /// Whether a form was posted.
    pub(crate) is_form: bool,
}

impl Asked {
    fn parse(head: &str) -> Self {
        let mut words = head.split(' ');
        let method = words.next().unwrap_or_default();
        let path = words.next().unwrap_or_default().to_owned();
        let authorization = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("authorization")
                .then(|| value.trim().to_owned())
        });
        Self {
            path,
            authorization,
            is_form: method == "POST",
        }
    }

    /// Whether something was shown that is not the token of nobody, which is `anonymous`.
    pub(crate) fn shows_credential(&self) -> bool {
        self.is_form
            || self
                .authorization
                .as_ref()
                .is_some_and(|shown| shown != "Bearer anonymous")
    }
}

type Log = Arc<Mutex<Vec<(Asked, Reaction)>>>;

/// The server. Stops with its runtime, or when it is dropped.
pub(crate) struct Scripted {
    pub(crate) address: String,
    log: Log,
    task: JoinHandle<()>,
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Scripted {
    /// Starts one. The closure gets the server's own address and the request.
    pub(crate) async fn start(
        react: impl Fn(&str, &Asked) -> Reaction + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let log = Log::default();
        let task = tokio::spawn({
            let (address, log, react) = (address.clone(), Arc::clone(&log), Arc::new(react));
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let (address, log, react) =
                        (address.clone(), Arc::clone(&log), Arc::clone(&react));
                    tokio::spawn(async move {
                        let _ = serve(stream, &address, &log, react.as_ref()).await;
                    });
                }
            }
        });
        Self { address, log, task }
    }

    pub(crate) fn log(&self) -> Vec<(Asked, Reaction)> {
        self.log.lock().expect("not poisoned").clone()
    }
}

async fn serve(
    mut stream: TcpStream,
    address: &str,
    log: &Log,
    react: &(impl Fn(&str, &Asked) -> Reaction + Sync),
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        let mut more = [0; 4096];
        match stream.read(&mut more).await? {
            0 => return Ok(()),
            read => head.extend_from_slice(&more[..read]),
        }
    }
    let asked = Asked::parse(&String::from_utf8_lossy(&head));
    let reaction = react(address, &asked);
    log.lock()
        .expect("not poisoned")
        .push((asked, reaction.clone()));
    match reaction {
        Reaction::Silence => std::future::pending().await,
        Reaction::Reset => stream.set_zero_linger(),
        Reaction::Reply(status, headers, body) => {
            let length = body.len();
            let text = format!(
                "HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
            );
            stream.write_all(text.as_bytes()).await?;
            stream.shutdown().await
        }
    }
}
