//! Asking a token service.

use std::sync::Arc;
use std::time::Instant;

use doorward_core::{FetchError, Timestamp};
use http::HeaderValue;

use super::Inner;
use crate::Credential;
use crate::auth::{AuthError, Token, TokenError, TokenKey};
use crate::origin::Origin;
use crate::transport::is_refusal;

impl Inner {
    /// Asks a token service. Whatever comes of it with a credential is about that credential, also trouble; without
    /// one, trouble is the service's.
    pub(super) async fn request_token(
        self: &Arc<Self>,
        key: TokenKey,
        identity: Option<Credential>,
        registry: Origin,
    ) -> Result<HeaderValue, AuthError> {
        let host = key.service.host();
        let request = key.service.request(&key.scope, identity.as_ref());
        if let Some(service) = key.service.origin() {
            self.transport
                .ledger
                .note_service(&registry, service.host());
        }
        let reply = match self.transport.send(&request).await {
            Ok(reply) => reply,
            Err(failure) if identity.is_some() && failure.error.is_unavailable() => {
                return Err(AuthError::Refused(format!(
                    "the token service: {}",
                    failure.error
                )));
            }
            Err(failure) => {
                let probe = key.service.probe();
                let error = self.failed(&request, failure, &probe).await;
                return Err(AuthError::without_credential(error));
            }
        };
        if identity.is_some() && is_refusal(reply.status()) {
            // The registry may be on the same machine as its token service, and be shut with it.
            let ledger = &self.transport.ledger;
            ledger.note_provocation(&registry, Instant::now());
        }
        if !reply.is_ok() {
            if !reply.is_trouble() || identity.is_some() {
                let why = format!("the token service {}", reply.told());
                return Err(AuthError::Refused(why));
            }
            let probe = key.service.probe();
            let error = self.denied(&request, &reply, &probe).await;
            return Err(AuthError::without_credential(error));
        }
        let token = Token::parse(&reply.content().body, wall_clock()).map_err(|error| {
            let detail = match error {
                TokenError::Malformed => {
                    format!("the answer of the token service {host} has no token")
                }
                TokenError::TooLong => {
                    format!("the token service {host} gave a token that is too long")
                }
                TokenError::None => {
                    format!("the token service {host} gave an empty token")
                }
            };
            match error {
                TokenError::Malformed | TokenError::TooLong if identity.is_none() => {
                    AuthError::Limited(FetchError::Malformed { detail })
                }
                _ => AuthError::Refused(detail),
            }
        })?;
        self.tokens.keep(key, &token, Instant::now());
        Ok(token.header)
    }
}

pub(super) fn wall_clock() -> Timestamp {
    let seconds = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .ok()
        .and_then(|since| i64::try_from(since.as_secs()).ok());
    Timestamp::from_unix(seconds.unwrap_or(0))
}
