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
        if !tools::are_there() {
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
        let ring: Vec<u8> = keys.iter().flat_map(|key| self.gpg.export(key)).collect();
        let name = keys
            .iter()
            .map(|key| &key.fingerprint[..8])
            .collect::<Vec<_>>()
            .join("-");
        let ring_file = self.files.path().join(format!("{name}.asc"));
        fs::write(&ring_file, ring).unwrap();
        let requirement = json!({"type": "signedBy", "keyType": "GPGKeys", "keyPath": ring_file});
        let policy = json!({
            "default": [{"type": "reject"}],
            "transports": {"docker": {self.registry.address().to_string(): [requirement]}},
        });
        let file = self.files.path().join(format!("{name}.json"));
        fs::write(&file, policy.to_string()).unwrap();
        file
    }
}
