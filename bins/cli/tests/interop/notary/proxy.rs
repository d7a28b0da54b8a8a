//! Somebody between readers and a trust server, who may do what such a person can.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};

use super::GUN;
use crate::http::{Request, Response, serve};

/// What is done to answers.
#[derive(Clone)]
pub(crate) enum Tampering {
    /// Nothing.
    None,
    /// The answer to every file of this beginning is changed.
    Change(&'static str, fn(&mut Vec<u8>)),
    /// What was answered once is answered again.
    Replay(Recording),
    /// Another server answers.
    Redirect(SocketAddr),
}

/// Answers by the paths that were asked for.
pub(crate) type Recording = BTreeMap<String, Response>;

struct State {
    server: SocketAddr,
    tampering: Tampering,
    seen: Recording,
}

/// A proxy on a loopback port. It lives as long as the test process.
pub(crate) struct Proxy {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

impl Proxy {
    /// One that changes nothing yet.
    pub(crate) fn before(server: SocketAddr) -> Self {
        let state = Arc::new(Mutex::new(State {
            server,
            tampering: Tampering::None,
            seen: Recording::new(),
        }));
        let shared = Arc::clone(&state);
        Self {
            address: serve(move |request| answer(&shared, request)),
            state,
        }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL as a policy names it.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on, does this to answers.
    pub(crate) fn tamper(&self, tampering: Tampering) {
        self.state.lock().unwrap().tampering = tampering;
    }

    /// Everything answered since this was last asked.
    pub(crate) fn take_recording(&self) -> Recording {
        std::mem::take(&mut self.state.lock().unwrap().seen)
    }
}

fn answer(state: &Mutex<State>, request: &Request) -> Response {
    let (server, tampering) = {
        let state = state.lock().unwrap();
        (state.server, state.tampering.clone())
    };
    let target = &request.target;
    let pass = |server| get(server, target, request.header("authorization"));
    let response = match tampering {
        Tampering::None => pass(server),
        Tampering::Redirect(other) => pass(other),
        Tampering::Replay(recording) => match recording.get(target) {
            Some(response) => response.clone(),
            None => pass(server),
        },
        Tampering::Change(beginning, change) => {
            let mut response = pass(server);
            if target.starts_with(&path(beginning)) && response.status == 200 {
                change(&mut response.body);
            }
            response
        }
    };
    let mut state = state.lock().unwrap();
    state.seen.insert(target.clone(), response.clone());
    response
}

/// The path of a file of the collection.
fn path(file: &str) -> String {
    format!("/v2/{GUN}/_trust/tuf/{file}")
}

/// Asks a server; 502 if it does not answer.
fn get(server: SocketAddr, target: &str, authorization: Option<&str>) -> Response {
    ask(server, target, authorization).unwrap_or_else(|_| Response::new(502, ""))
}

fn ask(server: SocketAddr, target: &str, authorization: Option<&str>) -> std::io::Result<Response> {
    let mut stream = TcpStream::connect(server)?;
    // HTTP/1.0: the answer ends with the connection and comes in one piece.
    write!(stream, "GET {target} HTTP/1.0\r\nHost: {server}\r\n")?;
    if let Some(value) = authorization {
        write!(stream, "Authorization: {value}\r\n")?;
    }
    stream.write_all(b"\r\n")?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.ok_or(std::io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let kept = ["content-type", "www-authenticate"];
    let headers = lines.filter_map(|line| line.split_once(": "));
    Ok(Response {
        status: status.and_then(|status| status.parse().ok()).unwrap_or(502),
        headers: headers
            .filter(|(name, _)| kept.contains(&name.to_ascii_lowercase().as_str()))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        body: answer[end + 4..].to_vec(),
    })
}
