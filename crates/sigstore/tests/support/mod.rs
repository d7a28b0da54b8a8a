//! What the tests share: the cases, what was found beside an image in them, and policies.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use doorward_core::{Budget, Digest, Meter, Rejection, Timestamp};
use doorward_sigstore::{
    Accepted, Attested, Authority, Candidate, Demands, KeylessDemand, LogDemand, Subject,
    TrustedRoot, VerificationKey, WorkflowClaims, attested, codes, verify,
};
use doorward_testkit::Cases;
use serde_json::Value;

/// When the cases are judged: the day on which they were made.
pub const NOW: &str = "2026-11-21T12:00:00Z";
/// Whom the keyless signatures of a person are by.
pub const DEVELOPER: &str = "dev@fixtures.test";
/// Who vouched for that.
pub const ISSUER: &str = "https://accounts.fixtures.test";

pub fn now() -> Timestamp {
    NOW.parse().expect("a time")
}

pub fn meter() -> Meter {
    Meter::new(Budget::default())
}

/// The folder with the cases: the crate's own, packed, or `$DOORWARD_CASES/sigstore`, relative to the workspace root.
pub fn cases() -> PathBuf {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    match std::env::var_os("DOORWARD_CASES") {
        Some(root) => crate_root.join("../..").join(root).join("sigstore"),
        None => crate_root.join("tests/vectors"),
    }
}

/// The cases and everything that they name.
pub struct World {
    pub files: Cases,
    pub cases: Vec<Value>,
    indexes: BTreeMap<String, Value>,
    pub root: Arc<TrustedRoot>,
}

/// One thing beside an image, before it is read as a candidate.
#[derive(Clone, Debug)]
pub struct Found {
    pub kind: Kind,
    pub bytes: Bytes,
    pub annotations: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Attestation,
    Bundle,
    Layer,
}

impl Found {
    pub fn candidate(&self) -> Result<Candidate, Rejection> {
        let bytes = self.bytes.clone();
        Ok(match self.kind {
            Kind::Attestation => Candidate::attestation(bytes, &self.annotations)?,
            Kind::Bundle => Candidate::bundle(bytes)?,
            Kind::Layer => Candidate::layer(bytes, &self.annotations)?,
        })
    }

    /// The bundle as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).expect("a bundle is JSON")
    }

    /// The same with another bundle.
    pub fn with_json(&self, json: &Value) -> Self {
        Self {
            bytes: json.to_string().into(),
            ..self.clone()
        }
    }
}

impl World {
    pub fn open() -> Self {
        let files = Cases::open(cases());
        let manifest: Value = json(&files, "manifest.json");
        let cases = manifest["cases"].as_array().expect("a list").clone();
        let sets = cases
            .iter()
            .map(|case| case["set"].as_str().expect("a set").to_owned());
        let sets: std::collections::BTreeSet<_> = sets.collect();
        let indexes = sets.into_iter().map(|set| {
            let index = json(&files, &format!("{set}/index.json"));
            (set, index)
        });
        let indexes = indexes.collect();
        let root = files
            .read("trust/trusted_root.json")
            .expect("a trusted root");
        let root = Arc::new(TrustedRoot::parse(root).expect("a trusted root"));
        Self {
            files,
            cases,
            indexes,
            root,
        }
    }

    fn blob(&self, set: &str, digest: &str) -> Bytes {
        let hex = digest.strip_prefix("sha256:").expect("a digest of SHA-256");
        let path = format!("{set}/blobs/sha256/{hex}");
        let blob = self.files.read(&path);
        Bytes::copy_from_slice(blob.unwrap_or_else(|| panic!("{path} is missing")))
    }

    /// The digest of an image of a set.
    pub fn image(&self, set: &str, image: &str) -> Digest {
        let digest = &self.indexes[set]["images"][image];
        let digest = digest
            .as_str()
            .unwrap_or_else(|| panic!("no image {set}/{image}"));
        digest.parse().expect("a digest")
    }

    /// All that is beside an image.
    pub fn found(&self, set: &str, digest: &Digest) -> Vec<Found> {
        let index = &self.indexes[set];
        let tag = digest.as_str().replace(':', "-");
        let mut manifests = Vec::new();
        for suffix in [".sig", ".att", ""] {
            if let Some(manifest) = index["tags"][format!("{tag}{suffix}")].as_str() {
                manifests.push(manifest.to_owned());
            }
        }
        let listed = index["referrers_api"][digest.as_str()].as_array();
        for referrer in listed.into_iter().flatten() {
            manifests.push(referrer["digest"].as_str().expect("a digest").to_owned());
        }
        let mut found = Vec::new();
        while let Some(manifest) = manifests.pop() {
            let manifest: Value =
                serde_json::from_slice(&self.blob(set, &manifest)).expect("a manifest");
            let listed = manifest["manifests"].as_array().into_iter().flatten();
            manifests.extend(listed.map(|entry| entry["digest"].as_str().unwrap().to_owned()));
            for layer in manifest["layers"].as_array().into_iter().flatten() {
                let kind = match layer["mediaType"].as_str().expect("a media type") {
                    "application/vnd.dev.cosign.simplesigning.v1+json" => Kind::Layer,
                    "application/vnd.dsse.envelope.v1+json" => Kind::Attestation,
                    "application/vnd.dev.sigstore.bundle.v0.3+json" => Kind::Bundle,
                    _ => continue,
                };
                let annotations = &layer["annotations"];
                found.push(Found {
                    kind,
                    bytes: self.blob(set, layer["digest"].as_str().expect("a digest")),
                    annotations: serde_json::from_value(annotations.clone()).unwrap_or_default(),
                });
            }
        }
        found
    }

