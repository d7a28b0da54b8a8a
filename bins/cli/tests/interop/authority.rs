//! Authorities that are asked over HTTP, on a loopback port.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::http::{Request, Response, serve};
use crate::tools::must;

type Answer = dyn Fn(&Request) -> Response + Send + Sync;

/// A server that says what it was last given to say, and before that 503.
pub(crate) struct Authority {
    address: SocketAddr,
    answer: Arc<Mutex<Arc<Answer>>>,
    asked: Arc<AtomicUsize>,
}

impl Authority {
    pub(crate) fn silent() -> Self {
        let answer: Arc<Answer> = Arc::new(|_: &Request| Response::new(503, ""));
        let answer = Arc::new(Mutex::new(answer));
        let asked = Arc::new(AtomicUsize::new(0));
        let (shared, counted) = (Arc::clone(&answer), Arc::clone(&asked));
        let address = serve(move |request| {
            counted.fetch_add(1, Ordering::Relaxed);
            let answer = Arc::clone(&shared.lock().unwrap());
            answer(request)
        });
        Self {
            address,
            answer,
            asked,
        }
    }

    /// What stands in certificates.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn answer(&self, answer: impl Fn(&Request) -> Response + Send + Sync + 'static) {
        *self.answer.lock().unwrap() = Arc::new(answer);
    }

    pub(crate) fn fall_silent(&self) {
        self.answer(|_| Response::new(503, ""));
    }

    /// How often it was asked since this was last called.
    pub(crate) fn take_count(&self) -> usize {
        self.asked.swap(0, Ordering::Relaxed)
    }
}

/// Lets openssl answer a question that came over HTTP: `words` are the arguments of the command, with the files
/// `question` and `answer` of a folder of their own, and `{}` for the folder of keys.
pub(crate) fn openssl(
    keys: &Path,
    words: String,
    kind: &'static str,
    question: impl Fn(&Request) -> Vec<u8> + Send + Sync + 'static,
) -> impl Fn(&Request) -> Response + Send + Sync + 'static {
    let keys: PathBuf = keys.to_owned();
    move |request| {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("question"), question(request)).unwrap();
        let words = words.replace("{}", keys.to_str().unwrap());
        must(
            Command::new("openssl")
                .current_dir(folder.path())
                .args(words.split(' ')),
        );
        let answer = fs::read(folder.path().join("answer")).unwrap();
        let mut response = Response::new(200, answer);
        response.headers = vec![("Content-Type".to_owned(), kind.to_owned())];
        response
    }
}
