//! Starting the programs one after the other.

use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;

use super::api::Api;
use super::builder::Admission;
use super::folder::Folder;
use super::papers::Papers;
use super::port;
use super::process::Process;
use super::programs::{API_SERVER, CONTROLLER_MANAGER, ETCD};
use crate::http::runtime;

/// The name of the administrator's kubeconfig.
pub(crate) const KUBECONFIG: &str = "kubeconfig";

/// What runs. Dropped in this order: the folder last.
pub(crate) struct Running {
    _processes: Vec<Process>,
    pub(crate) url: String,
    pub(crate) api: Api,
    pub(crate) papers: Papers,
    pub(crate) folder: Folder,
}

impl Running {
    /// Starts everything and waits until it is ready.
    ///
    /// # Errors
    /// What did not come up, with the end of its log.
    pub(crate) fn start(controllers: bool, admission: Option<&Admission>) -> Result<Self, String> {
        let folder = Folder::new();
        let papers = Papers::issue(folder.path());
        let (etcd, store) = etcd(folder.path())?;
        let mut processes = vec![etcd];

        let port = port::free();
        let url = format!("https://127.0.0.1:{port}");
        papers.write_kubeconfig(folder.path(), KUBECONFIG, &url);
        let api = Api::new(&url, &papers);
        let mut server = Process::start(
            API_SERVER,
            &server_options(&store, port, admission),
            folder.path(),
        );
        server
            .wait(|| is_there(&api, "/readyz") && is_there(&api, "/api/v1/namespaces/default"))?;
        processes.push(server);
        let account = super::api::service_account("default");
        let accounts = "/api/v1/namespaces/default/serviceaccounts";
        runtime::handle()
            .block_on(api.post(accounts, &account))
            .succeeded();

        if controllers {
            let mut manager = Process::start(CONTROLLER_MANAGER, &manager_options(), folder.path());
            // It writes this one into every namespace, once it acts at all.
            let written = "/api/v1/namespaces/default/configmaps/kube-root-ca.crt";
            manager.wait(|| is_there(&api, written))?;
            processes.push(manager);
        }
        Ok(Self {
            _processes: processes,
            url,
            api,
            papers,
            folder,
        })
    }
}

/// Starts etcd. Returns it with its URL.
fn etcd(folder: &Path) -> Result<(Process, String), String> {
    let port = port::free();
    let url = format!("http://127.0.0.1:{port}");
    let peers = format!("http://127.0.0.1:{}", port::free());
    let options = [
        "--name=testkit".to_owned(),
        "--data-dir=etcd".to_owned(),
        format!("--listen-client-urls={url}"),
        format!("--advertise-client-urls={url}"),
        format!("--listen-peer-urls={peers}"),
        format!("--initial-advertise-peer-urls={peers}"),
        format!("--initial-cluster=testkit={peers}"),
        "--log-level=warn".to_owned(),
        "--logger=zap".to_owned(),
    ];
    let mut process = Process::start(ETCD, &options, folder);
    process.wait(|| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok())?;
    Ok((process, url))
}

/// Files are named as seen from the folder, in which all programs run.
fn server_options(store: &str, port: u16, admission: Option<&Admission>) -> Vec<String> {
    let mut options = [
        &format!("--etcd-servers={store}"),
        &format!("--secure-port={port}"),
        "--bind-address=127.0.0.1",
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        "--insecure-port=0",
        "--tls-cert-file=apiserver.crt",
        "--tls-private-key-file=apiserver.key",
        "--client-ca-file=ca.crt",
        "--anonymous-auth=false",
        "--authorization-mode=RBAC",
        "--profiling=false",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-account-key-file=sa.pub",
        "--service-account-signing-key-file=sa.key",
        "--service-cluster-ip-range=10.0.0.0/24",
        "--feature-gates=EphemeralContainers=true",
    ]
    .map(str::to_owned)
    .to_vec();
    if let Some(admission) = admission {
        let file = admission.configuration.display();
        options.push(format!("--enable-admission-plugins={}", admission.plug_in));
        options.push(format!("--admission-control-config-file={file}"));
    }
    options
}

fn manager_options() -> Vec<String> {
    [
        &format!("--kubeconfig={KUBECONFIG}"),
        "--bind-address=127.0.0.1",
        &format!("--secure-port={}", port::free()),
        "--port=0",
        "--cert-dir=manager",
        "--leader-elect=false",
        "--use-service-account-credentials",
        "--root-ca-file=ca.crt",
        "--service-account-private-key-file=sa.key",
        // Makes ServiceAccounts called `default`, with tokens that each Pod would wait for: these are made by the test kit.
        "--controllers=*,-serviceaccount",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn is_there(api: &Api, path: &str) -> bool {
    let asked = runtime::handle().block_on(api.try_get(path));
    asked.is_ok_and(|answer| answer.status == 200)
}
