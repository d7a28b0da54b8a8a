//! A real Kubernetes API server, with its etcd and, where that is asked for, its controller manager.

mod api;
mod builder;
mod folder;
mod papers;
mod port;
mod process;
mod programs;
mod start;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;

use api::Api;
pub use api::ApiAnswer;
pub use builder::ApiServerBuilder;

/// A kube-apiserver on a loopback port, with an etcd of its own.
///
/// Its programs are those in the `PATH`: see [`ApiServer::missing`]. Certificates are made for it, and everything it
/// keeps lies in a folder that is removed at the end. Anonymous requests are refused, and RBAC is on. Kept in a `static`,
/// one server serves all tests of a program.
///
/// It ends with the handle. If this process ends otherwise, however that is, the kernel kills the programs, and the folder
/// is removed all the same.
///
/// There are no nodes and no scheduler: Pods are admitted and stored, and stay pending.
pub struct ApiServer {
    url: String,
    authority: String,
    folder: PathBuf,
    api: Api,
    controllers: bool,
    /// Dropped first: that ends the thread.
    stop: Option<Sender<()>>,
    keeper: Option<JoinHandle<()>>,
}

impl ApiServer {
    /// Starts to describe a server. Without further orders it has no controller manager.
    #[must_use]
    pub fn builder() -> ApiServerBuilder {
        ApiServerBuilder::default()
    }

    /// The programs that this needs and that are not in the `PATH`: etcd, kube-apiserver, kube-controller-manager,
    /// kubectl, setpriv and sh.
    #[must_use]
    pub fn missing() -> Vec<&'static str> {
        programs::missing()
    }

    /// The base URL, without a trailing slash.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The certificate, in PEM, of the authority that issued the server's certificate.
    #[must_use]
    pub fn authority_pem(&self) -> &str {
        &self.authority
    }

    /// Whether the controller manager runs.
    #[must_use]
    pub const fn has_controllers(&self) -> bool {
        self.controllers
    }

    /// The kubeconfig of somebody who may do everything.
    #[must_use]
    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.join(start::KUBECONFIG)
    }

    /// `kubectl` as somebody who may do everything. It has nothing else of this process's environment but the `PATH`.
    #[must_use]
    pub fn kubectl(&self) -> Command {
        let mut command = Command::new("kubectl");
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", &self.folder)
            .env("KUBECONFIG", self.kubeconfig())
            .stdin(std::process::Stdio::null());
        command
    }

    /// Where the log of a program is: `etcd`, `kube-apiserver` or `kube-controller-manager`.
    #[must_use]
    pub fn log(&self, program: &str) -> PathBuf {
        log(&self.folder, program)
    }

    /// Makes a namespace with these labels, and its ServiceAccount `default`, without which no Pod is taken.
    ///
    /// # Panics
    /// If it exists, or the server does not answer.
    pub async fn namespace(&self, name: &str, labels: &[(&str, &str)]) {
        let labels: serde_json::Value = labels.iter().copied().collect();
        let metadata = serde_json::json!({"name": name, "labels": labels});
        let namespace = serde_json::json!({"metadata": metadata});
        self.post("/api/v1/namespaces", &namespace)
            .await
            .succeeded();
        self.service_account(name, "default").await;
    }

    /// Makes a ServiceAccount whose token no Pod mounts.
    ///
    /// # Panics
    /// If it exists, or the server does not answer.
    pub async fn service_account(&self, namespace: &str, name: &str) {
        let path = format!("/api/v1/namespaces/{namespace}/serviceaccounts");
        self.post(&path, &api::service_account(name))
            .await
            .succeeded();
    }
}

impl Drop for ApiServer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(keeper) = self.keeper.take() {
            let _ = keeper.join();
        }
    }
}

impl std::fmt::Debug for ApiServer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiServer")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

fn log(folder: &Path, program: &str) -> PathBuf {
    folder.join(format!("{program}.log"))
}
