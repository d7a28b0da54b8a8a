//! The webhook's program, running.

use std::io::{BufRead as _, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;

/// A running webhook, killed at the end.
pub(crate) struct Program {
    child: Child,
    /// Where reviews are taken.
    pub(crate) address: SocketAddr,
    /// Where health and metrics are.
    pub(crate) admin: SocketAddr,
    log: Arc<Mutex<String>>,
}

impl Program {
    /// Starts it with these options and the `tls.crt` and `tls.key` that are in `files`.
    ///
    /// # Panics
    /// If it does not say where it listens.
    pub(crate) fn start(files: &Path, listen: &str, options: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_doorward-webhook"))
            .env_clear()
            .args(["--admin-listen", "127.0.0.1:0", "--listen", listen])
            .args(["--tls-cert", "tls.crt", "--tls-key", "tls.key"])
            .args(options)
            .current_dir(files)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let log = Arc::default();
        let (address, admin) = addresses(&mut child, &log);
        Self {
            child,
            address,
            admin,
            log,
        }
    }

    /// What it has logged so far.
    pub(crate) fn logged(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// What it answers on its admin port, or what keeps it from answering.
    pub(crate) async fn ask(&self, path: &str) -> reqwest::Result<(u16, String)> {
        let answer = reqwest::get(format!("http://{}{path}", self.admin)).await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }

    /// A metric that has one value, or the sum of all values of one with labels.
    pub(crate) async fn count(&self, metric: &str) -> f64 {
        let (_, metrics) = self.ask("/metrics").await.unwrap();
        let of_it = metrics.lines().filter(|line| line.starts_with(metric));
        let values = of_it.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
        values.sum()
    }

    /// Asks it to end, as the kubelet does.
    pub(crate) fn terminate(&self) {
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        assert!(status.success());
    }

    /// Whether it ended by itself and well.
    pub(crate) fn ended_well(&mut self) -> Option<bool> {
        Some(self.child.try_wait().unwrap()?.success())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads the log until the program says where it listens.
fn addresses(child: &mut Child, log: &Arc<Mutex<String>>) -> (SocketAddr, SocketAddr) {
    let (sender, lines) = std::sync::mpsc::channel();
    let streams: [Box<dyn Read + Send>; 2] = [
        Box::new(child.stdout.take().unwrap()),
        Box::new(child.stderr.take().unwrap()),
    ];
    for stream in streams {
        let (sender, log) = (sender.clone(), Arc::clone(log));
        // Reads on to the end, so that the program never waits for somebody to read its log.
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines().map_while(Result::ok) {
                {
                    let mut log = log.lock().unwrap();
                    log.push_str(&line);
                    log.push('\n');
                }
                let _ = sender.send(line);
            }
        });
    }
    while let Ok(line) = lines.recv_timeout(Duration::from_secs(60)) {
        if let Some(addresses) = said(&line) {
            return addresses;
        }
    }
    let _ = child.kill();
    panic!("the webhook does not listen:\n{}", log.lock().unwrap());
}

fn said(line: &str) -> Option<(SocketAddr, SocketAddr)> {
    let entry: Value = serde_json::from_str(line).ok()?;
    let fields = entry.get("fields").unwrap_or(&entry);
    let address = |name| fields.get(name)?.as_str()?.parse().ok();
    Some((address("address")?, address("admin")?))
}
