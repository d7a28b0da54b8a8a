//! What it means that a file could not be had.

use doorward_core::{Code, FetchError, Rejection};

use super::Update;
use crate::session::halt::Halt;
use crate::{File, codes};

impl Update {
    /// The end of a session for want of a file.
    pub(super) fn failed(&self, file: &File, error: &FetchError) -> Halt {
        let gun = &self.input.gun;
        let (code, detail) = match error {
            FetchError::NotFound => (
                codes::TRUST_DATA_MISSING,
                format!(
                    "the trust server {} has no {file} for {gun}",
                    self.servers()
                ),
            ),
            FetchError::TooLarge { .. } if matches!(file, File::ByHash(..)) => (
                codes::HASH_MISMATCH,
                format!("{file} of {gun} is longer than what is listed for it"),
            ),
            FetchError::TooLarge { limit } => (
                codes::TOO_LARGE,
                format!("{file} of {gun} is longer than {limit} bytes"),
            ),
            FetchError::Unauthorized { .. } => (
                codes::SERVER_UNAUTHORIZED,
                format!("{file} of {gun}: {error}"),
            ),
            FetchError::AddressNotAllowed { .. }
            | FetchError::CredentialProvider { .. }
            | FetchError::Insecure { .. }
            | FetchError::Internal { .. }
            | FetchError::NotRecorded => (Code::from(error), format!("{file} of {gun}: {error}")),
            FetchError::DigestMismatch { .. } | FetchError::Malformed { .. } => {
                (codes::SERVER_MALFORMED, format!("{file} of {gun}: {error}"))
            }
            // Also what no fetcher here can have, and whatever errors there may be later: nothing was said about the
            // image.
            _ => (
                codes::SERVER_UNAVAILABLE,
                format!("{file} of {gun}: {error}"),
            ),
        };
        Rejection::new(code, detail).because_of(error).into()
    }

    fn servers(&self) -> String {
        self.input.servers.join(", ")
    }
}
