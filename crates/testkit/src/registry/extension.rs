//! The signature extension (`X-Registry-Supports-Signatures`), with its switches.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use doorward_core::Digest;
use http::{HeaderName, Method, StatusCode};
use serde_json::{Value, json};

use super::State;
use super::store::Contents;
use crate::http::{Exchange, Reply};

/// The header on `/v2/` that announces the extension.
const ANNOUNCEMENT: HeaderName = HeaderName::from_static("x-registry-supports-signatures");

/// How the signature extension behaves. Off by default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignatureExtension {
    /// The value of `X-Registry-Supports-Signatures` on `/v2/`; `None` leaves the header out. Only `1` means that
    /// the extension is there.
    pub announcement: Option<String>,
    /// What a read of a signature list is answered with.
    pub answer: ExtensionAnswer,
}

impl SignatureExtension {
    /// The extension as a registry that supports it has it.
    #[must_use]
    pub fn supported() -> Self {
        Self {
            announcement: Some("1".to_owned()),
            answer: ExtensionAnswer::List,
        }
    }

    /// No trace of the extension: no header, and its paths are unknown.
    #[must_use]
    pub fn unsupported() -> Self {
        Self::default()
    }

    /// Announced, but answering like this.
    #[must_use]
    pub fn answering(answer: ExtensionAnswer) -> Self {
        Self {
            answer,
            ..Self::supported()
        }
    }
}

/// What a read of a signature list is answered with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExtensionAnswer {
    /// The list, if the extension is announced with any value; else 404.
    #[default]
    List,
    /// An HTML page with status 200.
    Html,
    /// `{"signatures":null}`.
    NullList,
    /// The list, and blanks until the document has this many bytes.
    Padded(usize),
    /// This document with status 200.
    Raw(String),
    /// This status.
    Status(u16),
}

/// Adds the announcement to an answer of `/v2/`.
pub(super) fn announce(state: &State, reply: Reply) -> Reply {
    match &state.settings().extension.announcement {
        Some(value) => reply.with_header(ANNOUNCEMENT, value),
        None => reply,
    }
}

/// Stores a blob as an entry of version 2 and type `atomic`, under a name made from its content.
pub(super) fn put(contents: &mut Contents, digest: &Digest, blob: &[u8]) {
    let unique = Digest::sha256(blob);
    let unique = unique.hex().get(..32).unwrap_or_default();
    let entry = json!({
        "schemaVersion": 2,
        "name": format!("{digest}@{unique}"),
        "type": "atomic",
        "content": STANDARD.encode(blob),
    });
    contents
        .signatures
        .entry(digest.clone())
        .or_default()
        .push(entry);
}

/// Answers a request to the signature list of a digest.
pub(super) fn answer(state: &State, exchange: &Exchange, repository: &str, digest: &str) -> Reply {
    let extension = state.settings().extension.clone();
    if extension.announcement.is_none() && extension.answer == ExtensionAnswer::List {
        return Reply::not_found("404 page not found");
    }
    let Ok(digest) = digest.parse::<Digest>() else {
        return Reply::oci_error(StatusCode::BAD_REQUEST, "DIGEST_INVALID", "not a digest");
    };
    match exchange.method {
        Method::GET | Method::HEAD => list(state, &extension.answer, repository, &digest),
        Method::PUT => {
            let Ok(entry @ Value::Object(_)) = serde_json::from_slice(&exchange.body) else {
                let message = "a signature is one JSON object";
                return Reply::oci_error(StatusCode::BAD_REQUEST, "SIGNATURE_INVALID", message);
            };
            state
                .store()
                .repository_mut(repository)
                .signatures
                .entry(digest)
                .or_default()
                .push(entry);
            Reply::new(StatusCode::CREATED)
        }
        _ => Reply::new(StatusCode::METHOD_NOT_ALLOWED),
    }
}

fn list(state: &State, answer: &ExtensionAnswer, repository: &str, digest: &Digest) -> Reply {
    let signatures = state
        .store()
        .repository(repository)
        .and_then(|contents| contents.signatures.get(digest).cloned())
        .unwrap_or_default();
    let document = json!({"signatures": signatures}).to_string();
    let body = match answer {
        ExtensionAnswer::List => document,
        ExtensionAnswer::Html => {
            return Reply::ok("text/html", "<html><body>Sign in</body></html>");
        }
        ExtensionAnswer::NullList => json!({"signatures": null}).to_string(),
        ExtensionAnswer::Padded(bytes) => {
            let blanks = bytes.saturating_sub(document.len());
            document + &" ".repeat(blanks)
        }
        ExtensionAnswer::Raw(text) => text.clone(),
        ExtensionAnswer::Status(status) => {
            let status =
                StatusCode::from_u16(*status).expect("a status is a number from 100 to 999");
            return Reply::oci_error(status, "UNKNOWN", "injected by a test");
        }
    };
    Reply::ok("application/json", body)
}
