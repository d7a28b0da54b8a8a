//! A namespace that a webhook guards.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use doorward_core::Digest;
use doorward_testkit::{ApiServer, TlsAuthority};
use serde_json::{Value, json};

use crate::configuration::{LABEL, of_the_guide};
use crate::objects;
use crate::program::Program;
use crate::server::{eventually, server};
use crate::support::Site;

/// What the webhook counts reviews by.
const REVIEWS: &str = "doorward_admission_requests_total";

/// A namespace, a webhook with its policies, and a registry. The configurations that send reviews to the webhook are there
/// from [`Door::guard`] on.
pub(crate) struct Door {
    pub(crate) server: &'static ApiServer,
    pub(crate) site: Site,
    /// Of the namespace, and of the configurations.
    pub(crate) name: &'static str,
    pub(crate) authority: TlsAuthority,
    pub(crate) program: Option<Program>,
    files: tempfile::TempDir,
    url: String,
}

impl Door {
    /// Makes the namespace and starts a webhook whose policy is the usual one with `more` in its body. `None` if there is
    /// no API server.
    pub(crate) async fn build(name: &'static str, more: &str) -> Option<Self> {
        server()?;
        let site = Site::start().await;
        let policy = site.policy(more);
        Self::around(name, site, &policy, &[]).await
    }

    /// The same under the usual policy, with these options.
    pub(crate) async fn build_with(name: &'static str, options: &[&str]) -> Option<Self> {
        server()?;
        let site = Site::start().await;
        let policy = site.policy("");
        Self::around(name, site, &policy, options).await
    }

    /// The same around this site, under this policy, with these options.
    pub(crate) async fn around(
        name: &'static str,
        site: Site,
        policy: &str,
        options: &[&str],
    ) -> Option<Self> {
        let mut door = Self::bare(name, site).await?;
        door.write("policies/key.yaml", &door.site.key());
        door.write("policies/policy.yaml", policy);
        door.runs(door.replica("127.0.0.1:0", options));
        Some(door)
    }

    /// Makes the namespace, and a certificate for a webhook that does not run yet.
    pub(crate) async fn bare(name: &'static str, site: Site) -> Option<Self> {
        let server = server()?;
        let _ = rustls::crypto::ring::default_provider().install_default();
        server.namespace(name, &[(LABEL, name)]).await;
        let files = tempfile::tempdir().unwrap();
        fs::create_dir(files.path().join("policies")).unwrap();
        let door = Self {
            server,
            site,
            name,
            authority: TlsAuthority::new(),
            program: None,
            files,
            url: String::new(),
        };
        door.show(&door.authority);
        Some(door)
    }

    /// Makes the namespace, with a site and no webhook yet. `None` if there is no API server.
    pub(crate) async fn standing(name: &'static str) -> Option<Self> {
        server()?;
        Self::bare(name, Site::start().await).await
    }

    /// Starts a webhook that goes by the policies of the cluster, without files.
    pub(crate) fn follow(&mut self, kubeconfig: &Path, options: &[&str]) {
        let kubeconfig = kubeconfig.to_str().unwrap();
        let source = ["--from-cluster", "--kubeconfig", kubeconfig];
        self.runs(self.run("127.0.0.1:0", &[&source, options].concat()));
    }

    /// Builds one, and has the API server ask it.
    pub(crate) async fn open(name: &'static str, more: &str) -> Option<Self> {
        let door = Self::build(name, more).await?;
        door.guard().await;
        Some(door)
    }

    /// Starts the webhook.
    pub(crate) fn start(&mut self, listen: &str) {
        self.runs(self.replica(listen, &[]));
    }

    fn runs(&mut self, program: Program) {
        self.url = format!("https://{}", program.address);
        self.program = Some(program);
    }

    /// One more webhook with the same files, and with these options.
    pub(crate) fn replica(&self, listen: &str, options: &[&str]) -> Program {
        self.run(listen, &[&["--filename", "policies"], options].concat())
    }

    fn run(&self, listen: &str, options: &[&str]) -> Program {
        let (registry, store) = (self.site.registry.address(), self.site.store.address());
        let plain = format!("{registry},{store}");
        let options = [&["--plain-http", &plain], options].concat();
        Program::start(self.files.path(), listen, &options)
    }

