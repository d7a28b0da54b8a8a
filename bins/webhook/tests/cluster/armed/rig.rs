//! A cluster whose API server finds the webhook by its Service, as any does.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use clap::Parser as _;
use doorward_core::Timestamp;
use doorward_kube::client::Terms;
use doorward_testkit::{ApiAnswer, ApiServer};
use doorward_webhook::{Args, Pace, Running, now};
use serde_json::{Value, json};
use tokio::sync::MutexGuard;
use tokio::task::JoinHandle;

use crate::objects::pod;
use crate::server::eventually;
use crate::support::Site;

pub(crate) const SECRET: &str = "doorward-tls";
const GROUP: &str = "/apis/admissionregistration.k8s.io/v1";
/// Where the namespaces are that are judged.
pub(crate) const WORK: &str = "work";

/// One installation. There is one at a time: configurations have fixed names.
pub(crate) struct Rig {
    pub(crate) server: &'static ApiServer,
    pub(crate) site: Site,
    pub(crate) home: &'static str,
    pub(crate) files: tempfile::TempDir,
    /// By how many seconds the clocks of the webhooks are ahead.
    pub(crate) ahead: Arc<AtomicI64>,
    /// The address that the Service leads to.
    pub(crate) address: SocketAddr,
    replicas: Arc<Mutex<Vec<SocketAddr>>>,
    connections: Arc<Mutex<Vec<JoinHandle<()>>>>,
    _alone: MutexGuard<'static, ()>,
}

/// The API server of these tests.
fn cluster() -> Option<&'static ApiServer> {
    static SERVER: OnceLock<ApiServer> = OnceLock::new();
    // Says what is missing.
    if !ApiServer::missing().is_empty() {
        crate::server::server();
        return None;
    }
    Some(SERVER.get_or_init(|| ApiServer::builder().controller_manager().start_blocking()))
}

impl Rig {
    /// A namespace with a Service and an owner, and nothing registered. `None` if there is no API server.
    pub(crate) async fn build(home: &'static str) -> Option<Self> {
        Self::labelled(home, &[("kubernetes.io/metadata.name", home)]).await
    }

    /// The same with these labels of the home namespace.
    pub(crate) async fn labelled(home: &'static str, labels: &[(&str, &str)]) -> Option<Self> {
        static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
        let server = cluster()?;
        let alone = ALONE.lock().await;
        let _ = rustls::crypto::ring::default_provider().install_default();
        // A test that failed may have left them.
        for path in configurations() {
            server.delete(&path).await;
        }
        if server
            .get(&format!("/api/v1/namespaces/{WORK}"))
            .await
            .status
            == 404
        {
            server.namespace(WORK, &[]).await;
        }
        server.namespace(home, labels).await;
        let owner = json!({"metadata": {"name": home}, "rules": []});
        let roles = "/apis/rbac.authorization.k8s.io/v1/clusterroles";
        server.post(roles, &owner).await.succeeded();
        // This API server asks Services of this type at their name; there is no network of Services here.
        let service = json!({"metadata": {"name": "doorward"}, "spec": {"type": "ExternalName", "externalName": "127.0.0.1"}});
        server
            .post(&format!("/api/v1/namespaces/{home}/services"), &service)
            .await
            .succeeded();
        let site = Site::start().await;
        let files = tempfile::tempdir().unwrap();
        std::fs::create_dir(files.path().join("policies")).unwrap();
        let write = |name: &str, text: &str| std::fs::write(files.path().join(name), text).unwrap();
        write("policies/policy.yaml", &site.policy(""));
        write(
            "policies/key.yaml",
            &site
                .key()
                .replace("namespace: doorward", &format!("namespace: {home}")),
        );
        let (address, replicas, connections) = balancer();
        Some(Self {
            server,
            site,
            home,
            files,
            ahead: Arc::default(),
            address,
            replicas,
            connections,
            _alone: alone,
        })
    }

    /// The options of a webhook in this namespace, with these.
    pub(crate) fn args(&self, options: &[&str]) -> Args {
        self.args_of(&self.server.kubeconfig(), options)
    }

    pub(crate) fn args_of(&self, kubeconfig: &Path, options: &[&str]) -> Args {
        let port = self.address.port();
        let text = |path: PathBuf| path.display().to_string();
        let plain = format!(
            "{},{}",
            self.site.registry.address(),
            self.site.store.address()
        );
        let mut words = vec!["doorward-webhook".to_owned(), "--from-cluster".to_owned()];
        for (option, value) in [
            ("--listen", "127.0.0.1:0".to_owned()),
            ("--admin-listen", "127.0.0.1:0".to_owned()),
            ("--kubeconfig", text(kubeconfig.to_owned())),
            ("--filename", text(self.files.path().join("policies"))),
            ("--home-namespace", self.home.to_owned()),
            ("--arm-owner", self.home.to_owned()),
            ("--service", format!("doorward:{port}")),
            ("--plain-http", plain),
        ] {
            words.extend([option.to_owned(), value]);
        }
        words.extend(options.iter().map(|&word| word.to_owned()));
        Args::parse_from(words)
    }

    /// Certificates and leaders at the pace of a test: nobody waits for half a minute, and the clock can be put forward.
    pub(crate) fn pace(&self) -> Pace {
        let ahead = Arc::clone(&self.ahead);
        let mut pace = Pace::default();
        pace.clock =
            Arc::new(move || Timestamp::from_unix(now().unix() + ahead.load(Ordering::Relaxed)));
        // So that the API server, whose clock nobody puts forward, believes certificates of a later day.
        pace.backdate = DAY * 120;
        pace.settle = Duration::from_millis(1_500);
        pace.look = Duration::from_millis(300);
        pace.round = Duration::from_millis(300);
        pace.terms = Terms {
            lease: Duration::from_millis(3_000),
            counts: Duration::from_millis(2_000),
            pause: Duration::from_millis(300),
        };
        pace
    }

