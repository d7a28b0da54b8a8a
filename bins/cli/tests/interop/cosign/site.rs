//! A registry, keys, and `cosign` and `doorward` with settings of their own.

use std::ffi::OsStr;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use tempfile::TempDir;

use crate::command::{Judged, verify};
use crate::programs;
use crate::registry::Registry;
use crate::tools::{are_there, must};

/// Signs everything of which a test does not say otherwise.
pub(super) const KEY: &str = "release";

/// What `doorward verify` ends with for an image that is allowed.
pub(super) const ALLOWED: (i32, Option<String>) = (0, None);

/// The same for a refusal with this code.
pub(super) fn refused(code: &str) -> (i32, Option<String>) {
    (3, Some(code.to_owned()))
}

/// A generation of cosign, and the form in which it stores what it signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Maker {
    /// The second, in layers.
    SecondLayer,
    /// The second, in bundles, which it can only attest with.
    SecondBundle,
    /// The third, in layers.
    ThirdLayer,
    /// The third, in bundles.
    ThirdBundle,
}

impl Maker {
    /// All that sign.
    pub(super) const SIGNERS: [Self; 3] = [Self::SecondLayer, Self::ThirdLayer, Self::ThirdBundle];
    /// All that attest.
    pub(super) const ATTESTERS: [Self; 4] = [
        Self::SecondLayer,
        Self::SecondBundle,
        Self::ThirdLayer,
        Self::ThirdBundle,
    ];

    /// Whether there is something under the tag for layers, rather than a bundle that refers to the image.
    pub(super) const fn is_layer(self) -> bool {
        matches!(self, Self::SecondLayer | Self::ThirdLayer)
    }

    pub(super) const fn program(self) -> &'static str {
        match self {
            Self::SecondLayer | Self::SecondBundle => "cosign2",
            Self::ThirdLayer | Self::ThirdBundle => "cosign",
        }
    }

    /// What makes it do so, without asking anything on the network.
    const fn options(self) -> &'static [&'static str] {
        match self {
            Self::SecondLayer => &[],
            Self::SecondBundle => &["--new-bundle-format"],
            Self::ThirdLayer => &["--new-bundle-format=false", "--use-signing-config=false"],
            Self::ThirdBundle => &["--use-signing-config=false"],
        }
    }
}

pub(super) struct Site {
    pub(super) registry: Registry,
    folder: TempDir,
}

impl Site {
    /// A site with the keys `release` and `stranger`, the first of which `doorward` trusts.
    pub(super) fn set_up() -> Option<Self> {
        if !are_there(&["cosign", "cosign2", "docker-registry", "skopeo"]) {
            return None;
        }
        let site = Self {
            registry: Registry::start(),
            folder: tempfile::tempdir().unwrap(),
        };
        for name in [KEY, "stranger"] {
            must(
                site.program("cosign")
                    .args(["generate-key-pair", &format!("--output-key-prefix={name}")]),
            );
        }
        site.trust(KEY, "");
        Some(site)
    }

    pub(super) fn home(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.home().join(name)
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.registry.address()
    }

    /// A program with settings of this folder alone.
    pub(super) fn program(&self, name: &str) -> Command {
        let mut command = programs::program(self.home(), name);
        command.env("COSIGN_PASSWORD", "of the tests");
        command
    }

    /// Pushes an image, and says what it is called by digest.
    pub(super) fn push(&self, name: &str) -> String {
        programs::push(self.home(), self.address(), name)
    }

    /// Pushes another image to the same repository, and says what it is called by digest.
    pub(super) fn push_another(&self, name: &str) -> String {
        programs::push_as(self.home(), self.address(), name, "2", "another")
    }

    /// `cosign sign` with a key, with further options.
    pub(super) fn sign(&self, maker: Maker, key: &str, options: &[&str], image: &str) {
        must(self.cosign("sign", maker, key).args(options).arg(image));
    }

    /// `cosign attest` with a key: a document of a type that cosign has a name for.
    pub(super) fn attest(&self, maker: Maker, kind: &str, document: &str, image: &str) {
        fs::write(self.path("document"), document).unwrap();
        let mut attest = self.cosign("attest", maker, KEY);
        must(attest.args(["--type", kind, "--predicate", "document", image]));
    }

    fn cosign(&self, verb: &str, maker: Maker, key: &str) -> Command {
        let mut command = self.program(maker.program());
        command.args([verb, "--key", &format!("{key}.key"), "--yes"]);
        command.args(["--tlog-upload=false", "--allow-http-registry"]);
        command.args(maker.options());
        command
    }

    /// From now on `doorward` demands a signature with this key, and what else the authority is given.
    pub(super) fn trust(&self, key: &str, further: &str) {
        let authority = format!("{{keySecret: key{further}}}");
        self.govern(&[("key", "cosign.pub", &self.public(key))], &authority);
    }

    /// From now on `doorward` demands what this authority accepts. Each Secret has a name, and one item.
    pub(super) fn govern(&self, secrets: &[(&str, &str, &str)], authority: &str) {
        let mut documents = vec![format!(
            "{{apiVersion: doorward.dev/v1, kind: ImagePolicy, metadata: {{name: acme, namespace: default}}, spec: \
             {{repositories: [{{name: \"*\", policy: {{sigstore: {{authorities: [{authority}]}}}}}}]}}}}"
        )];
        for (name, item, content) in secrets {
            let secret = json!({
                "apiVersion": "v1", "kind": "Secret",
                "metadata": {"name": name, "namespace": "default"},
                "stringData": {*item: content},
            });
            documents.push(secret.to_string());
        }
        fs::write(self.path("site.yaml"), documents.join("\n---\n")).unwrap();
    }

    /// The public key, as cosign wrote it.
    pub(super) fn public(&self, key: &str) -> String {
        fs::read_to_string(self.path(&format!("{key}.pub"))).unwrap()
    }

    /// The exit code of `doorward verify`, and the code of a refusal.
    pub(super) fn doorward(&self, image: &str) -> (i32, Option<String>) {
        let got = self.judge(image);
        let code = got.report["images"][0]["code"].as_str().map(str::to_owned);
        (got.exit, code)
    }

    /// What `doorward verify` says.
    pub(super) fn judge(&self, image: &str) -> Judged {
        let (host, _) = image.split_once('/').unwrap();
        let rules = self.path("site.yaml");
        let options: [(&str, &OsStr); 2] = [
            ("--plain-http", host.as_ref()),
            ("--filename", rules.as_os_str()),
        ];
        verify(self.home(), &options, image)
    }
}
