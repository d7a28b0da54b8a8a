//! Exchanging API keys of IBM Cloud for tokens.

use std::sync::Arc;
use std::time::Instant;

use doorward_core::{Basic, FetchError};
use futures::FutureExt;
use http::HeaderValue;

use super::Inner;
use super::token_request::wall_clock;
use crate::auth::{MAX_ANSWER, Token};
use crate::kept::{Kept, Weight};
use crate::origin::host_of;
use crate::single_flight::{Panicked, SingleFlight};
use crate::transport::Request;
use crate::{Credential, ExchangeKind, Fingerprint};

/// The user name that stands for "the password is an API key".
pub(super) const API_KEY_USER: &str = "iamapikey";
/// What is granted for an API key.
const GRANT_TYPE: &str = "urn:ibm:params:oauth:grant-type:apikey";
/// The most tokens kept, of one key each.
const MAX_TOKENS: usize = 256;
/// The most bytes of all tokens kept. They have two KiB.
const MAX_BYTES: usize = 1 << 20;

/// An API key, told from others without being it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key(Fingerprint);

impl Weight for Key {
    fn weight(&self) -> usize {
        0
    }
}

/// Why there is no token for a key.
#[derive(Clone)]
pub(super) enum NoToken {
    /// The service will not have the key, or gave none.
    Refused(String),
    /// The service could not be asked. Nothing is known about the key.
    Unavailable(String),
}

impl From<Panicked> for NoToken {
    fn from(panicked: Panicked) -> Self {
        Self::Unavailable(FetchError::from(panicked).to_string())
    }
}

/// Tokens that are still good, and those that are being asked for.
pub(crate) struct ApiKeyTokens {
    kept: Kept<Key, HeaderValue>,
    requests: SingleFlight<Key, Result<HeaderValue, NoToken>>,
}

impl Default for ApiKeyTokens {
    fn default() -> Self {
        Self {
            kept: Kept::within(MAX_TOKENS, MAX_BYTES),
            requests: SingleFlight::default(),
        }
    }
}

/// A token, and whether it was had before.
pub(super) struct ApiKeyToken {
    pub(super) header: HeaderValue,
    pub(super) was_kept: bool,
}

impl Inner {
    /// A token for an API key: one that is still good, or a new one.
    pub(super) async fn api_key_token(
        self: &Arc<Self>,
        pair: &Basic,
    ) -> Result<ApiKeyToken, NoToken> {
        let key = key_of(pair);
        let tokens = &self.api_key_tokens;
        if let Some(header) = tokens.kept.find(&key, Instant::now()) {
            return Ok(ApiKeyToken {
                header,
                was_kept: true,
            });
        }
        let make = || {
            let (inner, pair) = (Arc::clone(self), pair.clone());
            async move { inner.exchange_api_key(&pair).await }.boxed()
        };
        let header = tokens.requests.run(key, make).await?;
        Ok(ApiKeyToken {
            header,
            was_kept: false,
        })
    }

    /// Forgets a token that was refused, unless another one has taken its place since.
    pub(super) fn forget_api_key_token(&self, pair: &Basic, refused: &HeaderValue) {
        let kept = &self.api_key_tokens.kept;
        kept.forget(&key_of(pair), |header| header == refused);
    }

    /// Like any form with a credential in it this is posted once. Trouble with it is never an outage: what was shown may have
    /// been the cause.
    async fn exchange_api_key(&self, pair: &Basic) -> Result<HeaderValue, NoToken> {
        let service = self.advisors.tokens();
        let host = host_of(service);
        let mut request = Request::get(ExchangeKind::Token, service.clone(), MAX_ANSWER);
        request.accept = Some(HeaderValue::from_static("application/json"));
        request.form = Some(vec![
            ("grant_type", GRANT_TYPE.to_owned()),
            ("apikey", pair.expose_password().to_owned()),
        ]);
        let reply = match self.transport.send(&request).await {
            Ok(reply) => reply,
            Err(failure) => {
                let why = format!("the token service {host}: {}", failure.error);
                return Err(NoToken::Unavailable(why));
            }
        };
        if !reply.is_ok() {
            let why = format!("the token service {}", reply.told());
            return Err(match reply.status().as_u16() {
                400..=499 if !reply.is_trouble() => NoToken::Refused(why),
                _ => NoToken::Unavailable(why),
            });
        }
        let token = Token::parse(&reply.content().body, wall_clock()).map_err(|_| {
            NoToken::Refused(format!("the token service {host} gave no usable token"))
        })?;
        let now = Instant::now();
        let (key, header) = (key_of(pair), token.header.clone());
        self.api_key_tokens
            .kept
            .keep(key, header, token.until(now), now);
        Ok(token.header)
    }
}

fn key_of(pair: &Basic) -> Key {
    Key(Credential::Basic(pair.clone()).fingerprint())
}
