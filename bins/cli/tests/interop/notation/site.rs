//! A registry, a chain of authorities, and `notation`, `oras` and `doorward` with settings of their own.

use std::ffi::OsStr;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::command::{doorward, verify};
use crate::pki::{Kind, Pki, SIGNER};
use crate::programs::{program, push};
use crate::registry::Registry;
use crate::tools::{are_perhaps_there, must, run};

/// Signs everything of which a test does not say otherwise.
pub(super) const KEY: &str = "release";

/// Who may sign.
const IDENTITY: &str = "x509.subject: C=US, ST=WA, O=acme";

/// What `doorward verify` ends with for an image that is allowed.
pub(super) const ALLOWED: (i32, Option<String>) = (0, None);

/// The same for a refusal with this code.
pub(super) fn refused(code: &str) -> (i32, Option<String>) {
    (3, Some(code.to_owned()))
}

pub(super) struct Site {
    pub(super) registry: Registry,
    pub(super) pki: Pki,
    folder: TempDir,
}

impl Site {
    /// A site with the key `release`, below the authority `issuer`, below `root`. Both `notation` and `doorward` trust
    /// that root.
    pub(super) fn set_up() -> Option<Self> {
        if !are_perhaps_there(&["notation", "oras", "docker-registry", "openssl", "skopeo"]) {
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let site = Self {
            registry: Registry::start(),
            pki: Pki::new(folder.path()),
            folder,
        };
        fs::create_dir_all(site.config("truststore")).unwrap();
        site.write_config("signingkeys.json", &json!({"keys": []}));
        site.pki.root("root", Kind::P384);
        site.pki.authority("issuer", Kind::P256, "root", "");
        site.signer(KEY, Kind::P256, "");
        site.trust(&[("ca", "root")]);
        Some(site)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.registry.address()
    }

    fn config(&self, name: &str) -> PathBuf {
        self.path("config/notation").join(name)
    }

    fn write_config(&self, name: &str, content: &Value) {
        fs::write(self.config(name), content.to_string()).unwrap();
    }

    /// One more key that `notation` can sign with, certified by `issuer`, with extensions beside the usual ones.
    pub(super) fn signer(&self, name: &str, kind: Kind, extensions: &str) {
        self.signer_below("issuer", name, kind, extensions);
    }

    /// The same below another authority of the root.
    pub(super) fn signer_below(&self, issuer: &str, name: &str, kind: Kind, extensions: &str) {
        self.pki
            .issue(name, kind, issuer, &format!("{SIGNER}{extensions}"));
        let chain = [name, issuer, "root"].map(|one| self.pki.read(&format!("{one}.crt")));
        fs::write(self.path(&format!("{name}.pem")), chain.concat()).unwrap();
        let known = fs::read(self.config("signingkeys.json")).unwrap();
        let mut known: Value = serde_json::from_slice(&known).unwrap();
        known["keys"].as_array_mut().unwrap().push(json!({
            "name": name,
            "keyPath": self.path(&format!("{name}.key")),
            "certPath": self.path(&format!("{name}.pem")),
        }));
        self.write_config("signingkeys.json", &known);
    }

    /// From now on both judge signatures on images by these certificates, each a store that is called like it.
    pub(super) fn trust(&self, stores: &[(&str, &str)]) {
        self.trust_with(stores, &json!({}));
    }

    /// The same with further fields, which are called alike in both policies.
    pub(super) fn trust_with(&self, stores: &[(&str, &str)], fields: &Value) {
        let mut verification = json!({"level": "strict"});
        let mut statement = Self::statement(stores);
        for (name, value) in fields.as_object().unwrap() {
            verification[name] = value.clone();
            statement[name] = value.clone();
        }
        self.govern(&json!({"notation": statement}));
        fs::remove_dir_all(self.config("truststore")).unwrap();
        for (kind, name) in stores {
            let store = self.config(&format!("truststore/x509/{kind}/{name}"));
            fs::create_dir_all(&store).unwrap();
            let file = format!("{name}.crt");
            fs::copy(self.path(&file), store.join(file)).unwrap();
        }
        let named = |(kind, name): &(&str, &str)| format!("{kind}:{name}");
        let policy = json!({"version": "1.0", "trustPolicies": [{
            "name": "acme",
            "registryScopes": ["*"],
            "signatureVerification": verification,
            "trustStores": stores.iter().map(named).collect::<Vec<_>>(),
            "trustedIdentities": [IDENTITY],
        }]});
        self.write_config("trustpolicy.json", &policy);
    }

    /// The demand of our policies for a signature below these certificates.
    pub(super) fn statement(stores: &[(&str, &str)]) -> Value {
        let stores: Vec<_> = stores
            .iter()
            .map(|(kind, name)| json!({"type": kind, "secret": name}))
            .collect();
        json!({"trustStores": stores, "trustedIdentities": [IDENTITY]})
    }

    /// From now on `doorward` judges by this body of an entry. Every certificate of the folder can be a trust store.
    pub(super) fn govern(&self, body: &Value) {
        let mut documents = vec![json!({
            "apiVersion": "doorward.dev/v1", "kind": "ImagePolicy",
            "metadata": {"name": "acme", "namespace": "default"},
            "spec": {"repositories": [{"name": format!("{}/*", self.address()), "policy": body}]},
        })];
        for entry in fs::read_dir(self.folder.path()).unwrap() {
            let file = entry.unwrap().file_name().into_string().unwrap();
            if let Some(name) = file.strip_suffix(".crt") {
                documents.push(json!({
                    "apiVersion": "v1", "kind": "Secret",
                    "metadata": {"name": name, "namespace": "default"},
                    "stringData": {file.as_str(): self.pki.read(&file)},
                }));
            }
        }
        let documents: Vec<_> = documents.iter().map(Value::to_string).collect();
        fs::write(self.path("site.yaml"), documents.join("\n---\n")).unwrap();
    }

    /// A program with settings of this folder alone.
    pub(super) fn program(&self, name: &str) -> Command {
        program(self.folder.path(), name)
    }

    /// Pushes an image, and says what it is called by digest.
    pub(super) fn push(&self, name: &str) -> String {
        push(self.folder.path(), self.address(), name)
    }

    /// `notation sign`, with further options.
    pub(super) fn sign(&self, key: &str, options: &[&str], name: &str) {
        let mut sign = self.program("notation");
        sign.args(["sign", "--insecure-registry", "--key", key]);
        must(sign.args(options).arg(name));
    }

    /// Why `notation` refuses an image; `None` if it accepts it. It remembers nothing of what it asked before.
    pub(super) fn notation_refuses(&self, image: &str) -> Option<String> {
        // What it keeps there are revocation lists.
        let _ = fs::remove_dir_all(self.path("cache"));
        let mut command = self.program("notation");
        let output = run(command.args(["verify", "--verbose", "--insecure-registry", image]));
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        (!output.status.success()).then_some(told)
    }

    /// The exit code of `doorward verify`, and the code of a refusal.
    pub(super) fn doorward(&self, image: &str) -> (i32, Option<String>) {
        self.doorward_with(&[], image)
    }

    /// The same with further options.
    pub(super) fn doorward_with(
        &self,
        further: &[(&str, &str)],
        image: &str,
    ) -> (i32, Option<String>) {
        let address = self.address().to_string();
        let rules = self.path("site.yaml");
        let mut options: Vec<(&str, &OsStr)> = vec![
            ("--plain-http", address.as_ref()),
            ("--filename", rules.as_os_str()),
        ];
        options.extend(further.iter().map(|(name, value)| (*name, value.as_ref())));
        let got = verify(self.folder.path(), &options, image);
        let code = got.report["images"][0]["code"].as_str().map(str::to_owned);
        (got.exit, code)
    }

    /// What `doorward inspect` lists, as it prints it for programs.
    pub(super) fn inspect(&self, image: &str) -> Value {
        let mut command = doorward(self.folder.path());
        command.args(["inspect", image, "--output", "json", "--plain-http"]);
        let listed = must(command.arg(self.address().to_string()));
        serde_json::from_slice(&listed).unwrap()
    }
}
