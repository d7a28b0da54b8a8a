//! What a registry holds beside an image, read and written as anybody may who can push.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use doorward_core::Digest;
use serde_json::{Value, json};

use super::site::Site;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// The tag that the fallback for the referrers API (no suffix), signatures (`.sig`) and attestations (`.att`) have.
pub(super) fn tag(image: &str, suffix: &str) -> String {
    let (_, digest) = image.split_once('@').unwrap();
    format!("{}{suffix}", digest.replace(':', "-"))
}

/// One layer of something that is stored beside an image.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) kind: String,
    pub(super) bytes: Vec<u8>,
    pub(super) annotations: BTreeMap<String, String>,
}

impl Site {
    /// The layers of what is stored under the tag with this suffix: for the fallback of the referrers API, those of all that is
    /// listed.
    pub(super) fn layers(&self, image: &str, suffix: &str) -> Vec<Layer> {
        let first = self.manifest(image, &tag(image, suffix));
        let listed = first["manifests"].as_array().cloned().unwrap_or_default();
        let listed = listed
            .iter()
            .map(|entry| self.manifest(image, entry["digest"].as_str().unwrap()));
        let mut layers = Vec::new();
        for manifest in listed.chain([first.clone()]) {
            for layer in manifest["layers"].as_array().into_iter().flatten() {
                let annotations = layer["annotations"].clone();
                layers.push(Layer {
                    kind: layer["mediaType"].as_str().unwrap().to_owned(),
                    bytes: self.blob(image, layer["digest"].as_str().unwrap()),
                    annotations: serde_json::from_value(annotations).unwrap_or_default(),
                });
            }
        }
        layers
    }

    /// Puts one layer beside an image instead of what is there: under the tag with this suffix, or as the only thing that refers
    /// to it.
    pub(super) fn put(&self, image: &str, suffix: &str, layer: &Layer) {
        let config = self.push_blob(image, b"{}");
        let layer = json!({
            "mediaType": layer.kind, "digest": self.push_blob(image, &layer.bytes), "size": layer.bytes.len(),
            "annotations": layer.annotations,
        });
        let mut manifest = json!({
            "schemaVersion": 2, "mediaType": MANIFEST, "layers": [layer],
            "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": 2},
        });
        if !suffix.is_empty() {
            self.push_manifest(image, &tag(image, suffix), MANIFEST, &manifest);
            return;
        }
        let (_, digest) = image.split_once('@').unwrap();
        let size = self.manifest(image, digest).to_string().len();
        manifest["subject"] = json!({"mediaType": MANIFEST, "digest": digest, "size": size});
        manifest["artifactType"] = manifest["layers"][0]["mediaType"].clone();
        let text = manifest.to_string();
        let digest = Digest::sha256(text.as_bytes());
        self.push_manifest(image, digest.as_str(), MANIFEST, &manifest);
        let entry = json!({"mediaType": MANIFEST, "digest": digest, "size": text.len()});
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]});
        self.push_manifest(image, &tag(image, ""), INDEX, &index);
    }

    /// Stores under the tag with this suffix of one image what is stored there of another of the same repository.
    pub(super) fn put_beside(&self, from: &str, suffix: &str, to: &str) {
        let manifest = self.manifest(from, &tag(from, suffix));
        let kind = manifest["mediaType"].as_str().unwrap();
        self.push_manifest(to, &tag(to, suffix), kind, &manifest);
    }

    /// A manifest of the repository of an image.
    fn manifest(&self, image: &str, reference: &str) -> Value {
        let target = format!("/v2/{}/manifests/{reference}", self.path_of(image));
        let accept = format!("Accept: {MANIFEST}, {INDEX}\r\n");
        serde_json::from_slice(&self.ask("GET", &target, &accept, b"").1).unwrap()
    }

    fn push_manifest(&self, image: &str, reference: &str, kind: &str, manifest: &Value) {
        let target = format!("/v2/{}/manifests/{reference}", self.path_of(image));
        let kind = format!("Content-Type: {kind}\r\n");
        self.ask("PUT", &target, &kind, manifest.to_string().as_bytes());
    }

    fn blob(&self, image: &str, digest: &str) -> Vec<u8> {
        let target = format!("/v2/{}/blobs/{digest}", self.path_of(image));
        self.ask("GET", &target, "", b"").1
    }

    fn push_blob(&self, image: &str, bytes: &[u8]) -> Digest {
        let target = format!("/v2/{}/blobs/uploads/", self.path_of(image));
        let (headers, _) = self.ask("POST", &target, "", b"");
        let mut lines = headers.lines();
        let location = lines
            .find_map(|line| line.strip_prefix("Location: "))
            .unwrap();
        let location = location.trim_start_matches("http://");
        let (_, target) = location.split_once('/').unwrap();
        let digest = Digest::sha256(bytes);
        let kind = "Content-Type: application/octet-stream\r\n";
        self.ask("PUT", &format!("/{target}&digest={digest}"), kind, bytes);
        digest
    }

    /// The path of the repository.
    fn path_of(&self, image: &str) -> String {
        let (repository, _) = image.split_once('@').unwrap();
        let host = format!("{}/", self.address());
        repository.strip_prefix(&host).unwrap().to_owned()
    }

    /// One exchange that must succeed: headers and body of the answer.
    fn ask(&self, method: &str, target: &str, headers: &str, body: &[u8]) -> (String, Vec<u8>) {
        let mut stream = TcpStream::connect(self.address()).unwrap();
        let host = self.address();
        let length = body.len();
        write!(
            stream,
            "{method} {target} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n{headers}Connection: close\r\n\r\n"
        )
        .unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n");
        let (headers, body) = answer.split_at(end.unwrap() + 4);
        let headers = String::from_utf8(headers.to_vec()).unwrap();
        assert!(
            headers.starts_with("HTTP/1.1 20"),
            "{method} {target}: {headers}{}",
            String::from_utf8_lossy(body)
        );
        (headers, body.to_vec())
    }
}
