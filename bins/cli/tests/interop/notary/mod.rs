//! A Notary v1 server nobody here wrote, its client as publisher and as reader, and policies that demand its trust.

use std::ffi::OsStr;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use tempfile::TempDir;

mod client;
pub(crate) mod openssl;
pub(crate) mod proxy;
mod server;
mod tokens;

pub(crate) use client::Client;
pub(crate) use server::{Keys, Server};
pub(crate) use tokens::{PASSWORD, TokenService};

use crate::tools;
use proxy::Proxy;

/// The collection. Its registry does not exist: whatever asked it would fail.
pub(crate) const GUN: &str = "registry.example/team/app";

/// A site that publishes with Notary v1. Publishers talk to the server; readers talk to what stands before it.
pub(crate) struct TrustSite {
    pub(crate) server: Server,
    pub(crate) publisher: Client,
    pub(crate) proxy: Proxy,
    files: TempDir,
}

impl TrustSite {
    /// Starts a server that anybody may read, or nothing if the programs are not there.
    pub(crate) fn set_up(keys: Keys) -> Option<Self> {
        Self::with(keys, None)
    }

    /// Starts a server that reads tokens of this service.
    pub(crate) fn protected_by(tokens: &TokenService) -> Option<Self> {
        Self::with(Keys::Local, Some(tokens))
    }

    fn with(keys: Keys, tokens: Option<&TokenService>) -> Option<Self> {
        if !are_there() {
            return None;
        }
        let server = Server::start(keys, tokens);
        let publisher = Client::new(&server.url());
        Some(Self {
            proxy: Proxy::before(server.address()),
            publisher: match tokens {
                Some(_) => publisher.with_account(tokens::ACCOUNT, PASSWORD),
                None => publisher,
            },
            server,
            files: tempfile::tempdir().unwrap(),
        })
    }

    /// A folder of the site's own for files of a test.
    pub(crate) fn files(&self) -> &Path {
        self.files.path()
    }

    /// A file with a policy that demands trust of the server, with these further fields, and other objects.
    pub(crate) fn objects(&self, name: &str, trust: Value, others: &[Value]) -> PathBuf {
        let file = self.files().join(name);
        write_objects(&file, &self.proxy.url(), trust, others);
        file
    }
}

/// Writes a policy that demands trust of a server, with these further fields in its `trust` block, and other objects.
pub(crate) fn write_objects(file: &Path, server: &str, trust: Value, others: &[Value]) {
    let mut block = json!({"enabled": true, "trustServer": server});
    for (field, value) in trust.as_object().expect("fields") {
        block[field] = value.clone();
    }
    let policy = json!({
        "apiVersion": "doorward.dev/v1",
        "kind": "ClusterImagePolicy",
        "metadata": {"name": "site"},
        "spec": {"repositories": [{"name": "registry.example/*", "policy": {"trust": block}}]},
    });
    let items: Vec<Value> = std::iter::once(policy)
        .chain(others.iter().cloned())
        .collect();
    let list = json!({"apiVersion": "v1", "kind": "List", "items": items});
    fs::write(file, list.to_string()).unwrap();
}

/// Whether everything is there that a site needs.
pub(crate) fn are_there() -> bool {
    tools::are_there(&["notary", "notary-server", "notary-signer", "openssl"])
}

/// Pins of one root key.
pub(crate) fn pins(ids: &[&str]) -> Value {
    json!({"pins": {"rootKeyIds": ids}})
}

/// Whatever root comes first.
pub(crate) fn first_use() -> Value {
    json!({"pins": {"trustOnFirstUse": true}})
}

/// The Secret of a signer.
pub(crate) fn signer_secret(secret: &str, signer: &str, pem: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": secret, "namespace": "trust"},
        "stringData": {"name": signer, "publicKey": pem},
    })
}

/// A pull secret for the registry of the collection and for a trust server, in the namespace `team`.
pub(crate) fn pull_secret(server: SocketAddr, password: &str) -> Value {
    let auth = BASE64_STANDARD.encode(format!("{}:{password}", tokens::ACCOUNT));
    let entry = json!({"auth": auth});
    let config = json!({"auths": {"registry.example": entry, server.to_string(): entry}});
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "pull", "namespace": "team"},
        "type": "kubernetes.io/dockerconfigjson",
        "stringData": {".dockerconfigjson": config.to_string()},
    })
}

/// A command-line option with a path.
pub(crate) fn option<'a>(name: &'a str, value: &'a Path) -> (&'a str, &'a OsStr) {
    (name, value.as_os_str())
}
