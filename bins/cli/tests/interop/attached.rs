//! Reports that `notation` signs: attached to an image by hand, since `oras` need not be there.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};

use doorward_core::{Digest, MediaType};
use serde_json::{Value, json};

use crate::notation::Site;
use crate::tools::must;

const SARIF: &str = "application/sarif+json";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";

/// One exchange with a registry: status, headers and body.
fn exchange(
    registry: SocketAddr,
    method: &str,
    target: &str,
    kind: &str,
    body: &[u8],
) -> (String, String, Vec<u8>) {
    let mut stream = TcpStream::connect(registry).unwrap();
    write!(
        stream,
        "{method} {target} HTTP/1.0\r\nHost: {registry}\r\nAccept: {kind}\r\nContent-Type: {kind}\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )
    .unwrap();
    stream.write_all(body).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    let end = answer
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().to_owned();
    (status, head, answer[end + 4..].to_vec())
}

/// The repository of an image by digest in the registry of a site.
struct Repository {
    registry: SocketAddr,
    path: String,
}

impl Repository {
    fn of(image: &str) -> (Self, Digest) {
        let (repository, digest) = image.split_once('@').unwrap();
        let (registry, path) = repository.split_once('/').unwrap();
        let repository = Self {
            registry: registry.parse().unwrap(),
            path: path.to_owned(),
        };
        (repository, digest.parse().unwrap())
    }

    fn manifest(&self, digest: &Digest) -> (MediaType, Vec<u8>) {
        let accepted = format!(
            "{}, {}",
            MediaType::OCI_MANIFEST,
            MediaType::DOCKER_MANIFEST
        );
        let target = format!("/v2/{}/manifests/{digest}", self.path);
        let (status, head, body) = exchange(self.registry, "GET", &target, &accepted, b"");
        assert_eq!(status, "200", "{head}");
        let kind = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Type: "));
        (MediaType::as_written(kind.unwrap()), body)
    }

    fn push_blob(&self, content: &[u8]) -> Value {
        let digest = Digest::sha256(content);
        let start = format!("/v2/{}/blobs/uploads/", self.path);
        let (status, head, _) = exchange(self.registry, "POST", &start, "*/*", b"");
        assert_eq!(status, "202", "{head}");
        let place = head
            .lines()
            .find_map(|line| line.strip_prefix("Location: "))
            .unwrap();
        let place = &place[place.find("/v2/").unwrap()..];
        let joint = if place.contains('?') { '&' } else { '?' };
        let target = format!("{place}{joint}digest={digest}");
        let kind = "application/octet-stream";
        let (status, head, _) = exchange(self.registry, "PUT", &target, kind, content);
        assert_eq!(status, "201", "{head}");
        json!({"digest": digest.as_str(), "size": content.len()})
    }

    fn push_manifest(&self, name: &str, kind: &MediaType, manifest: &Value) {
        let target = format!("/v2/{}/manifests/{name}", self.path);
        let body = manifest.to_string();
        let (status, head, _) = exchange(
            self.registry,
            "PUT",
            &target,
            kind.as_str(),
            body.as_bytes(),
        );
        assert_eq!(status, "201", "{head}");
    }

    /// Attaches reports to an image, and lists them under the tag, as `oras attach` does. Says what they are called.
    fn attach(&self, image: &Digest, reports: &[&str]) -> Vec<String> {
        let (media_type, bytes) = self.manifest(image);
        let mut listed = Vec::new();
        let mut names = Vec::new();
        for report in reports {
            let mut config = self.push_blob(b"{}");
            config["mediaType"] = json!(EMPTY);
            let mut layer = self.push_blob(report.as_bytes());
            layer["mediaType"] = json!(SARIF);
            let manifest = json!({
                "schemaVersion": 2, "mediaType": MediaType::OCI_MANIFEST, "artifactType": SARIF,
                "config": config, "layers": [layer],
                "subject": {"mediaType": media_type, "digest": image.as_str(), "size": bytes.len()},
            });
            let digest = Digest::sha256(manifest.to_string().as_bytes());
            self.push_manifest(digest.as_str(), &MediaType::OCI_MANIFEST, &manifest);
            listed.push(json!({
                "mediaType": MediaType::OCI_MANIFEST, "digest": digest.as_str(),
                "size": manifest.to_string().len(), "artifactType": SARIF,
            }));
            names.push(format!("{}/{}@{digest}", self.registry, self.path));
        }
        let index = json!({
            "schemaVersion": 2, "mediaType": MediaType::OCI_INDEX, "manifests": listed,
        });
        let tag = image.as_str().replace(':', "-");
        self.push_manifest(&tag, &MediaType::OCI_INDEX, &index);
        names
    }
}

/// A report of one vulnerability with this score.
fn report(score: &str) -> String {
    json!({
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "Trivy", "rules": [{"id": "CVE-2026-1", "properties": {"security-severity": score}}],
            }},
            "results": [{"ruleId": "CVE-2026-1", "message": {"text": "Vulnerability CVE-2026-1"}}],
        }],
    })
    .to_string()
}

/// A policy of the site that wants a signed report, with the trust of the one for signatures.
fn want_reports(site: &Site) {
    let rules = site.read("site.yaml");
    let (before, trust) = rules.split_once("      notation:\n").unwrap();
    let (trust, secret) = trust.split_once("---\n").unwrap();
    let trust = trust.replace("        ", "              ");
    let policy = format!(
        "{before}      vulnerability:\n        report:\n          maxSeverity: high\n          maxAge: 1h\n          \
         signedBy:\n            notation:\n{trust}---\n{secret}"
    );
    fs::write(site.path("site.yaml"), policy).unwrap();
}

#[test]
fn a_report_that_notation_signed_admits_an_image_and_a_newer_one_refuses_it() {
    let Some(site) = Site::set_up() else { return };
    want_reports(&site);
    let image = site.push("scanned");
    let (repository, digest) = Repository::of(&image);
    let refused = |code: &str| (3, Some(code.to_owned()));
    assert_eq!(site.doorward(&image), refused("document-missing"));
    let good = report("5.0");
    let names = repository.attach(&digest, &[&good]);
    assert_eq!(site.doorward(&image), refused("document-unsigned"));
    let sign = |name: &str| {
        let mut sign = site.notation();
        must(sign.args(["sign", "--insecure-registry", "--key", "ec256", name]));
    };
    // The signature on the image is none on the report.
    sign(&image);
    let mut names_again = repository.attach(&digest, &[&good]);
    assert_eq!(names_again, names);
    assert_eq!(site.doorward(&image), refused("document-unsigned"));
    sign(&names[0]);
    assert_eq!(site.doorward(&image), (0, None));
    // Times of signatures have seconds.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let bad = report("9.8");
    names_again = repository.attach(&digest, &[&bad, &good]);
    sign(&names_again[0]);
    assert_eq!(site.doorward(&image), refused("vulnerability-too-severe"));
}
