//! Small images as OCI layouts, the form in which skopeo takes them from a folder.

use std::fs;
use std::path::Path;

use doorward_core::Digest;
use serde_json::json;

/// An empty tar archive, compressed; what it holds does not matter to anyone here.
const LAYER: [u8; 29] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x63, 0x60, 0x18, 0x05, 0xa3, 0x60,
    0x14, 0x8c, 0x54, 0x00, 0x00, 0x2e, 0xaf, 0xb5, 0xef, 0x00, 0x04, 0x00, 0x00,
];
/// The size of that archive before it was compressed.
const LAYER_SIZE: usize = 1024;

/// One image of one platform.
pub(crate) struct Image {
    config: Vec<u8>,
    manifest: Vec<u8>,
}

impl Image {
    /// An image that differs from one with another label.
    pub(crate) fn new(label: &str) -> Self {
        let config = serde_json::to_vec(&json!({
            "architecture": "amd64",
            "os": "linux",
            "config": {"Labels": {"test": label}},
            "rootfs": {"type": "layers", "diff_ids": [Digest::sha256(&[0; LAYER_SIZE]).as_str()]},
        }))
        .unwrap();
        let manifest = serde_json::to_vec(&json!({
            "schemaVersion": 2,
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": descriptor("application/vnd.oci.image.config.v1+json", &config),
            "layers": [descriptor("application/vnd.oci.image.layer.v1.tar+gzip", &LAYER)],
        }))
        .unwrap();
        Self { config, manifest }
    }

    /// The digest that a registry will know the image by.
    pub(crate) fn digest(&self) -> Digest {
        Digest::sha256(&self.manifest)
    }

    /// The size of the manifest in bytes.
    pub(crate) fn size(&self) -> usize {
        self.manifest.len()
    }

    /// Writes the image as a layout with one image, named `image`.
    pub(crate) fn write(&self, folder: &Path) {
        let blobs = folder.join("blobs/sha256");
        fs::create_dir_all(&blobs).unwrap();
        for blob in [&self.config[..], &self.manifest, &LAYER] {
            fs::write(blobs.join(Digest::sha256(blob).hex()), blob).unwrap();
        }
        fs::write(
            folder.join("oci-layout"),
            r#"{"imageLayoutVersion":"1.0.0"}"#,
        )
        .unwrap();
        let mut entry = descriptor("application/vnd.oci.image.manifest.v1+json", &self.manifest);
        entry["annotations"] = json!({"org.opencontainers.image.ref.name": "image"});
        let index = json!({"schemaVersion": 2, "manifests": [entry]});
        fs::write(folder.join("index.json"), index.to_string()).unwrap();
    }
}

fn descriptor(media_type: &str, content: &[u8]) -> serde_json::Value {
    json!({"mediaType": media_type, "digest": Digest::sha256(content).as_str(), "size": content.len()})
}