    /// Starts a webhook and has the Service lead to it, too.
    pub(crate) async fn start(&self, options: &[&str]) -> Running {
        let args = self.args(options);
        let running = self.start_with(&args).await;
        self.lead_to(running.address);
        running
    }

    pub(crate) async fn start_with(&self, args: &Args) -> Running {
        let judges = tokio::runtime::Handle::current();
        Running::start_at_pace(&judges, args, self.pace())
            .await
            .unwrap()
    }

    pub(crate) fn lead_to(&self, address: SocketAddr) {
        self.replicas.lock().unwrap().push(address);
    }

    /// The Service leads there no more.
    pub(crate) fn leave(&self, address: SocketAddr) {
        self.replicas
            .lock()
            .unwrap()
            .retain(|other| *other != address);
    }

    /// Ends all connections that the API server keeps.
    pub(crate) fn hang_up(&self) {
        for connection in self.connections.lock().unwrap().drain(..) {
            connection.abort();
        }
    }

    /// A configuration, by its path. `None` if there is none.
    pub(crate) async fn configuration(&self, path: &str) -> Option<Value> {
        let answer = self.server.get(path).await;
        (answer.status == 200).then_some(answer.body)
    }

    /// How many of the configurations are there.
    pub(crate) async fn registered(&self) -> usize {
        let mut registered = 0;
        for path in configurations() {
            registered += usize::from(self.configuration(&path).await.is_some());
        }
        registered
    }

    /// Waits until this webhook says that it is armed.
    pub(crate) async fn is_armed(&self, running: &Running) {
        eventually("it is armed", async || {
            let (_, text) = health(running, "/readyz").await;
            text.ends_with("\narmed\n").then_some(())
        })
        .await;
        assert_eq!(self.registered().await, 3);
    }

    /// What the creation of a Pod with this image is answered. Nothing is stored.
    pub(crate) async fn create(&self, image: &str) -> ApiAnswer {
        let path = format!("/api/v1/namespaces/{WORK}/pods?dryRun=All");
        self.server.post(&path, &pod("web", image)).await
    }

    /// Waits until an unsigned image is refused, and checks by whom.
    pub(crate) async fn refuses(&self) {
        let (image, _) = self.site.unsigned("unsigned");
        let refused = eventually("an unsigned image is refused", async || {
            let answer = self.create(&image).await;
            // One that was under way when the test ended its connection.
            let is_cut = answer.status == 500
                && ["connection reset", "EOF", "broken pipe"]
                    .iter()
                    .any(|cut| answer.refused().contains(cut));
            (answer.status != 201 && !is_cut).then_some(answer)
        })
        .await;
        assert_eq!(refused.status, 403, "{refused:?}");
        assert!(
            refused.refused().contains("(simple-no-signature)"),
            "{refused:?}"
        );
    }

    pub(crate) fn secret_path(&self) -> String {
        format!("/api/v1/namespaces/{}/secrets/{SECRET}", self.home)
    }

    /// An item of the Secret, decoded.
    pub(crate) async fn item(&self, name: &str) -> Option<String> {
        use base64::Engine as _;
        let secret = self.server.get(&self.secret_path()).await;
        let text = secret.body["data"][name].as_str()?;
        let bytes = base64::prelude::BASE64_STANDARD.decode(text).unwrap();
        Some(String::from_utf8(bytes).unwrap())
    }
}

pub(crate) const DAY: Duration = Duration::from_secs(86_400);

/// The paths of all configurations.
pub(crate) fn configurations() -> [String; 3] {
    [
        "mutatingwebhookconfigurations/doorward",
        "validatingwebhookconfigurations/doorward",
        "validatingwebhookconfigurations/doorward-policies",
    ]
    .map(|path| format!("{GROUP}/{path}"))
}

/// Ends a webhook at once.
pub(crate) async fn stop(running: Running) {
    running.stop(Duration::ZERO, Duration::from_secs(5)).await;
}

pub(crate) async fn health(running: &Running, path: &str) -> (u16, String) {
    let answer = reqwest::get(format!("http://{}{path}", running.admin_address));
    let answer = answer.await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

pub(crate) async fn metric(running: &Running, name: &str) -> f64 {
    let (_, text) = health(running, "/metrics").await;
    let prefix = format!("{name} ");
    let value = text.lines().find_map(|line| line.strip_prefix(&prefix));
    value.unwrap().parse().unwrap()
}

type Connections = Arc<Mutex<Vec<JoinHandle<()>>>>;

/// What a Service does: a connection goes to one replica after the other, until one takes it.
fn balancer() -> (SocketAddr, Arc<Mutex<Vec<SocketAddr>>>, Connections) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let address = listener.local_addr().unwrap();
    let listener = tokio::net::TcpListener::from_std(listener).unwrap();
    let replicas: Arc<Mutex<Vec<SocketAddr>>> = Arc::default();
    let connections = Connections::default();
    let (known, all) = (Arc::clone(&replicas), Arc::clone(&connections));
    tokio::spawn(async move {
        let mut turn = 0;
        while let Ok((mut client, _)) = listener.accept().await {
            turn += 1;
            let mut replicas = known.lock().unwrap().clone();
            if !replicas.is_empty() {
                let first = turn % replicas.len();
                replicas.rotate_left(first);
            }
            let connection = tokio::spawn(async move {
                for address in replicas {
                    if let Ok(mut server) = tokio::net::TcpStream::connect(address).await {
                        let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
                        return;
                    }
                }
            });
            all.lock().unwrap().push(connection);
        }
    });
    (address, replicas, connections)
}
