//! Which documents a requirement wants, by the types under which they are attached.

use std::fmt;

use doorward_core::{Code, MediaType, Rejection};
use doorward_documents::Format;
use doorward_policy::DocumentType;

/// Artifact types of statements that are wrapped and signed in themselves, which are not opened here: in-toto statements,
/// envelopes of DSSE, and bundles of sigstore.
const WRAPPED: [&str; 3] = [
    "application/vnd.in-toto",
    "application/vnd.dsse.envelope",
    "application/vnd.dev.sigstore.bundle",
];

/// The types of the documents that one kind has.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// Artifact types: a document of any of them is meant.
    types: Vec<String>,
    /// The formats that the content may have. Any JSON, if there is none.
    formats: Vec<Format>,
}

/// A type of documents that are not read here.
#[derive(Clone, Debug)]
pub(super) struct Unread(String);

impl Unread {
    pub(super) fn rejection(&self) -> Rejection {
        Rejection::new(Code::POLICY_UNSUPPORTED, self.0.clone())
    }
}

impl Wanted {
    /// The documents that an attestation means.
    ///
    /// A predicate type means the formats that it stands for, attached as they are under their own types. A statement of
    /// in-toto that has them for its predicate is another document, in an envelope.
    pub(super) fn of(document: &DocumentType) -> Result<Self, Unread> {
        match document {
            DocumentType::Artifact(named) => {
                let is_wrapped = |prefix: &&str| {
                    let start = named.get(..prefix.len());
                    start.is_some_and(|start| start.eq_ignore_ascii_case(prefix))
                };
                if WRAPPED.iter().any(is_wrapped) {
                    return Err(Unread(format!(
                        "the policy demands documents of the type {named}, and envelopes with statements in them are not read"
                    )));
                }
                Ok(Self {
                    types: vec![essence(named)],
                    formats: formats(|format| format.has_media_type(named)),
                })
            }
            DocumentType::Predicate(named) => {
                let formats = formats(|format| format.has_predicate_type(named));
                if formats.is_empty() {
                    return Err(Unread(format!(
                        "the policy demands statements of the predicate type {named}, which stands for no document that is \
                         read; statements of in-toto in envelopes are not read"
                    )));
                }
                Ok(Self::any(formats))
            }
        }
    }

    /// Scan reports. A bill of materials is none, even where it can list vulnerabilities: one that lists none would read
    /// like a clean report. A policy that wants it as one names its artifact type.
    pub(super) fn reports() -> Self {
        Self::any(vec![Format::Sarif, Format::TrivyJson])
    }

    /// Statements about which vulnerabilities matter.
    pub(super) fn vex() -> Self {
        Self::any(vec![Format::OpenVex])
    }

    fn any(formats: Vec<Format>) -> Self {
        let types = formats.iter().flat_map(|format| format.media_types());
        let mut types: Vec<String> = types.map(|known| (*known).to_owned()).collect();
        types.dedup();
        Self { types, formats }
    }

    /// Whether documents under this artifact type are meant, parameters and the case of letters aside (RFC 6838, section
    /// 4.2).
    pub(super) fn means(&self, artifact_type: &MediaType) -> bool {
        let named = essence(artifact_type.as_str());
        self.types
            .iter()
            .any(|one| one.eq_ignore_ascii_case(&named))
    }

    /// The formats that the content may have. Any JSON, if there is none.
    pub(super) fn formats(&self) -> &[Format] {
        &self.formats
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.types.join(" or "))
    }
}

fn formats(is_meant: impl Fn(&Format) -> bool) -> Vec<Format> {
    Format::ALL.into_iter().filter(is_meant).collect()
}

fn essence(media_type: &str) -> String {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().to_owned()
}
