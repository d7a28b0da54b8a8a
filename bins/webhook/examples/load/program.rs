//! The webhook as a process, and what the kernel says about it.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::site::Site;

/// Clock ticks of a second in `/proc/PID/stat`, which Linux fixes at this for user space.
const TICKS: f64 = 100.0;

pub(crate) struct Program {
    child: Child,
    pub(crate) address: String,
    admin: String,
}

impl Program {
    /// Starts it with the site's policies and waits until it takes reviews.
    pub(crate) fn start(site: &Site, more: &[&str]) -> Self {
        let policy = site.path("policy.yaml").display().to_string();
        Self::start_without_files(site, &[&["-f", &policy], more].concat())
    }

    /// The same without policies but for those that these options name.
    pub(crate) fn start_without_files(site: &Site, more: &[&str]) -> Self {
        let path = |name: &str| site.path(name).display().to_string();
        let (certificate, key) = (path("tls.crt"), path("tls.key"));
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["serve", "--listen", "127.0.0.1:0", "--admin-listen"])
            .args(["127.0.0.1:0", "--tls-cert", &certificate, "--tls-key", &key])
            .args(["--plain-http", &site.registry.address()])
            .args(["--plain-http", &site.store.address()])
            .args(more)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut log = BufReader::new(child.stderr.take().unwrap());
        let mut line = String::new();
        let (address, admin) = loop {
            line.clear();
            assert!(
                log.read_line(&mut line).unwrap() > 0,
                "the webhook did not start"
            );
            let event: Value = serde_json::from_str(&line).unwrap();
            if let (Some(address), Some(admin)) =
                (event["address"].as_str(), event["admin"].as_str())
            {
                break (address.to_owned(), admin.to_owned());
            }
            assert_ne!(event["level"], "ERROR", "{line}");
        };
        // A full pipe would stop it.
        std::thread::spawn(move || {
            let mut buffer = [0; 1 << 16];
            while log.read(&mut buffer).is_ok_and(|read| read > 0) {}
        });
        Self {
            child,
            address,
            admin,
        }
    }

    /// CPU time used so far, in user and kernel mode.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        // The name in parentheses may contain anything; fields are counted after it (proc_pid_stat(5): 14 and 15).
        let fields: Vec<&str> = stat
            .rsplit_once(')')
            .unwrap()
            .1
            .split_whitespace()
            .collect();
        let ticks: f64 = [fields[11], fields[12]]
            .iter()
            .map(|field| field.parse::<f64>().unwrap())
            .sum();
        Duration::from_secs_f64(ticks / TICKS)
    }

    /// Resident memory in MiB.
    pub(crate) fn resident(&self) -> f64 {
        self.status("VmRSS:") / 1024.0
    }

    /// Threads.
    pub(crate) fn threads(&self) -> f64 {
        self.status("Threads:")
    }

    /// Open descriptors.
    pub(crate) fn descriptors(&self) -> usize {
        let descriptors = fs::read_dir(format!("/proc/{}/fd", self.child.id()));
        descriptors.unwrap().count()
    }

    /// Tasks that have begun and not ended, as it says itself.
    pub(crate) async fn tasks(&self) -> u64 {
        let metrics = reqwest::get(format!("http://{}/metrics", self.admin));
        let text = metrics.await.unwrap().text().await.unwrap();
        text.lines()
            .filter(|line| line.starts_with("doorward_tasks{"))
            .map(|line| line.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
            .sum()
    }

    /// A number of `/proc/PID/status`, in the unit that it has there.
    fn status(&self, name: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
