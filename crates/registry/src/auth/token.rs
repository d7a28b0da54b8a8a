//! Tokens: read from a service's answer, kept until they expire.

use std::time::{Duration, Instant};

use doorward_core::Timestamp;
use http::HeaderValue;
use serde::Deserialize;

use super::{Scope, TokenService, bearer_header};
use crate::Fingerprint;
use crate::kept::{Kept, Weight};

/// How long a token is good for if its service says nothing, or less (the token specification's own minimum).
const SHORTEST: Duration = Duration::from_secs(60);
/// How long a token is kept at most, whatever its service says.
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// How long before its end a token is no longer used, so that it does not expire on its way.
const MARGIN: Duration = Duration::from_secs(5);
/// The longest token. Servers take headers of 8 to 16 KiB.
pub(super) const MAX_TOKEN: usize = 16 << 10;
/// The most tokens kept. One repository with one credential has one.
const MAX_TOKENS: usize = 4096;
/// The most bytes of all tokens kept: 4096 of the usual 2 to 4 KiB, or 900 of the longest.
pub(super) const MAX_BYTES: usize = 16 << 20;

/// What a token was given for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TokenKey {
    /// The registry that named the service: a token is never shown to another one.
    pub(crate) server: String,
    pub(crate) service: TokenService,
    pub(crate) scope: Scope,
    pub(crate) identity: Option<Fingerprint>,
}

/// A token as it is sent. Its `Debug` shows nothing, because the header is marked as sensitive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) header: HeaderValue,
    pub(crate) lifetime: Duration,
}

/// Why an answer of a token service is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenError {
    /// It is not JSON of the specified form, or the token could not be sent.
    Malformed,
    /// Its token is longer than a server takes.
    TooLong,
    /// It has an empty token, as some services answer to those who may not have one.
    None,
}

#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    access_token: Option<String>,
    // Advice only: of whatever form it is, it must not spoil the token.
    expires_in: Option<serde_json::Value>,
    issued_at: Option<serde_json::Value>,
}

impl Token {
    /// Until when a token that came now is used.
    pub(crate) fn until(&self, now: Instant) -> Instant {
        now + self.lifetime.saturating_sub(MARGIN)
    }

    /// Reads the answer of a token service (the distribution project's token specification, "Requesting a Token"):
    /// `token`, or `access_token` as OAuth 2 calls it.
    pub(crate) fn parse(body: &[u8], now: Timestamp) -> Result<Self, TokenError> {
        let answer: Answer = serde_json::from_slice(body).map_err(|_| TokenError::Malformed)?;
        let text = match (answer.token, answer.access_token) {
            (None, None) => return Err(TokenError::Malformed),
            (Some(token), _) if !token.is_empty() => token,
            (_, other) => other.unwrap_or_default(),
        };
        if text.is_empty() {
            return Err(TokenError::None);
        }
        if text.len() > MAX_TOKEN {
            return Err(TokenError::TooLong);
        }
        let header = bearer_header(&text).ok_or(TokenError::Malformed)?;
        let promised = answer
            .expires_in
            .and_then(|seconds| Duration::try_from_secs_f64(seconds.as_f64()?).ok())
            .unwrap_or(SHORTEST)
            .clamp(SHORTEST, LONGEST);
        // A token that was issued before it was asked for is one that the service keeps: it ends earlier. If that
        // would make it useless, the two clocks differ, and the service's promise is all there is.
        let age = answer
            .issued_at
            .and_then(|text| text.as_str()?.parse::<Timestamp>().ok())
            .map_or(0, |issued| now.since(issued));
        let age = Duration::from_secs(u64::try_from(age).unwrap_or(0));
        let lifetime = match promised.checked_sub(age) {
            Some(left) if left > MARGIN => left,
            _ => SHORTEST,
        };
        Ok(Self { header, lifetime })
    }
}

/// Tokens that are still good.
pub(crate) struct TokenCache(Kept<TokenKey, HeaderValue>);

impl Default for TokenCache {
    fn default() -> Self {
        Self(Kept::within(MAX_TOKENS, MAX_BYTES))
    }
}

impl TokenCache {
    pub(crate) fn find(&self, key: &TokenKey, now: Instant) -> Option<HeaderValue> {
        self.0.find(key, now)
    }

    pub(crate) fn keep(&self, key: TokenKey, token: &Token, now: Instant) {
        self.0
            .keep(key, token.header.clone(), token.until(now), now);
    }

    /// Forgets a token that was refused, unless another one has taken its place since.
    pub(crate) fn forget(&self, key: &TokenKey, refused: Option<&HeaderValue>) {
        self.0.forget(key, |header| Some(header) == refused);
    }

    #[cfg(test)]
    pub(crate) fn size(&self) -> (usize, usize) {
        self.0.size()
    }
}

impl Weight for TokenKey {
    fn weight(&self) -> usize {
        self.server.len() + self.service.weight() + self.scope.weight()
    }
}

impl Weight for HeaderValue {
    fn weight(&self) -> usize {
        self.len()
    }
}
