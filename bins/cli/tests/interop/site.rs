//! Everything a site that signs its images has: a registry, a signature store, keys, and the files that name them.

use std::fs;
use std::path::PathBuf;

use serde_json::json;
use tempfile::TempDir;

use crate::gpg::{Gpg, Key};
use crate::image::Image;
use crate::lookaside::Lookaside;
use crate::registry::Registry;
use crate::skopeo::Skopeo;
use crate::tools;

/// A site; its servers stop when it is dropped.
pub(crate) struct Site {
    pub(crate) gpg: Gpg,
    pub(crate) lookaside: Lookaside,
    pub(crate) registry: Registry,
    pub(crate) skopeo: Skopeo,
    files: TempDir,
}

impl Site {
    /// Starts everything, or nothing if the programs are not there.
    pub(crate) fn set_up() -> Option<Self> {
        if !tools::are_there(&["docker-registry", "gpg", "skopeo"]) {
            return None;
        }
        let gpg = Gpg::new();
        let lookaside = Lookaside::start();
        let registry = Registry::start();
        let files = tempfile::tempdir().unwrap();
        let registries_d = files.path().join("registries.d");
        fs::create_dir(&registries_d).unwrap();
        fs::write(
            registries_d.join("site.yaml"),
            format!(
                "docker:\n  {}:\n    lookaside: {}\n    lookaside-staging: file://{}\n",
                registry.address(),
                lookaside.url(),
                lookaside.folder().display()
            ),
        )
        .unwrap();
        let skopeo = Skopeo::new(registries_d, &gpg);
        Some(Self {
            gpg,
            lookaside,
            registry,
            skopeo,
            files,
        })
    }

    /// The folder that says where signatures are.
    pub(crate) fn registries_d(&self) -> PathBuf {
        self.files.path().join("registries.d")
    }

    /// The full reference of `name`, which is a path and a tag.
    pub(crate) fn reference(&self, name: &str) -> String {
        format!("{}/{name}", self.registry.address())
    }

    /// Pushes an image without a signature and gives its reference.
    pub(crate) fn push(&self, name: &str, image: &Image) -> String {
        let reference = self.reference(name);
        self.skopeo.push(image, &reference, None);
        reference
    }

    /// Pushes an image, signs it, and gives its reference.
    pub(crate) fn push_signed(&self, name: &str, image: &Image, key: &Key) -> String {
        let reference = self.reference(name);
        self.skopeo.push(image, &reference, Some(key));
        reference
    }

    /// A `policy.json` that wants images of this site signed by any of `keys` and refuses everything else.
    pub(crate) fn policy_signed_by(&self, keys: &[&Key]) -> PathBuf {
        let ring = self.write("ring.asc", &self.ring(keys));
        let requirement = json!({"type": "signedBy", "keyType": "GPGKeys", "keyPath": ring});
        let policy = json!({
            "default": [{"type": "reject"}],
            "transports": {"docker": {self.registry.address().to_string(): [requirement]}},
        });
        self.write("policy.json", policy.to_string().as_bytes())
    }

    /// The same demand as policy objects, with the Secret that holds the keys.
    pub(crate) fn objects_signed_by(&self, keys: &[&Key]) -> PathBuf {
        let requirement =
            json!({"type": "signedBy", "keySecret": "keys", "keySecretNamespace": "trust"});
        let simple = json!({"storeURL": self.lookaside.url(), "requirements": [requirement]});
        let objects = json!({"apiVersion": "v1", "kind": "List", "items": [
            {
                "apiVersion": "doorward.dev/v1",
                "kind": "ClusterImagePolicy",
                "metadata": {"name": "site"},
                "spec": {"repositories": [{
                    "name": format!("{}/*", self.registry.address()),
                    "policy": {"simple": simple},
                }]},
            },
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": "keys", "namespace": "trust"},
                "stringData": {"key": String::from_utf8(self.ring(keys)).unwrap()},
            },
        ]});
        self.write("objects.json", objects.to_string().as_bytes())
    }

    /// A folder of the site's own for files of a test.
    pub(crate) fn files(&self) -> &std::path::Path {
        self.files.path()
    }

    fn ring(&self, keys: &[&Key]) -> Vec<u8> {
        keys.iter().flat_map(|key| self.gpg.export(key)).collect()
    }

    fn write(&self, name: &str, content: &[u8]) -> PathBuf {
        let file = self.files.path().join(name);
        fs::write(&file, content).unwrap();
        file
    }
}
