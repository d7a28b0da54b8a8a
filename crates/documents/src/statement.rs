use doorward_core::json::{self, Limits, Value};

use crate::{DocumentError, Format, bounds};

/// The predicate type of what cosign calls the record of a scan (cosign, "Cosign Vulnerability Scan Record Attestation
/// Specification"): the report is in `scanner.result`.
pub(crate) const COSIGN_VULNERABILITIES: &str = "https://cosign.sigstore.dev/attestation/vuln/v1";

/// The versions of statements (in-toto attestation framework).
const TYPES: [&str; 2] = [
    "https://in-toto.io/Statement/v0.1",
    "https://in-toto.io/Statement/v1",
];

/// A statement of in-toto: a predicate of some type about something. Nothing here says who signed it, nor what it is about:
/// who verified the signature has held the subject against the image.
#[derive(Clone, Debug)]
pub struct InTotoStatement {
    predicate_type: String,
    predicate: Value,
    bytes: usize,
}

impl InTotoStatement {
    /// Reads a statement of at most [`bounds::STATEMENT_BYTES`] bytes, version 0.1 or 1.
    ///
    /// # Errors
    /// Any departure from strict JSON, from the [`bounds`], or from the form of a statement with a predicate.
    pub fn read(bytes: &[u8]) -> Result<Self, DocumentError> {
        let mut limits = Limits::bytes(bounds::STATEMENT_BYTES).depth(bounds::DEPTH);
        limits.values = bounds::VALUES;
        let Value::Object(members) = json::parse(bytes, limits)? else {
            return Err(malformed("document", "a statement of in-toto"));
        };
        let (mut kind, mut predicate_type, mut predicate) = (None, None, None);
        for (name, value) in members {
            match (name.as_str(), value) {
                ("_type", Value::String(text)) => kind = Some(text),
                ("predicateType", Value::String(text)) => predicate_type = Some(text),
                ("predicate", value) => predicate = Some(value),
                // Programs that ignore the case of names would read another statement.
                (other, _) => {
                    let known = ["_type", "subject", "predicateType", "predicate"];
                    if let Some(twin) = doorward_core::taken_for(other, &known)
                        && twin != other
                    {
                        return Err(malformed(twin, "written in that case"));
                    }
                }
            }
        }
        if !kind.is_some_and(|kind| TYPES.contains(&kind.as_str())) {
            return Err(malformed("_type", "that of a statement of in-toto"));
        }
        let predicate_type =
            predicate_type.ok_or_else(|| malformed("predicateType", "a string"))?;
        let predicate = predicate.ok_or_else(|| malformed("predicate", "what is stated"))?;
        Ok(Self {
            predicate_type,
            predicate,
            bytes: bytes.len(),
        })
    }

    /// The type of the predicate: a URI, as it was written.
    #[must_use]
    pub fn predicate_type(&self) -> &str {
        &self.predicate_type
    }

    /// What is stated, for [conditions](crate::Condition).
    #[must_use]
    pub const fn predicate(&self) -> &Value {
        &self.predicate
    }

    /// How many bytes the whole statement had.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether it is cosign's predicate for vulnerabilities, and the result of the scan in it is none of a scanner whose reports
    /// are read. Such a statement can be demanded, and conditions can be put to it; that a scan found nothing, it never says.
    #[must_use]
    pub fn has_no_known_result(&self) -> bool {
        let is_scan = self.predicate_type == COSIGN_VULNERABILITIES;
        let scanner = self.predicate.get("scanner");
        let result = scanner.and_then(|scanner| scanner.get("result"));
        is_scan
            && result.is_none_or(|result| {
                matches!(Format::recognise(result), Err(DocumentError::NotRecognised))
            })
    }

    /// What is stated, and how many bytes the whole statement had.
    pub(crate) fn into_parts(self) -> (String, Value, usize) {
        (self.predicate_type, self.predicate, self.bytes)
    }
}

fn malformed(path: &str, expected: &'static str) -> DocumentError {
    DocumentError::Malformed {
        path: path.to_owned(),
        expected,
    }
}