    /// The webhook, which runs.
    pub(crate) fn program(&self) -> &Program {
        self.program.as_ref().unwrap()
    }

    /// Has the API server ask the webhook, and waits until it does.
    pub(crate) async fn guard(&self) {
        self.register().await;
        self.is_asked().await;
    }

    /// Registers the configurations of the guide, and does not wait.
    pub(crate) async fn register(&self) {
        self.guard_at(&self.url, self.authority.ca_pem()).await;
    }

    /// Registers the configurations of the guide for a webhook at `url` that these authorities vouch for.
    pub(crate) async fn guard_at(&self, url: &str, authorities: &str) {
        for (path, object) in of_the_guide(self.name, url, authorities) {
            let stored = self.server.get(&format!("{path}/{}", self.name)).await;
            if stored.status == 404 {
                self.server.post(&path, &object).await.succeeded();
            } else {
                let mut object = object;
                object["metadata"]["resourceVersion"] =
                    stored.body["metadata"]["resourceVersion"].clone();
                let path = format!("{path}/{}", self.name);
                self.server.put(&path, &object).await.succeeded();
            }
        }
    }

    /// Waits until both hooks are called: the API server learns of configurations after it stored them.
    pub(crate) async fn is_asked(&self) {
        let (image, _) = self.site.signed("probe");
        let probe = objects::pod("probe", &image);
        let path = format!("{}?dryRun=All", self.pods());
        eventually("both hooks are called", async || {
            let before = self.program().count(REVIEWS).await;
            self.server.post(&path, &probe).await.succeeded();
            let after = self.program().count(REVIEWS).await;
            (after >= before + 2.0).then_some(())
        })
        .await;
    }

    /// The path of the namespace's Pods.
    pub(crate) fn pods(&self) -> String {
        format!("/api/v1/namespaces/{}/pods", self.name)
    }

    /// The path of one of the namespace's Pods.
    pub(crate) fn pod(&self, name: &str) -> String {
        format!("{}/{name}", self.pods())
    }

    /// What an image is pinned to.
    pub(crate) fn pinned(&self, name: &str, digest: &Digest) -> String {
        format!("{}/{name}@{digest}", self.site.registry.address())
    }

    /// `kubectl` in the namespace, with what it gets on its standard input. Its words are separated by blanks.
    pub(crate) fn kubectl(&self, words: &str, input: Option<&Value>) -> Output {
        let mut command = self.server.kubectl();
        command
            .args(["--namespace", self.name])
            .args(words.split(' '));
        let Some(input) = input else {
            return command.output().unwrap();
        };
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(input.to_string().as_bytes()).unwrap();
        drop(stdin);
        child.wait_with_output().unwrap()
    }

    /// `kubectl`, which must succeed. Returns what it printed and the warnings that it showed.
    #[track_caller]
    pub(crate) fn kubectl_does(&self, words: &str, input: Option<&Value>) -> (String, String) {
        let output = self.kubectl(words, input);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let (out, err) = (text(output.stdout), text(output.stderr));
        assert!(output.status.success(), "kubectl {words}: {err}");
        (out, err)
    }

    /// `kubectl`, which must be refused. Returns what a person reads.
    #[track_caller]
    pub(crate) fn kubectl_fails(&self, words: &str, input: Option<&Value>) -> String {
        let output = self.kubectl(words, input);
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "kubectl {words}: {said}");
        said
    }

    /// Writes a file of the webhook, at once as it is read.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let new = self.path("new");
        fs::write(&new, text).unwrap();
        fs::rename(new, self.path(name)).unwrap();
    }

    /// Gives the webhook a certificate of this authority.
    pub(crate) fn show(&self, authority: &TlsAuthority) {
        let issued = authority.issue("127.0.0.1");
        self.write("tls.crt", &issued.certificate_pem);
        self.write("tls.key", &issued.key_pem);
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        Path::new(self.files.path()).join(name)
    }

    /// The images that an object names, by the pointer of its template.
    pub(crate) async fn image(&self, path: &str, pointer: &str) -> Value {
        let object = self.server.get(path).await.succeeded();
        let image = object.pointer(pointer);
        image.cloned().unwrap_or(json!(null))
    }
}
