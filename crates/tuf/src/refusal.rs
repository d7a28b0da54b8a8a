//! What the errors of `tough` mean here.

use std::error::Error as _;
use std::fmt::Display;

use doorward_core::FetchError;
use doorward_core::text::one_line;
use tough::error::Error;
use tough::{TransportError, TransportErrorKind};
use url::Url;

use crate::TufError;
use crate::documents::{TooManyDocuments, last_segment};

/// The most characters of someone else's text in a message.
const MAX_TEXT: usize = 200;

/// Text from elsewhere, escaped and cut.
pub(crate) fn bounded(text: &dyn Display) -> String {
    one_line(&text.to_string(), MAX_TEXT)
}

/// The name of a document in a message.
pub(crate) fn document(url: &Url) -> String {
    bounded(&last_segment(url))
}

/// What came of a fetch of `document`, as an error of this crate.
pub(crate) fn unfetched(document: String, source: FetchError) -> TufError {
    match source {
        FetchError::NotFound => TufError::Missing { document },
        FetchError::TooLarge { limit } => TufError::TooLarge {
            document,
            limit: u64::try_from(limit).unwrap_or(u64::MAX),
        },
        source => TufError::Fetch { document, source },
    }
}

/// An error of a load.
pub(crate) fn refusal(error: &Error) -> TufError {
    match error {
        Error::Transport { url, source, .. } => untransported(document(url), source),
        Error::ExpiredMetadata { role, .. } => TufError::Expired {
            role: role.to_string(),
        },
        Error::ParseMetadata { role, source, .. } => TufError::Malformed {
            role: role.to_string(),
            detail: bounded(source),
        },
        Error::TimestampMetaLength { .. } | Error::MissingSnapshotMeta { .. } => {
            TufError::Malformed {
                role: "timestamp".to_owned(),
                detail: bounded(error),
            }
        }
        Error::SnapshotTargetsMetaMissing { .. } | Error::MetaMissing { .. } => {
            TufError::Malformed {
                role: "snapshot".to_owned(),
                detail: bounded(error),
            }
        }
        Error::ParseTrustedMetadata { .. } | Error::VerifyTrustedMetadata { .. } => {
            TufError::RootInvalid {
                detail: bounded(error),
            }
        }
        Error::VerifyMetadata { role, source, .. } => TufError::Threshold {
            role: role.to_string(),
            detail: bounded(source),
        },
        Error::OlderMetadata { .. }
        | Error::OlderSnapshotInTimestamp { .. }
        | Error::SnapshotRoleMissing { .. }
        | Error::SnapshotRoleRollback { .. } => TufError::Rollback {
            detail: bounded(error),
        },
        Error::VersionMismatch { role, .. } => TufError::HashMismatch {
            document: role.to_string(),
        },
        Error::InvalidPath { source } => TufError::Undelegated {
            detail: bounded(source),
        },
        Error::MaxUpdatesExceeded {
            max_root_updates, ..
        } => TufError::TooMany {
            what: "newer roots".to_owned(),
            limit: *max_root_updates,
        },
        Error::SystemTimeSteppedBackward { .. } => TufError::ClockSetBack,
        Error::DatastoreCreate { path, source, .. }
        | Error::DatastoreOpen { path, source, .. }
        | Error::DatastoreRemove { path, source, .. } => TufError::Folder {
            path: path.clone(),
            detail: bounded(source),
        },
        other => TufError::Internal {
            detail: bounded(other),
        },
    }
}

/// A document did not come through the door, or not as its length and hash were listed.
fn untransported(document: String, error: &TransportError) -> TufError {
    if error.kind() == TransportErrorKind::FileNotFound {
        return TufError::Missing { document };
    }
    let Some(cause) = error.source() else {
        return TufError::Internal {
            detail: bounded(error),
        };
    };
    if let Some(error) = cause.downcast_ref::<FetchError>() {
        return unfetched(document, error.clone());
    }
    if let Some(TooManyDocuments { limit }) = cause.downcast_ref::<TooManyDocuments>() {
        return TufError::TooMany {
            what: "documents".to_owned(),
            limit: u64::try_from(*limit).unwrap_or(u64::MAX),
        };
    }
    match cause.downcast_ref::<Error>() {
        Some(Error::HashMismatch { .. } | Error::MaxSizeExceeded { .. }) => {
            TufError::HashMismatch { document }
        }
        _ => TufError::Internal {
            detail: bounded(error),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_elsewhere_is_escaped_and_cut() {
        assert_eq!(
            bounded(&"a\nb\u{1b}[0m\u{2066}"),
            "a\\nb\\u{1b}[0m\\u{2066}"
        );
        assert_eq!(bounded(&"x".repeat(5000)).chars().count(), MAX_TEXT);
    }
}
