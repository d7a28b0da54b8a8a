//! Pushing blobs (OCI distribution specification, "Pushing blobs").

use std::collections::BTreeMap;
use std::sync::PoisonError;

use doorward_core::Digest;
use http::header::{LOCATION, RANGE};
use http::{HeaderName, Method, StatusCode};

use super::State;
use crate::http::{Exchange, Reply};

const DIGEST_HEADER: HeaderName = HeaderName::from_static("docker-content-digest");
const SESSION_HEADER: HeaderName = HeaderName::from_static("docker-upload-uuid");

/// The upload sessions of a registry.
#[derive(Debug, Default)]
pub(crate) struct Uploads {
    started: u64,
    sessions: BTreeMap<String, Vec<u8>>,
}

/// `POST /v2/<repository>/blobs/uploads/`: begins a session, takes a whole blob, or mounts one.
pub(super) fn begin(state: &State, exchange: &Exchange, repository: &str) -> Reply {
    if exchange.method != Method::POST {
        return Reply::new(StatusCode::METHOD_NOT_ALLOWED);
    }
    if let Some(digest) = exchange.query_values("digest").first() {
        return store(state, repository, digest, exchange.body.to_vec());
    }
    if let Some(digest) = exchange.query_values("mount").first()
        && let Ok(digest) = digest.parse()
    {
        let known = state.store().blob_anywhere(&digest);
        if let Some(blob) = known {
            return store(state, repository, digest.as_str(), blob.to_vec());
        }
    }
    let mut uploads = state.uploads.lock().unwrap_or_else(PoisonError::into_inner);
    uploads.started += 1;
    let session = uploads.started.to_string();
    uploads.sessions.insert(session.clone(), Vec::new());
    progress(StatusCode::ACCEPTED, repository, &session, 0)
}

/// `PATCH`, `PUT`, `GET` and `DELETE` of a session.
pub(super) fn go_on(state: &State, exchange: &Exchange, repository: &str, session: &str) -> Reply {
    let mut uploads = state.uploads.lock().unwrap_or_else(PoisonError::into_inner);
    let Some(content) = uploads.sessions.get_mut(session) else {
        let message = "no such upload session";
        return Reply::oci_error(StatusCode::NOT_FOUND, "BLOB_UPLOAD_UNKNOWN", message);
    };
    match exchange.method {
        Method::PATCH => {
            content.extend_from_slice(&exchange.body);
            progress(StatusCode::ACCEPTED, repository, session, content.len())
        }
        Method::PUT => {
            content.extend_from_slice(&exchange.body);
            let content = uploads.sessions.remove(session).unwrap_or_default();
            drop(uploads);
            let digest = exchange.query_values("digest");
            store(
                state,
                repository,
                digest.first().map_or("", String::as_str),
                content,
            )
        }
        Method::GET => progress(StatusCode::NO_CONTENT, repository, session, content.len()),
        Method::DELETE => {
            uploads.sessions.remove(session);
            Reply::new(StatusCode::NO_CONTENT)
        }
        _ => Reply::new(StatusCode::METHOD_NOT_ALLOWED),
    }
}

fn progress(status: StatusCode, repository: &str, session: &str, length: usize) -> Reply {
    Reply::new(status)
        .with_header(
            LOCATION,
            &format!("/v2/{repository}/blobs/uploads/{session}"),
        )
        .with_header(RANGE, &format!("0-{}", length.saturating_sub(1)))
        .with_header(SESSION_HEADER, session)
}

fn store(state: &State, repository: &str, digest: &str, content: Vec<u8>) -> Reply {
    match digest.parse::<Digest>() {
        Ok(digest) if digest.matches(&content) => {
            let reply = Reply::new(StatusCode::CREATED)
                .with_header(LOCATION, &format!("/v2/{repository}/blobs/{digest}"))
                .with_header(DIGEST_HEADER, digest.as_str());
            state
                .store()
                .repository_mut(repository)
                .blobs
                .insert(digest, content.into());
            reply
        }
        _ => {
            let message = "the content does not have the digest given";
            Reply::oci_error(StatusCode::BAD_REQUEST, "DIGEST_INVALID", message)
        }
    }
}