    /// The only thing beside an image.
    pub fn only(&self, set: &str, image: &str) -> (Digest, Found) {
        let digest = self.image(set, image);
        let mut found = self.found(set, &digest);
        let one = found.pop().expect("something was found");
        assert!(found.is_empty(), "more was found beside {set}/{image}");
        (digest, one)
    }

    pub fn key(&self, path: &str) -> VerificationKey {
        let pem = self.files.read(path).expect("a key");
        VerificationKey::from_pem(pem).expect("a key")
    }

    /// Signatures by a key, and in a log if `log` says so.
    pub fn by_key(&self, path: &str, log: bool, annotations: &[(&str, &str)]) -> Authority {
        let mut demands = Demands::default();
        demands.annotations = texts(annotations);
        if log {
            demands.log = LogDemand::Required;
            demands.trusted_root = Some(Arc::clone(&self.root));
        }
        Authority::keys(vec![self.key(path)], demands).expect("an authority")
    }

    /// Keyless signatures by `subject`.
    pub fn by_identity(&self, issuer: &str, subject: Subject) -> Authority {
        self.by_claims(issuer, subject, WorkflowClaims::default())
    }

    pub fn by_claims(&self, issuer: &str, subject: Subject, claims: WorkflowClaims) -> Authority {
        let root = Arc::clone(&self.root);
        let issuer = issuer.to_owned();
        let demand = KeylessDemand {
            root,
            issuer,
            subject,
            claims,
        };
        Authority::keyless(demand, Demands::default()).expect("an authority")
    }

    /// The keyless signatures of the person that the cases have.
    pub fn by_developer(&self) -> Authority {
        self.by_identity(ISSUER, Subject::exact(DEVELOPER))
    }

    /// What a policy of the cases demands.
    pub fn authority(&self, policy: &Value) -> Authority {
        let text = |name: &str| policy[name].as_str().expect("a text");
        match text("type") {
            "key" => {
                let log = policy["require_tlog"].as_bool().unwrap_or_default();
                let annotations: BTreeMap<String, String> =
                    serde_json::from_value(policy["annotations"].clone()).unwrap_or_default();
                let annotations: Vec<_> = annotations
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str()))
                    .collect();
                self.by_key(text("key"), log, &annotations)
            }
            "keyless" => self.by_identity(text("issuer"), Subject::exact(text("identity"))),
            other => panic!("no authority of the type {other}"),
        }
    }

    /// Judges an image of a set by a policy of the cases.
    pub fn judge(&self, set: &str, image: &str, policy: &Value) -> Result<(), Rejection> {
        let digest = self.image(set, image);
        if policy["type"] == "threshold" {
            let of = policy["of"].as_array().expect("policies");
            let mut met = 0;
            let mut last = Ok(());
            for policy in of {
                match self.judge(set, image, policy) {
                    Ok(()) => met += 1,
                    refused => last = refused,
                }
            }
            return if met >= policy["min"].as_u64().expect("a number") {
                Ok(())
            } else {
                last
            };
        }
        let authority = self.authority(policy);
        let found = self.found(set, &digest);
        match policy["attestation"].as_str() {
            None => any(&found, |candidate| {
                sign(candidate, &digest, &authority).map(drop)
            }),
            Some(kind) => any(&found, |candidate| {
                attest(candidate, &digest, &authority, kind).map(drop)
            }),
        }
    }
}

fn any(
    found: &[Found],
    judge: impl Fn(&Candidate) -> Result<(), Rejection>,
) -> Result<(), Rejection> {
    let mut refused = Rejection::new(codes::NONE, "nothing was found");
    for found in found {
        match found.candidate().and_then(|candidate| judge(&candidate)) {
            Ok(()) => return Ok(()),
            Err(rejection) if rejection.rank().1 >= refused.rank().1 => refused = rejection,
            Err(_) => {}
        }
    }
    Err(refused)
}

/// Whether the candidate says that the image is signed, on the day of the cases.
pub fn sign(
    candidate: &Candidate,
    digest: &Digest,
    authority: &Authority,
) -> Result<Accepted, Rejection> {
    verify(candidate, digest, authority, now(), &mut meter())
}

pub fn attest(
    candidate: &Candidate,
    digest: &Digest,
    authority: &Authority,
    kind: &str,
) -> Result<Attested, Rejection> {
    attested(candidate, digest, authority, kind, now(), &mut meter())
}

pub fn texts(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    pairs.collect()
}

fn json(files: &Cases, path: &str) -> Value {
    let text = files
        .read(path)
        .unwrap_or_else(|| panic!("{path} is missing"));
    serde_json::from_slice(text).expect("JSON")
}
