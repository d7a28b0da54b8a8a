//! What the tests share: the cases, and what is asked of each.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use doorward_core::{Algorithm, Budget, Code, Descriptor, Digest, Meter, Rejection, Timestamp};
use doorward_notation::{
    Accepted, Artifact, BlobTrustPolicy, Envelope, KnownSignatures, OciTrustPolicy,
    RevocationAnswers, RevocationRequest, Selected, SignatureChecks, Statement, StoreReference,
    TrustStore, TrustStoreError, TrustStores, Walk,
};
use doorward_testkit::Cases;
use serde_json::Value;

/// When the cases are judged: the day on which they were made.
pub const NOW: &str = "2026-11-21T04:00:00Z";

/// The folder with the cases: the crate's own, packed, or `$DOORWARD_CASES/notation`, relative to the workspace root.
pub fn cases() -> PathBuf {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    match std::env::var_os("DOORWARD_CASES") {
        Some(root) => crate_root.join("../..").join(root).join("notation"),
        None => crate_root.join("tests/vectors"),
    }
}

/// What came of a case.
#[derive(Debug)]
pub enum Outcome {
    Accepted(Box<Accepted>),
    Rejected(Rejection),
    /// The policy is good, and nothing more is asked of it.
    Selected,
    /// The policy says that nothing is verified.
    Skipped,
}

impl Outcome {
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Rejected(rejection) => Some(rejection.code()),
            _ => None,
        }
    }

    pub fn is_accept(&self) -> bool {
        !matches!(self, Self::Rejected(_))
    }
}

/// The cases and everything that they name.
pub struct World {
    pub files: Cases,
    pub cases: Vec<Value>,
}

impl World {
    pub fn open() -> Self {
        let files = Cases::open(cases());
        let document = files.read("cases.json").expect("the list of cases");
        let cases = serde_json::from_slice(document).expect("the list of cases is JSON");
        Self { files, cases }
    }

    pub fn envelope<'w>(&'w self, case: &Value) -> Option<&'w [u8]> {
        let path = case["envelope"].as_str()?;
        Some(self.files.read(path).expect("an envelope"))
    }

    /// Judges a case with `envelope` in place of its own.
    pub fn judge(&self, case: &Value, envelope: Option<&[u8]>) -> Outcome {
        match self.decide(case, envelope) {
            Ok(outcome) => outcome,
            Err(rejection) => Outcome::Rejected(rejection),
        }
    }

    fn decide(&self, case: &Value, envelope: Option<&[u8]>) -> Result<Outcome, Rejection> {
        let text = case["policy"].to_string();
        let (oci, blob);
        let selected = match case["kind"].as_str().expect("a kind") {
            "oci" | "policy" => {
                oci = OciTrustPolicy::parse(text.as_bytes())?;
                match case["reference"].as_str() {
                    Some(reference) => oci.select(reference)?,
                    None => return Ok(Outcome::Selected),
                }
            }
            _ => {
                blob = BlobTrustPolicy::parse(text.as_bytes())?;
                blob.select(case["policyName"].as_str())?
            }
        };
        let (Selected::Verify(statement), Some(envelope)) = (selected, envelope) else {
            return Ok(match selected {
                Selected::Skip { .. } => Outcome::Skipped,
                Selected::Verify(_) => Outcome::Selected,
            });
        };
        let demanded: BTreeMap<String, String> = match &case["userMetadata"] {
            Value::Null => BTreeMap::new(),
            metadata => serde_json::from_value(metadata.clone()).expect("user metadata"),
        };
        let statement = Statement::clone(statement)
            .with_user_metadata(demanded)
            .expect("metadata");
        let media_type = case["mediaType"].as_str().expect("a media type");
        let (descriptor, blob_digest);
        let artifact = match case["blob"].as_str() {
            Some(blob) => {
                let content = self.files.read(blob).expect("a blob");
                let parsed = Envelope::parse(media_type, envelope);
                let algorithm = parsed.map_or(Algorithm::Sha256, |it| it.blob_algorithm());
                blob_digest = Digest::compute(algorithm, content);
                Artifact::Blob {
                    digest: &blob_digest,
                    size: content.len() as u64,
                    media_type: None,
                }
            }
            None => {
                descriptor = read_descriptor(&case["descriptor"]);
                Artifact::Manifest(&descriptor)
            }
        };
        self.verify(&Arc::new(statement), media_type, envelope, &artifact)
            .map(|accepted| Outcome::Accepted(Box::new(accepted)))
    }

    fn verify(
        &self,
        statement: &Arc<Statement>,
        media_type: &str,
        envelope: &[u8],
        artifact: &Artifact<'_>,
    ) -> Result<Accepted, Rejection> {
        let now: Timestamp = NOW.parse().expect("a time");
        let mut meter = Meter::new(Budget::default());
        let mut known = KnownSignatures::new();
        let mut checks = SignatureChecks::new(&mut meter, &mut known);
        let signed = Envelope::parse(media_type, envelope)?.verify(None, &mut checks)?;
        let stores = self.stores(statement);
        let mut walk = Walk::begin(signed, artifact, statement, &stores, now, &mut checks)?;
        let mut answers = RevocationAnswers::new();
        for _ in 0..32 {
            let wanted = walk.wants(&answers, &mut checks)?;
            if wanted.is_empty() {
                return walk.finish();
            }
            for request in wanted {
                let answer = self.authority(&request);
                answers.insert(request, answer);
            }
        }
        panic!("a walk wants ever more");
    }

    /// What an authority answers: the file of the name at the end of the address, whatever the question.
    fn authority(&self, request: &RevocationRequest) -> Result<Bytes, String> {
        let path = request
            .address()
            .strip_prefix("http://127.0.0.1:47121/")
            .ok_or("connection refused")?;
        let file = self.files.read(&format!("revocation-http/{path}"));
        file.cloned().ok_or_else(|| "404 Not Found".to_owned())
    }

    /// The stores that a statement names, from the folder of a configuration. One that is not there is empty; a folder
    /// in a store is passed over, as the specification says.
    pub fn stores(&self, statement: &Statement) -> TrustStores {
        let mut stores = TrustStores::new();
        for reference in statement.trust_stores() {
            stores = stores.with(reference.clone(), self.store(reference));
        }
        stores
    }

    fn store(&self, reference: &StoreReference) -> Result<TrustStore, TrustStoreError> {
        let kind = reference.kind;
        let folder = format!(
            "config/truststore/x509/{}/{}",
            kind.as_str(),
            reference.name
        );
        let files = self.files.below(&folder);
        let plain = files.paths().filter(|path| !path.contains('/'));
        TrustStore::read(kind, plain.map(|path| files.read(path).expect("a file")))
    }
}

pub fn read_descriptor(value: &Value) -> Descriptor {
    let text = value.to_string();
    let limits = doorward_core::json::Limits::bytes(text.len());
    let value = doorward_core::json::parse(text.as_bytes(), limits).expect("JSON");
    Descriptor::from_json(&value).expect("a descriptor")
}
