//! An API server on the loopback for tests: it answers what a test gives it, path by path.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::api_server::ApiServer;

/// It runs until the runtime of the test ends.
#[derive(Clone)]
pub(super) struct StandIn {
    answers: Arc<Mutex<BTreeMap<String, (u16, Value)>>>,
    asked: Arc<Mutex<Vec<String>>>,
    address: String,
}

impl StandIn {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stand_in = Self {
            answers: Arc::default(),
            asked: Arc::default(),
            address: listener.local_addr().unwrap().to_string(),
        };
        let serves = stand_in.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let one = serves.clone();
                tokio::spawn(async move {
                    let mut request = Vec::new();
                    let mut part = [0; 4096];
                    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                        match stream.read(&mut part).await {
                            Ok(0) | Err(_) => return,
                            Ok(read) => request.extend_from_slice(&part[..read]),
                        }
                    }
                    let request = String::from_utf8(request).unwrap();
                    let target = request.split(' ').nth(1).unwrap();
                    let (status, body) = one.answer(target);
                    let body = body.to_string();
                    let head = format!(
                        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                        body.len()
                    );
                    let _ = stream.write_all((head + &body).as_bytes()).await;
                });
            }
        });
        stand_in
    }

    /// What is answered to a path with its query, or to a path whatever the query.
    pub(super) fn tells(&self, target: &str, status: u16, body: Value) {
        let mut answers = self.answers.lock().unwrap();
        answers.insert(target.to_owned(), (status, body));
    }

    /// The targets that were asked for.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    pub(super) async fn server(&self) -> ApiServer {
        let kubeconfig = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{"name": "c", "cluster": {"server": format!("http://{}", self.address)}}],
            "users": [{"name": "c", "user": {}}],
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
        });
        // A build of the whole workspace has two providers, of which a program picks one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut file = tempfile::NamedTempFile::new().unwrap();
        std::io::Write::write_all(&mut file, kubeconfig.to_string().as_bytes()).unwrap();
        ApiServer::connect(Some(file.path())).await.unwrap()
    }

    fn answer(&self, target: &str) -> (u16, Value) {
        self.asked.lock().unwrap().push(target.to_owned());
        let answers = self.answers.lock().unwrap();
        let path = target.split('?').next().unwrap_or_default();
        let found = answers.get(target).or_else(|| answers.get(path)).cloned();
        let (status, body) = found.unwrap_or((404, json!({"message": "not found"})));
        if status == 200 {
            return (status, body);
        }
        let message = &body["message"];
        let refusal = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "metadata": {}, "code": status, "message": message, "reason": "x"});
        (status, refusal)
    }
}
