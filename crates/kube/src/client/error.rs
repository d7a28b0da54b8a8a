//! What can go wrong with a question to an API server.

use doorward_core::text::one_line;

/// Why an API server gave no answer that can be used. A lowercase fragment, without content of objects.
///
/// That an object does not exist is an answer, and no error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiError {
    /// The object was changed meanwhile, or is there already.
    #[error("{path}: somebody else changed it meanwhile")]
    Conflict {
        /// What was written.
        path: String,
    },
    /// This program may not do that.
    #[error("{path}: not allowed: {detail}")]
    Forbidden {
        /// What was asked for.
        path: String,
        /// Whom the server forbids what.
        detail: String,
    },
    /// There is nothing under this path: no such object, or no such resource.
    #[error("{path}: not found")]
    NotFound {
        /// What was asked for.
        path: String,
    },
    /// The server refused the request for what is in it.
    #[error("{path}: refused: {detail}")]
    Refused {
        /// What was asked for.
        path: String,
        /// What the server said.
        detail: String,
    },
    /// The server could not be asked, or had no answer.
    #[error("{path}: {detail}")]
    Unavailable {
        /// What was asked for.
        path: String,
        /// What happened.
        detail: String,
    },
}

/// What the server says is shown up to so many characters.
const MAX_DETAIL: usize = 300;

impl ApiError {
    pub(super) fn of(path: &str, error: &kube::Error) -> Self {
        let path = one_line(path, MAX_DETAIL);
        let kube::Error::Api(status) = error else {
            let detail = one_line(&chain(error), MAX_DETAIL);
            return Self::Unavailable { path, detail };
        };
        let detail = one_line(&status.message, MAX_DETAIL);
        match status.code {
            404 => Self::NotFound { path },
            409 => Self::Conflict { path },
            401 | 403 => Self::Forbidden { path, detail },
            400 | 405..=428 => Self::Refused { path, detail },
            // Too many requests, a server that is starting or has trouble, and what nobody foresaw.
            _ => Self::Unavailable { path, detail },
        }
    }

    /// Where the answer breaks, without what stands there.
    pub(super) fn malformed(path: &str, error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        Self::Unavailable {
            path: one_line(path, MAX_DETAIL),
            detail: format!("the answer cannot be read from line {line} column {column} on"),
        }
    }

    pub(super) fn too_slow(path: &str) -> Self {
        Self::Unavailable {
            path: one_line(path, MAX_DETAIL),
            detail: "the API server did not answer in time".to_owned(),
        }
    }
}

/// An error with what caused it: most of these say nothing themselves.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = error.source();
    }
    text
}
